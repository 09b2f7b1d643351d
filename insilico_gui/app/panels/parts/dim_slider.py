"""A slider whose command comes once, when it has been moved to where it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSlider

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QMouseEvent

STEPS = 100


class DimSlider(QSlider):
    """A part, 0 to 1.

    Parameters
    ----------
    command : callable(float)
        The user has set another part.
    preview : callable(float)
        The user is moving it: cheap, and changes no state.
    """

    def __init__(
        self,
        command: Callable[[float], object],
        preview: Callable[[float], object],
        tip: str = "",
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._command, self._preview, self._is_quiet = command, preview, True
        self.setRange(0, STEPS)
        self.setPageStep(10)
        self.setTracking(False)
        self.setToolTip(tip)
        self._is_quiet = False

    def show_value(self, part: float) -> None:
        """Show a part, as a program does: without the command."""
        self._is_quiet = True
        self.setValue(round(STEPS * part))
        self._is_quiet = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """See Qt."""
        super().mouseMoveEvent(event)
        self._preview(self.sliderPosition() / STEPS)

    def sliderChange(self, change: QSlider.SliderChange) -> None:
        """See Qt."""
        super().sliderChange(change)
        if change == QSlider.SliderChange.SliderValueChange and not self._is_quiet:
            self._command(self.value() / STEPS)
