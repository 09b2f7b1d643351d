"""Receptive fields of the selected units, from flashed dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from insilico_gui.analysis import trial_table
from insilico_gui.analysis.choices import dot_sigma, has_dots, map_receptive_fields
from insilico_gui.app.panel import Panel, ThemedPlot, text_label

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from insilico_gui.analysis import ReceptiveFieldFit
    from insilico_gui.app.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment

RECEPTIVE_FIELDS = "receptive fields"
MAX_ELLIPSES = 300
"""More outlines than this hide the stimulus, and take long to draw."""

DEFAULT_LATENCY_S, DEFAULT_WINDOW_S = 0.2, 0.2


class ReceptiveFieldPanel(Panel):
    """Map of a unit with its Gaussian; outlines of the selection over the stimulus.

    Signals
    -------
    changed()
        Other outlines are to be drawn on the map; see :meth:`outlines_shown`.
    """

    title = "Receptive fields"
    changed = Signal()

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.fit: ReceptiveFieldFit | None = None
        self._computing: Job | None = None
        self.latency = _seconds(DEFAULT_LATENCY_S, "From the dot to the window")
        self.window_s = _seconds(DEFAULT_WINDOW_S, "Length of the response window")
        self.polarity = QComboBox()
        self.polarity.addItems(["on+off", "on", "off"])
        self.polarity.currentTextChanged.connect(self._draw)
        self.unit = QSpinBox()
        self.unit.setMinimum(1)
        self.unit.setToolTip("Which of the selected units")
        self.unit.valueChanged.connect(self._draw)
        self.outlines = QCheckBox("Outlines on the map")
        self.outlines.toggled.connect(lambda: self.changed.emit())
        self.compute_button = QPushButton("Map fields")
        self.compute_button.clicked.connect(self.compute)
        self.about = text_label()
        self.about.setWordWrap(False)

        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("Latency", self.latency)
        form.addRow("Window", self.window_s)
        form.addRow("Show", self.polarity)
        form.addRow("Unit", self.unit)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.outlines)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setLookupTable(
            (255 * np.asarray(ensure_colormap("inferno").colors)).astype(np.uint8)
        )
        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(60)
        self.plot.setAspectLocked(True)
        self.plot.invertY(True)
        self.plot.setLabel("bottom", "column (pixels)")
        self.plot.setLabel("left", "row")
        self.plot.addItem(self.image)
        self.outline = self.plot.plot(pen=pg.mkPen("w", width=2))
        row = QHBoxLayout()
        row.addLayout(controls, 2)
        row.addWidget(self.plot, 6)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)

        for signal in (
            experiment.responses_changed,
            experiment.job_changed,
            experiment.stimulus_changed,
        ):
            signal.connect(self._show_state)
        experiment.selection_changed.connect(self._draw)
        experiment.analysis_changed.connect(self._analysis_changed)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Map and fit the fields of every encoded unit, in the background."""
        responses = self.experiment.responses
        if responses is None:
            return
        window = {"latency_s": self.latency.value(), "window_s": self.window_s.value()}

        def work() -> tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]:
            return map_receptive_fields(
                responses, sigma_deg=dot_sigma(responses), **window
            )

        def take(result: tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]) -> None:
            fields, fit, columns = result
            if responses is self.experiment.responses:
                self.fit = fit
                self.attempt(
                    self.experiment.use_analysis, RECEPTIVE_FIELDS, fields, columns
                )

        self._computing = self.jobs.start(
            "Mapping receptive fields", work, on_return=take, on_end=self._ended
        )
        self._show_state()

    def _ended(self, _job: Job) -> None:
        self._computing = None
        self._show_state()

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses = self.experiment.responses
        possible = (
            responses is not None
            and "trials" in responses.attrs
            and has_dots(trial_table(responses))
        )
        self.compute_button.setEnabled(possible and self._computing is None)
        self._draw()

    def _analysis_changed(self, name: str) -> None:
        if name == RECEPTIVE_FIELDS:
            if name not in self.experiment.analyses:
                self.fit = None
            self._draw()

    def outlines_shown(self) -> list[np.ndarray]:
        """Outlines of the selected units' fields, each [points, 2] in (row, column)."""
        if self.fit is None or not self.outlines.isChecked():
            return []
        chosen = self.experiment.selected_columns()[:MAX_ELLIPSES]
        ellipses = self.fit.ellipse()[chosen]
        return [ellipse for ellipse in ellipses if np.isfinite(ellipse).all()]

    def _draw(self, *_: object) -> None:
        fields = self.experiment.analyses.get(RECEPTIVE_FIELDS)
        columns = self.experiment.selected_columns()
        shown = fields is not None and self.fit is not None and len(columns) > 0
        self.image.setVisible(shown)
        self.outline.setVisible(shown)
        self.unit.setEnabled(shown)
        if not shown:
            self.about.setText(
                "None of the mapped units is selected."
                if fields is not None
                else "Encode gaussian dots (Stimulus panel) to map receptive fields."
            )
            self.changed.emit()
            return
        self.unit.blockSignals(True)
        self.unit.setRange(1, len(columns))
        self.unit.blockSignals(False)
        column = columns[self.unit.value() - 1]
        field = fields["rf"].sel(polarity=self.polarity.currentText()).isel(unit=column)
        picture = field.transpose("row", "column").to_numpy()
        rows, cols = fields["row"].to_numpy(), fields["column"].to_numpy()
        low, high = np.nanmin(picture), np.nanmax(picture)
        self.image.setImage(np.nan_to_num(picture, nan=low), levels=(low, high))
        height, width = rows[1] - rows[0], cols[1] - cols[0]
        self.image.setRect(
            cols[0] - width / 2,
            rows[0] - height / 2,
            width * len(cols),
            height * len(rows),
        )
        ellipse = self.fit.ellipse()[column]
        self.outline.setData(ellipse[:, 1], ellipse[:, 0])
        units = self.experiment.units
        row = units.iloc[self.experiment.job_indices()[column]]
        text = f"<b>unit {row['unit_id']}</b> &nbsp; "
        if np.isfinite(row["rf_azimuth_deg"]):
            text += (
                f"centre {row['rf_azimuth_deg']:.1f}°, {row['rf_elevation_deg']:.1f}° "
                f"&nbsp; sigma {row['rf_sigma_long_deg']:.1f}° x "
                f"{row['rf_sigma_short_deg']:.1f}° &nbsp; r² {row['rf_r2']:.2f}"
            )
        else:
            text += "no field on the screen"
        self.about.setText(text)
        self.changed.emit()


def _seconds(value: float, tip: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.0, 5.0)
    box.setSingleStep(0.05)
    box.setSuffix(" s")
    box.setValue(value)
    box.setToolTip(tip)
    return box
