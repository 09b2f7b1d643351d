"""What tests do to the experiment of a window without its panels."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from insilico_gui.experiment.document import SessionEntry

if TYPE_CHECKING:
    from qtpy.QtWidgets import QComboBox

    from insilico_gui.app import InsilicoWindow
    from insilico_gui.session import Session

_given = itertools.count()


def use_session(window: InsilicoWindow, session: Session) -> str:
    """Add a session that is open, and look at it; its name in the experiment.

    Each counts as another one, also if it has the id of an earlier one.
    """
    entry = SessionEntry(id=session.id, directory=f"given {next(_given)}")
    return window.experiment.put_session(entry, session, show=True)


def use_stimulus(window: InsilicoWindow, stimulus: Any, **options: Any) -> str:
    """Add a stimulus and look at it; its name in the experiment."""
    options.setdefault("session", window.now.session_name)
    return window.experiment.add_stimulus(stimulus, show=True, **options)


def choose(box: QComboBox, text: str) -> None:
    """Choose in a box as the user does, with the command that belongs to it."""
    assert box.findText(text) >= 0, text
    box.setCurrentText(text)
    box.textActivated.emit(text)
