"""Docks keep their part of the window when it grows or shrinks, and the map its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt

from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtWidgets import QDockWidget, QWidget

    from insilico_gui.app.map.unit_map import UnitMap
    from insilico_gui.app.shell.docks import Docks

FIRST_WIDTH, FIRST_HEIGHT = 1366, 768
"""Window for which the first sizes of the docks are meant."""

PLACES = {
    "left": (220, Qt.Orientation.Horizontal),
    "sheet": (335, Qt.Orientation.Horizontal),
    "right": (390, Qt.Orientation.Horizontal),
    "top": (78, Qt.Orientation.Vertical),
    "bottom": (200, Qt.Orientation.Vertical),
    "table": (200, Qt.Orientation.Vertical),
}
"""Pixels of places in such a window, and in which direction."""

RAIL, RAIL_BELOW = 64, 1500
"""Width of the list of runs, and windows narrower than what have it: icons alone."""

LARGE = 1920
"""Width of a window in which the list of runs has the pixels of :data:`PLACES`."""

FIXED = "top"
"""The place that has one row of controls in windows of any size."""


class DockSizes(QObject):
    """Gives docks their part of the window whenever its size changes.

    The parts are the first ones until the user drags a border between docks.

    Parameters
    ----------
    docks : Docks
    panels : dict of str to sequence of QWidget
        Those of each of :data:`PLACES`, of which one is in front.
    """

    def __init__(self, docks: Docks, panels: Mapping[str, Sequence[QWidget]]) -> None:
        super().__init__(docks.window)
        self._docks = docks
        self._panels = dict(panels)
        self._first = {
            place: pixels / _whole(way, FIRST_WIDTH, FIRST_HEIGHT)
            for place, (pixels, way) in PLACES.items()
        }
        self._first["left"] = PLACES["left"][0] / LARGE
        self._parts = dict(self._first)
        self._passes = 0
        self._timer = delayed(self._apply_again, self)
        docks.window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.Resize:
            self.again()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._remember()  # the borders between docks belong to the window itself
        return False

    @property
    def parts(self) -> dict[str, float]:
        """Parts of the window by place."""
        return dict(self._parts)

    def use(self, parts: Mapping[str, float] | None = None) -> None:
        """Give the docks other parts of the window; by default the first ones."""
        self._parts = dict(self._first)
        if parts is not None:
            self._parts |= {p: part for p, part in parts.items() if p in PLACES}
        self.apply()

    def again(self) -> None:
        """Give the docks their parts once what is under way has been drawn."""
        self._passes = 2  # the height of a place is known once the strip has its own
        self._timer.start()

    def _apply_again(self) -> None:
        self._passes -= 1
        self.apply()
        if self._passes > 0:
            self._timer.start()

    def apply(self) -> None:
        """Give the docks their parts of the window as it is now."""
        self._docks.show_whole_tabs()
        seen = self._seen()
        below = {place: dock for place, dock, _, _ in seen}.get("right")
        for place, dock, whole, own in seen:
            pixels, docks = self._pixels(place, whole), [dock]
            sizes = [pixels]
            if place == "table" and below is not None:  # Qt takes the room from it
                docks.append(below)
                sizes.append(max(own + below.height() - pixels, 1))
            self._docks.window.resizeDocks(docks, sizes, PLACES[place][1])

    def _remember(self) -> None:
        for place, _, whole, own in self._seen():
            if abs(own - self._pixels(place, whole)) > 2:
                self._parts[place] = own / whole

    def _pixels(self, place: str, whole: int) -> int:
        """Size of a place in a window of this size."""
        part = self._parts[place]
        if place == "left" and part == self._first[place] and whole < RAIL_BELOW:
            return RAIL
        return round(part * whole)

    def _seen(self) -> list[tuple[str, QDockWidget, int, int]]:
        """Places with the dock in front, the window's size and the dock's own."""
        found = []
        window = self._docks.window
        for place, panels in self._panels.items():
            way = PLACES[place][1]
            for dock in map(self._docks.of, panels):
                # Qt calls tabs behind others visible; they have an earlier size
                in_front = not dock.visibleRegion().isEmpty()
                if in_front and not dock.isFloating():
                    whole = _whole(way, window.width(), window.height())
                    whole = FIRST_HEIGHT if place == FIXED else whole
                    size = _whole(way, dock.width(), dock.height())
                    found.append((place, dock, whole, size))
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


def _whole(way: Qt.Orientation, width: int, height: int) -> int:
    """Width or height, by the direction that a place is sized in."""
    return width if way == Qt.Orientation.Horizontal else height
