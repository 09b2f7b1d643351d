"""Drawing on the map with the mouse."""

from __future__ import annotations

import itertools

import numpy as np
from qtpy.QtCore import QPoint, Qt

LEFT = Qt.MouseButton.LeftButton
SETTLE_MS = 150


def lasso(window, qtbot, corners):
    """Click the lasso's button, then click, move around and click on the canvas.

    Corners are parts of the canvas's width and height. The canvas gets time to draw, as
    it does with a hand on the mouse.
    """
    window.viewer.reset_view()
    qtbot.mouseClick(window.selection_panel.lasso_button, LEFT)
    canvas = window.viewer.window._qt_viewer.canvas.native
    qtbot.wait(SETTLE_MS)
    size = np.array([canvas.width(), canvas.height()])
    points = [QPoint(*(int(v) for v in np.multiply(c, size))) for c in corners]
    qtbot.mouseMove(canvas, points[0])
    qtbot.wait(SETTLE_MS)
    qtbot.mouseClick(canvas, LEFT, pos=points[0])
    for start, stop in itertools.pairwise(points):
        for part in np.linspace(0, 1, 12):
            qtbot.mouseMove(canvas, start + (stop - start) * float(part))
            qtbot.wait(5)
    qtbot.wait(SETTLE_MS)
    qtbot.mouseClick(canvas, LEFT, pos=points[-1])
