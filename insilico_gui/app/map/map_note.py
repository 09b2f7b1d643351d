"""What is written on the map: of units that it cannot show, and of the lasso."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.map.crowd import SHARED
from insilico_gui.drawing.layouts import available_layouts, functional_columns
from insilico_gui.errors import listed
from insilico_gui.experiment.unit_tables import ALONE

if TYPE_CHECKING:
    import pandas as pd
    from napari import Viewer

    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.session import Session

COORDINATES: dict[str, tuple[str, ...]] = {
    "retinotopic": ("rf_x", "rf_y"),
    "anatomical": ("x", "y"),
    "anatomical 3-D": ("x", "y", "z"),
}
"""Columns that a layout takes places from."""

EDGE = 1.0 + 1e-6
"""Of the screen, in the coordinates of receptive fields."""


COMING = "The places of the units in this layout are being computed."

ABOVE_MAP = 52.0
"""Pixels that two lines above the map take."""

NOTE_WIDTH = 60
"""Letters in a line of what is written on the map."""


class MapNote:
    """A few words on the map; those of a tool in use come before others.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._said = self._tool = ""
        self._above = False

    def show(self, text: str, *, above: bool = False) -> None:
        """Write what there is to say of the map, perhaps above it; empty for nothing."""
        self._said, self._above = text, above
        self._draw()

    def show_tool(self, text: str) -> None:
        """Write what the tool in use waits for; empty if there is none."""
        self._tool = text
        self._draw()

    def _draw(self) -> None:
        note = self._viewer.canvas.overlays.text
        parts = (self._tool or self._said).split("\n")
        note.text = "\n".join(line for part in parts for line in wrap(part, NOTE_WIDTH))
        is_above = self._above and not self._tool
        note.position = "top_center" if is_above else "bottom_right"
        note.visible = bool(note.text)


def places_missing(units: pd.DataFrame, layout: str) -> tuple[int, int]:
    """How many units have no place in a layout, and how many one beyond the screen."""
    names = COORDINATES.get(layout, ())
    if not names or not set(names) <= set(units.columns):
        return 0, 0
    places = units[list(names)].to_numpy(float)
    known = np.isfinite(places).all(axis=1)
    beyond = np.zeros_like(known)
    if layout == "retinotopic":
        beyond = known & (np.abs(np.where(known[:, None], places, 0)) > EDGE).any(
            axis=1
        )
    return int((~known).sum()), int(beyond.sum())


def empty_note(session: Session | None, units: pd.DataFrame, layout: str) -> str:
    """What to write on a map that shows no unit where one looks for it; else nothing."""
    if session is None or len(units) == 0:
        return "" if session is None else "This session has no units."
    unknown, beyond = places_missing(units, layout)
    if unknown + beyond < len(units):
        return ""
    others = [name for name in available_layouts(session, units) if name != layout]
    return (
        f"{_why(layout, len(units), unknown)}: choose the layout "
        f"{' or '.join(others)} in the panel Map to see them."
    )


def layout_note(now: Resolved) -> str:
    """What a layout is by, where its name does not tell; and whose units are missing."""
    layout = now.view.layout
    said = _functional_note(now) if layout == "functional" else ""
    if now.beside and layout not in SHARED:
        names = listed([other.name for other in now.beside])
        said += (
            f"\nUnits of {names} are drawn in the layouts retinotopic and anatomical, "
            "which are one space for all sessions."
        )
    return said.strip()


def places_note(units: pd.DataFrame, layout: str) -> str:
    """What to say beside a map of which some units are missing; else nothing."""
    unknown, beyond = places_missing(units, layout)
    said = []
    if unknown and layout == "retinotopic":
        said.append(
            f"{unknown:,} of {len(units):,} units look beyond the screen, or have no "
            "known receptive field, and have no place on the retinotopic map."
        )
    elif unknown:
        said.append(
            f"{unknown:,} of {len(units):,} units have no known place on this map."
        )
    if beyond:
        said.append(
            f"{beyond:,} of {len(units):,} units look beyond the screen: they are drawn "
            "around the stimulus."
        )
    return " ".join(said)


def _functional_note(now: Resolved) -> str:
    """What the axes are of, and how many units have no place on them."""
    units = now.units
    found = functional_columns(units)
    origin = None if found is None else now.measured.origin(found[0])
    if found is None or origin is None:
        return ""
    about = origin[1]
    said = f"By {about['variant']}"
    said += "." if about["stimulus"] == ALONE else f", to {about['stimulus']}."
    if "explained" in about:
        across, up = (f"{100 * part:.0f} %" for part in about["explained"])
        said += f" Of the variance: {across} to the right, {up} up."
    unknown = int(units[found[0]].isna().sum())
    if unknown:
        said += f" {unknown:,} of {len(units):,} units have none and are not drawn."
    return said


def _why(layout: str, n_units: int, unknown: int) -> str:
    whole = f"None of the {n_units:,} units"
    if layout == "retinotopic" and unknown < n_units:
        return f"{whole} looks at the screen"
    if layout == "retinotopic":
        return f"{whole} has a known receptive field on the screen"
    return f"{whole} has a known place"
