"""What a layout shows besides the units: the scalp under them, outlines and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.analysis.cortex.scalp import GRID, ScalpPicture, scalp_positions
from insilico_gui.app.map.owned_layers import (
    OwnedImage,
    OwnedPoints,
    OwnedShapes,
    writing,
)
from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.theme import colors_for
from insilico_gui.drawing.areas import area_outlines
from insilico_gui.drawing.layouts import (
    is_upright,
    listed,
    point_size,
    unit_positions,
)
from insilico_gui.drive import is_drive_session

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image, Layer, Points, Shapes
    from numpy.typing import NDArray

    from insilico_gui.app.map.owned_layers import LayerOwner
    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.session import Session

    Floats = NDArray[np.float64]

SCALP, HEAD, NAMES, AREAS = "Scalp", "Head", "Names", "Areas"
AREA_LINE, AXIS_BESIDE = 0.0025, 0.06
"""Width of outlines, and distance of the axis of depth, as parts of the extent of all."""

LINE_COLOR = "#303030"
NAME_SIZE = 8
"""Points, on the screen."""

NAME_ABOVE = 0.05
"""Distance of a name from its electrode, as a part of half the picture."""

NAME_BELOW = 0.68
"""Distance of a name from its unit, as a part of the diameter of units."""

NAME_ABOVE_LIST = 14.0
"""Pixels that the names of the upper blocks of a list take above them."""

ON_SCALP = "black"
"""Colour of names on the scalp; others have that of the theme's text."""

MOST_ELEMENTS = 30_000
"""Points of single elements that are drawn, evenly chosen: they are a cloud anyway."""

ELEMENT_SIZE = 0.004
"""Diameter of such a point, as a part of the extent of all."""

ELEMENT_COLOR = "#6f7a86"

MANY_NAMES = 150
"""More names than this hide each other."""


class Backdrop:
    """Layers that go with the layout: of the scalp and of the list.

    Attributes
    ----------
    picture : ScalpPicture or None
        Interpolates over the scalp while that is on show.
    """

    def __init__(self, viewer: Viewer, owner: LayerOwner) -> None:
        self._viewer = viewer
        self._owner = owner
        self._layers: list[Layer] = []
        self._scalp: Image | None = None
        # What is written and drawn in the theme's colour
        self._names: Points | None = None
        self._lines: Shapes | None = None
        self.picture: ScalpPicture | None = None

    def show(self, session: Session, units: pd.DataFrame, layout: Layout) -> None:
        """Replace the layers by those of a layout."""
        active = self._viewer.layers.selection.active
        self.clear()
        if layout == "scalp":
            half_side = self._show_head(units).half_side
            if len(units) <= MANY_NAMES:
                places = unit_positions(units, layout, session.frame_shape)
                known = np.isfinite(places).all(axis=1)
                names = units["unit_id"].astype(str).to_numpy()[known].tolist()
                above = np.array([0.0, NAME_ABOVE * half_side, 0.0])
                self._show_names(places[known] - above, names, "center", ON_SCALP)
        elif layout in ("anatomical", "anatomical 3-D"):
            self._show_elements(session, layout)
            self._name_units(session, units, layout)
        elif layout == "list":
            blocks = listed(units)
            self._show_names(blocks.corners, blocks.names, "upper_left")
        if active in self._viewer.layers:
            self._viewer.layers.selection.active = active

    def _name_units(
        self, session: Session, units: pd.DataFrame, layout: Layout
    ) -> None:
        """Write the names of units that have names, below them."""
        named = units[units[["x", "y"]].notna().all(axis=1)]
        ids = named["unit_id"]
        if len(ids) > MANY_NAMES or ids.dtype.kind in "iu":
            return
        places = unit_positions(
            named, layout, session.frame_shape, upright=is_upright(session)
        )
        known = np.isfinite(places).all(axis=1)
        below = np.array([0.0, NAME_BELOW * point_size(places[known]), 0.0])
        names = np.asarray(ids.astype(str))[known].tolist()
        self._show_names(places[known] + below, names, "center")

    def _show_elements(self, session: Session, layout: Layout) -> None:
        """A point for each element of a driven session whose place is known."""
        if not is_drive_session(session):
            return
        places = session.element_positions()
        if places is None:
            return
        known = places[np.isfinite(places).all(axis=1)]
        known = known[:: -(-len(known) // MOST_ELEMENTS) or 1]
        if not len(known):
            return
        table = pd.DataFrame(known, columns=["x", "y", "z"])
        at = unit_positions(
            table, layout, session.frame_shape, upright=is_upright(session)
        )
        extent = np.ptp(at, axis=0).max()
        layer = OwnedPoints(
            at,
            size=extent * ELEMENT_SIZE,
            opacity=0.5,
            blending="translucent_no_depth",  # behind the units, from every side
            face_color=ELEMENT_COLOR,
            border_width=0.0,
            antialiasing=0,
            name=f"{session.description.element.capitalize()}s",
            units="um",
        )
        self._layers.append(self._owner.add(layer, at=0))

    def show_tissue(self, places: Floats, areas: NDArray[np.object_] | None) -> None:
        """Outline the areas of units and, in 3-D, draw an axis of depth beside them.

        Parameters
        ----------
        places : float array, [n, 3]
            Depth, row and column; depth is 0 in a flat layout.
        areas : array of str, [n], or None
        """
        known = places[np.isfinite(places).all(axis=1)]
        if not len(known):
            return
        active = self._viewer.layers.selection.active
        top, bottom = known[:, 0].min(), known[:, 0].max()
        lines, at, names = [], [], []
        outlined = [] if areas is None else area_outlines(places[:, 1:], areas)
        for area in outlined:
            lines += [np.insert(line, 0, top, axis=1) for line in area.lines]
            at.append([top, *area.middle])
            names.append(area.name)
        if bottom > top:
            low, high = known.min(axis=0), known.max(axis=0)
            beside = AXIS_BESIDE * float(np.ptp(known[:, 1:], axis=0).max())
            ends = [[depth, high[1], low[2] - beside] for depth in (top, bottom)]
            lines.append(np.array(ends))
            labels = np.array([*ends, np.mean(ends, axis=0)])
            labels[:, 2] -= 1.6 * beside
            at += labels.tolist()
            names += [f"{top:.0f} µm", f"{bottom:.0f} µm", "depth (z)"]
        if lines:
            layer = OwnedShapes(
                lines,
                shape_type="path",
                edge_color=self._text_color(),
                edge_width=AREA_LINE * float(np.ptp(known[:, 1:], axis=0).max()),
                face_color="transparent",
                opacity=0.7,
                name=AREAS,
                units="um",
            )
            self._lines = layer
            self._layers.append(self._owner.add(layer))
            self._show_names(np.array(at), names, "center")
        if active in self._viewer.layers:
            self._viewer.layers.selection.active = active

    def recolor(
        self,
        values: NDArray[np.floating],
        table: NDArray[np.float32],
        limits: tuple[float, float],
    ) -> None:
        """Colour the scalp by values of the electrodes; cheap enough for every frame."""
        if self.picture is None or self._scalp is None:
            return
        picture = self.picture.picture(values)
        with writing(self._scalp):
            self._scalp.data = _rgba(picture, table, limits)

    def hide_scalp(self) -> None:
        """Show no colours between the electrodes: the values are names."""
        if self._scalp is not None:
            with writing(self._scalp):
                self._scalp.data = _rgba(None, colors.lookup_table("gray"), (0.0, 1.0))

    def clear(self) -> None:
        """Remove the layers."""
        for layer in self._layers:
            self._owner.remove(layer)
        self._layers = []
        self._scalp = self.picture = self._names = self._lines = None

    def _show_head(self, units: pd.DataFrame) -> ScalpPicture:
        flat, outline = scalp_positions(units[["x", "y", "z"]].to_numpy(float))
        self.picture = picture = ScalpPicture(flat, outline)
        # Row 0 of the picture is at the back, which is down on the map
        pixel = 2 * picture.half_side / GRID
        first = pixel / 2 - picture.half_side
        self._scalp = self._owner.add(
            OwnedImage(
                _rgba(None, colors.lookup_table("gray"), (0.0, 1.0)),
                name=SCALP,
                rgb=True,
                scale=(1, pixel, pixel),
                translate=(0, first, first),
                interpolation2d="linear",
                units="um",
            ),
            at=0,
        )
        head = self._owner.add(
            OwnedShapes(
                [outline * line for line in _head()],
                shape_type="path",
                edge_color=LINE_COLOR,
                edge_width=outline / 70,
                face_color="transparent",
                name=HEAD,
                units="um",
            ),
            at=1,
        )
        self._layers += [self._scalp, head]
        return picture

    def recolor_names(self) -> None:
        """Write names in the colour of the text of the viewer's theme."""
        if self._names is not None:
            with writing(self._names):
                self._names.text.color = self._text_color()
        if self._lines is not None:
            with writing(self._lines):
                self._lines.edge_color = self._text_color()

    def _text_color(self) -> str:
        red, green, blue = colors_for(self._viewer.theme).text
        return f"#{red:02x}{green:02x}{blue:02x}"

    def _show_names(
        self, places: Floats, names: list[str], anchor: str, color: str | None = None
    ) -> None:
        """Write names at places, float [n, 3]; by default in the theme's colour."""
        if not names:
            return
        layer = OwnedPoints(
            places,
            size=1e-3,
            opacity=1.0,
            face_color="transparent",
            border_color="transparent",
            text={
                "string": names,
                "size": NAME_SIZE,
                "color": color or self._text_color(),
                "anchor": anchor,
            },
            name=NAMES,
            units="um",
        )
        self._layers.append(self._owner.add(layer))
        self._names = layer if color is None else None


def _rgba(
    picture: NDArray[np.float32] | None,
    table: NDArray[np.float32],
    limits: tuple[float, float],
) -> NDArray[np.uint8]:
    """Colours of an interpolated picture, uint8 [1, GRID, GRID, 4]; clear beside it."""
    if picture is None:
        return np.zeros((1, GRID, GRID, 4), np.uint8)
    rgba = colors.map_values(picture.ravel(), table, limits)
    rgba[np.isnan(picture.ravel())] = 0
    made = (255 * rgba).astype(np.uint8).reshape(1, GRID, GRID, 4)
    return np.ascontiguousarray(made[:, ::-1])


def _head() -> list[Floats]:
    """Outlines of a head of radius 1, each [points, 3]: skull, nose, ears."""
    around = np.linspace(0, 2 * np.pi, 121)
    skull = np.stack([np.cos(around), np.sin(around)], axis=1)
    beside = np.radians(8)
    base = np.array([np.sin(beside), np.cos(beside)])
    nose = np.array([[-base[0], base[1]], [0, 1.13], base])
    up = np.linspace(-1, 1, 31)
    ear = np.stack([np.sqrt(1 - 0.04) + 0.08 * np.sqrt(1 - up**2), 0.2 * up], axis=1)
    lines = [skull, nose, ear, ear * [-1, 1]]
    return [
        np.stack([np.zeros(len(line)), -line[:, 1], line[:, 0]], axis=1)
        for line in lines
    ]
