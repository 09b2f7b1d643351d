"""Preferences by hand: each counts at once, is kept, and can be reset."""

from __future__ import annotations

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtWidgets import QFileDialog
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import LEFT

from insilico_gui.app.shell.preferences.dialog import PreferencesDialog
from insilico_gui.settings import Settings, read_settings, remember_frame_rate
from insilico_gui.stimuli import ArrayStimulus


@pytest.mark.timeout(300)
def test_preferences_count_at_once_and_are_kept(window, qtbot, tmp_path, monkeypatch):
    remember_frame_rate(".npy files", tmp_path / "lab", 12.0)
    window.view_menu.actions["Preferences…"].trigger()
    dialog = window.docks.window.findChild(PreferencesDialog)
    assert dialog.isVisible()
    window.wait(60)
    assert "lab" in dialog.rates.item(0).text()
    assert "12 Hz" in dialog.rates.item(0).text()

    choose(dialog.theme, "Light")
    assert get_settings().appearance.theme == window.viewer.theme == "light"
    choose(dialog.device, "cpu")
    dialog.at_once.setValue(3)
    dialog.autosave.setValue(9.0)
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(tmp_path)
    )
    (browse,) = [
        b
        for b in dialog.findChildren(type(dialog.reset_button))
        if "Browse" in b.text()
    ]
    qtbot.mouseClick(browse, LEFT)
    settings = read_settings()[0]
    assert (settings.device, settings.at_once, settings.autosave_s) == ("cpu", 3, 9.0)
    assert settings.weights_folder == str(tmp_path) == dialog.weights.text()
    assert window.files.autosave._timer.interval() == 9000

    # fewer at once: the same responses in smaller chunks
    session = LeakySession(12, (6, 8))
    use_session(window, session)
    clip = np.random.default_rng(0).integers(0, 255, (30, 6, 8), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(60)
    assert max(session.calls) == 3
    assert sum(session.calls) == 30

    # colours where none were chosen; in the map, its legend and films
    assert window.map.scale.colormap == "inferno"
    choose(dialog.colormaps["sequential"], "magma")
    assert read_settings()[0].colormaps == {"sequential": "magma"}
    assert window.map.scale.colormap == "magma"
    assert window.pictures.film_on_show().scale.colormap == "magma"
    panel = window.panel("Session")
    window.wait(60)
    assert panel.device.currentText() == "cpu"
    assert panel.folder.text() == str(tmp_path)

    dialog.rates.setCurrentRow(0)
    qtbot.mouseClick(dialog.forget_button, LEFT)
    assert read_settings()[0].frame_rates == ()
    assert dialog.rates.count() == 0

    qtbot.mouseClick(dialog.reset_button, LEFT)
    assert read_settings()[0].at_once == 3  # not at the first click
    qtbot.mouseClick(dialog.reset_button, LEFT)
    assert read_settings()[0] == Settings()
    assert dialog.at_once.value() == 0
    assert dialog.colormaps["sequential"].currentText() == "usual"
    assert window.map.scale.colormap == "inferno"
    assert dialog.at_once.text() == "as many as the session prefers"
    assert window.files.autosave._timer.interval() == 3000
    assert get_settings().appearance.theme == "dark"
    dialog.close()
