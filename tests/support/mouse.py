"""Drawing on the map with the mouse."""

from __future__ import annotations

import itertools

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
SETTLE_MS = 150


def lasso(window, qtbot, corners):
    """Click the lasso's button, then press, drag around and release on the canvas.

    Corners are parts of the canvas's width and height. The canvas gets time to draw, as
    it does with a hand on the mouse.
    """
    window.viewer.reset_view()
    qtbot.mouseClick(window.panel("Selection").lasso_button, LEFT)
    canvas = window.viewer.window._qt_viewer.canvas.native
    qtbot.wait(SETTLE_MS)
    size = np.array([canvas.width(), canvas.height()])
    points = [QPoint(*(int(v) for v in np.multiply(c, size))) for c in corners]
    qtbot.mouseMove(canvas, points[0])
    qtbot.wait(SETTLE_MS)
    draw(canvas, points)


def draw(canvas, points, *, parts=12, wait_ms=5, held=NO_KEY):
    """Press at the first point, drag over the others and release at the last.

    `held` are the keys that are held down.
    """
    QTest.mousePress(canvas, LEFT, held, pos=points[0])
    for start, stop in itertools.pairwise(points):
        for part in np.linspace(0, 1, parts):
            drag(canvas, start + (stop - start) * float(part))
            if wait_ms:
                QTest.qWait(wait_ms)
    QTest.mouseRelease(canvas, LEFT, pos=points[-1])


def settle_map(window, qtbot):
    """Wait until docks have given the map its size, and that has been fitted to it."""
    for _ in range(3):
        qtbot.wait(100)
        for part in (window.sizes, window.map_fit):
            qtbot.waitUntil(lambda p=part: not p._timer.isActive(), timeout=20_000)


def box_around(window, qtbot, place, *, half=0.45):
    """Click the lasso's button and draw a box around a place (row, column) of the map."""
    qtbot.mouseClick(window.panel("Selection").lasso_button, LEFT)
    canvas = window.viewer.window._qt_viewer.canvas.native
    qtbot.wait(SETTLE_MS)
    size = np.array([canvas.width(), canvas.height()])
    camera = window.viewer.scene.camera
    middle = np.asarray(camera.center)[-2:]
    around = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]) * half
    corners = (place + around - middle)[:, ::-1] * camera.zoom + size / 2
    draw(canvas, [QPoint(*(round(float(v)) for v in corner)) for corner in corners])


def drag(canvas, point):
    """Move the mouse on with its left button held down."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(canvas.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        LEFT,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(canvas, event)
