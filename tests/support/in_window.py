"""What tests do to the experiment of a window without its panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.experiment.document import SessionEntry

if TYPE_CHECKING:
    from insilico_gui.app import InsilicoWindow
    from insilico_gui.session import Session


def use_session(window: InsilicoWindow, session: Session) -> str:
    """Add a session that is open, and look at it; its name in the experiment."""
    entry = SessionEntry(id=session.id)
    return window.experiment.put_session(entry, session, show=True)


def use_stimulus(window: InsilicoWindow, stimulus: Any, **options: Any) -> str:
    """Add a stimulus and look at it; its name in the experiment."""
    options.setdefault("session", window.now.session_name)
    return window.experiment.add_stimulus(stimulus, show=True, **options)
