"""A slider with two ends for the depth of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget
from superqt import QDoubleRangeSlider

from insilico_gui.app.widgets.controls import quietly
from insilico_gui.drawing.layouts import are_channels, is_upright
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QKeyEvent, QMouseEvent

    from insilico_gui.experiment.resolved import Resolved

DEPTHS = ("depth", "z")
"""Columns that hold the depth of units, the first that there is."""

STEPS = 100
"""Of the slider, from one end to the other."""


def depth_column(now: Resolved) -> str | None:
    """Column of the depth of the units on show; None where they have none."""
    session = now.session
    if session is None or is_upright(session) or are_channels(session):
        return None
    for name in DEPTHS:
        if name in now.units and now.units[name].dtype.kind in "fiu":
            known = now.units[name].dropna()
            return name if known.nunique() > 1 else None
    return None


class _Slider(QDoubleRangeSlider):
    """Calls a command when the user lets go of it, by the mouse or by keys."""

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__(Qt.Orientation.Horizontal)  # type: ignore[no-untyped-call]
        self._command = command
        self._before = self.ends

    @property
    def ends(self) -> tuple[float, float]:
        """Where its two ends are."""
        ends: tuple[float, ...] = self.value()
        return float(ends[0]), float(ends[1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See Qt."""
        self._before = self.ends
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See Qt."""
        super().mouseReleaseEvent(event)
        if self.ends != self._before:
            self._command()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        before = self.ends
        super().keyPressEvent(event)
        if self.ends != before:
            self._command()


class DepthRange(QWidget):
    """From which depth to which units are selected.

    Parameters
    ----------
    command : callable(str, (float or None, float or None))
        Called with the column and both ends; None for one that excludes no unit.
    """

    def __init__(
        self, command: Callable[[str, tuple[float | None, float | None]], object]
    ) -> None:
        super().__init__()
        self._command, self._column = command, ""
        self._ends = (0.0, 1.0)
        self.slider = _Slider(self._use)
        self.slider.setToolTip(
            "Drag either end: of the selected units, those between are selected"
        )
        self.label, self.said = QLabel("Depth"), QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.said)

    def show_state(self, now: Resolved) -> None:
        """Show the range that holds, where units have a depth."""
        column = depth_column(now)
        self.setVisible(column is not None)
        if column is None:
            return
        self._column = column
        known = now.units[column].to_numpy(float)
        low, high = float(np.nanmin(known)), float(np.nanmax(known))
        self._ends = low, high
        wanted = now.conditions.get(column, (None, None))
        first, last = (
            end if given is None else min(max(given, low), high)
            for given, end in zip(wanted, self._ends, strict=True)
        )
        with quietly(self.slider):
            self.slider.setRange(low, high)
            self.slider.setSingleStep((high - low) / STEPS)
            self.slider.setValue((first, last))
        self._say(first, last)

    def _say(self, low: float, high: float) -> None:
        self.said.setText(f"{low:.4g} to {high:.4g} {facts(self._column).unit}")

    def _use(self) -> None:
        low, high = self._ends
        step = (high - low) / STEPS
        first, last = self.slider.ends
        self._say(first, last)
        digits = max(0, 2 - int(np.floor(np.log10(max(step, 1e-12)))))
        self._command(
            self._column,
            (
                None if first - low < step / 2 else round(first, digits),
                None if high - last < step / 2 else round(last, digits),
            ),
        )
