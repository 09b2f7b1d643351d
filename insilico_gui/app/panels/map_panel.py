"""How the map shows the units: layout, colours, colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDoubleSpinBox, QFormLayout, QGridLayout, QHBoxLayout

from insilico_gui.app.map.map_note import empty_note, places_note
from insilico_gui.app.map.unit_map import COLORED_BY
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.controls import check, choice, number, quietly
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.work.timers import delayed
from insilico_gui.drawing.layouts import available_layouts
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.session import has_readout
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from qtpy.QtGui import QResizeEvent

    from insilico_gui.app.panels.desk import Desk


BAR_HEIGHT, LEAST_BAR, BAR_WIDTH = 62, 90, 420
"""Pixels of the colour bar with its axis."""

FUNCTIONAL, FUNCTIONAL_LAYOUT = "functional", "functional layout"
"""The layout, and the analysis that computes it."""

EDGE = 6
"""Pixels at both ends of its label."""


class MapPanel(Panel):
    """Layout, what the units are coloured by, the colour bar and its limits."""

    title = "Map"
    place = "top"
    order = 10
    draws = frozenset({"session", "view.layout", "responses"}) | COLORED_BY

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.layouts = choice(self._set_layout)
        self.color_by = choice(self._set_color_by)
        self.automatic = check(
            "auto limits",
            self._set_automatic,
            "The colours span the values that there are; else set their ends",
        )
        self.low, self.high = _limit_box(self._set_limits), _limit_box(self._set_limits)
        self._bar_image = pg.ImageItem(axisOrder="row-major")
        self.bar = ThemedPlot()
        self.bar.setFixedHeight(BAR_HEIGHT)
        self.bar.setMinimumWidth(LEAST_BAR)
        self.bar.setMaximumWidth(BAR_WIDTH)
        self.bar.setMouseEnabled(x=False, y=False)
        self.bar.hideAxis("left")
        self.bar.addItem(self._bar_image)
        self.bar.setYRange(0, 1, padding=0)
        self.about = text_label()
        self.about.hide()
        self._fitting = delayed(self._write_label, self)

        choices = QFormLayout()
        choices.setVerticalSpacing(4)
        choices.addRow("Layout", self.layouts)
        choices.addRow("Colour by", self.color_by)
        limits = QGridLayout()
        limits.setVerticalSpacing(4)
        limits.addWidget(self.automatic, 0, 0, 1, 2)
        limits.addWidget(self.low, 1, 0)
        limits.addWidget(self.high, 1, 1)
        for box in (self.low, self.high):  # there is room for them when they are used
            box.hide()
        row = QHBoxLayout()
        row.addLayout(choices, 2)
        row.addWidget(self.bar, 3)
        row.addLayout(limits)
        self.body.setContentsMargins(8, 4, 8, 0)
        self.body.setSpacing(2)
        self.body.addLayout(row)
        self.body.addWidget(self.about)

    # -- from the user -----------------------------------------------------------------

    def _set_layout(self, layout: str) -> None:
        now = self.now
        if layout != FUNCTIONAL or layout in available_layouts(now.session, now.units):
            self.attempt(self.experiment.look, layout=layout)
            return
        # The map takes the layout once it has been computed
        fill_box(self.layouts, self._layouts(), now.view.layout)
        if now.session is not None and has_readout(now.session):
            self.desk.window.analyse(FUNCTIONAL_LAYOUT, {})
        else:
            self.desk.window.analyse(FUNCTIONAL_LAYOUT, {"of": "responses"})

    def _set_color_by(self, name: str) -> None:
        self.attempt(self.experiment.look, color_by=name, limits=None)

    def _set_automatic(self, automatic: bool) -> None:
        if automatic:
            self.attempt(self.experiment.look, limits=None)
        else:
            self._set_limits()

    def _set_limits(self) -> None:
        low, high = self.low.value(), self.high.value()
        if high > low:
            self.attempt(self.experiment.look, limits=(low, high))
        else:
            self.problem(
                f"The upper limit {high:g} is not above the lower limit {low:g}; the "
                "colours stay as they were."
            )

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Show the choices, and the legend of the scale that the map has now."""
        now, layout = self.now, self.now.view.layout
        units = now.units
        names = [RESPONSE, *(n for n in units.columns if _can_color(units[n]))]
        fill_box(self.layouts, self._layouts(), layout)
        self.layouts.setToolTip(self._about_functional())
        fill_box(self.color_by, names, now.view.color_by)
        note = empty_note(now.session, units, layout)
        text = note or places_note(units, layout, now.measured)
        self.about.setText(text)
        self.about.setVisible(bool(text))
        self._draw_legend()

    def _layouts(self) -> list[str]:
        """Layouts that are known, and the functional one where it can be computed."""
        now = self.now
        known: list[str] = [*available_layouts(now.session, now.units)]
        if now.session is None or FUNCTIONAL in known:
            return known
        if has_readout(now.session) or now.responses is not None:
            known.insert(len(known) - 1, FUNCTIONAL)
        return known

    def _about_functional(self) -> str:
        now = self.now
        if now.session is None:
            return ""
        what = "readout weights" if has_readout(now.session) else "responses"
        return (
            f"functional: units near each other have {what} that are alike, by principal "
            "components; computed when it is first chosen"
        )

    def grow(self) -> None:
        """Limits of the responses follow those that have come."""
        self._draw_legend()

    def _write_label(self) -> None:
        """Write what the colours are of, as much of it as there is room for."""
        metrics, room = self.bar.fontMetrics(), self.bar.width() - 2 * EDGE
        right = Qt.TextElideMode.ElideRight
        self.bar.setLabel("bottom", metrics.elidedText(self.bar.toolTip(), right, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._fitting.start()  # the bar takes its own size first

    def _draw_legend(self) -> None:
        scale = self.desk.window.map.scale
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
        self.bar.setToolTip(label if is_response else about.label)
        self._write_label()
        has_ends = scale.categories is None
        by_hand = has_ends and self.now.view.limits is not None
        self.automatic.setEnabled(has_ends)
        self.automatic.setChecked(not by_hand)
        with quietly(self.low, self.high):
            for box, value in ((self.low, low), (self.high, high)):
                box.setDecimals(_decimals(high - low))
                box.setEnabled(by_hand)
                box.setVisible(by_hand)
                box.setValue(value)


def _can_color(column: pd.Series) -> bool:
    return column.dtype.kind in "fiub" or column.nunique() <= 40


def _decimals(span: float) -> int:
    """Decimals that tell a thousandth of a span."""
    digits = 3 - int(np.floor(np.log10(span))) if span > 0 else 3
    return int(np.clip(digits, 3, 12))


def _limit_box(command: Callable[[], object]) -> QDoubleSpinBox:
    box = number(0.0, (-1e9, 1e9), command, decimals=3)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setEnabled(False)
    return box
