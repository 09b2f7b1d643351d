"""An empty window: what it offers, and how few clicks lead to a map and to a file."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QStandardPaths, Qt
from qtpy.QtWidgets import QFileDialog
from support.in_window import use_session
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.shell.beginning import weights, welcome
from insilico_gui.settings import add_recent

LIMIT_S = 200.0
LEFT = Qt.MouseButton.LeftButton


class Hand:
    """Clicks as a user does, and counts."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot, self.n_clicks = window, qtbot, 0

    def click(self, widget, place=None):
        assert widget.isVisible() and widget.isEnabled()
        assert not widget.visibleRegion().isEmpty()
        place = widget.rect().center() if place is None else place
        self.qtbot.mouseClick(widget, LEFT, pos=place)
        self.n_clicks += 1
        self.window.wait(LIMIT_S)


def named(card, text):
    return next(b for b in card.buttons() if b.text().startswith(text))


@pytest.mark.timeout(600)
def test_two_clicks_to_a_direction_map_and_two_more_to_a_file(
    window, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda *_: str(tmp_path))
    monkeypatch.setattr(welcome, "DIRECTIONS", {"n_directions": 8, "duration_s": 0.4})
    window.wait(LIMIT_S)
    hand = Hand(window, qtbot)
    hand.click(named(window.welcome.card, "Demo"))
    assert window.now.session.id == "demo" and window.now.responses is not None
    assert window.welcome.card.isHidden()
    hand.click(window.panel("Tuning").compute_button)
    assert hand.n_clicks == 2
    column = window.now.view.color_by
    assert column.startswith("pref_dir") and column in window.now.units
    assert window.map.scale.column == column
    assert "Coloured by" in window.playback_bar.message.text()
    hand.click(window.top_bar.sheets["Export"])
    hand.click(window.panel("Export").button)
    assert hand.n_clicks == 4
    (written,) = tmp_path.glob("*.parquet")
    np.testing.assert_array_equal(ig.load_responses(written), window.now.responses)


@pytest.mark.timeout(300)
def test_the_card_is_there_until_something_is_loaded(window, qtbot, tmp_path):
    card = window.welcome.card
    assert card.isVisible() and card.parentWidget() is window.docks.canvas
    middle = window.docks.canvas.rect().center()
    window.wait(LIMIT_S)
    assert (card.geometry().center() - middle).manhattanLength() < 4
    texts = [button.text() for button in card.buttons()]
    assert texts == ["Demo", "Open stimulus…", "Open folder…", "Fetch weights…"]
    name = use_session(window, LeakySession(12))
    assert card.isHidden()
    window.experiment.remove_session(name)
    assert card.isVisible()
    # a recent experiment is offered from then on
    ig.Experiment().save(tmp_path / "mine.insilico.yaml")
    add_recent(tmp_path / "mine.insilico.yaml")
    window.welcome.offer()
    button = named(card, "Recent: mine")
    qtbot.mouseClick(button, LEFT)
    window.wait(LIMIT_S)
    assert window.experiment.path == tmp_path / "mine.insilico.yaml"


@pytest.mark.timeout(300)
def test_the_card_opens_by_keys(window, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(
        QFileDialog,
        "getOpenFileNames",
        lambda *_, **__: (asked.append("files") or [], ""),
    )
    window.wait(LIMIT_S)
    first, second, *_ = window.welcome.card.buttons()
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert window.docks.window.focusWidget() is second
    qtbot.keyClick(second, Qt.Key.Key_Return)
    assert asked == ["files"]
    window.experiment.playback.playing = False
    qtbot.keyClick(first, Qt.Key.Key_Space)  # never presses
    assert window.experiment.document.sessions == {}


class Published:
    """A twin that is downloaded in three parts and can go on where it was."""

    fetch_bytes = 3_000_000

    def __init__(self):
        self.begun_at = []

    def sessions(self, directory):
        return []

    def open(self, session_id, directory, device):
        raise AssertionError

    def fetch(self, directory, on_progress=None):
        part = directory / "part"
        done = int(part.read_text()) if part.exists() else 0
        self.begun_at.append(done)
        while done < 3:
            if on_progress is not None:
                on_progress(done * 10**6, 3 * 10**6)
            done += 1
            part.write_text(str(done))
        (directory / "weights").write_text("all")


@pytest.mark.timeout(300)
def test_weights_are_offered_with_their_size_and_go_on(
    window, qtbot, tmp_path, monkeypatch
):
    twin = Published()
    (tmp_path / "part").write_text("1")  # one that was broken off
    found = [weights.Fetchable("ours", twin, twin.fetch_bytes)]
    monkeypatch.setattr(welcome, "fetchable", lambda: found)
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(tmp_path)
    )
    window.wait(LIMIT_S)
    hand = Hand(window, qtbot)
    card = window.welcome.card
    hand.click(named(card, "Fetch weights"))
    told = []
    window.jobs.progressed.connect(lambda: told.append(window.jobs.running[-1].latest))
    hand.click(named(card, "ours (3 MB)"))
    assert twin.begun_at == [1] and (tmp_path / "weights").exists()
    assert window.panel("Session").folder.text() == str(tmp_path)
    assert any(p.what == "MB" and p.total == 3 for p in told)
    assert card.isVisible() and card.buttons()[0].text() == "Demo"


def test_what_can_be_fetched_is_what_the_twins_say():
    names = {one.name: one for one in weights.fetchable()}
    assert names["wang2025"].text == "wang2025 (222 MB)"
    assert "demo" not in names


@pytest.mark.timeout(300)
def test_playback_begins_behind_the_burn_in_and_plays(window, tmp_path):
    path = tmp_path / "clip.npy"
    np.save(path, np.random.default_rng(0).integers(0, 255, (50, 6, 8), np.uint8))
    use_session(window, LeakySession(12, (6, 8)))
    window.encoding.plays = True
    seen = []
    window.experiment.playback.events.playing.connect(
        lambda on: seen.append((on, window.experiment.playback.frame))
    )
    window.drop([path])
    window.wait(LIMIT_S)
    assert (True, 10) in seen


@pytest.mark.timeout(300)
def test_undo_beside_the_message_brings_the_colours_back(window, qtbot):
    use_session(window, LeakySession(40, (6, 8)))
    experiment = window.experiment
    gratings = ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.4, repeats=2, frame_rate=10.0
    )
    window.open_stimuli([gratings])
    window.wait(LIMIT_S)
    bar = window.playback_bar
    assert bar.undo_button.isHidden()
    experiment.look(color_by="rf_x", limits=(-0.5, 0.5))
    window.analyse("direction tuning", {})
    window.wait(LIMIT_S)
    assert window.now.view.color_by != "rf_x", bar.message.text()
    assert bar.undo_button.isVisible()
    qtbot.mouseClick(bar.undo_button, LEFT, pos=QPoint(5, 5))
    assert window.now.view.color_by == "rf_x"
    assert window.now.view.limits == (-0.5, 0.5)
    assert bar.undo_button.isHidden()
    assert "direction tuning" in window.now.results  # the result stays
