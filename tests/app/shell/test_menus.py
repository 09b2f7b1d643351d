"""The menus View and Help, the layout that is remembered, and the keys of the window."""

from __future__ import annotations

import json

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QCheckBox, QTextBrowser
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

from insilico_gui.app import InsilicoWindow
from insilico_gui.app.shell.menus import diagnostics
from insilico_gui.app.shell.menus.help_menu import documentation
from insilico_gui.log_file import keep
from insilico_gui.settings import read_settings, settings_file
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 200.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def playing(window):
    use_session(window, LeakySession(12, (6, 8)))
    clip = np.random.default_rng(0).integers(0, 255, (30, 6, 8), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.wait(LIMIT_S)
    return window


def click_in(menu, text, qtbot):
    """Click a line of an open menu."""
    action = next(a for a in menu.actions() if a.text() == text)
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    return action


def opened(menu, window):
    menu.popup(window.docks.window.mapToGlobal(QPoint(10, 10)))
    return menu


def brightness(widget):
    """Mean of what a widget looks like, 0 to 255."""
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format(24))
    rows = np.frombuffer(image.constBits(), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())
    return float(rows[:, : image.width()].mean())


# -- View ------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_view_lists_every_panel_and_a_click_shows_or_hides_it(playing, qtbot):
    menu = playing.view_menu.panel_menu
    assert [action.text() for action in menu.actions()] == list(playing.titles)
    for slot in playing.slots:
        action = next(a for a in menu.actions() if a.text() == slot.title)
        dock = playing.docks.of(slot)
        assert action.isEnabled() == slot.kind.is_offered(playing.now)
        assert action.isChecked() == (not dock.isHidden())
    dock = playing.docks.of(next(s for s in playing.slots if s.title == "Map"))
    for hidden in (True, False):
        click_in(opened(menu, playing), "Map", qtbot)
        assert dock.isHidden() is hidden
    first = playing.viewer.window.view_menu.actions()[0]
    assert first.menu() is menu


@pytest.mark.timeout(300)
def test_reset_layout_brings_back_what_was_moved_and_closed(playing, qtbot):
    qt_window = playing.docks.window
    by_title = {slot.title: playing.docks.of(slot) for slot in playing.slots}
    area = qt_window.dockWidgetArea(by_title["Map"])
    by_title["Selection"].close()
    by_title["Map"].setFloating(True)
    qt_window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, by_title["Map"])
    playing.docks.of(playing.playback_bar).close()
    playing.wait(LIMIT_S)
    view_menu = playing.viewer.window.view_menu
    click_in(opened(view_menu, playing), "Reset layout", qtbot)
    playing.wait(LIMIT_S)
    assert not by_title["Selection"].isHidden() and not by_title["Map"].isFloating()
    assert qt_window.dockWidgetArea(by_title["Map"]) == area
    assert by_title["Selection"] in qt_window.tabifiedDockWidgets(by_title["Units"])
    assert not playing.docks.of(playing.playback_bar).isHidden()
    conditions = by_title["Conditions"]
    assert conditions.isHidden()  # of no use for this session


def test_napari_tools_are_hidden_in_a_window_of_our_own(playing, qtbot):
    view_menu = playing.viewer.window.view_menu
    tools = playing.docks.tools
    assert all(dock.isHidden() for dock in tools)
    for shown in (True, False):
        view_menu.aboutToShow.emit()
        action = click_in(opened(view_menu, playing), "napari tools", qtbot)
        assert [dock.isHidden() for dock in tools] == [not shown] * 2
        assert action.isChecked() is shown


def test_somebody_s_napari_keeps_its_tools_and_its_layout(make_napari_viewer):
    viewer = make_napari_viewer(show=True, show_welcome_screen=True)
    window = InsilicoWindow(viewer)
    window.wait(LIMIT_S)
    assert not window.is_own
    assert not any(dock.isHidden() for dock in window.docks.tools)
    assert viewer.window._qt_viewer.show_welcome_screen
    viewer.close()
    assert read_settings()[0].layouts == {}


@pytest.mark.timeout(300)
def test_the_theme_switches_live(playing, qtbot):
    playing.panel("Traces")
    playing.wait(LIMIT_S)
    seen = {}
    for theme, text in (("light", "Light"), ("dark", "Dark"), ("light", "Light")):
        click_in(opened(playing.view_menu.theme_menu, playing), text, qtbot)
        playing.wait(LIMIT_S)
        assert playing.viewer.theme == theme == get_settings().appearance.theme
        plot, bar = playing.panel("Traces").plot, playing.playback_bar
        seen[theme] = brightness(plot), brightness(bar), brightness(bar.play_button)
        icon = bar.play_button.icon().pixmap(32).toImage()
        colors = [icon.pixelColor(x, 16) for x in range(32)]
        drawn = [c.lightness() for c in colors if c.alpha() > 200]
        assert drawn and (max(drawn) < 100 if theme == "light" else min(drawn) > 150)
        playing.view_menu.tick()
        ticked = [
            a.text() for a in playing.view_menu.theme_menu.actions() if a.isChecked()
        ]
        assert ticked == [text]
    assert seen["light"][0] > 150 > seen["dark"][0]
    assert seen["light"][1] > 150 > seen["dark"][1]
    assert seen["light"][2] > seen["dark"][2]


# -- the layout that is remembered -----------------------------------------------------


def own_window():
    window = InsilicoWindow()
    window.encoding.plays = False
    window.docks.window.resize(1200, 700)
    use_session(window, LeakySession(12, (6, 8)))
    window.wait(LIMIT_S)
    return window


def in_files(window):
    return {s.title: not window.docks.of(s).isHidden() for s in window.slots}


@pytest.fixture
def closes(qapp):
    made = []
    yield made
    for window in made:
        window.jobs.stop_all()
        window.viewer.close()


@pytest.mark.timeout(400)
def test_the_layout_is_remembered_for_the_screen(
    own_library, closes, make_napari_viewer
):
    make_napari_viewer()  # with the settings of tests
    window = own_window()
    closes.append(window)
    panel = next(s for s in window.slots if s.title == "Map")
    left = Qt.DockWidgetArea.LeftDockWidgetArea
    window.docks.window.addDockWidget(left, window.docks.of(panel))
    closed = next(s for s in window.slots if s.title == "Compare")
    window.docks.of(closed).close()
    screen = window.layout.screen
    window.viewer.close()
    closes.clear()
    assert list(read_settings()[0].layouts) == [screen]
    other = own_window()
    closes.append(other)
    shown = in_files(other)
    assert not shown["Compare"] and shown["Map"] and not shown["Conditions"]
    dock = other.docks.of(next(s for s in other.slots if s.title == "Map"))
    assert other.docks.window.dockWidgetArea(dock) == left
    other.layout.reset()
    assert in_files(other)["Compare"]
    other.viewer.close()
    closes.clear()
    # damaged: as if there were none, and nothing else of the settings is lost
    values = json.loads(settings_file().read_text())
    for damage in ("bm90IGEgbGF5b3V0", "%%%"):
        values["layouts"][screen]["state"] = damage
        values["recent"] = ["kept.insilico.yaml"]
        settings_file().write_text(json.dumps(values))
        again = own_window()
        assert in_files(again)["Compare"] and in_files(again)["Map"]
        assert read_settings()[0].recent == ("kept.insilico.yaml",)
        again.jobs.stop_all()
        again.viewer.close()
    values["layouts"][screen] = {"state": 3}
    settings_file().write_text(json.dumps(values))
    assert read_settings() == (read_settings()[0], "")
    assert read_settings()[0].layouts == {}


# -- Help ------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_the_page_of_shortcuts_has_the_keys_that_are_bound(playing, qtbot):
    menu = playing.viewer.window.help_menu
    click_in(opened(menu, playing), "Keyboard shortcuts", qtbot)
    (page,) = playing.docks.window.findChildren(QTextBrowser)
    lines = page.toPlainText()
    for words in ("Play or pause", "One frame back", "To the last frame", "Redo"):
        assert words in lines
    assert "Ctrl+Y or Ctrl+Shift+Z" in lines and "Ctrl+O" in lines
    # an action that gets another key has it on the page
    undo = next(a for a in playing.menu.edit_menu.actions() if a.text() == "Undo")
    undo.setShortcut("Ctrl+J")
    page.window().close()
    dialog = playing.help_menu.show_shortcuts()
    assert "Ctrl+J" in dialog.findChild(QTextBrowser).toPlainText()
    dialog.close()


@pytest.mark.timeout(300)
def test_about_tells_versions_and_copies_a_report(
    playing, tmp_path, monkeypatch, qtbot
):
    secret = tmp_path / "jane doe" / "brain.mp4"
    monkeypatch.setenv("INSILICO_LOG", str(tmp_path / "errors.log"))
    for k in range(7):
        keep(RuntimeError(f"{k}: {str(secret)!r} and {secret.parent}/other.npy"))
    click_in(
        opened(playing.viewer.window.help_menu, playing), "About insilico_gui", qtbot
    )
    (page,) = playing.docks.window.findChildren(QTextBrowser)
    assert "napari" in page.toPlainText() and "Qt" in page.toPlainText()
    QApplication.clipboard().clear()
    playing.help_menu.copy_report()
    playing.wait(LIMIT_S)
    text = QApplication.clipboard().text()
    for name in ("insilico-gui:", "numpy:", "Qt:", "OpenGL:", "Devices: cpu"):
        assert name in text
    assert "OpenGL: not known" not in text
    assert "6: 'brain.mp4'" in text and "Last errors: 5" in text and "1: " not in text
    assert str(tmp_path) not in text and "jane" not in text


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('File "/home/jo/x y/z.py", line 3', 'File "z.py", line 3'),
        (r"'C:\Users\Jo Do\a.npy' is odd", "'a.npy' is odd"),
        ("cannot open /srv/data/jo/b.mp4: gone", "cannot open b.mp4: gone"),
        ("cycles/deg and 3 / 4", "cycles/deg and 3 / 4"),
    ],
)
def test_a_report_names_files_and_no_folders(text, bare):
    assert diagnostics.without_places(text) == bare


def test_the_documentation_is_found():
    assert documentation().toLocalFile().endswith((".html", ".md"))


# -- keys ------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_arrows_step_and_home_and_end_go_to_the_ends(playing, qtbot):
    playback, key = playing.experiment.playback, Qt.Key
    box = next(
        b for b in playing.panel("Stimulus").findChildren(QCheckBox) if b.isVisible()
    )
    places = (playing.docks.canvas, box, playing.panel("Traces").plot)
    for widget in places:
        widget.setFocus()
        playback.seek_frame(5)
        qtbot.keyClick(widget, key.Key_Right)
        assert playback.frame == 6
        qtbot.keyClick(widget, key.Key_Left)
        qtbot.keyClick(widget, key.Key_Left)
        assert playback.frame == 4
        qtbot.keyClick(widget, key.Key_End)
        assert playback.frame == 29
        qtbot.keyClick(widget, key.Key_Home)
        assert playback.frame == 0
        checked = box.isChecked()
        qtbot.keyClick(widget, key.Key_Space)
        assert playback.playing and box.isChecked() == checked
        qtbot.keyClick(widget, key.Key_Space)
        assert not playback.playing
    # where they move a cursor they stay what they are
    field = playing.panel("Session").folder
    field.setText("abc")
    field.setFocus()
    playback.seek_frame(5)
    qtbot.keyClick(field, key.Key_Home)
    qtbot.keyClicks(field, "x")
    assert field.text() == "xabc" and playback.frame == 5


@pytest.mark.timeout(300)
def test_delete_never_touches_units(playing, qtbot):
    layer = playing.map.units_layer
    before = layer.data.copy()
    playing.viewer.layers.selection.active = layer
    canvas = playing.docks.canvas
    canvas.setFocus()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        layer.selected_data = {0, 1}
        qtbot.keyClick(canvas, key)
        qtbot.keyClick(canvas, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClick(playing.docks.window, key)
    assert playing.map.units_layer in playing.viewer.layers
    np.testing.assert_array_equal(playing.map.units_layer.data, before)


@pytest.mark.timeout(300)
def test_the_focus_is_seen_while_keys_move_it(playing, qtbot):
    qt_window, ring = playing.docks.window, playing.focus_ring
    buttons = playing.panel("Stimulus")
    first, second = buttons.open_button, buttons.folder_button
    qt_window.activateWindow()
    qtbot.waitUntil(qt_window.isActiveWindow, timeout=10_000)
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    playing.wait(LIMIT_S)
    assert qt_window.focusWidget() is second
    assert ring.isVisible()
    place = QPoint(ring.x() + 1, ring.y() + ring.height() // 2)
    with_ring = qt_window.grab().toImage().pixelColor(place)
    assert ring.geometry().contains(second.mapTo(qt_window, second.rect().center()))
    qtbot.mouseClick(playing.docks.canvas, LEFT, pos=QPoint(5, 5))
    playing.wait(LIMIT_S)
    assert not ring.isVisible()
    assert qt_window.grab().toImage().pixelColor(place) != with_ring
