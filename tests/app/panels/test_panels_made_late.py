"""Panels are made when they are first seen or asked for, and show what is going on then."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtGui import QColor
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app import InsilicoWindow
from insilico_gui.app.panels import registry
from insilico_gui.app.panels.tuning_panel import TuningPanel
from insilico_gui.errors import InsilicoError

LIMIT_S = 60.0
AT_FIRST = {"Experiment", "Playback"}
WITH_SESSION = AT_FIRST | {"Map", "Units", "Tuning", "Traces"}

BROKEN = """
from insilico_gui.app.panels.panel import Panel


class BrokenPanel(Panel):
    title = "Broken"
    place = "left"
    order = 999

    def __init__(self, desk):
        super().__init__(desk)
        raise KeyError("no such setting")
"""


def made(window):
    return {panel.title for panel in window.panels}


def test_a_window_opens_with_the_panels_in_front_alone(window, qtbot):
    qtbot.waitUntil(lambda: made(window) == AT_FIRST)
    window.wait(LIMIT_S)
    use_session(window, LeakySession())
    use_stimulus(window, ig.open_stimulus(np.zeros((20, 6, 8), np.uint8)))
    window.encode()
    window.wait(LIMIT_S)
    qtbot.waitUntil(lambda: made(window) == WITH_SESSION)
    assert WITH_SESSION < set(window.titles)
    assert {slot.title for slot in window.slots if slot.is_seen} < WITH_SESSION


def test_a_panel_is_made_once_whoever_asks(window, qtbot):
    qtbot.waitUntil(lambda: made(window) == AT_FIRST)
    use_session(window, LeakySession())
    asked = WITH_SESSION | {"Stimulus"}  # the sheet for what is wanted next
    qtbot.waitUntil(lambda: made(window) == asked)
    (slot,) = [slot for slot in window.slots if slot.title == "Selection"]
    dock = window.docks.of(slot)
    dock.raise_()  # as a click on its tab does
    assert made(window) == asked | {"Selection"}
    assert window.panel("Selection") is slot.panel
    assert window.panel(type(slot.panel)) is slot.panel
    assert window.docks.of(slot.panel) is dock
    assert window.panel(TuningPanel).title == "Tuning"
    with pytest.raises(InsilicoError, match="There is no panel 'Unit'; there"):
        window.panel("Unit")


def test_a_closed_dock_comes_back_with_its_panel(window, qtbot):
    qtbot.waitUntil(lambda: made(window) == AT_FIRST)
    (slot,) = [slot for slot in window.slots if slot.title == "Export"]
    dock = window.docks.of(slot)
    assert dock.isHidden() and slot.panel is None
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: slot.panel is not None)
    assert slot.panel.is_seen


def test_a_panel_made_late_draws_what_goes_on(window, qtbot):
    session = LeakySession(40, (6, 8))
    use_session(window, session)
    use_stimulus(window, ig.open_stimulus(np.zeros((20, 6, 8), np.uint8)))
    window.encode()
    window.wait(LIMIT_S)
    window.viewer.theme = "light"
    window.arm_lasso()
    window.experiment.pick(areas=["V1"])
    assert not {"Selection", "Population"} & made(window)
    selection = window.panel("Selection")
    assert selection.lasso_button.isChecked()
    assert f"<b>{len(window.now.selection)}</b> of 40" in selection.count.text()
    wanted = QColor(get_theme("light").background.as_hex()).getRgb()[:3]
    population = window.panel("Population")
    assert population.plot_colors.background == wanted
    assert population.plot.backgroundBrush().color().getRgb()[:3] == wanted
    # and what comes later, as any other
    window.arm_lasso(False)
    assert not selection.lasso_button.isChecked()
    window.viewer.theme = "dark"
    dark = QColor(get_theme("dark").background.as_hex()).getRgb()[:3]
    assert population.plot_colors.background == dark
    assert population.plot.backgroundBrush().color().getRgb()[:3] == dark


def test_a_panel_made_during_work_shows_how_far_that_is(make_napari_viewer):
    window = InsilicoWindow(make_napari_viewer(show=True), own=True)
    (slot,) = [slot for slot in window.slots if slot.title == "Experiment"]
    window.docks.of(slot).hide()  # before it has been seen
    use_session(window, LeakySession())
    window.experiment.look(encode_at_once=False)
    use_stimulus(window, ig.open_stimulus(np.zeros((20, 6, 8), np.uint8)))
    window.wait(LIMIT_S)
    window.encode()
    assert "Experiment" not in made(window)
    experiment = window.panel("Experiment")
    states = [item.text(1) for item in experiment.tree.items.values()]
    assert any(state.startswith("encoding") for state in states), states
    window.wait(LIMIT_S)
    states = [item.text(1) for item in experiment.tree.items.values()]
    assert "done" in states


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A package whose panel cannot be made."""
    place = tmp_path / "site"
    metadata = place / "broken-1.dist-info"
    metadata.mkdir(parents=True)
    (place / "broken_panel_package.py").write_text(BROKEN)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\n")
    (metadata / "entry_points.txt").write_text(
        f"[{registry.ENTRY_POINTS}]\nbroken = broken_panel_package\n"
    )
    monkeypatch.setenv("INSILICO_LOG", str(tmp_path / "errors.log"))
    monkeypatch.syspath_prepend(str(place))
    registry.panel_classes.cache_clear()
    yield
    registry.panel_classes.cache_clear()
    sys.modules.pop("broken_panel_package", None)


def test_a_panel_that_cannot_be_made_leaves_the_window_as_it_is(
    broken, make_napari_viewer, qtbot
):
    window = InsilicoWindow(make_napari_viewer(show=True))
    assert "Broken" in window.titles
    (slot,) = [slot for slot in window.slots if slot.title == "Broken"]
    window.docks.of(slot).raise_()
    said = slot.widget().text()
    assert said.startswith("The panel 'Broken' cannot be made: ")
    assert "no such setting" in said and "\n" not in said
    assert window.playback_bar.message.text().startswith("⚠ The panel 'Broken' cannot")
    with pytest.raises(InsilicoError, match="'Broken' cannot be made"):
        window.panel("Broken")
    use_session(window, LeakySession())
    assert window.panel("Units").model.rowCount() == 12
    window.wait(LIMIT_S)
