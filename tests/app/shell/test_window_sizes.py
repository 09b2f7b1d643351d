"""The window at every size: what is cut, what can be reached, what comes back."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea
from support import berg_vit
from support.fits import clipped, crowded, unreachable
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.nnpoisson import session_folder
from support.pictures import PictureSession
from support.relay import Relay

import insilico_gui as ig

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton
SMALL, USUAL, LARGE, LARGEST = (800, 600), (1366, 768), (1920, 1080), (2560, 1440)
RAIL = 64
"""Width of the list of runs where it is icons."""


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


def video(window, folder):
    use_session(window, LeakySession(40, (36, 64)))
    gratings = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.4, blank_s=0.4, frame_rate=10.0
    )
    use_stimulus(window, gratings)
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Tuning").compute()


def images(window, folder):
    use_session(window, PictureSession())
    pictures = np.random.default_rng(0).integers(0, 255, (5, 3, 16, 16), np.uint8)
    use_stimulus(window, pictures)
    window.encode()


def eeg(window, folder):
    pytest.importorskip("mne")
    berg_vit.write_eeg(folder, times=np.round(np.arange(-0.1, 0.3, 0.05), 3))
    berg_vit.write_backbone(folder)
    use_session(window, ig.open_session("things-eeg2/subject-1", directory=folder))
    pictures = np.random.default_rng(0).integers(0, 255, (3, 3, 16, 16), np.uint8)
    use_stimulus(window, pictures)
    window.encode()


def conditions(window, folder):
    model = session_folder(folder / "model")
    use_session(window, ig.open_session("nnpoisson/model-fwd", directory=model))
    panel = window.panel("Conditions")
    for name in ("contrast_left", "contrast_right"):
        panel.form.fields[name].show_levels([0.0, 0.5, 1.0])
    panel.cross_button.click()
    panel.show_button.click()


def drive(window, folder):
    use_session(window, Relay())


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", [video, images, eeg, conditions, drive])
def test_nothing_is_cut(window, qtbot, kind, tmp_path):
    kind(window, tmp_path)
    window.wait(LIMIT_S)
    if window.now.responses is not None:
        window.experiment.compare_with(*window.experiment.on_show())
    # large windows take long to draw; what is cut there is so for sessions of video too
    sizes = (SMALL, USUAL, LARGE, LARGEST) if kind is video else (SMALL, USUAL)
    for size in sizes:
        resize(window, qtbot, size)
        assert crowded(window.top_bar.bar) == [], size
        for title in window.titles:
            slots = [slot for slot in window.slots if slot.title == title]
            if not all(slot.kind.is_offered(window.now) for slot in slots):
                continue
            panel = window.panel(title)
            settle(panel, qtbot)
            assert clipped(panel) == [], (size, title)
            assert unreachable(window.docks.of(panel)) == [], (size, title)
        tabs = [text for text in clipped(window.docks.window) if text[:3] == "tab"]
        assert tabs == [], size


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
        assert now[0] == (RAIL if size[0] < 1500 else 220), size
        assert now[1] / size[0] == pytest.approx(first[1] / USUAL[0], abs=0.05)
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
    tree = full.panel("Experiment").tree
    assert tree.is_small
    docks.window.resizeDocks([left], [first[0] + 100], Qt.Orientation.Horizontal)
    qtbot.wait(100)
    qtbot.mouseRelease(docks.window, LEFT)  # which ends a drag
    dragged = left.width()
    assert dragged > first[0] + 50
    assert not tree.is_small  # there is room for words
    resize(full, qtbot, SMALL)
    resize(full, qtbot, USUAL)
    assert left.width() == pytest.approx(dragged, abs=8)
