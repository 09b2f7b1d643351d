"""How the map shows the units: layout, colours, colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from insilico_gui.app.labels import angle_ticks, column_label
from insilico_gui.app.panel import Panel, ThemedPlot, fill_box, text_label
from insilico_gui.view import RESPONSE

if TYPE_CHECKING:
    from insilico_gui.app.jobs import Jobs
    from insilico_gui.app.unit_map import UnitMap
    from insilico_gui.experiment import Experiment


class MapPanel(Panel):
    """Layout, what the units are coloured by, the colour bar and its limits."""

    title = "Map"

    def __init__(self, experiment: Experiment, jobs: Jobs, unit_map: UnitMap) -> None:
        super().__init__(experiment, jobs)
        self._map = unit_map
        self.layouts = QComboBox()
        self.layouts.currentTextChanged.connect(self._set_layout)
        self.color_by = QComboBox()
        self.color_by.setMaxVisibleItems(30)
        self.color_by.currentTextChanged.connect(self._set_color_by)
        self.automatic = QCheckBox("automatic limits")
        self.automatic.setChecked(True)
        self.automatic.toggled.connect(self._set_limits)
        self.low, self.high = _limit_box(), _limit_box()
        for box in (self.low, self.high):
            box.valueChanged.connect(self._set_limits)
        limits = QHBoxLayout()
        limits.addWidget(self.low)
        limits.addWidget(self.high)

        self._bar_image = pg.ImageItem(axisOrder="row-major")
        self.bar = ThemedPlot()
        self.bar.setFixedHeight(80)
        self.bar.setMouseEnabled(x=False, y=False)
        self.bar.hideAxis("left")
        self.bar.addItem(self._bar_image)
        self.bar.setYRange(0, 1, padding=0)
        self.about = text_label()

        form = QFormLayout()
        form.addRow("Layout", self.layouts)
        form.addRow("Colour by", self.color_by)
        self.body.addLayout(form)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.automatic)
        row = QWidget()
        row.setLayout(limits)
        limits.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(row)
        self.body.addWidget(self.about)
        self.body.addStretch(1)

        experiment.units_changed.connect(self._fill)
        experiment.view.events.layout.connect(self._show_choices)
        experiment.view.events.color_by.connect(self._show_choices)
        self._fill()

    # -- from the user -----------------------------------------------------------------

    def _set_layout(self, layout: str) -> None:
        if layout:
            self.experiment.view.layout = layout  # type: ignore[assignment]

    def _set_color_by(self, name: str) -> None:
        if name:
            self.automatic.setChecked(True)
            self.experiment.view.limits = None
            self.experiment.view.color_by = name

    def _set_limits(self) -> None:
        automatic = self.automatic.isChecked()
        self.low.setEnabled(not automatic)
        self.high.setEnabled(not automatic)
        low, high = self.low.value(), self.high.value()
        if automatic:
            self.experiment.view.limits = None
        elif high > low:
            self.experiment.view.limits = (low, high)
        else:
            self.problem.emit(
                f"The upper limit {high:g} is not above the lower limit {low:g}; the "
                "colours stay as they were."
            )

    # -- from the state ----------------------------------------------------------------

    def _fill(self) -> None:
        view, units = self.experiment.view, self.experiment.units
        names = [RESPONSE, *(n for n in units.columns if _can_color(units[n]))]
        for box, items, current in (
            (self.layouts, self._map.available_layouts(), view.layout),
            (self.color_by, names, view.color_by),
        ):
            fill_box(box, items, current)
            if items and current not in items:
                box.currentTextChanged.emit(box.currentText())
        unplaced = 0
        if {"rf_x", "rf_y"} <= set(units.columns):
            unplaced = int(units[["rf_x", "rf_y"]].isna().any(axis=1).sum())
        self.about.setText(
            f"{unplaced} units look beyond the screen and have no place on the "
            "retinotopic map."
            if unplaced
            else ""
        )

    def _show_choices(self) -> None:
        self.layouts.setCurrentText(self.experiment.view.layout)
        self.color_by.setCurrentText(self.experiment.view.color_by)

    def show_colors(self) -> None:
        """Draw the colour bar for the colours now on the map."""
        low, high = self._map.limits
        table = (self._map.lookup_table() * 255).astype(np.uint8)
        table[:, 3] = 255
        self._bar_image.setImage(table[None])
        self._bar_image.setRect(low, 0.0, high - low, 1.0)
        self.bar.setXRange(low, high, padding=0)
        axis = self.bar.getAxis("bottom")
        name = self.experiment.view.color_by
        if self._map.categories is not None:
            axis.setTicks([list(enumerate(self._map.categories))])
        else:
            angles = angle_ticks(name)
            axis.setTicks([angles] if angles else None)
        session = self.experiment.session
        label = getattr(session, "response_label", name)
        self.bar.setLabel("bottom", label if name == RESPONSE else column_label(name))
        self.automatic.setEnabled(self._map.categories is None)
        if self.automatic.isChecked():
            for box, value in ((self.low, low), (self.high, high)):
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)


def _can_color(column: object) -> bool:
    kind = column.dtype.kind  # type: ignore[attr-defined]
    return kind in "fiub" or column.nunique() <= 40  # type: ignore[attr-defined]


def _limit_box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-1e9, 1e9)
    box.setDecimals(3)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setKeyboardTracking(False)
    box.setEnabled(False)
    return box
