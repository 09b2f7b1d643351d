"""Keys that mean one thing in the whole window: space plays, arrows step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from insilico_gui.app.widgets.application import application

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOVES_IN = (
    *(QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar),
    *(QLineEdit, QTextEdit, QPlainTextEdit, QKeySequenceEdit),
)
"""Widgets in which arrows, Home and End go from one value to another."""


@dataclass(frozen=True)
class WindowKey:
    """A key that does the same wherever the focus is.

    Attributes
    ----------
    key : Qt.Key
    does : str
        In words.
    command : callable()
    everywhere : bool
        Whether it does so even in lists, boxes and sliders, which have a use for it;
        never while text is being typed.
    repeats : bool
        Whether it does so again while it is held down.
    """

    key: Qt.Key
    does: str
    command: Callable[[], object]
    everywhere: bool = False
    repeats: bool = True

    @property
    def name(self) -> str:
        """What is written on it."""
        return QKeySequence(self.key).toString(QKeySequence.SequenceFormat.NativeText)


class WindowKeys(QObject):
    """Takes keys from every widget of a window that would make its own of them.

    Parameters
    ----------
    window : QMainWindow
    keys : sequence of WindowKey

    Attributes
    ----------
    keys : tuple of WindowKey
    """

    def __init__(self, window: QMainWindow, keys: Sequence[WindowKey]) -> None:
        super().__init__(window)  # and nothing else of it is kept: it would outlive it
        self.keys = tuple(keys)
        self._by_key = {key.key.value: key for key in keys}
        # Not a filter on each widget: panels make new ones
        application().installEventFilter(self)

    def _belongs(self, widget: QWidget) -> bool:
        """Whether a widget is part of the window or of one of its floating docks."""
        top = widget.window()
        floating = isinstance(top, QDockWidget) and top.parent() is self.parent()
        return top is self.parent() or floating

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        known = self._by_key.get(event.key())  # which may be of no key of Qt's
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if known is None or held != Qt.KeyboardModifier.NoModifier:
            return False
        if not self._belongs(watched) or QApplication.activePopupWidget() is not None:
            return False
        if is_typed_in(watched):
            return False
        if not known.everywhere and isinstance(watched, MOVES_IN):
            return False
        event.accept()
        is_press = event.type() == QEvent.Type.KeyPress
        if is_press and (known.repeats or not event.isAutoRepeat()):
            known.command()
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
