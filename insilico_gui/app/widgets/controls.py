"""Controls with the command that the user gives by them.

What a control shows is state, and only the user changes state by it: the command of a
button, tick box or choice is not called when a program sets the value, and that of a box
for numbers not within :func:`quietly`.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NARROW = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


@contextmanager
def quietly(*controls: QWidget) -> Iterator[None]:
    """Set values of controls from the state: their commands are not called."""
    with ExitStack() as stack:
        for control in controls:
            stack.enter_context(QSignalBlocker(control))
        yield


def button(text: str, command: Callable[[], object], tip: str = "") -> QPushButton:
    """A button with a text."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.clicked.connect(lambda _checked=False: command())
    return made


def tool_button(command: Callable[[], object], tip: str) -> QToolButton:
    """A button with an icon, which the caller sets."""
    made = QToolButton()
    made.setToolTip(tip)
    made.clicked.connect(lambda _checked=False: command())
    return made


def check(text: str, command: Callable[[bool], object], tip: str = "") -> QCheckBox:
    """A box to be ticked."""
    made = QCheckBox(text)
    made.setToolTip(tip)
    made.clicked.connect(lambda checked=False: command(checked))
    return made


def choice(
    command: Callable[[str], object],
    tip: str = "",
    names: Sequence[str] = (),
    *,
    letters: int = 0,
) -> QComboBox:
    """A box to choose one of several texts from; with `letters`, not wider than those."""
    made = QComboBox()
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
