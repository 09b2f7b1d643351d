"""Docks keep their part of the window when it grows or shrinks, and the map its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt

from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

    from insilico_gui.app.map.unit_map import UnitMap
    from insilico_gui.app.shell.docks import Docks

FIRST_WIDTH, FIRST_HEIGHT = 1366, 768
"""Window for which the first sizes of the docks are meant."""


class DockSizes(QObject):
    """Gives docks their part of the window whenever its size changes.

    The parts are the first ones until the user drags a border between docks.

    Parameters
    ----------
    docks : Docks
    panels : (QWidget, QWidget, QWidget)
        One of each place, left, right and below; others lie behind them as tabs.
    sizes : (int, int, int)
        Widths of left and right, height of below, in a window of :data:`FIRST_WIDTH` by
        :data:`FIRST_HEIGHT` pixels.
    """

    def __init__(
        self,
        docks: Docks,
        panels: tuple[QWidget, QWidget, QWidget],
        sizes: tuple[int, int, int],
    ) -> None:
        super().__init__(docks.window)
        self._docks = docks
        self._panels = panels
        left, right, below = sizes
        self._first = (left / FIRST_WIDTH, right / FIRST_WIDTH, below / FIRST_HEIGHT)
        self._parts = list(self._first)
        self._timer = delayed(self.apply, self)
        docks.window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.Resize:
            self._timer.start()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._remember()  # the borders between docks belong to the window itself
        return False

    @property
    def parts(self) -> tuple[float, float, float]:
        """Parts of the window of left, right and below."""
        left, right, below = self._parts
        return left, right, below

    def use(self, parts: tuple[float, float, float] | None = None) -> None:
        """Give the docks other parts of the window; by default the first ones."""
        self._parts = list(self._first if parts is None else parts)
        self.apply()

    def apply(self) -> None:
        """Give the docks their parts of the window as it is now."""
        window = self._docks.window
        for k, dock in self._seen():
            part, (whole, _) = self._parts[k], _sizes(k, window, dock)
            across = Qt.Orientation.Horizontal if k < 2 else Qt.Orientation.Vertical
            window.resizeDocks([dock], [round(part * whole)], across)

    def _remember(self) -> None:
        window = self._docks.window
        for k, dock in self._seen():
            whole, own = _sizes(k, window, dock)
            if abs(own - self._parts[k] * whole) > 2:
                self._parts[k] = own / whole

    def _seen(self) -> list[tuple[int, QDockWidget]]:
        """The dock in front of each place in the window, with the place's number."""
        found = []
        for k, panel in enumerate(self._panels):
            own = self._docks.of(panel)
            for dock in (own, *self._docks.window.tabifiedDockWidgets(own)):
                # Qt calls tabs behind others visible; they have an earlier size
                in_front = not dock.visibleRegion().isEmpty()
                if in_front and not dock.isFloating():
                    found.append((k, dock))
                    break
        return found


class MapFit(QObject):
    """Fits the map anew when its canvas gets another size.

    What the user has zoomed to stays in the middle, and grows and shrinks alike.
    """

    def __init__(self, canvas: QWidget, unit_map: UnitMap, parent: QObject) -> None:
        super().__init__(parent)
        self._map = unit_map
        self._timer = delayed(unit_map.refit_view, self)
        canvas.installEventFilter(self)

    def again(self) -> None:
        """Fit anew, once what is under way has been drawn."""
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.Resize:
            self._timer.start()  # the canvas takes up its own size first
        return False


def _sizes(k: int, window: QMainWindow, dock: QDockWidget) -> tuple[int, int]:
    """Of window and dock, in the direction that a place is sized in."""
    if k < 2:
        return window.width(), dock.width()
    return window.height(), dock.height()
