"""How the map shows the units: layout, colours, colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from insilico_gui.app.map.map_note import empty_note, places_note
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.experiment.map_view import RESPONSE
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.map.unit_map import UnitMap
    from insilico_gui.app.panels.desk import Desk


class MapPanel(Panel):
    """Layout, what the units are coloured by, the colour bar and its limits."""

    title = "Map"

    def __init__(self, desk: Desk, unit_map: UnitMap) -> None:
        super().__init__(desk)
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
        unit_map.scale_changed.connect(self.show_colors)
        self.now.view.events.layout.connect(self._show_choices)
        self.now.view.events.color_by.connect(self._show_choices)
        self._fill()

    # -- from the user -----------------------------------------------------------------

    def _set_layout(self, layout: str) -> None:
        if layout:
            self.now.view.layout = layout  # type: ignore[assignment]

    def _set_color_by(self, name: str) -> None:
        if name:
            self.automatic.setChecked(True)
            self.now.view.limits = None
            self.now.view.color_by = name

    def _set_limits(self) -> None:
        automatic = self.automatic.isChecked()
        self.low.setEnabled(not automatic)
        self.high.setEnabled(not automatic)
        low, high = self.low.value(), self.high.value()
        if automatic:
            self.now.view.limits = None
        elif high > low:
            self.now.view.limits = (low, high)
        else:
            self.problem(
                f"The upper limit {high:g} is not above the lower limit {low:g}; the "
                "colours stay as they were."
            )

    # -- from the state ----------------------------------------------------------------

    def _fill(self) -> None:
        view, units = self.now.view, self.now.units
        names = [RESPONSE, *(n for n in units.columns if _can_color(units[n]))]
        for box, items, current in (
            (self.layouts, self._map.available_layouts(), view.layout),
            (self.color_by, names, view.color_by),
        ):
            fill_box(box, items, current)
            if items and current not in items:
                box.currentTextChanged.emit(box.currentText())
        self._show_choices()

    def _show_choices(self) -> None:
        self.layouts.setCurrentText(self.now.view.layout)
        self.color_by.setCurrentText(self.now.view.color_by)
        experiment = self.experiment
        layout = self.now.view.layout
        note = empty_note(self.now.session, self.now.units, layout)
        self.about.setText(note or places_note(self.now.units, layout))

    def show_colors(self) -> None:
        """Draw the legend of the scale that the units have now."""
        scale = self._map.scale
        low, high = scale.limits
        self._bar_image.setImage(scale.legend()[None], autoLevels=False)
        self._bar_image.setRect(low, 0.0, high - low, 1.0)
        self.bar.setXRange(low, high, padding=0)
        axis = self.bar.getAxis("bottom")
        about = facts(scale.column)
        session = self.now.session
        if scale.categories is not None:
            axis.setTicks([list(enumerate(scale.categories))])
        else:
            angles = about.ticks
            axis.setTicks([angles] if angles else None)
        label = getattr(session, "response_label", scale.column)
        is_response = scale.column == RESPONSE
        self.bar.setLabel("bottom", label if is_response else about.label)
        by_hand = self.now.view.limits is not None
        self.automatic.setEnabled(scale.categories is None)
        with QSignalBlocker(self.automatic):
            self.automatic.setChecked(not by_hand)
        for box, value in ((self.low, low), (self.high, high)):
            with QSignalBlocker(box):
                box.setDecimals(_decimals(high - low))
                box.setEnabled(by_hand and scale.categories is None)
                box.setValue(value)


def _can_color(column: pd.Series) -> bool:
    return column.dtype.kind in "fiub" or column.nunique() <= 40


def _decimals(span: float) -> int:
    """Decimals that tell a thousandth of a span."""
    digits = 3 - int(np.floor(np.log10(span))) if span > 0 else 3
    return int(np.clip(digits, 3, 12))


def _limit_box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-1e9, 1e9)
    box.setDecimals(3)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setKeyboardTracking(False)
    box.setEnabled(False)
    return box
