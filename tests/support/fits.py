"""What is cut in a window: texts that need more room than they are given."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTabBar,
    QToolBar,
    QTreeWidget,
    QWidget,
)

from insilico_gui.app.widgets.boxes.elided_box import ElidedBox

SLACK = 2
"""Pixels that roundings of fonts and frames may take."""

QT_MARGIN = 2
"""Of fields for text, at both ends; a constant in Qt."""

LETTERS = 6
"""So much of a shortened name has to be seen."""


def clipped(root: QWidget) -> list[str]:
    """Each label, button, box and tab in sight below `root` whose text is cut, a line each.

    A text is cut if its widget is narrower or lower than the text needs, or if the widget
    does not lie within those around it; within a scroll area it may lie beyond, because
    it can be scrolled to. The text of a box for choices or numbers needs the room that its
    arrows leave. A name may be shortened with an ellipsis where the tool tip has it whole,
    and only where a few letters of it are left.
    """
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QTabBar):
            found += _cut_tabs(widget)
            continue
        if isinstance(widget, QTreeWidget):
            found += _cut_names(widget)
            continue
        text = _text(widget)
        if not text:
            continue
        room = _room(widget)
        if room is not None:
            wide = widget.fontMetrics().horizontalAdvance(text)
            need_width = wide
            if isinstance(widget, ElidedBox) or _elides(widget, text):
                least = LETTERS * widget.fontMetrics().averageCharWidth()
                need_width = min(wide, least)
            if room + SLACK < need_width or _beyond(widget):
                name = type(widget).__name__
                found.append(f"{name} {text[:60]!r}: room {room}, needs {need_width}")
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


def crowded(bar: QToolBar) -> list[str]:
    """Buttons that a tool bar has put behind an arrow for want of room."""
    return [
        action.text() or type(bar.widgetForAction(action)).__name__
        for action in bar.actions()
        if action.isVisible() and not bar.widgetForAction(action).isVisible()
    ]


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
    if isinstance(widget, QAbstractSpinBox):
        return str(widget.text())
    if isinstance(widget, QLineEdit) and not isinstance(
        widget.parent(), QAbstractSpinBox | QComboBox
    ):
        return str(widget.placeholderText()) if not widget.text() else ""
    return ""


def _room(widget: QWidget) -> int | None:
    """Pixels for the text of a box beside its arrows; None for other widgets."""
    if isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        field = widget.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            widget,
        )
        return int(field.width())
    if isinstance(widget, QAbstractSpinBox):
        return _typed_room(widget.lineEdit())
    return _typed_room(widget) if isinstance(widget, QLineEdit) else None


def _typed_room(field: QLineEdit) -> int:
    """Pixels between the margins of a field for text."""
    option = QStyleOptionFrame()
    field.initStyleOption(option)
    part = QStyle.SubElement.SE_LineEditContents
    rect = field.style().subElementRect(part, option, field)
    return int(rect.width() - 2 * QT_MARGIN)


def _needed(widget: QWidget) -> QSize:
    """The room that the text of a widget needs, at the width that it has."""
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            return QSize(0, widget.heightForWidth(widget.width()))
        return widget.sizeHint()
    if isinstance(widget, QPushButton | QCheckBox | QRadioButton):
        return widget.sizeHint()
    return QSize(0, 0)


def _elides(widget: QWidget, text: str) -> bool:
    """Whether a field shortens what it shows while it is empty, and its tip has all."""
    return isinstance(widget, QLineEdit) and text in widget.toolTip()


def _cut_names(tree: QTreeWidget) -> list[str]:
    """Names in a list that are wider than it, without a tool tip that has them whole."""
    found, items = [], [tree.topLevelItem(k) for k in range(tree.topLevelItemCount())]
    for item in items:
        items += [item.child(k) for k in range(item.childCount())]
        rect, text = tree.visualItemRect(item), item.text(0)
        wide = tree.fontMetrics().horizontalAdvance(text)
        elides = tree.textElideMode() != Qt.TextElideMode.ElideNone
        if wide > rect.width() and not (elides and text in item.toolTip(0)):
            found.append(f"name {text!r} is cut, and its tool tip does not say it")
        if rect.right() > tree.viewport().width():
            found.append(f"name {text!r} is wider than its list")
    return found


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
