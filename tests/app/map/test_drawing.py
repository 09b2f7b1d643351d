"""What a command draws: it resolves once, and only panels that are seen and differ draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from qtpy.QtCore import Qt
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.map.unit_map import COLORED_BY, OUTLINED_BY
from insilico_gui.app.panels.registry import panel_classes
from insilico_gui.experiment.document import ViewState
from insilico_gui.experiment.resolved import Resolved, Resolver

LIMIT_S = 60.0


class Draws:
    """Counts how often panels draw, and how often the experiment is resolved."""

    def __init__(self, window, monkeypatch):
        self._counts = Counter()
        for panel in window.panels:
            monkeypatch.setattr(panel, "draw", self._counted(panel.title, panel.draw))
        resolver = window._resolver
        assert isinstance(resolver, Resolver)
        counted = self._counted("resolve", resolver.resolve)
        monkeypatch.setattr(resolver, "resolve", counted)

    def _counted(self, name, method):
        def call(*args):
            self._counts[name] += 1
            return method(*args)

        return call

    def of(self, command, *args, **kwargs):
        """What one command draws, by title, besides resolving once."""
        self._counts.clear()
        command(*args, **kwargs)
        assert self._counts.pop("resolve", 0) == 1
        return dict(self._counts)


@pytest.fixture
def shown(window):
    """Twelve units and a short stimulus; Units, Selection and Session are in front.

    All panels have been in front before.
    """
    use_session(window, LeakySession())
    window.experiment.look(encode_at_once=False)
    use_stimulus(window, ig.open_stimulus(np.zeros((20, 6, 8), np.uint8)))
    window.wait(LIMIT_S)
    for title in (*window.titles, "Units", "Session"):
        window.panel(title)
    return window


def seen(window):
    return {panel.title for panel in window.panels if panel.is_seen}


def test_a_command_draws_only_the_panels_that_differ(shown, monkeypatch):
    experiment, draws = shown.experiment, Draws(shown, monkeypatch)
    for title in ("Compare", "Traces"):
        shown.panel(title)
    always = {"Playback", "Experiment", "Map"}
    assert seen(shown) == {*always, "Session", "Units", "Compare", "Traces"}
    three = {"Units": 1, "Compare": 1, "Traces": 1}
    assert draws.of(experiment.pick, areas=["V1"]) == three
    assert draws.of(experiment.narrow, {"rf_x": (None, 0.5)}) == three
    assert draws.of(experiment.look, only_selected=True) == {"Units": 1}
    colored = {"Map": 1, "Units": 1}  # the table has the colours of the map
    assert draws.of(experiment.look, limits=(0.0, 1.0)) == colored
    # which says whether the map has its colours
    assert draws.of(experiment.look, color_by="rf_x") == {**colored, "Compare": 1}
    assert draws.of(experiment.look, layout="anatomical") == colored
    shown.panel("Selection")
    three = {"Selection": 1, "Compare": 1, "Traces": 1}
    assert draws.of(experiment.pick_none) == three
    assert draws.of(experiment.undo) == three


def test_what_changes_nothing_draws_nothing(shown, monkeypatch):
    experiment, draws = shown.experiment, Draws(shown, monkeypatch)
    experiment.pick(areas=["V1"])
    draws._counts.clear()
    experiment.pick(areas=["V1"])
    experiment.look(only_selected=False)
    assert draws._counts == {}


def test_a_hidden_panel_does_not_draw_and_catches_up_when_it_is_shown(
    shown, qtbot, monkeypatch
):
    experiment, draws = shown.experiment, Draws(shown, monkeypatch)
    units = next(panel for panel in shown.panels if panel.title == "Units")
    dock = shown.docks.of(units)
    shown.panel("Selection")
    draws._counts.clear()
    experiment.pick(areas=["LM"])
    experiment.look(only_selected=True)
    assert draws._counts["Units"] == 0
    assert units.model.rowCount() == 12 and not units.only_selected.isChecked()
    dock.raise_()  # as a click on its tab does
    assert draws._counts["Units"] == 1  # for both commands
    assert units.model.rowCount() == 4 and units.only_selected.isChecked()
    shown.panel("Selection")
    dock.raise_()
    assert draws._counts["Units"] == 1  # nothing has changed meanwhile
    # closed, and had again from the Window menu
    dock.close()
    experiment.pick(areas=["LM", "V1"])
    assert draws._counts["Units"] == 1
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: draws._counts["Units"] == 2)
    assert units.model.rowCount() == 8


def test_a_hidden_panel_takes_in_the_responses_that_came_meanwhile(shown, qtbot):
    traces = next(panel for panel in shown.panels if panel.title == "Traces")
    assert not traces.is_seen
    shown.encode()
    shown.wait(LIMIT_S)
    assert shown.now.responses is not None
    assert traces.mean_curve.getData()[0] is None or not len(
        traces.mean_curve.getData()[0]
    )
    shown.docks.of(traces).raise_()
    shown.wait(LIMIT_S)
    expected = shown.now.responses.mean("unit")
    np.testing.assert_allclose(traces.mean_curve.getData()[1], expected, rtol=1e-5)


def test_sessions_have_a_selection_each(shown, qtbot):
    experiment, first = shown.experiment, shown.now.session_name
    panel = shown.panel("Selection")
    panel.areas.item(1).setCheckState(Qt.CheckState.Checked)
    assert panel.areas.ticked() == ["LM"]
    second = use_session(shown, LeakySession(30))
    assert shown.now.selection.rule == {"all": True}
    assert panel.areas.ticked() == [] and "of 30 units" in panel.count.text()
    assert shown.panel("Units").model.rowCount() == 30
    shown.panel("Selection")
    panel.fields.item(0).setCheckState(Qt.CheckState.Checked)
    assert len(shown.now.selection) == 15
    experiment.show(session=first)
    assert panel.areas.ticked() == ["LM"] and panel.fields.ticked() == []
    assert "<b>4</b> of 12 units" in panel.count.text()
    assert shown.now.selection.rule == {"areas": ["LM"]}
    experiment.show(session=second)
    assert panel.areas.ticked() == [] and panel.fields.ticked() == [1]
    assert "<b>15</b> of 30 units" in panel.count.text()
    # undone, it is the selection before, in lists and numbers alike
    experiment.undo()
    assert panel.fields.ticked() == [] and "<b>30</b> of 30" in panel.count.text()
    experiment.redo()
    assert panel.fields.ticked() == [1]
    # "any of" is a part of the rule
    panel.areas.item(0).setCheckState(Qt.CheckState.Checked)
    panel.any_of.click()
    assert shown.now.selection.rule["combine"] == "any"
    experiment.show(session=first)
    experiment.pick(areas=["V1"], fields=[1])
    assert not panel.any_of.isChecked()
    experiment.show(session=second)
    assert panel.any_of.isChecked()
    assert panel.areas.ticked() == ["AL"] and panel.fields.ticked() == [1]


def test_panels_and_map_draw_what_there_is():
    known = {each.name for each in fields(Resolved)}
    known |= {f"view.{name}" for name in ViewState.model_fields}
    for panel in panel_classes():
        assert panel.draws <= known, panel.title
    assert known >= COLORED_BY | OUTLINED_BY
