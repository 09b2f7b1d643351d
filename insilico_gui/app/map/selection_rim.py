"""The rim of selected units: in the colour of their selection, if it has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.experiment.inputs import SELECTION

if TYPE_CHECKING:
    from insilico_gui.experiment.resolved import Resolved

LOOKS_OF = frozenset({"selection", "selections", "view.selection", "view.unit_id"})
"""What the looks of single units depend on."""


def color_in_use(now: Resolved) -> str | None:
    """Colour ``#rrggbb`` of the selection that is worked with, if it has a name."""
    name = now.view.selection
    entry = now.selections.get(name or "")
    is_named = name != SELECTION and not (name or "").startswith(f"{SELECTION} of ")
    return entry.color if entry is not None and is_named else None


def rim_of(now: Resolved) -> tuple[float, ...] | None:
    """Red, green, blue and opacity of the rim; None where the theme decides."""
    color = color_in_use(now)
    if color is None:
        return None
    return (*(int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)), 1.0)
