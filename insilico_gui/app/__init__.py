"""The window, as a napari plugin: a view of an experiment.

The only part of insilico_gui that imports Qt or napari.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_API", "pyside6")

from insilico_gui.app.shell.launch import PluginWidget, launch
from insilico_gui.app.shell.window import InsilicoWindow

__all__ = ["InsilicoWindow", "PluginWidget", "launch"]
