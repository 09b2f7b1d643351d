"""Icons of the playback buttons, drawn in the colour of the viewer's theme."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

Name = Literal["play", "pause", "back", "forward", "loop", "previous", "next"]

SIZE = 32


def icon(name: Name, rgb: tuple[int, int, int]) -> QIcon:
    """The icon of that name, in that colour."""
    color = QColor(*rgb)
    pixmap = QPixmap(SIZE, SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    if name == "play":
        _triangle(painter, 8, 27)
    elif name == "pause":
        painter.drawRect(QRectF(8, 6, 6, 20))
        painter.drawRect(QRectF(18, 6, 6, 20))
    elif name == "forward":
        painter.drawRect(QRectF(6, 7, 4, 18))
        _triangle(painter, 13, 27)
    elif name == "back":
        painter.drawRect(QRectF(22, 7, 4, 18))
        _triangle(painter, 19, 5)
    elif name == "next":
        _triangle(painter, 4, 15)
        _triangle(painter, 15, 26)
        painter.drawRect(QRectF(26, 7, 3, 18))
    elif name == "previous":
        _triangle(painter, 28, 17)
        _triangle(painter, 17, 6)
        painter.drawRect(QRectF(3, 7, 3, 18))
    else:
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        pen.setColor(color)
        pen.setWidth(3)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(7, 7, 18, 18), 60 * 16, 300 * 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(
            QPolygonF([QPointF(19, 2), QPointF(29, 8), QPointF(19, 14)])
        )
    painter.end()
    return QIcon(pixmap)


def _triangle(painter: QPainter, base: float, tip: float) -> None:
    """A triangle over the full height that points from `base` to `tip`."""
    corners = [QPointF(base, 6), QPointF(tip, 16), QPointF(base, 26)]
    painter.drawPolygon(QPolygonF(corners))
