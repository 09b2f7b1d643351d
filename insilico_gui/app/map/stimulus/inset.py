"""The stimulus in a corner of the map, where units are not drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QFrame, QLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from insilico_gui.experiment.resolved import Resolved

OVER_THE_STIMULUS = "retinotopic"
"""The layout in which units are where they look."""

SHARE, LEAST, MOST = 0.24, 110, 420
"""Of the canvas's width, and between which widths in pixels."""

MARGIN = 10


class StimulusInset(QLabel):
    """Shows the frame of the time of playback at the lower left of the canvas.

    Parameters
    ----------
    canvas : QWidget
        The picture lies on it, and lets the mouse through.
    peek : callable(int) -> uint8 array [H, W] or [H, W, 3], or None
        A frame, if it has been made.

    Attributes
    ----------
    frame : uint8 array or None
        What is on show.
    """

    def __init__(
        self, canvas: QWidget, peek: Callable[[int], NDArray[np.uint8] | None]
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._peek = canvas, peek
        self.frame: NDArray[np.uint8] | None = None
        self._is_wanted = False
        self.setObjectName("stimulus_inset")
        self.setAccessibleName("Stimulus")
        self.setFrameShape(QFrame.Shape.Box)
        self.setScaledContents(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.installEventFilter(self)
        self.hide()

    def take(self, now: Resolved, frame: int) -> None:
        """Show the stimulus if the map does not."""
        layout = now.view.layout
        self._is_wanted = now.frames is not None and layout != OVER_THE_STIMULUS
        self.show_frame(frame)

    def show_frame(self, frame: int) -> None:
        """Show a frame, by its number; nothing until it has been made."""
        found = self._peek(frame) if self._is_wanted else None
        self.frame = found
        self.setVisible(found is not None)
        if found is None:
            return
        pixels = np.ascontiguousarray(found)
        high, wide = pixels.shape[:2]
        grey = QImage.Format.Format_Grayscale8
        kind = grey if pixels.ndim == 2 else QImage.Format.Format_RGB888
        image = QImage(pixels.tobytes(), wide, high, pixels.strides[0], kind)
        self.setPixmap(QPixmap.fromImage(image))
        self._place(QSize(wide, high))

    def _place(self, size: QSize) -> None:
        """Lie at the lower left, in the proportions of the frame."""
        room = self._canvas.size()
        wide = int(np.clip(SHARE * room.width(), LEAST, MOST))
        high = max(round(wide * size.height() / max(size.width(), 1)), 1)
        if high > room.height() / 3:
            high = max(room.height() // 3, 1)
            wide = max(round(high * size.width() / max(size.height(), 1)), 1)
        self.setGeometry(MARGIN, room.height() - high - MARGIN, wide, high)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt: the canvas has another size."""
        if event.type() == QEvent.Type.Resize and self.frame is not None:
            high, wide = self.frame.shape[:2]
            self._place(QSize(wide, high))
        return False
