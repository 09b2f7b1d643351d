"""What tests do to the experiment of a window without its panels."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtGui import QImage

from insilico_gui.experiment.document import SessionEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QCheckBox, QComboBox, QWidget

    from insilico_gui.app import InsilicoWindow
    from insilico_gui.session import Session

_given = itertools.count()


def use_session(window: InsilicoWindow, session: Session, **options: Any) -> str:
    """Add a session that is open, and look at it; its name in the experiment.

    Each counts as another one, also if it has the id of an earlier one.
    """
    entry = SessionEntry(id=session.id, directory=f"given {next(_given)}")
    return window.experiment.put_session(entry, session, show=True, **options)


def use_stimulus(window: InsilicoWindow, stimulus: Any, **options: Any) -> str:
    """Add a stimulus and look at it; its name in the experiment."""
    options.setdefault("session", window.now.session_name)
    return window.experiment.add_stimulus(stimulus, show=True, **options)


def choose(box: QComboBox, text: str) -> None:
    """Choose one of the texts of a box, as the user does."""
    assert box.findText(text) >= 0, [box.itemText(k) for k in range(box.count())]
    box.setCurrentText(text)
    box.textActivated.emit(text)


def tick(box: QCheckBox, on: bool = True) -> None:
    """Tick a box, or take the tick away, as the user does."""
    if box.isChecked() != on:
        box.click()
    assert box.isChecked() == on


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    """What a widget shows, uint8 [H, W, 3]."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    high, wide = image.height(), image.width()
    found = np.frombuffer(image.constBits(), np.uint8).copy()  # the image's own memory
    return found.reshape(high, image.bytesPerLine())[:, : 3 * wide].reshape(
        high, wide, 3
    )
