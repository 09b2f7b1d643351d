"""The file of an experiment in a real window: saving, opening, what is not saved."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMessageBox
from support.drops import drop
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.shell.experiment_files import Answer
from insilico_gui.app.shell.library_dialog import LibraryDialog
from insilico_gui.app.shell.menus.file_menu import REDO, SAVE, SAVE_AS, UNDO
from insilico_gui.app.work import autosave
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.saving import file
from insilico_gui.experiment.saving.recovery import Recovery, find_leftovers
from insilico_gui.settings import change_settings, read_settings

FAST = 90


@pytest.fixture
def demo(window):
    """The demo session and gratings, encoded and analysed, with a view of their own."""
    experiment = window.experiment
    experiment.add_session("demo")
    gratings = ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.4, blank_s=0.2)
    experiment.add_stimulus(gratings, name="gratings", show=True)
    window.encode()
    window.wait(FAST)
    window.analyse("direction tuning", {})
    window.wait(FAST)
    assert "pref_dir" in window.now.units
    return window


@pytest.fixture
def answers(window, monkeypatch):
    """What the user is asked about changes; answered by what is put last in here."""
    given = [Answer.CANCEL]
    asked = []

    def ask(question):
        asked.append(question)
        return given[-1]

    monkeypatch.setattr(window.files, "ask", ask)
    return given, asked


def actions(window):
    menus = window.viewer.window.file_menu, window.menu.edit_menu
    return {a.text(): a for menu in menus for a in menu.actions()}


def said(window):
    return window.playback_bar.message.text().replace("\u200b", "")


def save_as(window, path):
    window.files.save_as(path)
    window.wait(FAST)


# -- saving and opening ----------------------------------------------------------------


def change_the_view(window):
    experiment, units = window.experiment, window.now.units
    experiment.pick(where={"OSI": (0.2, None)})
    experiment.look(
        layout="list",
        color_by="pref_dir",
        limits=(0.0, 180.0),
        unit_id=int(units["unit_id"].iloc[7]),
        only_selected=True,
    )
    experiment.playback.seek(0.5)


def shown(window):
    now = window.now
    return {
        "view": now.view.model_copy(update={"time_s": 0.0}),
        "selected": now.selection.indices.tolist(),
        "conditions": now.conditions,
        "state": now.state,
        "columns": list(now.units.columns),
        "results": sorted(now.results),
        "time": round(window.experiment.playback.time, 6),
        "pref_dir": now.units["pref_dir"].fillna(-1).tolist(),
        "responses": now.responses.to_numpy().tobytes(),
        "names": (now.session_name, now.stimulus_name, now.fit),
    }


def test_a_saved_experiment_opens_to_what_was_on_show(demo, tmp_path, monkeypatch):
    change_the_view(demo)
    before = shown(demo)
    assert 0 < len(before["selected"]) < len(demo.now.units)
    path = tmp_path / "day one.insilico.yaml"
    save_as(demo, path)
    assert demo.viewer.title == "day one - napari"
    assert demo.now.is_saved and demo.now.path == str(path)
    assert file.load(path)[0].view.time_s == 0.5

    demo.files.new()
    demo.wait(FAST)
    assert demo.now.session is None and demo.now.frames is None
    assert demo.viewer.title == "napari"
    assert not demo.experiment.document.sessions

    monkeypatch.setattr(demo.encoding, "add", lambda *_: pytest.fail("was encoded"))
    demo.files.open(path)
    demo.wait(FAST)
    assert shown(demo) == before
    assert demo.now.is_saved
    assert not demo.experiment.can_undo


def test_the_title_tells_of_changes(window, tmp_path):
    assert window.viewer.title == "napari"
    use_session(window, LeakySession())
    assert window.viewer.title == "New experiment* - napari"
    save_as(window, tmp_path / "x.insilico.yaml")
    assert window.viewer.title == "x - napari"
    window.experiment.pick(indices=[0, 1])
    assert window.viewer.title == "x* - napari"
    window.files.save()
    window.wait(FAST)
    assert window.viewer.title == "x - napari"
    assert "Saved" in said(window)


def test_a_name_gets_its_ending(window, tmp_path, monkeypatch):
    use_session(window, LeakySession())
    monkeypatch.setattr(
        "insilico_gui.app.shell.experiment_files.QFileDialog.getSaveFileName",
        lambda *_a, **_k: (str(tmp_path / "mine.yaml"), ""),
    )
    window.files.save()  # there is no file yet
    window.wait(FAST)
    assert [p.name for p in tmp_path.glob("*.yaml")] == ["mine.insilico.yaml"]


def test_what_cannot_be_saved_is_said_and_not_saved(window, tmp_path):
    use_session(window, LeakySession())
    save_as(window, tmp_path / "nowhere" / "x.insilico.yaml")
    assert said(window).startswith("⚠")
    assert not window.now.is_saved and window.now.path is None


def test_arrays_are_saved_beside_the_file_and_come_back(window, tmp_path):
    session = LeakySession()
    use_session(window, session)
    frames = np.random.default_rng(0).integers(0, 256, (9, 6, 8), np.uint8)
    use_stimulus(window, frames, frame_rate=10.0, name="noise")
    save_as(window, tmp_path / "x.insilico.yaml")
    document, arrays = file.load(tmp_path / "x.insilico.yaml")
    np.testing.assert_array_equal(arrays[document.stimuli["noise"].sha256], frames)


def test_a_file_that_is_no_experiment_leaves_all_as_it_is(demo, tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text("family: none")
    save_as(demo, tmp_path / "mine.insilico.yaml")
    before = demo.experiment.document
    demo.files.open(path)
    demo.wait(FAST)
    assert "is no experiment" in said(demo)
    assert demo.experiment.document is before and demo.now.responses is not None


def test_a_dropped_experiment_opens(window, tmp_path):
    made = ig.Experiment(library=None)
    made.add_session("demo", name="mine")
    path = made.save(tmp_path / "x.insilico.yaml")
    drop(window.docks.canvas, path)
    window.wait(FAST)
    assert window.now.session_name == "mine" and window.now.session is not None
    assert window.viewer.title == "x - napari"


# -- what is not saved -----------------------------------------------------------------


@pytest.mark.parametrize("answer", Answer)
def test_another_experiment_asks_about_changes(window, answers, tmp_path, answer):
    given, asked = answers
    use_session(window, LeakySession())
    save_as(window, tmp_path / "x.insilico.yaml")
    window.files.new()
    window.wait(FAST)
    assert not asked  # all was saved
    assert not window.experiment.document.sessions

    window.files.open(tmp_path / "x.insilico.yaml")
    window.wait(FAST)
    window.experiment.look(layout="list")
    given.append(answer)
    window.files.new()
    window.wait(FAST)
    assert len(asked) == 1 and "x has changes" in asked[0]
    assert bool(window.experiment.document.sessions) == (answer is Answer.CANCEL)
    kept, _ = file.load(tmp_path / "x.insilico.yaml")
    assert (kept.view.layout == "list") == (answer is Answer.SAVE)


def test_closing_asks_about_changes(window, answers, tmp_path):
    given, asked = answers
    qt_window = window.docks.window
    use_session(window, LeakySession())
    assert not qt_window.close() and len(asked) == 1
    assert qt_window.isVisible()
    save_as(window, tmp_path / "x.insilico.yaml")
    window.experiment.pick(indices=[0])
    given.append(Answer.SAVE)
    closed = []
    qt_window.destroyed.connect(lambda: closed.append(True))
    assert not qt_window.close()  # not before it is written
    assert qt_window.isVisible()
    window.wait(FAST)
    assert closed and len(asked) == 2
    # napari's own fixture closes the viewer once more, and expects this then
    del window.viewer.window._qt_window
    kept, _ = file.load(tmp_path / "x.insilico.yaml")
    assert kept.selections


def test_a_viewer_that_a_script_closes_asks_nothing(window, answers):
    use_session(window, LeakySession())
    window.viewer.close()
    assert not answers[1]
    assert find_leftovers() == []


def test_nothing_is_asked_of_an_empty_experiment(window, answers):
    window.experiment.look(encode_at_once=False)
    window.files.new()
    assert not answers[1]


# -- menu and keys ---------------------------------------------------------------------


def test_the_file_menu_begins_with_the_experiment(window):
    menu = window.viewer.window.file_menu
    first = [action.text() for action in menu.actions()[:8]]
    assert first == [
        "New experiment",
        "Open…",
        "Open experiment…",
        "Open recent",
        "Save experiment",
        "Save experiment as…",
        "Copy as Python",
        "Experiment library…",
    ]
    menu.rebuild()  # as napari does when a plugin adds to it
    window.wait(FAST)
    assert [action.text() for action in menu.actions()[:8]] == first
    menu.aboutToShow.emit()


def test_no_shortcut_of_ours_is_napari_s_as_well(window, make_napari_viewer):
    make_napari_viewer()  # gives the actions that viewers share their shortcuts again
    taken = {}
    for menu in window.menu.napari_menus():
        for action in menu.actions():
            for keys in action.shortcuts():
                taken.setdefault(keys.toString(), []).append(action.text())
    for menu in (window.menu.edit_menu,):
        for action in menu.actions():
            for keys in action.shortcuts():
                taken.setdefault(keys.toString(), []).append(action.text())
    for keys in (*SAVE, *SAVE_AS, *UNDO, *REDO):
        assert len(taken[QKeySequence(keys).toString()]) == 1, taken


def test_napari_has_its_shortcuts_again_when_the_window_is_closed(window):
    def saves():
        actions = window.viewer.window.file_menu.actions()
        return [a for a in actions if a.text() == "Save Selected Layers..."]

    (action,) = saves()
    assert action.shortcut().isEmpty()
    window.viewer.close()
    assert action.shortcut().toString() == "Ctrl+S"


def test_keys_undo_and_redo_commands_and_never_layers(window, qtbot):
    use_session(window, LeakySession())
    labels = window.viewer.add_labels(np.zeros((8, 8), int))
    window.viewer.layers.selection.active = labels
    labels.paint((4, 4), 3)
    painted = labels.data.copy()
    window.experiment.pick(indices=[0])
    window.experiment.pick(indices=[1, 2])
    qt_window = window.docks.window
    qt_window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is qt_window, timeout=3000)
    canvas = window.docks.canvas
    canvas.setFocus()
    ndisplay = window.viewer.dims.ndisplay

    def press(key, *modifiers):
        held = Qt.KeyboardModifier.ControlModifier
        for each in modifiers:
            held |= each
        QTest.keyClick(canvas, key, held)

    shift = Qt.KeyboardModifier.ShiftModifier
    press(Qt.Key.Key_Z)
    assert window.now.selection.indices.tolist() == [0]
    press(Qt.Key.Key_Y)
    assert window.now.selection.indices.tolist() == [1, 2]
    press(Qt.Key.Key_Z)
    press(Qt.Key.Key_Z, shift)
    assert window.now.selection.indices.tolist() == [1, 2]
    press(Qt.Key.Key_Y)
    assert said(window) == "There is nothing to redo."
    while window.experiment.can_undo:
        press(Qt.Key.Key_Z)
    press(Qt.Key.Key_Z)
    assert said(window) == "There is nothing to undo."
    np.testing.assert_array_equal(labels.data, painted)
    assert window.viewer.dims.ndisplay == ndisplay


def test_the_key_saves(window, qtbot, tmp_path):
    use_session(window, LeakySession())
    save_as(window, tmp_path / "x.insilico.yaml")
    window.experiment.pick(indices=[0])
    qt_window = window.docks.window
    qt_window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is qt_window, timeout=3000)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(window.docks.canvas, Qt.Key.Key_S, control)
    window.wait(FAST)
    assert window.now.is_saved


def test_copy_as_python_is_the_script_of_the_experiment(window):
    window.experiment.add_session("demo")
    actions(window)["Copy as Python"].trigger()
    script = QApplication.clipboard().text()
    assert script == window.experiment.to_python()
    assert 'add_session("demo"' in script or "add_session('demo'" in script


def test_recent_files_open(window, tmp_path):
    window.menu.fill_recent()
    (nothing,) = window.menu.recent_menu.actions()
    assert not nothing.isEnabled()
    for name in ("one", "two"):
        window.experiment.clear()
        window.experiment.add_session("demo", name=name)
        save_as(window, tmp_path / f"{name}.insilico.yaml")
    window.menu.fill_recent()
    recent = window.menu.recent_menu.actions()
    assert [a.text() for a in recent] == ["two.insilico.yaml", "one.insilico.yaml"]
    recent[1].trigger()
    window.wait(FAST)
    assert window.now.session_name == "one"
    assert read_settings()[0].recent[0].endswith("one.insilico.yaml")


# -- files that have moved -------------------------------------------------------------


def test_a_moved_file_is_said_and_found_in_a_folder(
    window, video, tmp_path, monkeypatch
):
    mine = tmp_path / "videos" / "walk.mp4"
    mine.parent.mkdir()
    shutil.copy(video, mine)
    made = ig.Experiment(library=None)
    made.add_session("demo")
    made.add_stimulus(mine, show=True)
    path = made.save(tmp_path / "x.insilico.yaml")
    elsewhere = tmp_path / "archive" / "2025"
    elsewhere.parent.mkdir()
    mine.parent.rename(elsewhere)

    window.files.open(path)
    window.wait(FAST)
    assert window.now.stimulus is None
    assert "walk.mp4" in said(window) and "is not there" in said(window)
    (box,) = window.docks.window.findChildren(QMessageBox)
    assert "name the folder" in box.text()
    monkeypatch.setattr(window.files, "ask_for_folder", lambda: tmp_path / "archive")
    search = next(b for b in box.buttons() if b.text().startswith("Search"))
    search.click()
    window.wait(FAST)
    assert window.now.frames is not None


# -- after a crash ---------------------------------------------------------------------


@pytest.fixture
def quick(window):
    """Changes are kept at once."""
    window.files.autosave.set_delay(20)
    assert autosave.DELAY_MS >= 1000
    return window


def test_an_unsaved_experiment_is_kept_until_it_is_saved(quick, qtbot, tmp_path):
    recovery = quick.files.autosave.recovery
    use_session(quick, LeakySession())
    qtbot.waitUntil(lambda: recovery.folder is not None, timeout=5000)
    quick.wait(FAST)
    folder = recovery.folder
    kept = next(folder.rglob("*.insilico.yaml"))
    assert list(file.load(kept)[0].sessions) == [quick.now.session_name]
    assert find_leftovers() == []  # this window is open
    save_as(quick, tmp_path / "x.insilico.yaml")
    qtbot.waitUntil(lambda: recovery.folder is None, timeout=5000)
    quick.wait(FAST)
    assert not folder.exists()


def test_closing_leaves_nothing_to_recover(quick, qtbot, tmp_path):
    use_session(quick, LeakySession())
    recovery = quick.files.autosave.recovery
    qtbot.waitUntil(lambda: recovery.folder is not None, timeout=5000)
    quick.viewer.close()
    assert not list((tmp_path / "recovery").glob("window-*"))


def leave_one():
    """An experiment that a process kept and did not save."""
    left = ig.Experiment(library=None)
    left.add_session("demo", name="left")
    recovery = Recovery()
    recovery.write(*left.content(), None)
    recovery._held.let_go()  # as its end does


@pytest.mark.parametrize("answer", ["Open it", "Discard", "Later"])
def test_what_was_not_saved_is_offered(window, qtbot, answer, tmp_path):
    leave_one()
    window.files.look_for_leftovers()
    window.wait(FAST)
    (box,) = window.docks.window.findChildren(QMessageBox)
    assert "was not saved" in box.text()
    assert find_leftovers() == []  # nobody else is offered it meanwhile
    next(b for b in box.buttons() if b.text() == answer).click()
    window.wait(FAST)
    assert (window.now.session_name == "left") == (answer == "Open it")
    folders = list((tmp_path / "recovery").glob("window-*"))
    assert len(folders) == (answer != "Discard")
    if answer == "Open it":
        assert window.viewer.title == "New experiment* - napari"
        assert window.files.autosave.recovery.folder == folders[0]
    others = find_leftovers()
    assert len(others) == (answer == "Later")
    for leftover in others:
        leftover.remove()


# -- the library -----------------------------------------------------------------------


def test_the_library_dialog_shows_and_clears(demo, tmp_path):
    actions(demo)["Experiment library…"].trigger()
    demo.wait(FAST)
    dialog = demo.docks.window.findChild(LibraryDialog)
    assert dialog.entries.topLevelItemCount() == 1
    assert dialog.entries.topLevelItem(0).text(1) == "gratings"
    assert dialog.total.text().startswith("1 entries, ")
    assert not dialog.folder.isEnabled()  # the environment sets it
    dialog.clear_button.click()
    assert len(Library().entries()) == 1  # it asks first
    assert dialog.clear_button.text().startswith("Remove 1 entries, ")
    dialog.clear_button.click()
    demo.wait(FAST)
    assert dialog.entries.topLevelItemCount() == 0 and Library().entries() == []
    dialog.close()


def test_settings_of_the_library_are_used_from_then_on(window, tmp_path, monkeypatch):
    monkeypatch.delenv("INSILICO_LIBRARY")
    change_settings(library_folder=str(tmp_path / "first"))
    window.experiment.renew_library()
    assert window.experiment.library.folder == tmp_path / "first"
    window.files.show_library()
    window.wait(FAST)
    dialog = window.docks.window.findChild(LibraryDialog)
    dialog.folder.setText(str(tmp_path / "second"))
    dialog.max_gb.setValue(3.5)
    dialog.save_button.click()
    window.wait(FAST)
    library = window.experiment.library
    assert (library.folder, library.max_gb) == (tmp_path / "second", 3.5)
    dialog.close()


def test_damaged_settings_are_said(window, tmp_path):
    place = tmp_path / "config" / "settings.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text("{")
    window.files.look_for_leftovers()
    window.wait(FAST)
    assert "settings" in said(window) and "defaults" in said(window)
