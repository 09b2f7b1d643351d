"""Classes of the window give no other meaning to names that Qt itself calls."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from qtpy import API_NAME
from qtpy.QtCore import QObject

import insilico_gui.app

OVERRIDDEN = {
    *("columnCount", "data", "headerData", "rowCount", "sort"),  # models
    *("stepBy", "stepEnabled", "validate"),  # spin boxes
    *("contextMenuEvent", "eventFilter", "keyPressEvent", "paintEvent", "resizeEvent"),
    *("showEvent", "viewportEvent", "paint"),
    *("hasHeightForWidth", "minimumSizeHint", "sizeHint", "setText"),
    *("changeEvent", "hideEvent", "keyReleaseEvent", "mouseDoubleClickEvent"),
    *("mouseMoveEvent", "mousePressEvent", "mouseReleaseEvent", "timerEvent"),
    *("done", "event", "paintSection", "sliderChange"),
}
"""Names of Qt that are taken over with their own meaning and arguments."""


def test_names_of_qt_keep_their_meaning():
    taken = {}
    for module in pkgutil.walk_packages(insilico_gui.app.__path__, "insilico_gui.app."):
        for one in vars(importlib.import_module(module.name)).values():
            if not inspect.isclass(one) or one.__module__ != module.name:
                continue
            if not issubclass(one, QObject):
                continue
            of_qt = {
                name
                for base in one.__mro__
                if base.__module__.startswith(API_NAME)
                for name in vars(base)
            }
            names = {n for n in vars(one) if not n.startswith("__")} & of_qt
            names -= {"staticMetaObject"}
            taken[one] = names - OVERRIDDEN
    assert len(taken) > 50
    assert not {one: names for one, names in taken.items() if names}
