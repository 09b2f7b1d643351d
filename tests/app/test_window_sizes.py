"""The window at every size: what is cut, what can be reached, what comes back."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea
from support.fits import clipped, unreachable
from support.in_window import use_session, use_stimulus

import insilico_gui as ig

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton
SMALL, USUAL, LARGE = (800, 600), (1366, 768), (1920, 1080)


@pytest.fixture
def full(window):
    """The demo session with responses and a tuning, which fill the panels."""
    experiment = window.experiment
    use_session(window, ig.open_session("demo"))
    use_stimulus(
        window,
        ig.stimuli.drifting_gratings(n_directions=4, duration_s=0.3, blank_s=0.2),
    )
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Tuning").compute()
    window.wait(LIMIT_S)
    experiment.compare_with(*experiment.on_show())
    return window


def resize(window, qtbot, size):
    qt_window = window.docks.window
    qt_window.resize(*size)
    qtbot.waitUntil(lambda: (qt_window.width(), qt_window.height()) == size)
    for _ in range(3):  # docks give the canvas its size, and that the map its fit
        qtbot.wait(100)  # a large canvas takes longer to draw than this
        for part in (window.sizes, window.map_fit):
            qtbot.waitUntil(lambda p=part: not p._timer.isActive(), timeout=20_000)


def settle(panel, qtbot):
    """Let a panel that has just come to the front have its size."""
    qtbot.wait(50)
    for _ in range(40):
        if not clipped(panel):
            break
        qtbot.wait(50)


def sizes(window):
    """Widths left and right, height below, of the docks; the map's canvas."""
    left, right, below = (
        window.docks.of(panel)
        for panel in (
            window.panel("Experiment"),
            window.panel("Units"),
            window.panel("Traces"),
        )
    )
    canvas = window.docks.canvas
    return left.width(), right.width(), below.height(), canvas.width(), canvas.height()


@pytest.mark.timeout(400)
def test_nothing_is_cut(full, qtbot):
    for size in (USUAL, LARGE):
        resize(full, qtbot, size)
        for title in full.titles:
            panel = full.panel(title)
            settle(panel, qtbot)
            assert clipped(panel) == [], (size, panel.title)
            assert unreachable(full.docks.of(panel)) == [], (size, panel.title)


@pytest.mark.timeout(400)
def test_a_small_window_can_be_used(full, qtbot):
    resize(full, qtbot, SMALL)
    for title in full.titles:
        panel = full.panel(title)
        qtbot.wait(50)
        assert unreachable(full.docks.of(panel)) == [], panel.title
        area = panel.parentWidget().parentWidget()
        if not isinstance(area, QScrollArea):
            assert clipped(panel) == [], panel.title
            continue
        # what is wider or higher than its dock is scrolled to
        for bar, own, seen in (
            (area.horizontalScrollBar(), panel.width(), area.viewport().width()),
            (area.verticalScrollBar(), panel.height(), area.viewport().height()),
        ):
            assert bar.maximum() >= own - seen, panel.title
            assert bar.maximum() == 0 or bar.isVisible(), panel.title
    for button in full.top_bar.sheets.values():  # the map has the room of a sheet again
        if button.isChecked():
            qtbot.mouseClick(button, LEFT)
    resize(full, qtbot, SMALL)
    wide, high = full.docks.canvas.width(), full.docks.canvas.height()
    assert wide >= 300 and high >= 200


@pytest.mark.timeout(400)
def test_docks_and_map_follow_the_window_both_ways(full, qtbot):
    full.show_panel("Traces")
    camera = full.viewer.scene.camera

    def fitted():
        """Part of the canvas that the stimulus takes, in the tighter direction."""
        height, width = full.map.stimulus_layer.data.shape[-2:]
        canvas = full.docks.canvas
        return max(
            camera.zoom * width / canvas.width(), camera.zoom * height / canvas.height()
        )

    resize(full, qtbot, USUAL)
    first, fit = sizes(full), fitted()
    assert 0.8 < fit < 1
    for size in (SMALL, LARGE, USUAL):
        resize(full, qtbot, size)
        now = sizes(full)
        share = np.divide(now[:2], size[0]), np.divide(first[:2], USUAL[0])
        np.testing.assert_allclose(*share, atol=0.05)
        assert now[2] / size[1] == pytest.approx(first[2] / USUAL[1], abs=0.08)
        assert fitted() == pytest.approx(fit, abs=0.04), size
    np.testing.assert_allclose(sizes(full), first, atol=2)
    # what the user has zoomed to stays in the middle
    center = (0.0, 30.0, 60.0)
    camera.center, camera.zoom = center, 3 * camera.zoom
    before = camera.zoom
    resize(full, qtbot, LARGE)
    np.testing.assert_allclose(camera.center, center, atol=0.5)
    assert camera.zoom > 1.2 * before
    resize(full, qtbot, USUAL)
    assert camera.zoom == pytest.approx(before, rel=0.02)
    # a border that the user drags is where the window's next size has it
    docks = full.docks
    left = docks.of(full.panel("Experiment"))
    docks.window.resizeDocks([left], [first[0] + 100], Qt.Orientation.Horizontal)
    qtbot.wait(100)
    qtbot.mouseRelease(docks.window, LEFT)  # which ends a drag
    dragged = left.width()
    assert dragged > first[0] + 50
    resize(full, qtbot, SMALL)
    resize(full, qtbot, USUAL)
    assert left.width() == pytest.approx(dragged, abs=8)
