"""The map takes the colours, or the places, of what an analysis found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.drawing.layouts import functional_columns
from insilico_gui.units.columns import facts
from insilico_gui.units.measures import main_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_gui.app.shell.window import InsilicoWindow


def color_by_result(window: InsilicoWindow, columns: Sequence[str]) -> None:
    """Colour the map by the main column of a result; says so, with a way back."""
    experiment = window.experiment
    column, view = main_column(columns), window.now.view
    if functional_columns(window.now.units) == tuple(columns):
        _lay_out(window)
        return
    if column is None or column not in window.now.units:
        return
    title = facts(column).title
    if view.color_by == column:
        window.say(f"Coloured by {title}.")
        return
    experiment.look(color_by=column, limits=None)
    color_by, limits = view.color_by, view.limits
    window.say(
        f"Coloured by {title}.",
        undo=lambda: experiment.look(color_by=color_by, limits=limits),
    )


def _lay_out(window: InsilicoWindow) -> None:
    """Place the units of the map by a functional layout; says so, with a way back."""
    experiment, before = window.experiment, window.now.view.layout
    if before == "functional":
        window.say("The units are laid out anew.")
        return
    experiment.look(layout="functional")
    window.say(
        "The units are laid out by what they have in common: the layout functional.",
        undo=lambda: experiment.look(layout=before),
    )
