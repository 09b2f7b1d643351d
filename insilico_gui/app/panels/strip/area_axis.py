"""Left of a raster: which rows are of which area, and which units are selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QPainter

    RGB = tuple[int, int, int]

MARK, FONT = 4.0, 8.0


class AreaAxis(pg.AxisItem):
    """An axis whose numbers are rows, from the top."""

    def __init__(self) -> None:
        super().__init__("left")
        self.areas: tuple[tuple[int, int, str], ...] = ()
        self.selected: NDArray[np.bool_] = np.empty(0, bool)
        self.ink: RGB = (128, 128, 128)
        self.mark: RGB = (255, 170, 60)
        self.setStyle(showValues=False)

    def show_rows(
        self, areas: Sequence[tuple[int, int, str]], selected: NDArray[np.bool_]
    ) -> None:
        """Show areas (first row, last row excluded, name), and which rows are selected."""
        self.areas, self.selected = tuple(areas), selected
        self.picture = None
        self.update()

    def marks(self) -> list[QRectF]:
        """Where selected units are marked, no finer than pixels."""
        area = self.mapRectFromParent(self.geometry())
        low, high = sorted(self.range)
        if not self.selected.any() or high <= low:
            return []
        scale = area.height() / (high - low)
        rows = np.flatnonzero(self.selected)
        tops = np.floor(area.top() + (rows - low) * scale)
        ends = np.maximum(tops + 1, np.floor(area.top() + (rows + 1 - low) * scale))
        inside = (ends > area.top()) & (tops < area.bottom())
        places = np.unique(np.column_stack([tops, ends])[inside], axis=0)
        x = area.right() - MARK - 1
        return [
            QRectF(x, max(top, area.top()), MARK, min(end, area.bottom()) - top)
            for top, end in places
        ]

    def names(self) -> list[tuple[QRectF, str]]:
        """Where names of areas that are seen are drawn, none over another."""
        area = self.mapRectFromParent(self.geometry())
        low, high = sorted(self.range)
        if high <= low:
            return []
        scale = area.height() / (high - low)
        line = QFontMetricsF(self._font()).height()
        placed: list[tuple[QRectF, str]] = []
        free = area.top()
        for first, last, name in self.areas:
            top = area.top() + (max(first, low) - low) * scale
            end = area.top() + (min(last, high) - low) * scale
            middle = (top + end) / 2 - line / 2
            place = max(min(middle, area.bottom() - line), area.top())
            if end <= top or place < free - 1:
                continue
            free = place + line
            placed.append(
                (QRectF(area.left(), place, area.width() - MARK - 6, line), name)
            )
        return placed

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(FONT)
        return font

    def paint(self, painter: QPainter, *_: object) -> None:
        """See Qt."""
        font = self._font()
        painter.setFont(font)
        painter.setPen(QColor(*self.ink))
        metrics = QFontMetricsF(font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, name in self.names():
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, place.width())
            painter.drawText(place, right, text)
        area = self.mapRectFromParent(self.geometry())
        low, high = sorted(self.range)
        for first, _last, _name in self.areas[1:]:
            if low < first < high:
                y = area.top() + (first - low) * area.height() / (high - low)
                painter.drawLine(
                    QPointF(area.right() - 12, y), QPointF(area.right(), y)
                )
        for mark in self.marks():
            painter.fillRect(mark, QColor(*self.mark))
