"""The application that all widgets belong to."""

from __future__ import annotations

from qtpy.QtWidgets import QApplication


def application() -> QApplication:
    """The application that runs.

    Raises
    ------
    RuntimeError
        If there is none: without it there are no widgets.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("No QApplication runs; make one before any widget.")
    return app
