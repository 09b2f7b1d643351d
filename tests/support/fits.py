"""What is cut in a window: texts that need more room than they are given."""

from __future__ import annotations

from qtpy.QtCore import QSize
from qtpy.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QTabBar,
    QWidget,
)

SLACK = 2
"""Pixels that roundings of fonts and frames may take."""


def clipped(root: QWidget) -> list[str]:
    """Each label, button, box and tab in sight below `root` whose text is cut, a line each.


    A text is cut if its widget is narrower or lower than the text needs, or if the widget
    does not lie within those around it; within a scroll area it may lie beyond, because
    it can be scrolled to.
    """
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QTabBar):
            found += _cut_tabs(widget)
            continue
        text = _text(widget)
        if not text:
            continue
        need = _needed(widget)
        if (
            widget.width() + SLACK < need.width()
            or widget.height() + SLACK < need.height()
            or _beyond(widget)
        ):
            found.append(
                f"{type(widget).__name__} {text[:60]!r}: {widget.width()}x"
                f"{widget.height()}, needs {need.width()}x{need.height()}"
            )
    return found


def unreachable(root: QWidget) -> list[str]:
    """Scroll areas below `root` with more in them than can be scrolled to."""
    return [
        area.widget().metaObject().className()
        for area in root.findChildren(QScrollArea)
        if area.isVisible()
        and area.widget() is not None
        and (
            area.widget().height() - area.viewport().height()
            > area.verticalScrollBar().maximum() + SLACK
            or area.widget().width() - area.viewport().width()
            > area.horizontalScrollBar().maximum() + SLACK
        )
    ]


def _text(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return str(widget.currentText())
    if isinstance(widget, QLabel | QAbstractButton):
        return str(widget.text())
    return ""


def _needed(widget: QWidget) -> QSize:
    """The room that the text of a widget needs, at the width that it has."""
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            return QSize(0, widget.heightForWidth(widget.width()))
        return widget.sizeHint()
    if isinstance(widget, QPushButton | QCheckBox | QRadioButton):
        return widget.sizeHint()
    if isinstance(widget, QComboBox):
        wide = widget.fontMetrics().horizontalAdvance(widget.currentText())
        return QSize(wide, widget.fontMetrics().height())
    return QSize(0, 0)


def _beyond(widget: QWidget) -> bool:
    """Whether a part of a widget lies outside of what holds it and does not scroll."""
    rect, here = widget.rect(), widget
    while (parent := here.parentWidget()) is not None and not here.isWindow():
        rect = rect.translated(here.pos())
        if isinstance(parent.parentWidget(), QScrollArea):
            return False
        if not parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(rect):
            return True
        here = parent
    return False


def _cut_tabs(bar: QTabBar) -> list[str]:
    """Tabs whose text is cut; those that the bar's own arrows scroll to are not."""
    found = []
    for k in range(bar.count()):
        rect = bar.tabRect(k)
        wide = bar.fontMetrics().horizontalAdvance(bar.tabText(k))
        if rect.width() + SLACK < wide or rect.right() > bar.width() + SLACK:
            found.append(f"tab {bar.tabText(k)!r}: {rect.width()}, needs {wide}")
    return found
