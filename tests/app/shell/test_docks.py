"""One set of panels for each viewer; what is closed can be had again."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

import numpy as np
import pytest
from napari._app_model import get_app_model
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import QCoreApplication, QEvent, Qt
from qtpy.QtWidgets import QDockWidget
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app import InsilicoWindow, launch
from insilico_gui.app.shell.launch import PluginWidget
from insilico_gui.errors import InsilicoError


def settle(qtbot):
    qtbot.wait(50)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def titles(viewer):
    docks = viewer.window._qt_window.findChildren(QDockWidget)
    return sorted(dock.windowTitle() for dock in docks)


def window_menu(viewer):
    return {action.text(): action for action in viewer.window.window_menu.actions()}


def test_every_dock_closes_and_comes_back_from_the_window_menu(window, qtbot):
    use_session(window, LeakySession())
    offered = {slot.title for slot in window.slots if slot.kind.is_offered(window.now)}
    assert len(offered) > 10
    for title in (*sorted(offered), "Playback"):
        panel = window.panel(title)
        dock = window.docks.of(panel)
        action = window_menu(window.viewer)[panel.title]
        for close in (dock.title.close_button.click, dock.title.hide_button.click):
            assert action.isChecked()
            close()
            assert dock.isHidden() and panel.isHidden() is False
            assert not action.isChecked()
            action.trigger()
            assert not dock.isHidden()
        assert window.docks.of(panel) is dock
    # as a window of its own, too
    dock = window.docks.of(window.panel("Map"))
    dock.setFloating(True)
    dock.close()
    window_menu(window.viewer)["Map"].trigger()
    assert dock.isVisible()


def test_a_command_shows_the_panel_that_was_closed(window):
    window.docks.of(window.panel("Stimulus")).title.close_button.click()
    window.show_panel("Stimulus")
    assert window.docks.of(window.panel("Stimulus")).isVisible()


@pytest.fixture
def plugin():
    with suppress(ValueError):  # known already, from an earlier test
        manifest = PluginManifest.from_distribution("insilico-gui")
        PluginManager.instance().register(manifest)
    return "insilico-gui", "In silico experiments"


def test_opening_the_plugin_again_shows_the_panels_that_there_are(
    make_napari_viewer, qtbot, plugin
):
    viewer = make_napari_viewer(show=True)
    viewer.window.add_plugin_dock_widget(*plugin)
    settle(qtbot)
    (window,) = viewer.window._qt_window.findChildren(InsilicoWindow)
    use_session(window, LeakySession())
    docked = titles(viewer)
    assert len(set(docked)) == len(docked)
    assert "Session" in docked and not any("insilico-gui" in name for name in docked)

    def by_command():
        get_app_model().commands.execute_command("insilico-gui.open")

    for again in (
        lambda: viewer.window.add_plugin_dock_widget(*plugin),
        lambda: PluginWidget(viewer),
        lambda: launch(viewer=viewer),
        by_command,
    ):
        window.docks.of(window.panel("Map")).title.close_button.click()
        again()
        settle(qtbot)
        assert viewer.window._qt_window.findChildren(InsilicoWindow) == [window]
        assert titles(viewer) == docked
        assert window.docks.of(window.panel("Map")).isVisible()
        assert window.now.session.id == "leaky"
    with pytest.raises(InsilicoError, match="has the panels already"):
        InsilicoWindow(viewer)
    window.wait()


def test_launching_into_a_viewer_with_panels_uses_those(window):
    again = launch(LeakySession(), viewer=window.viewer)
    assert again is window
    assert window.now.session.id == "leaky"
    assert [layer.name for layer in window.viewer.layers] == ["Units"]


def test_two_viewers_have_a_set_each(window, make_napari_viewer):
    other = launch(LeakySession(20), viewer=make_napari_viewer(show=True))
    assert other is not window and titles(other.viewer) == titles(window.viewer)
    use_session(window, LeakySession(12))
    assert len(other.map.units_layer.data) == 20
    other.viewer.layers.clear()
    assert len(other.map.units_layer.data) == 20
    other.wait()
    other.viewer.close()
    window.viewer.layers.clear()
    assert len(window.map.units_layer.data) == 12  # as guarded as before
    assert InsilicoWindow.in_viewer(window.viewer) is window


def test_a_viewer_that_closes_lets_all_go(make_napari_viewer, qtbot):
    window = launch(LeakySession(), viewer=make_napari_viewer(show=True))
    clip = np.zeros((20, 6, 8), np.uint8)
    use_stimulus(window, ig.open_stimulus(clip))
    window.encode()
    window.wait()
    held = [
        weakref.ref(part)
        for part in (window.now.session, window.map.units_layer, window.reader)
    ]
    window.viewer.close()
    del window
    settle(qtbot)
    gc.collect()
    settle(qtbot)
    gc.collect()
    assert [ref() is None for ref in held] == [True] * 3


def test_session_panel_is_in_front_until_there_is_a_session(window, qtbot):
    settle(qtbot)
    dock = window.docks.of(window.panel("Session"))
    area = window.docks.window.dockWidgetArea(dock)
    assert area == Qt.DockWidgetArea.LeftDockWidgetArea
    assert not window.panel("Session").visibleRegion().isEmpty()
