"""Receptive fields of the selected units, by whatever the stimulus allows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.analysis import fit_receptive_fields, take_part, trial_table
from insilico_gui.analysis.fields.registry import (
    AVERAGES,
    LEAST_FRAMES,
    WINDOWS_S,
    has_polarities,
    map_fields,
    mapping_methods,
    parts_to_map,
    unit_map,
)
from insilico_gui.app.map.screen_ticks import degree_ticks, pixel_ticks
from insilico_gui.app.panels.analysis_panel import (
    UnitAnalysisPanel,
    chosen_part,
    part_box,
    seconds_box,
)
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.widgets.image_plot import (
    DIVERGING,
    SEQUENTIAL,
    ImagePlot,
    symmetric,
)
from insilico_gui.stimuli.core.display import Display

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from insilico_gui.analysis import ReceptiveFieldFit
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.progress import OnProgress

    Mapped = tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]

RECEPTIVE_FIELDS = "receptive fields"
BOTH = "on+off"
MAX_ELLIPSES = 300
"""More outlines than this hide the stimulus, and take long to draw."""

DEGREES, PIXELS = "degrees", "pixels"


class ReceptiveFieldPanel(UnitAnalysisPanel):
    """Map of a unit with its Gaussian; outlines of the selection over the stimulus.

    Signals
    -------
    changed()
        Other outlines are to be drawn on the map; see :meth:`outlines_shown`.
    """

    title = "Receptive fields"
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.fit: ReceptiveFieldFit | None = None
        self.compute_button.setText("Map fields")
        self.compute_button.clicked.connect(self.compute)
        self.method = QComboBox()
        self.method.setToolTip(
            "Dots and sparse noise: mean response to what covers a place. Noise images: "
            "mean image by responses. Averages: of the frames before responses, or of "
            "their contrast, for units that answer to light and dark alike"
        )
        self.method.currentTextChanged.connect(self._method_changed)
        self.part = part_box()
        self.part.currentTextChanged.connect(self._draw)
        self.latency = seconds_box(0.0, "From the stimulus to the window")
        self.latency.setPrefix("from ")
        self.window_s = seconds_box(0.0, "Length of the response window")
        self.window_s.setPrefix("for ")
        self.polarity = QComboBox()
        self.polarity.addItems([BOTH, "on", "off"])
        self.polarity.currentTextChanged.connect(self._draw)
        self.axes = QComboBox()
        self.axes.addItems([DEGREES, PIXELS])
        self.axes.currentTextChanged.connect(self._draw)
        self.outlines = QCheckBox("Outlines, r² ≥")
        self.outlines.setToolTip("Gaussians of the selected units, drawn on the map")
        self.outlines.toggled.connect(self._draw)
        self.least_r2 = QDoubleSpinBox()
        self.least_r2.setRange(0.0, 1.0)
        self.least_r2.setSingleStep(0.05)
        self.least_r2.setValue(0.1)
        self.least_r2.setToolTip("No outlines of units that are fitted worse")
        self.least_r2.valueChanged.connect(self._draw)

        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("By", _row(self.method, self.part))
        form.addRow("Window", _row(self.latency, self.window_s))
        form.addRow("Show", _row(self.polarity, self.axes))
        form.addRow("Unit", self.unit)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addLayout(_row(self.outlines, self.least_r2))
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        self.plot = ImagePlot()
        self.outline = self.plot.plot(pen=pg.mkPen("w", width=2))
        row = QHBoxLayout()
        row.addLayout(controls, 2)
        row.addWidget(self.plot, 6)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)
        self.state_changed.connect(self._show_state)
        self.unit_changed.connect(self._draw)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Map and fit the fields of every encoded unit, in the background."""
        responses, frames = self.now.responses, self.now.frames
        method = self.method.currentText()
        if responses is None or not method:
            return
        part = chosen_part(self.part)
        if part is not None:
            responses = take_part(responses, part)
        window = {"latency_s": self.latency.value(), "window_s": self.window_s.value()}

        def work(tell: OnProgress) -> Mapped:
            return map_fields(responses, frames, method, **window, on_progress=tell)

        def take(result: Mapped) -> None:
            fields, fit, columns = result
            self.fit = fit
            self.attempt(
                self.experiment.use_analysis, RECEPTIVE_FIELDS, fields, columns
            )

        self.run("Mapping receptive fields", work, take)

    def _method_changed(self, method: str) -> None:
        latency_s, window_s = WINDOWS_S.get(method, (0.0, 0.0))
        self.latency.setValue(latency_s)
        self.window_s.setValue(window_s)
        self.latency.setToolTip(
            "The first lag" if method in AVERAGES else "From the stimulus to the window"
        )
        self.window_s.setToolTip(
            "From the first to the last lag"
            if method in AVERAGES
            else "Length of the response window"
        )
        self._show_parts()

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses = self.now.responses
        names = []
        if responses is not None:
            names = mapping_methods(responses, self.now.frames)
        if names != [self.method.itemText(i) for i in range(self.method.count())]:
            fill_box(self.method, names)
            self._method_changed(self.method.currentText())
        self.compute_button.setEnabled(bool(names) and not self.computing)
        self._show_parts()

    def _show_parts(self) -> None:
        """Offer the parts of a sequence where there is a choice between them."""
        responses, method = self.now.responses, self.method.currentText()
        names: list[str] = []
        if responses is not None and "trials" in responses.attrs:
            names = parts_to_map(trial_table(responses), method, self.now.frames)
        fill_box(self.part, names)
        self.part.setVisible(len(names) > 1)
        self._draw()

    def _fields(self) -> xr.Dataset | None:
        """The latest maps, unless they are of another part."""
        fields = self.now.results.get(RECEPTIVE_FIELDS)
        part = chosen_part(self.part)
        if fields is None or part in (None, fields.attrs["analysis"].get("part")):
            return fields
        return None

    def _analysis_changed(self, name: str) -> None:
        if name == RECEPTIVE_FIELDS and name not in self.now.results:
            self.fit = None
        super()._analysis_changed(name)

    def outlines_shown(self) -> list[np.ndarray]:
        """Outlines of the selected units' fields, each [points, 2] in (row, column)."""
        if self.fit is None or not self.outlines.isChecked():
            return []
        return list(self.fit.ellipse()[self._outlined()[:MAX_ELLIPSES]])

    def _outlined(self) -> np.ndarray:
        """Columns of the selected units whose fields are good enough for an outline."""
        if self.fit is None or self._fields() is None:
            return np.empty(0, np.int64)
        good = self.fit.on_screen & (self.fit.r2 >= self.least_r2.value())
        chosen = self.now.selected_columns
        return chosen[good[chosen]]

    def _draw(self, *_: object) -> None:
        fields, column = self._fields(), self.chosen_column()
        shown = fields is not None and self.fit is not None and column is not None
        self.outline.setVisible(shown)
        self.unit.setEnabled(shown)
        self.changed.emit()
        if fields is None or self.fit is None or column is None:
            self.plot.show_image(None)
            self.outline.setData([], [])
            self.about.setText(
                "Receptive fields are mapped with video; where a session of images knows "
                "them, the map can be coloured by them."
                if self.now.images is not None
                else "Encode gaussian dots, sparse noise, images in trials or a movie of "
                f"{LEAST_FRAMES} frames or more to map receptive fields."
                if not self.method.count()
                else "None of the mapped units is selected."
                if fields is not None
                else ""
            )
            return
        self.polarity.setEnabled(has_polarities(fields))
        polarity = self.polarity.currentText() if has_polarities(fields) else BOTH
        picture, lag_s = unit_map(fields, column, polarity)
        self._show_picture(fields, picture)
        fit, which = self.fit, column
        if polarity != BOTH:  # the columns are of both together
            fit, which = fit_receptive_fields(picture[None], fit.display), 0
        ellipse = fit.ellipse()[which]
        self.outline.setData(ellipse[:, 1], ellipse[:, 0])
        self.about.setText(
            f"<b>unit {escape(self.unit.unit)}</b> &nbsp; " + _place(fit, which)
        )
        if lag_s is not None:
            self.about.setText(f"{self.about.text()} &nbsp; lag {1000 * lag_s:.0f} ms")
        n_outlines = len(self._outlined())
        if self.outlines.isChecked() and n_outlines > MAX_ELLIPSES:
            self.about.setText(
                f"{self.about.text()} &nbsp; outlines: the first {MAX_ELLIPSES} of "
                f"{n_outlines:,}"
            )

    def _show_picture(self, fields: xr.Dataset, picture: np.ndarray) -> None:
        rows, cols = fields["row"].to_numpy(), fields["column"].to_numpy()
        height, width = rows[1] - rows[0], cols[1] - cols[0]
        about = fields.attrs["analysis"]
        signed = bool((picture[np.isfinite(picture)] < 0).any())
        label = {"luminance": "grey levels", "contrast": "squared grey levels"}
        self.plot.show_image(
            picture,
            rect=(
                cols[0] - width / 2,
                rows[0] - height / 2,
                width * len(cols),
                height * len(rows),
            ),
            limits=symmetric(picture) if signed else None,
            colormap=DIVERGING if signed else SEQUENTIAL,
            label=label.get(about.get("quantity"), "response"),
        )
        in_degrees = self.axes.currentText() == DEGREES
        display = Display.from_dict(about["display"])
        across, down = (degree_ticks if in_degrees else pixel_ticks)(display)
        for side, name, place, ticks in (
            ("bottom", "azimuth", "column", across),
            ("left", "elevation", "row", down),
        ):
            self.plot.getAxis(side).setTicks([ticks])
            self.plot.setLabel(side, f"{name} (deg)" if in_degrees else f"{place} (px)")


def _place(fit: ReceptiveFieldFit, which: int) -> str:
    if not fit.on_screen[which]:
        return "no field on the screen"
    azimuth, elevation = (float(v[which]) for v in fit.centre("degrees"))
    long, short, _ = (float(v[which]) for v in fit.axes_deg())
    return (
        f"centre {azimuth:.1f}°, {elevation:.1f}° &nbsp; (column {fit.x0[which]:.0f}, "
        f"row {fit.y0[which]:.0f}) &nbsp; sigma {long:.1f}° x {short:.1f}° &nbsp; "
        f"r² {fit.r2[which]:.2f}"
    )


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
