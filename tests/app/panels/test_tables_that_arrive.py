"""Tables that are dropped or opened: of units, of selections, of trials, of anything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox
from support.drops import drop
from support.in_window import use_session
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.shell.arriving.file_kinds import kind_of
from insilico_gui.errors import InsilicoError, SelectionError
from insilico_gui.units.selection_file import read_selections, write_selections

LIMIT_S = 200.0


@pytest.fixture
def loaded(window):
    use_session(window, LeakySession(12, (6, 8)))
    window.wait(LIMIT_S)
    return window


def said(window):
    return window.playback_bar.message.text().replace("\u200b", "")


def give(window, *paths):
    drop(window.docks.window, *paths)
    window.wait(LIMIT_S)


@pytest.mark.timeout(300)
def test_a_table_of_units_joins_by_their_ids(loaded, tmp_path):
    units = loaded.now.units
    rows = [7, 2, 4]  # another order, and not all of them
    table = pd.DataFrame(
        {
            "unit_id": [*units["unit_id"].to_numpy()[rows], 99_999],
            "depth_um": [300.0, 120.5, 240.0, 1.0],
            "layer": ["L4", "L2/3", "L4", "L5"],
        }
    )
    for suffix in (".csv", ".parquet"):
        path = tmp_path / f"units{suffix}"
        table.to_csv(path, index=False) if suffix == ".csv" else table.to_parquet(path)
        give(loaded, path)
        joined = loaded.now.units
        np.testing.assert_array_equal(
            joined["depth_um"].to_numpy()[rows], [300, 120.5, 240]
        )
        assert joined["layer"].to_numpy()[rows].tolist() == ["L4", "L2/3", "L4"]
        others = np.setdiff1d(np.arange(12), rows)
        assert joined["depth_um"].iloc[others].isna().all()
        assert loaded.now.view.color_by == "depth_um"
        loaded.experiment.undo()
        assert "depth_um" not in loaded.now.units
        loaded.experiment.look(color_by="response")
    assert [layer.name for layer in loaded.viewer.layers] == ["Units"]
    # of other units: a sentence
    table["unit_id"] = table["unit_id"] + 100_000
    table.to_csv(tmp_path / "others.csv", index=False)
    give(loaded, tmp_path / "others.csv")
    assert said(loaded).startswith("⚠ None of the units in others.csv")
    assert "depth_um" not in loaded.now.units


@pytest.mark.timeout(300)
def test_selections_are_saved_and_come_back_by_id(loaded, tmp_path, monkeypatch):
    experiment, units = loaded.experiment, loaded.now.units
    experiment.select(indices=[1, 3, 8], name="bright", color="#ff8800")
    experiment.select(indices=[2], name="=sum", color="#3399ff")
    chosen = str(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (chosen, ""))
    action = next(
        a for a in loaded.menu.edit_menu.actions() if a.text() == "Save selections…"
    )
    action.trigger()
    loaded.wait(LIMIT_S)
    path = tmp_path / "mine.csv"
    assert path.exists() and "'=sum" in path.read_text()
    for name in ("bright", "=sum"):
        experiment.remove_selection(name)
    give(loaded, path)
    selections = experiment.document.selections
    assert experiment.selection("bright").indices.tolist() == [1, 3, 8]
    assert experiment.selection("=sum").indices.tolist() == [2]
    assert selections["bright"].color == "#ff8800"
    assert "2 selections of 4 units" in said(loaded)
    # a bare list of ids is one, called after the file
    ids = units["unit_id"].to_numpy()[[5, 6]]
    pd.DataFrame({"unit_id": ids}).to_csv(tmp_path / "few.csv", index=False)
    give(loaded, tmp_path / "few.csv")
    assert experiment.selection("few").indices.tolist() == [5, 6]
    assert loaded.now.view.selection == "few"


def test_selections_of_another_session_are_refused(tmp_path):
    units = pd.DataFrame({"unit_id": [1, 2], "session": [8, 8], "scan_idx": [5, 5]})
    chosen = ig.select(LeakySession(12, (6, 8)), indices=[0])
    path = write_selections(tmp_path / "s.csv", {"a": (chosen, "#112233")}, units)
    (found,) = read_selections(path, units, "any")
    assert found.indices.tolist() == [0] and found.color == "#112233"
    units["scan_idx"] = 6
    with pytest.raises(SelectionError, match=r"None of the units in s\.csv"):
        read_selections(path, units, "any")
    with pytest.raises(SelectionError, match="exists already"):
        write_selections(path, {"a": (chosen, "#112233")}, units)


@pytest.mark.parametrize(
    ("text", "input_kind", "answer"),
    [
        ("unit_id,depth\n1,2\n", "", "properties"),
        ("unit_id;session;scan_idx\n1;8;5\n", "video", "selections"),
        ("unit_id,selection\n1,a\n", "conditions", "selections"),
        ("contrast,side\n1,2\n", "conditions", "stimuli"),
        ("time_s,left\n0,1\n1,2\n", "drive", "stimuli"),
        ("time_s,left\n0,1\n1,2\n", "video", "drives a session"),
        ("onset,duration,condition\n0,1,a\n", "video", "is a table of trials"),
        ("contrast,side\n1,2\n", "video", "nothing that is known here"),
        ("\n", "video", "no text"),
        ("a\0b", "video", "no text"),
    ],
)
def test_tables_are_told_apart_by_their_columns(tmp_path, text, input_kind, answer):
    path = tmp_path / "t.csv"
    path.write_text(text)
    if " " in answer:
        with pytest.raises(InsilicoError, match=answer):
            kind_of(path, input_kind)
    else:
        assert kind_of(path, input_kind) == answer
        path.write_text(text, encoding="utf-16")
        assert kind_of(path, input_kind) == answer


@pytest.mark.timeout(300)
def test_each_of_several_unequal_files_has_its_answer(loaded, tmp_path):
    np.save(tmp_path / "clip.npy", np.zeros((20, 6, 8), np.uint8))
    (tmp_path / "notes.txt").write_text("some text")
    (tmp_path / "weights.pt").write_bytes(b"PK")
    ids = loaded.now.units["unit_id"].to_numpy()[:2]
    pd.DataFrame({"unit_id": ids}).to_csv(tmp_path / "few.csv", index=False)
    give(
        loaded,
        *(tmp_path / n for n in ("notes.txt", "few.csv", "clip.npy", "weights.pt")),
    )
    assert loaded.now.stimulus_name == "clip.npy" and loaded.now.responses is not None
    assert "few" in loaded.experiment.document.selections
    boxes = loaded.docks.window.findChildren(QMessageBox)
    (box,) = [box for box in boxes if box.isVisible()]
    assert "notes.txt" in box.text() and "weights.pt" in box.text()
    assert "folder that holds all of them" in box.text()
    box.buttons()[0].click()
    assert [layer.name for layer in loaded.viewer.layers] == ["Stimulus", "Units"]


@pytest.mark.timeout(300)
def test_a_table_of_units_without_a_session_gets_a_sentence(window, tmp_path):
    pd.DataFrame({"unit_id": [1], "depth": [2]}).to_csv(tmp_path / "u.csv", index=False)
    give(window, tmp_path / "u.csv")
    assert "load their session" in said(window)


@pytest.mark.timeout(300)
def test_open_of_the_file_menu_takes_anything(loaded, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")
    names = [str(tmp_path / "a.txt")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: (names, ""))
    action = next(a for a in loaded.menu.actions if a.text() == "Open…")
    assert action.shortcut().toString() == "Ctrl+O"
    action.trigger()
    loaded.wait(LIMIT_S)
    assert said(loaded).startswith("⚠ 'a.txt' is nothing that can be shown")


@pytest.mark.timeout(300)
def test_a_folder_without_sessions_leaves_nothing_ready_to_load(
    loaded, tmp_path, qtbot
):
    panel = loaded.panel("Session")
    loaded.wait(LIMIT_S)
    panel.use_folder(tmp_path)
    loaded.wait(LIMIT_S)
    assert panel.session.currentText() == "" and not panel.load_button.isEnabled()
    assert "holds no session" in panel.info.text()
    panel.session.setCurrentText("demo")
    assert panel.load_button.isEnabled()
