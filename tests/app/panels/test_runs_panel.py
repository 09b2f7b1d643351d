"""The list of the experiment: files dropped at once, runs in turn, switching, removing."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QInputDialog
from support.drops import drop
from support.in_window import pixels, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import settle_map
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.app.panels.runs.run_script import ScriptDialog
from insilico_gui.experiment.document import Reference
from insilico_gui.stimuli import ArrayStimulus

NAMES = ["one.npy", "two.npy", "three.npy"]


class Held(LeakySession):
    """Computes nothing further until it may go on."""

    def __init__(self):
        super().__init__()
        self.may_go_on = threading.Event()

    def advance(self, state, frames, behavior, units):
        assert self.may_go_on.wait(30)
        return super().advance(state, frames, behavior, units)


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    for name in NAMES:
        np.save(tmp_path / name, rng.integers(0, 255, (90, 6, 8), np.uint8))
    return [tmp_path / name for name in NAMES]


@pytest.fixture
def session(window):
    session = Held()
    use_session(window, session)
    yield session
    session.may_go_on.set()


def listed(window):
    """Rows of the list as texts."""
    tree, found = window.panel("Experiment").tree, []
    for k in range(tree.topLevelItemCount()):
        top = tree.topLevelItem(k)
        below = [top.child(j) for j in range(top.childCount())]
        found += [(top.text(0), item.text(0), item.text(1)) for item in below]
        if not top.childCount():
            found.append((top.text(0), "", ""))
    return found


def click(window, qtbot, stimulus):
    tree = window.panel("Experiment").tree
    (item,) = tree.findItems(
        stimulus, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    )
    tree.scrollToItem(item)
    place = tree.visualItemRect(item).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def states(window):
    return [state for *_, state in listed(window)]


def test_files_dropped_at_once_are_added_and_encoded_in_turn(
    window, session, files, qtbot
):
    assert listed(window) == [("leaky", "", "")]
    drop(window.docks.window, *files)
    qtbot.waitUntil(lambda: len(window.encoding.waiting) == 2, timeout=20_000)
    assert window.now.stimulus_name == "one.npy"
    assert [name for _, name, _ in listed(window)] == NAMES
    assert states(window) == ["encoding 0%", "waiting", "waiting"]
    session.may_go_on.set()
    window.wait()
    assert states(window) == ["done"] * 3

    # switching shows responses with no job
    begun = []
    window.jobs.began.connect(begun.append)
    session.calls.clear()
    for name in ("three.npy", "one.npy", "two.npy"):
        click(window, qtbot, name)
        assert window.now.stimulus_name == name
        expected = ig.encode(LeakySession(), ig.open_stimulus(files[NAMES.index(name)]))
        np.testing.assert_array_equal(window.now.responses, expected)
        window.experiment.playback.seek_frame(5)
        np.testing.assert_array_equal(window.now.response_at(5), expected[5])
        assert window.viewer.layers["Stimulus"].data.shape[0] == len(expected)
    assert [job.title for job in begun if "Encoding" in job.title] == []
    assert session.calls == []


def test_removed_while_it_is_encoded_and_brought_back(window, session, files, qtbot):
    session.may_go_on.set()
    drop(window.docks.window, files[0])
    window.wait()
    wanted = window.now.responses.to_numpy()
    session.may_go_on.clear()
    drop(window.docks.window, files[1])
    qtbot.waitUntil(lambda: window.now.state == "encoding", timeout=20_000)
    panel = window.panel("Experiment")
    assert panel.actions_by_name["encode"].text() == "Stop"
    panel.actions_by_name["remove"].trigger()
    assert "out of the experiment" in window.playback_bar.message.text()
    session.may_go_on.set()
    window.wait()
    assert listed(window) == [("leaky", "one.npy", "done")]
    assert window.now.stimulus_name == "one.npy"
    np.testing.assert_array_equal(window.now.responses, wanted)
    assert not window.playback_bar.message.text().startswith("⚠")

    # what is there goes, and comes back with its responses without encoding
    panel.actions_by_name["remove"].trigger()
    assert listed(window) == [("leaky", "", "")]
    assert window.now.responses is None and window.now.encoded is None
    assert "Stimulus" not in window.viewer.layers or (
        not window.viewer.layers["Stimulus"].visible
    )
    session.calls.clear()
    window.top_bar.undo_button.click()
    window.wait()  # its file is opened again
    assert listed(window) == [("leaky", "one.npy", "done")]
    np.testing.assert_array_equal(window.now.responses, wanted)
    window.top_bar.undo_button.click()  # and the one that was being encoded
    assert [name for _, name, _ in listed(window)] == ["one.npy", "two.npy"]
    window.wait()
    assert session.calls == []
    assert states(window) == ["done", "new"]
    panel.all_button.click()
    window.wait()
    assert states(window) == ["done", "done"]


def test_a_session_removed_while_it_is_encoded(window, session, files, qtbot):
    drop(window.docks.window, files[0])
    qtbot.waitUntil(lambda: window.now.state == "encoding", timeout=20_000)
    window.experiment.remove_session("leaky")
    session.may_go_on.set()
    window.wait()
    assert window.now.session is None and window.now.encoded is None
    assert listed(window) == [("for no session", "one.npy", "")]
    assert "Units" not in window.viewer.layers or (
        not window.viewer.layers["Units"].visible
    )
    window.top_bar.undo_button.click()
    assert window.now.session is session
    window.encode()
    window.wait()
    assert states(window) == ["done"]


def test_stop_in_the_list(window, session, files, qtbot):
    drop(window.docks.window, *files)
    qtbot.waitUntil(lambda: len(window.encoding.waiting) == 2, timeout=20_000)
    click(window, qtbot, "three.npy")
    panel = window.panel("Experiment")
    panel.actions_by_name["encode"].trigger()
    assert states(window) == ["encoding 0%", "waiting", "new"]
    assert panel.actions_by_name["encode"].text() == "Encode"
    window.cancel()
    session.may_go_on.set()
    window.wait()
    assert states(window) == ["new"] * 3
    assert window.playback_bar.message.text().startswith("Cancelled: Encoding one.npy")


def test_another_fit_is_stale_until_it_is_encoded(window, files, qtbot):
    use_session(window, LeakySession())
    window.experiment.look(encode_at_once=False)
    drop(window.docks.window, files[0])
    window.wait()
    assert states(window) == ["new"]
    window.panel("Experiment").actions_by_name["encode"].trigger()
    window.wait()
    assert states(window) == ["done"]
    window.experiment.set_fit("one.npy", "pad")
    assert states(window) == ["stale"]
    assert window.now.responses is None and window.now.encoded is None
    window.panel("Experiment").all_button.click()
    window.wait()
    assert states(window) == ["done"]
    window.experiment.set_fit("one.npy", "crop")
    window.panel("Experiment").actions_by_name["encode"].trigger()
    window.wait()
    assert "Computed before" in window.playback_bar.message.text()


def test_another_interval_is_encoded_again(window, video):
    use_session(window, PictureSession())
    window.open_stimuli([video])
    window.wait()
    interval = window.panel("Stimulus").interval
    assert interval.isEnabled() and interval.value() == 1.0
    assert window.now.responses.sizes["trial"] == 2  # of two seconds
    interval.setValue(0.5)
    assert window.now.responses is None
    window.wait()
    assert window.now.responses.sizes["trial"] == 4
    assert states(window) == ["done"]
    window.experiment.undo()  # of the encoding
    window.experiment.undo()
    window.wait()
    assert window.panel("Stimulus").interval.value() == 1.0
    assert window.now.responses.sizes["trial"] == 2
    window.experiment.look(encode_at_once=False)
    interval.setValue(0.0)
    window.wait()
    assert (
        "every frame" in window.panel("Stimulus").info.text()
        and window.now.images.n_images == 48
    )
    assert states(window) == ["stale"]


def test_rename_everywhere_but_not_while_it_is_encoded(
    window, session, files, qtbot, monkeypatch
):
    monkeypatch.setattr(
        QInputDialog, "getText", lambda *_, **__: (" walk of today ", True)
    )
    drop(window.docks.window, files[0])
    qtbot.waitUntil(lambda: window.now.state == "encoding", timeout=20_000)
    window.panel("Experiment").actions_by_name["rename"].trigger()
    assert "rename it when that is done" in window.playback_bar.message.text()
    session.may_go_on.set()
    window.wait()
    responses = window.now.responses
    window.panel("Experiment").actions_by_name["rename"].trigger()
    assert listed(window) == [("leaky", "walk of today", "done")]
    assert window.now.responses is responses
    assert "walk of today" in window.panel("Stimulus").info.text()


def test_stimuli_of_no_session_and_a_file_that_cannot_be_opened(window, files, qtbot):
    files[0].write_bytes(b"no array")
    window.open_stimuli(files)
    window.wait()
    assert listed(window) == [
        ("for no session", "two.npy", ""),
        ("for no session", "three.npy", ""),
    ]
    assert window.now.stimulus_name == "two.npy"  # the first that could be opened
    click(window, qtbot, "three.npy")
    assert window.now.stimulus_name == "three.npy"
    assert not window.panel("Experiment").actions_by_name["encode"].isEnabled()
    use_session(window, LeakySession())
    assert listed(window)[0] == ("leaky", "two.npy", "new")


def test_opening_is_cancelled_with_what_waits(window, files, monkeypatch):
    go_on, opened = threading.Event(), ig.open_stimulus

    def slow(*given, **options):
        assert go_on.wait(30)
        return opened(*given, **options)

    monkeypatch.setattr("insilico_gui.encoding.inputs.open_stimulus", slow)
    window.open_stimuli(files)
    window.cancel()
    go_on.set()
    window.wait()
    assert window.now.stimulus_name is None and not window.stimuli.waiting
    assert window.playback_bar.message.text().startswith("Too late to cancel") or (
        window.playback_bar.message.text().startswith("Cancelled")
    )
    window.open_stimuli(files[1:])
    window.wait()
    assert window.now.stimuli == ("two.npy", "three.npy")


def test_selected_units_of_what_is_not_on_show(window, session, files):
    session.may_go_on.set()
    window.experiment.pick(areas=["LM"])
    window.experiment.look(encode_selected=True)
    window.open_stimuli(files[:2])
    window.wait()
    for name in NAMES[:2]:
        window.experiment.show(stimulus=name)
        assert set(window.now.responses["area"].to_numpy()) == {"LM"}


def test_two_sessions_are_listed_with_what_they_take(window, files, qtbot):
    use_session(window, LeakySession())
    use_session(window, LeakySession(20))
    clip = np.random.default_rng(0).integers(0, 255, (20, 6, 8), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    assert listed(window) == [
        ("leaky", "array", "new"),
        ("leaky (2)", "array", "new"),
    ]
    window.encode()
    window.wait()
    assert states(window) == ["new", "done"]
    window.panel("Experiment").all_button.click()
    window.wait()
    assert states(window) == ["done", "done"]


# -- the rail: pictures, letters, icons ------------------------------------------------


def place_of(tree, row):
    return tree.visualItemRect(tree.items[row])


@pytest.fixture
def three(window, tmp_path):
    """Three clips of one grey level each; the first two are encoded."""
    use_session(window, LeakySession())
    window.experiment.look(encode_at_once=False)
    for name, grey in (("white", 255), ("grey", 128), ("black with a long name", 0)):
        clip = ArrayStimulus(np.full((90, 6, 8), grey, np.uint8), 30.0)
        window.experiment.add_stimulus(clip, name=name, show=name == "white")
    window.encode([("leaky", "white"), ("leaky", "grey")])
    window.wait()
    return window


@pytest.mark.timeout(300)
def test_runs_have_pictures_and_letters_and_are_icons_in_narrow_windows(three, qtbot):
    panel, qt_window = three.panel("Experiment"), three.docks.window
    tree, rows = panel.tree, [("leaky", name) for name in three.now.stimuli]
    for size, is_small in (((1366, 768), True), ((1920, 1080), False)):
        qt_window.resize(*size)
        settle_map(three, qtbot)
        assert tree.is_small == is_small
        assert three.docks.of(panel).width() == (64 if is_small else 220)
        assert panel.all_button.isVisible() != is_small
        qtbot.mouseMove(three.docks.canvas)  # away from the list
        qtbot.wait(50)
        seen = pixels(tree.viewport())
        for row, grey in zip(rows, (255, 128, 0), strict=True):
            rect = place_of(tree, row)
            own = seen[rect.top() : rect.bottom(), rect.left() : rect.right()]
            left = own[:, : tree.viewport().width()]
            assert (left == grey).all(axis=2).sum() >= 500, (size, row)
            assert row[1] in tree.items[row].toolTip(0)
    # a name without room is cut in its middle, and whole in the tool tip
    assert "black with a long name" in tree.items[rows[2]].toolTip(0)
    assert tree.textElideMode() == Qt.TextElideMode.ElideMiddle
    # B: by a click on the letter of a run that is done, which does not show that run
    mark = three.panel("Experiment").plot_colors.mean

    def marks(row):
        rect = tree.pin_rect(place_of(tree, row))
        own = pixels(tree.viewport())[
            rect.top() : rect.bottom(), rect.left() : rect.right()
        ]
        return int((np.abs(own.astype(int) - mark).max(axis=2) < 40).sum())

    assert marks(rows[0]) > 8 and marks(rows[1]) == marks(rows[2]) == 0
    where = tree.pin_rect(place_of(tree, rows[1])).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert three.now.view.reference == Reference(session="leaky", stimulus="grey")
    assert three.now.stimulus_name == "white"
    qtbot.mouseMove(three.docks.canvas)
    qtbot.wait(50)
    assert marks(rows[1]) > 8
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert three.now.view.reference is None
    # and one that is not done has none: a click there shows it, as anywhere else
    where = tree.pin_rect(place_of(tree, rows[2])).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert three.now.view.reference is None
    assert three.now.stimulus_name == rows[2][1]


@pytest.mark.timeout(300)
def test_the_keys_and_the_menu_of_the_rail(three, qtbot, tmp_path):
    panel, experiment = three.panel("Experiment"), three.experiment
    tree, does = panel.tree, panel.actions_by_name
    three.docks.window.activateWindow()
    tree.setFocus()
    qtbot.waitUntil(tree.hasFocus)
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert three.now.stimulus_name == "grey"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert three.now.stimulus_name == "black with a long name"
    assert not does["compare"].isEnabled() and not does["export"].isEnabled()
    qtbot.keyClick(tree, Qt.Key.Key_Up)
    qtbot.keyClick(tree, Qt.Key.Key_Up)
    experiment.compare_with("leaky", "grey")
    assert tree.items["leaky", "grey"].toolTip(0).endswith("B: compared with A")
    # the menu of the mouse and that of the button are one
    assert panel.more_button.menu().actions() == list(does.values()) == tree.actions()
    qtbot.keyClick(tree, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert three.now.stimulus_name == "white (2)"
    document = experiment.document
    assert document.stimuli["white (2)"] == document.stimuli["white"]
    experiment.set_fit("white (2)", "pad")
    assert experiment.document.stimuli["white"].fit == "crop"
    experiment.undo()
    experiment.undo()
    assert three.now.stimuli == ("white", "grey", "black with a long name")
    # a run goes with its responses, and comes back with them
    click(three, qtbot, "grey")
    wanted = three.now.responses
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert "grey" not in three.now.stimuli
    assert "Undo brings them back" in three.playback_bar.message.text()
    three.top_bar.undo_button.click()
    three.wait()
    experiment.show(stimulus="grey")
    np.testing.assert_array_equal(three.now.responses, wanted)
    # the script of the run alone; one with arrays reads their files
    does["script"].trigger()
    assert "save it first" in three.playback_bar.message.text()
    experiment.save(tmp_path / "greys.insilico.yaml")
    does["script"].trigger()
    (dialog,) = panel.findChildren(ScriptDialog)
    dialog.copy_button.click()
    script = QApplication.clipboard().text()
    assert "name='grey'" in script and "white" not in script
    assert script == experiment.to_python("leaky", "grey")
    compile(script, "script", "exec")
    dialog.close()
    does["export"].trigger()
    assert three.docks.of(three.panel("Export")).isVisible()
    assert three.now.stimulus_name == "grey"
