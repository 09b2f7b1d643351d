"""The choice of precision: there where a session offers one, and its difference told."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_demo import twin as demo
from qtpy.QtCore import Qt
from support.in_window import use_stimulus
from support.leaky import LeakySession
from support.rounded import LeakyTwin, RoundedSession

from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def panel(monkeypatch, window):
    found = {"leaky": LeakyTwin(), "demo": demo}
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: found)
    window.panel("Session").look_for_sessions()
    window.wait()
    return window.panel("Session")


def choices(panel) -> list[str]:
    if panel.precision.isHidden():
        return []
    return [panel.precision.itemText(i) for i in range(panel.precision.count())]


def choose(window, session: str, device: str) -> list[str]:
    window.panel("Session").session.setCurrentText(session)
    window.panel("Session").device.setCurrentText(device)
    window.wait()
    return choices(window.panel("Session"))


def test_the_choice_is_there_where_it_is_offered(window, panel):
    assert choose(window, "leaky", "cpu") == ["float32", "bf16"]
    assert choose(window, "leaky", "auto") == []
    assert choose(window, "demo", "cpu") == []
    assert choose(window, "leaky", "cpu") == ["float32", "bf16"]
    assert panel.precision.currentText() == "float32"


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_what_is_chosen_is_loaded_and_its_difference_told(
    window, panel, qtbot, precision
):
    choose(window, "leaky", "cpu")
    panel.precision.setCurrentText(precision)
    qtbot.mouseClick(panel.load_button, Qt.MouseButton.LeftButton)
    window.wait()
    kind = LeakySession if precision == "float32" else RoundedSession
    assert type(window.now.session) is kind
    clip = np.random.default_rng(0).integers(0, 255, (30, 6, 8), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait()
    said = window.playback_bar.message.toolTip().removeprefix("<qt>")
    assert said.startswith("Encoded 30 frames")
    told = "bf16: responses differ from float32 by at most 0."
    assert (told in said) == (precision == "bf16")
    assert ("on the first 30 frames." in said) == (precision == "bf16")
