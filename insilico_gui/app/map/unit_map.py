"""The map: the stimulus and the units over it, as two napari layers.

The stimulus is stored as (time, 1, row, column) and the units as (depth, row, column), so
that time is a slider of its own in 2-D and 3-D alike and the units, which have no time
axis, show at every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.map import unit_looks
from insilico_gui.app.map.backdrop import NAME_ABOVE_LIST, Backdrop
from insilico_gui.app.map.coloring import COLORED_BY, Coloring
from insilico_gui.app.map.crowd import Crowd
from insilico_gui.app.map.field_sizes import SEE_THROUGH, drawn_sizes
from insilico_gui.app.map.map_note import (
    ABOVE_MAP,
    COMING,
    MapNote,
    empty_note,
    layout_note,
)
from insilico_gui.app.map.outlines import OUTLINED_BY, outline_layer, outlines
from insilico_gui.app.map.owned_layers import (
    OwnedPoints,
    writing,
)
from insilico_gui.app.map.recolor import Recolorer
from insilico_gui.app.map.selection_rim import LOOKS_OF, rim_of
from insilico_gui.app.map.stimulus.frame_drawer import FrameDrawer
from insilico_gui.app.map.stimulus.layer import StimulusLayer
from insilico_gui.app.map.unit_looks import place
from insilico_gui.app.map.unit_status import tell_units
from insilico_gui.app.map.unit_words import unit_lines, unit_sentence
from insilico_gui.app.map.view_fit import ViewFit
from insilico_gui.app.widgets.theme import colors_for
from insilico_gui.app.widgets.unit_names import unit_row
from insilico_gui.drawing.layouts import (
    available_layouts,
    functional_columns,
    is_upright,
    point_size,
)
from insilico_gui.experiment.resolved import Resolved

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari import Viewer
    from napari.layers import Image, Points, Shapes
    from numpy.typing import NDArray

    from insilico_gui.app.map.color_scale import ColorScale
    from insilico_gui.app.map.crowd import Found
    from insilico_gui.app.map.owned_layers import LayerOwner
    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.experiment.playback import Playback

UNITS = "Units"

LOOKS = LOOKS_OF | {"beside", "results", "view.map"}
"""What sizes and rims depend on."""

SIZES = {"scalp": 0.4, "list": 0.9, "anatomical 3-D": 1.4}
"""Of points, as a part of the size that fills a layout: scalp and names show through."""


class UnitMap:
    """Keeps the layers of a viewer equal to what is on show.

    Parameters
    ----------
    viewer : napari.Viewer
    playback : Playback
        The clock of the run on show.
    owner : LayerOwner

    Attributes
    ----------
    note : MapNote
        What is written on the map.
    crowd : Crowd
        The units on it, in the order of the layer's points.
    """

    def __init__(self, viewer: Viewer, playback: Playback, owner: LayerOwner) -> None:
        self._viewer = viewer
        self._playback = playback
        self._now = Resolved()
        self.crowd = Crowd(self._now)
        self._owner = owner
        self._recolorer: Recolorer | None = None
        self._units: Points | None = None
        self._stimulus = StimulusLayer(viewer, owner)
        self._outlines: Shapes | None = None
        self._backdrop = Backdrop(viewer, owner)
        self._base_size = 1.0
        self._view_fit = ViewFit(viewer)
        self._places_of: tuple[str, str] | None = None  # columns of a functional layout
        self._on_top = np.empty(0, np.uint16)
        self._is_of_fields = False  # whether units are as large as their fields
        self.note = MapNote(viewer)
        self.frames = FrameDrawer(viewer, playback)
        self._coloring = Coloring(playback)

    @property
    def scale(self) -> ColorScale:
        """The colours of the units, and of every legend of them, drawn after the map."""
        return self._coloring.scale

    @property
    def limits(self) -> tuple[float, float]:
        """Values at the ends of the colours now in use."""
        return self.scale.limits

    @property
    def categories(self) -> list[str] | None:
        """Names of the values 0, 1, ... if a text column is shown."""
        names = self.scale.categories
        return None if names is None else list(names)

    def take(self, now: Resolved, changed: Collection[str]) -> None:
        """Show `now`, of which these attributes have changed."""
        self._now = now
        before, self.crowd = self.crowd, Crowd(now)
        if "session" in changed:
            self.show_session()
        elif not self.crowd.has_units_of(before):
            self._show_units()
        elif "view.layout" in changed or self._has_moved(changed):
            self.show_outlines([])  # pixels and lengths cannot be shown together
            self.show_layout()
        elif COLORED_BY.intersection(changed):
            self.coloring_changed()
        if "view.map" in changed:
            self.dim_stimulus(now.view.map.stimulus)
        if "session" not in changed and LOOKS.intersection(changed):
            self.show_selection()
            self.recolor()  # in another order
        if OUTLINED_BY.intersection(changed):
            self.show_outlines(outlines(now))

    def _has_moved(self, changed: Collection[str]) -> bool:
        """Whether a layout that results make is another now."""
        if "units" not in changed or self._now.view.layout != "functional":
            return False
        return functional_columns(self._now.units) != self._places_of

    # -- the two layers ----------------------------------------------------------------

    @property
    def units_layer(self) -> Points | None:
        """The layer of the units, while there is one."""
        return self._units if self._units in self._viewer.layers else None

    @property
    def stimulus_layer(self) -> Image | None:
        """The layer of the stimulus, while there is one."""
        return self._stimulus.layer

    def show_frames(self, frames: NDArray[np.uint8] | None) -> None:
        """Put the stimulus as the session sees it on the map.

        Parameters
        ----------
        frames : uint8 array, [T, H, W] or [T, H, W, 3], or None
        """
        if frames is None:
            self._stimulus.remove()
            return
        _, is_of_other_size = self._stimulus.show(frames, self._length_unit())
        self.dim_stimulus(self._now.view.map.stimulus)
        layer = self.stimulus_layer
        if layer is not None and self._now.view.layout != "retinotopic":
            layer.visible = False
        if is_of_other_size:
            self.fit_view()  # units stay where they are

    def dim_stimulus(self, strength: float) -> None:
        """Show the stimulus as strongly as 0 to 1: fainter, it is darker."""
        self._stimulus.dim(strength)

    def show_session(self) -> None:
        """Replace the units by those of the experiment's session."""
        self._stimulus.screen = None
        self._show_units()

    def _show_units(self) -> None:
        """Replace the layer of units by one for all that are to be on the map."""
        # Before anything else: a slider that moves meanwhile recolours
        self._recolorer = None
        self._backdrop.clear()
        old = self.units_layer
        if old is not None:
            self._owner.remove(old)
            self._units = None
        session = self._now.session
        if session is None:
            return
        layer = OwnedPoints(
            np.zeros((self.crowd.n_units, 3)),
            name=UNITS,
            **unit_looks.first_looks(self.crowd.n_units),
            units=self._length_unit(),
        )
        self._units = self._owner.add(layer)
        tell_units(layer, self._words)
        self._recolorer = Recolorer(self._viewer, layer)
        self.show_layout()

    def lines(self, point: int) -> list[str]:
        """What the card under the mouse says of a unit, by point of the layer."""
        return unit_lines(self._now, *self._found(point))

    def _words(self, point: int) -> str:
        """What the status line says of a unit, by point of the layer."""
        return unit_sentence(self._now, *self._found(point))

    def _found(self, point: int) -> tuple[Found | None, ColorScale, float | None]:
        """A unit, the scale, and its value if that is there."""
        values = self.values()
        is_there = values is not None and point < len(values)
        value = float(values[point]) if values is not None and is_there else None
        return self.crowd.find(point), self.scale, value

    # -- layout ------------------------------------------------------------------------

    def show_layout(self, *, fit: bool = True) -> None:
        """Move the units to where the chosen layout has them and fit the view."""
        layer, session = self.units_layer, self._now.session
        if layer is None or session is None:
            return
        units, layout = self._now.units, self._now.view.layout
        self._places_of = functional_columns(units)
        if layout not in self.available_layouts():
            # The window is about to choose another, or the places are being computed
            with writing(layer):
                layer.shown = np.zeros(self.crowd.n_units, bool)
            self.note.show(COMING if layout == "functional" else "")
            return
        self._backdrop.clear()
        self._use_length_unit()
        self._backdrop.show(session, units, layout)
        positions = self.crowd.positions(layout)
        if layout in ("anatomical", "anatomical 3-D") and not is_upright(session):
            self._backdrop.show_tissue(positions, self.crowd.areas())
        known = place(layer, positions)
        empty = empty_note(session, units, layout)
        self.note.show(empty or layout_note(self._now), above=not empty)
        self._base_size = point_size(positions[known]) * SIZES.get(layout, 1.0)
        stimulus = self.stimulus_layer
        if stimulus is not None:
            stimulus.visible = layout == "retinotopic"
        self._viewer.dims.ndisplay = 3 if layout == "anatomical 3-D" else 2
        # On small points a soft edge would be most of what is seen
        layer.antialiasing = 0 if layout in ("list", "anatomical 3-D") else 1
        self.show_selection()
        self.coloring_changed()
        if fit:
            self.fit_view()
        has_scale = layout in ("anatomical", "anatomical 3-D")
        self._viewer.canvas.overlays.scale_bar.visible = has_scale

    def _length_unit(self) -> str:
        return "pixel" if self._now.view.layout == "retinotopic" else "um"

    def _use_length_unit(self) -> None:
        """The same for all layers, or napari drops the unit from the scale bar."""
        for shown in (self.units_layer, self.stimulus_layer):
            if shown is not None:
                with writing(shown):
                    shown.units = (self._length_unit(),) * shown.ndim

    def refit_view(self) -> None:
        """Fit anew to a canvas of another size; keeps what the user has zoomed to."""
        self._view_fit.refit(self.fit_view)

    def fit_view(self) -> None:
        """Fit what is on show to the canvas; a head in 3-D is seen obliquely."""
        layout, session = self._now.view.layout, self._now.session
        if self.units_layer is None or session is None:
            self._view_fit.reset()
            return
        stimulus = self.stimulus_layer
        if layout == "retinotopic" and stimulus is not None:
            # Not its units: the largest, thus those selected, would change the fit
            self._view_fit.fit([stimulus], 1.0)
            return
        # napari would fit what belongs to the stimulus as well, which is somewhere else
        layers = [
            shown
            for shown in self._viewer.layers
            if shown.visible and shown not in (self.stimulus_layer, self._outlines)
        ]
        upright = is_upright(session) if layout == "anatomical 3-D" else None
        above = {"list": NAME_ABOVE_LIST, "functional": ABOVE_MAP}.get(layout, 0.0)
        self._view_fit.fit(layers, self._base_size, upright=upright, above=above)

    def available_layouts(self) -> list[Layout]:
        """Layouts for which the session on show knows positions."""
        return self.layouts_of(self._now)

    def layouts_of(self, now: Resolved) -> list[Layout]:
        """Layouts for which a session knows positions."""
        return available_layouts(now.session, now.units)

    # -- colours -----------------------------------------------------------------------

    def coloring_changed(self) -> None:
        """Take up another column, other limits or other values."""
        self._coloring.choose(self._now, self.crowd)
        self.recolor()

    def recolor(self) -> None:
        """Colour the units for the current time; cheap enough for every frame."""
        if self._recolorer is None or self.units_layer is None:
            return
        values = self.values()
        if values is None:
            values = np.full(self.crowd.n_units, np.nan, np.float32)
        scale = self.scale
        shades, ranks = self._coloring.colors(values)
        if len(self._on_top) == len(ranks):
            ranks += 256 * self._on_top
        if self._is_of_fields:
            shades[:, 3] *= SEE_THROUGH
        self._recolorer.set_colors(shades, ranks)
        if scale.categories is None:
            own = values[: len(self._now.units)]
            self._backdrop.recolor(own, scale.table, scale.limits)
        else:
            self._backdrop.hide_scalp()

    def values(self) -> NDArray[np.floating] | None:
        """What units are coloured by now, [U]; None if there are no responses yet."""
        return self._coloring.values(self.crowd)

    def use_theme(self) -> None:
        """Draw names and rims in the colours of the viewer's theme."""
        self._backdrop.recolor_names()
        self.show_selection()
        self.recolor()

    # -- selection and time ------------------------------------------------------------

    def show_selection(self) -> None:
        """Draw selected units larger and rimmed, and mark the one looked at."""
        layer, now = self.units_layer, self._now
        if layer is None or now.selection is None:
            return
        # On the scalp units have the colour of what is around them
        on_scalp = now.view.layout == "scalp"
        over_pictures = on_scalp or now.view.layout == "retinotopic"
        is_light = colors_for(self._viewer.theme).is_light and not over_pictures
        sizes = drawn_sizes(now, self.crowd.n_units, self._base_size)
        self._is_of_fields = sizes is not None
        found = unit_looks.looks(
            self.crowd.n_units,
            self.crowd.selected(),
            unit_row(now.units, now.view.unit_id),
            self._base_size,
            rim_others=unit_looks.rim_in(now.view.layout),
            color_others=unit_looks.BLACK if on_scalp else unit_looks.NEUTRAL,
            color_selected=rim_of(now)
            or (unit_looks.BLACK if is_light else unit_looks.WHITE),
            sizes=sizes,
        )
        self._on_top = found.put_on(layer)

    def show_outlines(self, lines: list[NDArray[np.float64]]) -> None:
        """Draw outlines, each [points, 2] in (row, column), over the stimulus."""
        if self._outlines is not None:
            self._owner.remove(self._outlines)
        self._outlines = None
        if lines and self._now.view.layout == "retinotopic":
            active = self._viewer.layers.selection.active
            self._outlines = self._owner.add(outline_layer(lines))
            self._viewer.layers.selection.active = active

    def show_time(self) -> None:
        """Move the slider and the colours to the experiment's time."""
        self.frames.show(self.stimulus_layer, self._now.n_times)
        if self._coloring.is_of_time:
            self.recolor()
