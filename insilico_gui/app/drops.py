"""Files dropped anywhere on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget


class DropFilter(QObject):
    """Takes drops of one file or folder before napari's own reader dialog would.

    Parameters
    ----------
    window : QWidget
        Everything in it accepts drops from now on.
    takes : callable(path) -> bool
        Whether a path is one of ours; others are left to napari.
    on_drop : callable(path)
    """

    def __init__(
        self,
        window: QWidget,
        takes: Callable[[Path], bool],
        on_drop: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._takes = takes
        self._on_drop = on_drop
        window.setAcceptDrops(True)
        self.watch(window)

    def watch(self, window: QWidget) -> None:
        """Also take drops on the children that would have handled them themselves."""
        for widget in (window, *window.findChildren(QWidget)):
            if widget.acceptDrops():
                widget.removeEventFilter(self)
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept what is ours, let everything else pass."""
        kind = event.type()
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        path = _single_path(event)
        if path is None or not self._takes(path):
            return False
        event.acceptProposedAction()  # type: ignore[attr-defined]
        if kind == QEvent.Type.Drop:
            self._on_drop(path)
        return True


def _single_path(event: QEvent) -> Path | None:
    urls = event.mimeData().urls()  # type: ignore[attr-defined]
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())
