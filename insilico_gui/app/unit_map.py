"""The map: the stimulus and the units over it, as two napari layers.

The stimulus is stored as (time, 1, row, column) and the units as (depth, row, column), so
that time is a slider of its own in 2-D and 3-D alike and the units, which have no time
axis, show at every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app import colors
from insilico_gui.app.recolor import Recolorer
from insilico_gui.view import RESPONSE

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image, Points, Shapes
    from numpy.typing import NDArray

    from insilico_gui.experiment import Experiment

STIMULUS = "Stimulus"
UNITS = "Units"
OUTLINES = "Receptive fields"

SAMPLED_FRAMES = 64
"""Frames that the limits of the response colours are estimated from."""

SELECTED_SIZE, OTHER_SIZE = 1.4, 0.7
"""Selected units are drawn larger, with a white rim, and the others smaller."""


class UnitMap:
    """Keeps the layers of a viewer equal to an experiment.

    Attributes
    ----------
    limits : (float, float)
        Values at the ends of the colours now in use.
    categories : list of str or None
        Names of the values 0, 1, ... if a text column is shown.
    """

    def __init__(self, viewer: Viewer, experiment: Experiment) -> None:
        self._viewer = viewer
        self._experiment = experiment
        self._recolorer: Recolorer | None = None
        self._units: Points | None = None
        self._stimulus: Image | None = None
        self._has_frames = False
        self._outlines: Shapes | None = None
        self._table = colors.lookup_table("viridis")
        self._column: NDArray[np.float64] | None = None
        self.limits = (0.0, 1.0)
        self.categories: list[str] | None = None

    # -- the two layers ----------------------------------------------------------------

    @property
    def units_layer(self) -> Points | None:
        """The layer of the units, while there is one."""
        return self._units if self._units in self._viewer.layers else None

    @property
    def stimulus_layer(self) -> Image | None:
        """The layer of the stimulus, while there is one."""
        return self._stimulus if self._stimulus in self._viewer.layers else None

    def show_frames(self, frames: NDArray[np.uint8] | None) -> None:
        """Put the stimulus as the session sees it on the map.

        Parameters
        ----------
        frames : uint8 array, [T, H, W] or [T, H, W, 3], or None
        """
        old = self.stimulus_layer
        self._has_frames = frames is not None
        if frames is None:
            # Without a layer that has time the units would lose a dimension while they
            # are being drawn, which crashes in the graphics driver.
            if old is not None:
                old.visible = False
            return
        data = frames[:, None]
        if old is not None and old.rgb == (frames.ndim == 4):
            old.data = data
        else:
            self._stimulus = self._viewer.add_image(
                data,
                name=STIMULUS,
                rgb=frames.ndim == 4,
                colormap="gray",
                contrast_limits=(0, 255),
                interpolation2d="nearest",
            )
            self._viewer.dims.axis_labels = ("frame", "depth", "row", "column")
            layers = self._viewer.layers
            if old is not None:
                layers.remove(old)
                self._stimulus.name = STIMULUS
            layers.move(layers.index(self._stimulus), 0)
        self.show_layout()

    def show_session(self) -> None:
        """Replace the units by those of the experiment's session."""
        old = self.units_layer
        if old is not None:
            self._viewer.layers.remove(old)
        self._recolorer = None
        session = self._experiment.session
        if session is None:
            return
        layer = self._viewer.add_points(
            np.zeros((len(self._experiment.units), 3)),
            name=UNITS,
            border_color="white",
            border_width=0.0,
            border_width_is_relative=True,
            face_color="gray",
            antialiasing=1,
        )
        layer.editable = False
        self._units = layer
        self._recolorer = Recolorer(self._viewer, layer)
        self.show_layout()

    # -- layout ------------------------------------------------------------------------

    def show_layout(self) -> None:
        """Move the units to where the chosen layout has them and fit the view."""
        layer, session = self.units_layer, self._experiment.session
        if layer is None or session is None:
            return
        layout = self._experiment.view.layout
        positions = unit_positions(self._experiment.units, layout, session.frame_shape)
        known = np.isfinite(positions).all(axis=1)
        layer.data = np.where(known[:, None], positions, 0.0)
        layer.shown = known
        self._base_size = point_size(positions[known])
        stimulus = self.stimulus_layer
        if stimulus is not None:
            stimulus.visible = self._has_frames and layout == "retinotopic"
        unit = "pixel" if layout == "retinotopic" else "um"
        for shown in (layer, stimulus):
            # The same for both, or napari drops the unit from the scale bar
            if shown is not None:
                shown.units = (unit,) * shown.ndim
        self._viewer.dims.ndisplay = 3 if layout == "anatomical 3-D" else 2
        self.show_selection()
        self.coloring_changed()
        self._viewer.reset_view()
        self._viewer.canvas.overlays.scale_bar.visible = layout != "retinotopic"

    def available_layouts(self) -> list[str]:
        """Layouts for which the session knows positions."""
        columns = set(self._experiment.units.columns)
        found = []
        if {"rf_x", "rf_y"} <= columns:
            found.append("retinotopic")
        if {"x", "y"} <= columns:
            found.append("anatomical")
        if {"x", "y", "z"} <= columns:
            found.append("anatomical 3-D")
        return found

    # -- colours -----------------------------------------------------------------------

    def coloring_changed(self) -> None:
        """Take up another column, other limits or other values."""
        view, units = self._experiment.view, self._experiment.units
        name = view.color_by
        self.categories = None
        if name == RESPONSE or name not in units:
            self._column = None
            over_stimulus = view.layout == "retinotopic"
            self._table = colors.lookup_table(
                "inferno" if over_stimulus else "viridis", fading=over_stimulus
            )
            automatic = self._response_limits()
        else:
            self._column, self.categories = colors.column_values(units[name])
            cycle = colors.period(name)
            if cycle is not None:
                self._table = colors.lookup_table("hsv")
                automatic = (0.0, cycle)
            elif name in colors.SIGNED:
                self._table = colors.lookup_table("coolwarm")
                automatic = (-colors.SIGNED[name], colors.SIGNED[name])
            elif self.categories is not None:
                self._table = colors.categorical_table(len(self.categories))
                automatic = (-0.5, len(self.categories) - 0.5)
            else:
                self._table = colors.lookup_table("viridis")
                automatic = colors.robust_limits(self._column)
        self.limits = view.limits or automatic
        self.recolor()

    def lookup_table(self) -> NDArray[np.float32]:
        """Colours in use from the low to the high limit, float32 [256, 4]."""
        return self._table

    def recolor(self) -> None:
        """Colour the units for the current time; cheap enough for every frame."""
        if self._recolorer is None or self.units_layer is None:
            return
        values = self._column
        if values is None:
            values = self._experiment.response_at(self._experiment.playback.frame)
        if values is None:
            values = np.full(len(self._experiment.units), np.nan, np.float32)
        self._recolorer.set_colors(colors.map_values(values, self._table, self.limits))

    def _response_limits(self) -> tuple[float, float]:
        job = self._experiment.job
        if job is None or job.moments.n_done == 0:
            return (0.0, 1.0)
        n_rows = min(job.moments.n_done, SAMPLED_FRAMES)
        moments = np.linspace(0, job.moments.n_done - 1, n_rows).astype(int)
        low, high = colors.robust_limits(
            np.concatenate([job.moments.row(k) for k in moments])
        )
        return (min(low, 0.0) if low < 0.2 * high else low, high)

    # -- selection and time ------------------------------------------------------------

    def show_selection(self) -> None:
        """Draw selected units larger and rimmed, unless all are selected."""
        layer, selection = self.units_layer, self._experiment.selection
        if layer is None or selection is None:
            return
        n_units = len(self._experiment.units)
        chosen = np.zeros(n_units, dtype=bool)
        size = np.full(n_units, self._base_size)
        if 0 < len(selection) < n_units:
            chosen[selection.indices] = True
            size *= np.where(chosen, SELECTED_SIZE, OTHER_SIZE)
        layer.size = size
        layer.border_width = np.where(chosen, 0.12, 0.0)

    def show_outlines(self, outlines: list[NDArray[np.float64]]) -> None:
        """Draw outlines, each [points, 2] in (row, column), over the stimulus."""
        old = self._outlines
        if old is not None and old in self._viewer.layers:
            self._viewer.layers.remove(old)
        self._outlines = None
        if outlines and self._experiment.view.layout == "retinotopic":
            active = self._viewer.layers.selection.active
            self._outlines = self._viewer.add_shapes(
                outlines,
                shape_type="path",
                edge_color="white",
                edge_width=0.4,
                opacity=0.8,
                name=OUTLINES,
            )
            self._viewer.layers.selection.active = active

    def show_time(self) -> None:
        """Move the slider and the colours to the experiment's time."""
        if self.stimulus_layer is not None:
            self._viewer.dims.set_current_step(0, self._experiment.frame_on_show)
        if self._column is None:
            self.recolor()


def unit_positions(
    units: object, layout: str, frame_shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Layer coordinates (depth, row, column) of every unit, float64 [U, 3].

    Retinotopic: ``row = (1 - rf_y)/2 (H - 1)``, ``column = (rf_x + 1)/2 (W - 1)``, the
    stimulus pixel that the unit looks at. Anatomical: micrometres as in the unit table,
    ``x`` to the right and ``y`` down. NaN where the position is not known.
    """
    n_units = len(units)  # type: ignore[arg-type]
    zero = np.zeros(n_units)

    def column(name: str) -> NDArray[np.float64]:
        if name not in units:  # type: ignore[operator]
            return np.full(n_units, np.nan)
        return units[name].to_numpy(dtype=float)  # type: ignore[index]

    if layout == "retinotopic":
        height, width = frame_shape
        row = (1 - column("rf_y")) / 2 * (height - 1)
        col = (column("rf_x") + 1) / 2 * (width - 1)
        return np.stack([zero, row, col], axis=1)
    depth = column("z") if layout == "anatomical 3-D" else zero
    return np.stack([depth, column("y"), column("x")], axis=1)


def point_size(positions: NDArray[np.float64]) -> float:
    """Diameter at which the points of a layout are seen apart, in its own unit."""
    if len(positions) == 0:
        return 1.0
    low, high = np.percentile(positions, (2, 98), axis=0)
    extent = np.maximum(high - low, 1e-6)[1:]
    spacing = np.sqrt(extent.prod() / len(positions))
    return float(0.8 * spacing)
