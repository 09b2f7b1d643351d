"""Windows that a script opened: they stay until they are closed, and go cleanly.

A script that ends would take its windows with it, in the middle of whatever they do. The
event loop is therefore entered when the script has ended, before Python ends threads
and pools of them, which work in the background needs. (``atexit`` is later than that.)
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import napari
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

TRIES = 10
"""Times that a window is closed; each waits for what still runs, see CloseGuard."""

_registered = False


def stay_after_script() -> None:
    """Keep the windows open when this script has ended, until they are closed.

    In an interactive session, or if the script fails, they are closed at its end. Tests
    close what they open: a window that one forgets must not wait for a user.
    """
    global _registered
    if _registered or "pytest" in sys.modules:
        return
    _registered = True
    # What is registered last is called first: the ends of pools are registered by now
    for module in ("concurrent.futures.thread", "concurrent.futures.process"):
        import_module(module)
    threading._register_atexit(_at_end)  # type: ignore[attr-defined]  # noqa: SLF001


def run_until_closed() -> None:
    """Run the event loop until every window is closed, unless it runs already."""
    app = QApplication.instance()
    if app is not None and app.thread().loopLevel() == 0 and _shown():
        napari.run()


def _at_end() -> None:
    if QApplication.instance() is None:
        return
    # Python sets this when an exception has ended the script
    failed = hasattr(sys, "last_value") or hasattr(sys, "last_exc")
    if not failed and not is_interactive():
        with suppress(KeyboardInterrupt):
            run_until_closed()
    for _ in range(TRIES):  # a window that waits for its threads may refuse at first
        if not _shown():
            break
        for window in _shown():
            window.close()
    # What was to be deleted is, while there is still something to delete it
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def is_interactive() -> bool:
    """Whether somebody types commands, so that the program goes on without a loop."""
    if hasattr(sys, "ps1") or sys.flags.interactive:
        return True
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _shown() -> list[QWidget]:
    """Windows that can be seen."""
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
