"""How the units are laid out and coloured, as plain state.

Widgets draw from it and write to it; a script can do both too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from psygnal import SignalGroupDescriptor

Layout = Literal["retinotopic", "anatomical", "anatomical 3-D", "scalp", "list"]

RESPONSE = "response"
"""The value of :attr:`MapView.color_by` that means the response at the current time."""


@dataclass
class MapView:
    """How the units are laid out and coloured.

    Attributes
    ----------
    layout : {"retinotopic", "anatomical", "anatomical 3-D", "scalp", "list"}
    color_by : str
        ``"response"``, or a column of the unit table.
    limits : (float, float) or None
        Values at the ends of the colour bar; None = robust limits of what is shown.
    """

    layout: Layout = "retinotopic"
    color_by: str = RESPONSE
    limits: tuple[float, float] | None = None

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
