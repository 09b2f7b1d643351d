"""The space key plays and pauses whatever has the focus, unless text is being typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from insilico_gui.app.widgets.application import application

if TYPE_CHECKING:
    from collections.abc import Callable


class SpaceKey(QObject):
    """Takes the space key from every widget of a window that would make its own of it.

    Parameters
    ----------
    window : QMainWindow
    on_space : callable
    """

    def __init__(self, window: QMainWindow, on_space: Callable[[], object]) -> None:
        super().__init__(window)  # and nothing else of it is kept: it would outlive it
        self._on_space = on_space
        # Not a filter on each widget: panels make new ones
        application().installEventFilter(self)

    def _belongs(self, widget: QWidget) -> bool:
        """Whether a widget is part of the window or of one of its floating docks."""
        top = widget.window()
        floating = isinstance(top, QDockWidget) and top.parent() is self.parent()
        return top is self.parent() or floating

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space:
            return False
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if not plain or not isinstance(watched, QWidget) or not self._belongs(watched):
            return False
        if QApplication.activePopupWidget() is not None or is_typed_in(watched):
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._on_space()
        return True


def is_typed_in(widget: QWidget) -> bool:
    """Whether a widget takes text, blanks included, from the keyboard now."""
    if isinstance(widget, QKeySequenceEdit):
        return True
    if isinstance(widget, QComboBox):
        return widget.isEditable() and widget.isEnabled()
    if isinstance(widget, QLineEdit):
        in_spin_box = isinstance(widget.parent(), QAbstractSpinBox)
        return not in_spin_box and not widget.isReadOnly() and widget.isEnabled()
    if isinstance(widget, QTextEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    return False
