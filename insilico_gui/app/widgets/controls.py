"""Controls with the command that the user gives by them.

What a control shows is state, and only the user changes state by it: the command of a
button, tick box or choice is not called when a program sets the value, and that of a box
for numbers not within :func:`quietly`.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtGui import QAction, QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from insilico_gui.app.widgets.boxes.elided_box import ElidedBox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import Any

VALUE = Qt.ItemDataRole.UserRole
"""What an item of a list or of a box stands for."""

NARROW = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


@contextmanager
def quietly(*controls: QWidget) -> Iterator[None]:
    """Set values of controls from the state: their commands are not called."""
    with ExitStack() as stack:
        for control in controls:
            stack.enter_context(QSignalBlocker(control))
        yield


def on_click(made: QAbstractButton, command: Callable[[bool], object]) -> None:
    """Call a command with whether the button is down now."""
    made.clicked.connect(lambda checked=False: command(checked))


def button(text: str, command: Callable[[], object], tip: str = "") -> QPushButton:
    """A button with a text."""
    made = QPushButton(text)
    made.setToolTip(tip)
    on_click(made, lambda _checked: command())
    return made


def action(
    widget: QWidget, text: str, command: Callable[[], object], keys: str = ""
) -> QAction:
    """An entry of the menu of a widget; its keys work while the widget has the focus."""
    made = QAction(text, widget)
    made.setShortcut(QKeySequence(keys))
    made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    made.triggered.connect(lambda _checked=False: command())
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    widget.addAction(made)
    return made


def shortcut(widget: QWidget, keys: str, command: Callable[[], object]) -> QShortcut:
    """Keys that work wherever the focus is in the window, while the widget is seen."""
    made = QShortcut(QKeySequence(keys), widget)
    made.activated.connect(lambda: command())
    return made


def tool_button(command: Callable[[], object], tip: str) -> QToolButton:
    """A button with an icon, which the caller sets."""
    made = QToolButton()
    made.setToolTip(tip)
    on_click(made, lambda _checked: command())
    return made


def check(text: str, command: Callable[[bool], object], tip: str = "") -> QCheckBox:
    """A box to be ticked."""
    made = QCheckBox(text)
    made.setToolTip(tip)
    on_click(made, command)
    return made


def toggle(text: str, command: Callable[[bool], object], tip: str = "") -> QPushButton:
    """A button that stays down until it is clicked again."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setCheckable(True)
    on_click(made, command)
    return made


class TickList(QListWidget):
    """Values to be ticked; the command is called when the user ticks one.

    Parameters
    ----------
    command : callable()
        It reads :meth:`ticked`.
    """

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__()
        self.itemChanged.connect(lambda _item: command())

    def offer(self, texts: Sequence[str], values: Sequence[Any]) -> None:
        """Offer these values, called by these texts; none is ticked."""
        with quietly(self):
            self.clear()
            for text, value in zip(texts, values, strict=True):
                item = QListWidgetItem(text)
                item.setData(VALUE, value)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Unchecked)
                self.addItem(item)

    def ticked(self) -> list[Any]:
        """Values that are ticked."""
        items = (self.item(i) for i in range(self.count()))
        return [
            item.data(VALUE)
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def tick(self, values: Collection[Any]) -> None:
        """Tick these values and no others, as a program does: without the command."""
        state = Qt.CheckState
        with quietly(self):
            for i in range(self.count()):
                is_on = self.item(i).data(VALUE) in values
                self.item(i).setCheckState(state.Checked if is_on else state.Unchecked)


def text_field(command: Callable[[], object], tip: str = "") -> QLineEdit:
    """A field for text; the command is called by the enter key, and reads it."""
    made = QLineEdit()
    made.setToolTip(tip)
    made.returnPressed.connect(lambda: command())
    return made


def choice(
    command: Callable[[str], object],
    tip: str = "",
    names: Sequence[str] = (),
    *,
    letters: int = 0,
) -> QComboBox:
    """A box to choose one of several texts from; with `letters`, not wider than those."""
    made = ElidedBox()
    made.setToolTip(tip)
    made.addItems(list(names))
    made.setMaxVisibleItems(30)
    if letters:
        made.setMinimumContentsLength(letters)
        made.setSizeAdjustPolicy(NARROW)
    made.textActivated.connect(command)
    return made


def number(
    value: float,
    ends: tuple[float, float],
    command: Callable[[], object],
    tip: str = "",
    *,
    step: float = 1.0,
    decimals: int = 2,
    suffix: str = "",
) -> QDoubleSpinBox:
    """A box for a number; the command reads it."""
    made = QDoubleSpinBox()
    made.setRange(*ends)
    made.setDecimals(decimals)
    made.setSingleStep(step)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setToolTip(tip)
    made.setKeyboardTracking(False)
    made.valueChanged.connect(lambda _value: command())
    return made


def whole_number(
    value: int, ends: tuple[int, int], command: Callable[[], object], tip: str = ""
) -> QSpinBox:
    """A box for a whole number; the command reads it."""
    made = QSpinBox()
    made.setRange(*ends)
    made.setValue(value)
    made.setToolTip(tip)
    made.setKeyboardTracking(False)
    made.valueChanged.connect(lambda _value: command())
    return made
