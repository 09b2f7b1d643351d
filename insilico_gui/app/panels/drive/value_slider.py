"""A slider with a box beside it for the exact number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from insilico_gui.app.widgets.controls import number, quietly

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 200
"""Of the slider from end to end."""

BOX_WIDTH = 74


class ValueSlider(QWidget):
    """A number, set by a slider up to a usual value, or by a box beyond it.

    Parameters
    ----------
    ends : (float, float)
        Smallest and largest number that the box takes.
    top : float
        What the slider reaches.
    command : callable(), optional
        Is called when the user sets another number.
    suffix : str
        Unit, in the box.
    bottom : float, optional
        Where the slider begins; default zero.
    """

    def __init__(
        self,
        ends: tuple[float, float],
        top: float,
        command: Callable[[], object] | None = None,
        *,
        suffix: str = "",
        bottom: float | None = None,
    ) -> None:
        super().__init__()
        self._bottom = max(ends[0], min(0.0, top)) if bottom is None else bottom
        self._top = top
        self._command = command
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumWidth(40)
        self.box = number(
            max(self._bottom, min(0.0, top)),
            ends,
            self._boxed,
            step=top / 20,
            decimals=2,
            suffix=suffix,
        )
        self.box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.box.setFixedWidth(BOX_WIDTH)
        self._follow()
        self.slider.valueChanged.connect(self._slid)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.box)

    def value(self) -> float:
        """The number."""
        return float(self.box.value())

    def set_value(self, value: float) -> None:
        """Show a number, as a program does: without the command."""
        with quietly(self.slider, self.box):
            self.box.setValue(value)
            self._follow()

    def _follow(self) -> None:
        part = (self.value() - self._bottom) / (self._top - self._bottom)
        self.slider.setValue(round(STEPS * min(max(part, 0.0), 1.0)))

    def _slid(self, step: int) -> None:
        with quietly(self.box):
            self.box.setValue(self._bottom + (self._top - self._bottom) * step / STEPS)
        self._tell()

    def _boxed(self) -> None:
        with quietly(self.slider):
            self._follow()
        self._tell()

    def _tell(self) -> None:
        if self._command is not None:
            self._command()
