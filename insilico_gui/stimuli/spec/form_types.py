"""Types of parameters for which magicgui has no widget of its own.

A number or several, or none, is typed as Python writes it: ``0.04`` or
``(0.02, 0.04)``. What a form cannot ask for is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from insilico_gui.stimuli.core.display import Display

LITERAL = {"widget_type": "LiteralEvalLineEdit"}
HIDDEN = {"bind": None}

Numbers = Annotated[float | Sequence[float], LITERAL]
"""One number or several."""

AnglesOrCount = Annotated[int | Sequence[float], LITERAL]
"""Angles in degrees, or how many of them, evenly spaced."""

OptionalNumber = Annotated[float | None, LITERAL]

HiddenDisplay = Annotated[Display | None, HIDDEN]


def several(*words: str) -> dict[str, object]:
    """Let a form offer the words, of which any number may be chosen."""
    return {"widget_type": "Select", "choices": words}
