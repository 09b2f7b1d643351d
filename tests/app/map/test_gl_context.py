"""What a removed layer had on the GPU is freed in the canvas's own context."""

from __future__ import annotations

import numpy as np
from qtpy.QtGui import QOpenGLContext


def test_layers_are_removed_in_the_context_of_the_canvas(window, qtbot):
    viewer = window.viewer
    native = viewer.window._qt_viewer.canvas._scene_canvas.native
    qtbot.waitUntil(native.isValid, timeout=20000)
    layer = viewer.add_points(np.zeros((3, 2)))
    current = []
    viewer.layers.events.removed.connect(
        lambda: current.append(QOpenGLContext.currentContext())
    )
    native.doneCurrent()  # as after the window was painted
    viewer.layers.remove(layer)
    assert current == [native.context()]
