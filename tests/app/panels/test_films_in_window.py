"""Films and pictures of the map by hand: right click, menus and the Export sheet."""

from __future__ import annotations

import av
import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import LEFT

from insilico_gui.films import save_film
from insilico_gui.stimuli import ArrayStimulus

RIGHT = Qt.MouseButton.RightButton


@pytest.fixture
def shown(window, qtbot):
    """24 units that answer 12 frames at 10 Hz."""
    use_session(window, LeakySession(24, (36, 64)))
    clip = np.random.default_rng(0).integers(0, 255, (12, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0, name="noise"))
    window.encode()
    window.wait(120)
    return window


def open_menu(window, qtbot):
    """Click right on the map; the menu that opens."""
    canvas = window.docks.canvas
    qtbot.mouseClick(canvas, RIGHT, pos=QPoint(canvas.width() // 2, 40))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def click_entry(menu, qtbot, text):
    """Click an entry of an open menu."""
    (entry,) = [each for each in menu.actions() if each.text() == text]
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(entry).center())


def frames_of(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(stream)]
        return np.stack(frames), stream.average_rate


def test_film_from_the_map_is_that_of_a_script(shown, qtbot, tmp_path):
    window = shown
    click_entry(open_menu(window, qtbot), qtbot, "Save film of the run…")
    dialog = window.pictures.dialog
    assert "retinotopic map coloured by response" in dialog.about.text()
    dialog.path.setText(str(tmp_path / "one.mkv"))
    film = dialog.film
    qtbot.mouseClick(dialog.button, LEFT)
    assert window.pictures.dialog is None
    window.wait(120)
    assert "Written" in window.playback_bar.message.text()
    frames, rate = frames_of(tmp_path / "one.mkv")
    assert frames.shape == (12, 720, 1280, 3)
    assert rate == 10
    assert film.limits == window.map.scale.limits
    save_film(window.experiment, tmp_path / "two.mkv", film)
    np.testing.assert_array_equal(frames, frames_of(tmp_path / "two.mkv")[0])


def test_a_film_is_cancelled_and_a_taken_name_is_said(shown, qtbot, tmp_path):
    window = shown
    taken = tmp_path / "one.mp4"
    taken.write_bytes(b"mine")
    qtbot.mouseClick(window.panel("Export").film_button, LEFT)
    dialog = window.pictures.dialog
    dialog.path.setText(str(taken))
    qtbot.mouseClick(dialog.button, LEFT)
    assert "exists" in dialog.problem.text()
    assert "overwrite=" not in dialog.problem.text()
    choose(dialog.size_box, "3840 × 2160")
    dialog.path.setText(str(tmp_path / "two"))
    qtbot.mouseClick(dialog.button, LEFT)
    qtbot.waitUntil(lambda: bool(window.jobs.announced()))
    window.cancel()
    assert "Cancelling" in window.playback_bar.message.text()
    window.wait(120)
    assert "Cancelled" in window.playback_bar.message.text()
    assert [each.name for each in tmp_path.glob("*.mp4")] == ["one.mp4"]
    assert taken.read_bytes() == b"mine"


def test_pictures_of_the_map_have_its_legend(shown, qtbot, tmp_path, monkeypatch):
    window, canvas = shown, shown.docks.canvas
    qtbot.mousePress(canvas, RIGHT, pos=QPoint(100, 60))
    qtbot.mouseRelease(canvas, RIGHT, pos=QPoint(140, 90))
    qtbot.wait(50)
    assert QApplication.activePopupWidget() is None  # that was a zoom
    for text, name in (
        ("Save map as PNG…", "map.png"),
        ("Save map as SVG…", "map.svg"),
    ):
        path = str(tmp_path / name)
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *_, path=path, **__: (path, "")
        )
        click_entry(open_menu(window, qtbot), qtbot, text)
        window.wait(60)
    drawn = QImage(str(tmp_path / "map.png"))
    assert drawn.width() > 1000
    scale = window.map.scale
    wanted = {tuple(row[:3]) for row in scale.legend()[-1, [0, 255]].tolist()}
    pixels = {
        QImage.pixelColor(drawn, x, y).getRgb()[:3]
        for x in range(0, drawn.width(), 2)
        for y in range(0, drawn.height(), 2)
    }
    near = [
        min(
            max(abs(a - b) for a, b in zip(color, seen, strict=True)) for seen in pixels
        )
        for color in wanted
    ]
    assert max(near) <= 3
    svg = (tmp_path / "map.svg").read_text()
    assert svg.count("<use ") >= 24
    assert "LineCollection" in svg or "colorbar" in svg or "QuadMesh" in svg
    click_entry(open_menu(window, qtbot), qtbot, "Copy map")
    window.wait(60)
    assert QApplication.clipboard().image().width() == drawn.width()
