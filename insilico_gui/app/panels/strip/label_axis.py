"""Names of curves beside a plot, in their colours, that do not cover each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QPainter

    RGB = tuple[int, int, int]

FONT, LINE, GAP, MOST_COLUMNS = 8.0, 12.0, 8.0, 6


@dataclass(frozen=True)
class Label:
    """A name, its colour, and its height on the plot's axis; None for any."""

    text: str
    color: RGB
    y: float | None = None
    bold: bool = False


class LabelAxis(pg.AxisItem):
    """Labels right of a plot: each at its height, or in columns where they are many.

    Attributes
    ----------
    aligned : tuple of LabelAxis
        Of plots above or below, which are as wide: all take the room of the widest one.
    needed : float
        Pixels that its own labels need.
    """

    aligned: tuple[LabelAxis, ...] = ()
    needed = 0.0

    def __init__(self) -> None:
        super().__init__("right")
        self.labels: tuple[Label, ...] = ()
        self._columns = 1
        self.setStyle(showValues=False)
        self.setWidth(0)

    def show_labels(self, labels: Sequence[Label]) -> None:
        """Show other labels."""
        self.labels = tuple(labels)
        self._make_room()
        self.picture = None
        self.update()

    def resizeEvent(self, ev: object = None) -> None:
        """See Qt."""
        super().resizeEvent(ev)
        self._make_room()

    def _font(self, *, bold: bool = False) -> QFont:
        font = QFont(self.font()) if hasattr(self, "font") else QFont()
        font.setPointSizeF(FONT)
        font.setBold(bold)
        return font

    @property
    def _rows(self) -> int:
        return max(1, int(self.size().height() // LINE))

    def _column_width(self) -> float:
        metrics = QFontMetricsF(self._font(bold=True))
        widths = [metrics.horizontalAdvance(label.text) for label in self.labels]
        return float(min(max(widths, default=0.0), 120.0)) + GAP

    def _make_room(self) -> None:
        if not getattr(self, "labels", ()):
            self.needed = 0.0
        else:
            columns = -(-len(self.labels) // self._rows)
            self._columns = min(columns, MOST_COLUMNS)
            self.needed = self._column_width() * self._columns + GAP / 2 + 4
        for axis in (self, *self.aligned):
            axis.take_room()

    def take_room(self) -> None:
        """Be as wide as the widest of those that are aligned."""
        wanted = max(axis.needed for axis in (self, *self.aligned))
        if wanted != self.width():
            self.setWidth(wanted)

    def places(self) -> list[tuple[QRectF, Label]]:
        """Where each label is drawn."""
        area = self.mapRectFromParent(self.geometry())
        n, width = len(self.labels), self._column_width()
        if not n:
            return []
        if self._columns > 1:
            step = max(LINE, area.height() / self._rows)
            return [
                (
                    QRectF(
                        area.left() + GAP / 2 + (k // self._rows) * width,
                        area.top() + (k % self._rows) * step,
                        width,
                        LINE,
                    ),
                    label,
                )
                for k, label in enumerate(self.labels[: self._rows * self._columns])
            ]
        return [
            (QRectF(area.left() + GAP / 2, top, width, LINE), label)
            for label, top in zip(self.labels, self._tops(area), strict=True)
        ]

    def _tops(self, area: QRectF) -> NDArray[np.float64]:
        """Upper ends of labels in one column, as near to their heights as they fit."""
        low, high = self.range
        span = (high - low) or 1.0
        wanted = np.array(
            [
                area.bottom() - ((label.y if label.y is not None else high) - low)
                / span * area.height() - LINE / 2
                for label in self.labels
            ]
        )  # fmt: skip
        order = np.argsort(wanted, kind="stable")
        tops = np.clip(wanted[order], area.top(), area.bottom() - LINE)
        for k in range(1, len(tops)):
            tops[k] = max(tops[k], tops[k - 1] + LINE)
        over = max(tops[-1] - (area.bottom() - LINE), 0.0)
        tops[-1] -= over
        for k in range(len(tops) - 2, -1, -1):
            tops[k] = min(tops[k], tops[k + 1] - LINE)
        found = np.empty(len(tops))
        found[order] = tops
        return found

    def paint(self, painter: QPainter, *_: object) -> None:
        """See Qt."""
        alignment = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for place, label in self.places():
            font = self._font(bold=label.bold)
            painter.setFont(font)
            painter.setPen(QColor(*label.color))
            text = QFontMetricsF(font).elidedText(
                label.text, Qt.TextElideMode.ElideMiddle, place.width()
            )
            painter.drawText(place, alignment, text)
