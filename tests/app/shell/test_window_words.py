"""What the window says: unit ids, its own widgets, what is missing and what was dropped."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.widgets.family_form import ValuesEdit, family_form, values_of
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import ExportError, InsilicoError, StimulusError
from insilico_gui.session import SessionInfo
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.stimuli.families.registry import FAMILIES

LIMIT_S = 120.0
PYTHON = re.compile(r"\bNone\b|\w=(True|False|'|\")|--\w|\w\(\)")


def clip(warning=None):
    frames = np.random.default_rng(0).integers(0, 255, (40, 36, 64), np.uint8)
    stimulus = ArrayStimulus(frames, 10.0)
    if warning:
        stimulus.attrs["warning"] = warning
    return stimulus


@pytest.fixture
def encoded(window):
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(
        window,
        ig.stimuli.drifting_gratings(
            n_directions=4, duration_s=0.5, blank_s=0.6, frame_rate=10.0
        ),
    )
    window.encode()
    window.wait(LIMIT_S)
    return window


@pytest.mark.timeout(300)
def test_export_takes_a_name_without_suffix_and_names_its_tick_box(encoded, tmp_path):
    panel = encoded.panel("Export")
    offered = [panel.format.itemText(k) for k in range(panel.format.count())]
    assert len(offered) > 3
    for k, suffix in enumerate((".npz", ".parquet", ".csv")):
        panel.path.setText(str(tmp_path / f"result {k}.of today"))
        choose(panel.format, suffix)
        panel.path.setText(str(tmp_path / f"result {k}.of today"))
        assert panel.format.currentText() == suffix
        panel.button.click()
        encoded.wait(LIMIT_S)
        assert (tmp_path / f"result {k}.of today{suffix}").exists(), panel.result.text()
        panel.button.click()
        encoded.wait(LIMIT_S)
        said = panel.result.text()
        assert panel.overwrite.text() in said and not PYTHON.search(said), said
        panel.overwrite.setChecked(True)
        panel.button.click()
        encoded.wait(LIMIT_S)
        assert panel.result.text().startswith("Written")
        panel.overwrite.setChecked(False)


def test_in_python_the_same_error_speaks_of_its_argument(tmp_path):
    path = tmp_path / "there.npz"
    path.write_bytes(b"")
    responses = ig.encode(LeakySession(4), np.zeros((9, 6, 8), np.uint8))
    with pytest.raises(ExportError, match="overwrite=True") as caught:
        ig.export(responses, path)
    assert "Replace an existing file" in sentence(caught.value)
    assert sentence(InsilicoError("As it is.")) == "As it is."


@pytest.mark.timeout(120)
def test_forms_do_not_show_pythons_none(qtbot):
    for family, make in FAMILIES.items():
        form = family_form(family)
        for widget in form:
            assert not PYTHON.search(widget.tooltip or ""), (family, widget.name)
            if isinstance(widget.native, QLineEdit):
                assert "None" not in widget.native.text(), (family, widget.name)
            if not isinstance(widget, ValuesEdit):
                continue
            before = widget.native.text()
            widget.native.setText("  ")
            if widget.may_be_empty:
                assert values_of(form)[widget.name] is None
                assert widget.native.placeholderText()
            else:
                with pytest.raises(StimulusError, match="is empty"):
                    values_of(form)
            widget.native.setText(before)
        if family != "natural images":
            assert make(**values_of(form)).spec.title == make().spec.title


@pytest.mark.timeout(300)
def test_a_unit_has_one_number_everywhere(encoded, qtbot):
    experiment = encoded.experiment
    ids = encoded.now.units["unit_id"].tolist()
    encoded.panel("Tuning").compute()
    encoded.wait(LIMIT_S)
    experiment.pick(areas=["LM"])
    encoded.wait(LIMIT_S)
    chosen = [ids[k] for k in encoded.now.selection.indices]
    tuning = encoded.panel("Tuning")
    box = tuning.unit
    # typed, stepped to, or chosen by a double click, it is the id that counts
    box.selectAll()
    qtbot.keyClicks(box, str(chosen[4]))
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == chosen[4] and box.text() == str(chosen[4])
    assert f"unit {chosen[4]}" in tuning.about.text()
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == chosen[5]
    assert f"unit {chosen[5]}" in tuning.about.text()
    said = encoded.playback_bar.message
    for wrong in ("2", str(ids[0]), "a_unit"):  # a rank; not selected; no id
        box.selectAll()
        qtbot.keyClicks(box, wrong)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        assert box.value() == chosen[5] and wrong in said.text()
    row = int(encoded.now.selection.indices[2])
    encoded.panel("Units").show_unit(row)
    assert box.value() == ids[row]
    assert encoded.panel("Receptive fields").unit.value() == ids[row]
    # the table's left header, the traces, the status line
    model = encoded.panel("Units").model
    across = Qt.Orientation.Vertical
    assert [model.headerData(k, across) for k in range(40)] == [str(i) for i in ids]
    traces = encoded.panel("Traces")
    encoded.wait(LIMIT_S)
    labels = [label.text for label in traces.plot.labels.labels]
    named = [int(text) for text in labels if text != "mean"]
    columns = traces._summary.value.singles
    # five of them, and the unit looked at
    assert named == [ids[k] for k in columns] and len(named) == 6
    assert named[-1] == ids[row]
    # where no unit covers another
    experiment.look(layout="list", color_by="response")
    layer = encoded.map.units_layer
    status = layer.get_status(layer.data[row], dims_displayed=[1, 2], world=True)
    assert status["value"].startswith(f"unit {ids[row]}, LM, response ")
    assert status["coordinates"].endswith(status["value"])
    assert "unit" not in layer.get_status((0.0, -500.0, -500.0), world=True)["value"]


def test_session_and_scan_are_told_where_ids_could_clash():
    units = pd.DataFrame(
        {"unit_id": [7, 8, 7], "session": [1, 1, 1], "scan_idx": [3, 3, 4]}
    )
    assert unit_names(units, [0, 2]) == ["7, scan 3", "7, scan 4"]
    assert unit_names(units.assign(unit_id=[7, 8, 9]), [0, 2]) == ["7", "9"]


@pytest.mark.timeout(300)
def test_a_folder_given_by_hand_chooses_a_session_in_it(
    window, qtbot, monkeypatch, tmp_path
):
    def found(folder=None):
        own = [] if folder is None else sorted(path.name for path in tmp_path.iterdir())
        infos = [SessionInfo(id="demo", title="Demo", n_units=3)]
        infos += [SessionInfo(id=f"own/{n}", title=n, n_units=5) for n in own]
        return infos

    monkeypatch.setattr("insilico_gui.app.panels.session_panel.session_infos", found)
    panel = window.panel("Session")
    window.wait(LIMIT_S)
    assert panel.session.currentText() == "demo"

    def give(text):
        panel.folder.setFocus()
        panel.folder.setText(text)
        qtbot.keyClick(panel.folder, Qt.Key.Key_Return)
        window.wait(LIMIT_S)
        return panel.session.currentText()

    assert give(str(tmp_path)) == ""  # nothing is loaded that was not asked for
    assert "holds no session" in panel.info.text()
    for name in ("a", "b"):
        (tmp_path / name).touch()
    assert give("") == "demo"
    assert "holds no session" not in panel.info.text()
    assert give(str(tmp_path)) == "own/a"
    panel.session.setCurrentText("own/b")
    panel.look_for_sessions()
    window.wait(LIMIT_S)
    assert panel.session.currentText() == "own/b"  # what was chosen stays
    panel.use_folder(tmp_path, "demo")
    window.wait(LIMIT_S)
    assert panel.session.currentText() == "demo"


@pytest.mark.timeout(300)
def test_what_a_session_does_not_know_is_said(window):
    panel, experiment = window.panel("Selection"), window.experiment
    note = window.viewer.canvas.overlays.text

    def use(**columns):
        session = LeakySession(40, (36, 64))
        dropped = [name for name, value in columns.items() if value is None]
        added = {name: value for name, value in columns.items() if value is not None}
        session.units = session.units.drop(columns=dropped).assign(**added)
        use_session(window, session)
        return note.text.replace("\n", " ") if note.visible else ""

    assert use() == ""
    assert panel.areas.isVisible() and panel.fields.isVisible()
    assert not panel.no_areas.isVisible()
    assert use(area=None, field=None) == ""
    assert not panel.areas.isVisible() and not panel.fields.isVisible()
    assert panel.no_areas.isVisible() and "areas or fields" in panel.no_areas.text()
    use(field=None)
    assert panel.areas.isVisible() and not panel.fields.isVisible()
    # units that look elsewhere, or nobody knows where
    for value, part in (
        (3.0, "looks at the screen"),
        (np.nan, "known receptive field"),
    ):
        said = use(rf_x=value)
        assert "None of the 40 units" in said and part in said
        assert "anatomical" in said and said == window.panel("Map").about.text()
        experiment.look(layout="anatomical")
        assert not note.visible
        experiment.look(layout="retinotopic")
        assert note.visible
    assert use(rf_x=np.r_[np.full(10, np.nan), np.full(5, 2.0), np.zeros(25)]) == ""
    said = window.panel("Map").about.text()
    assert "10 of 40 units" in said and "5 of 40 units look beyond" in said


@pytest.mark.timeout(300)
def test_warnings_of_stimulus_and_responses_are_shown(window):
    lost = "3 of 43 frames are <damaged> and were left out; " + "x" * 400
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, clip(lost))
    info = window.panel("Stimulus").info
    assert "3 of 43 frames are &lt;damaged&gt;" in info.text()
    window.encode()
    window.wait(LIMIT_S)
    experiment = window.experiment
    told = window.now.responses.copy()
    told.attrs["warning"] = "1 channel has no position."
    experiment.finish(experiment.task(*experiment.on_show()), told)
    assert "⚠ Responses: 1 channel has no position." in info.text()
    # a long message is cut, and whole in the tooltip
    bar = window.playback_bar
    bar.say(lost)
    assert (
        bar.message.text().replace("\u200b", "").startswith("3 of 43 frames are <dam")
    )
    assert len(bar.message.text()) < 300 and "x" * 400 in bar.message.toolTip()


@pytest.mark.timeout(300)
def test_the_warning_of_responses_comes_with_the_run(window, monkeypatch):
    session = LeakySession(40, (36, 64))
    use_session(window, session)
    use_stimulus(window, clip())
    finish = window.experiment.finish

    def with_warning(task, responses, checksum):
        responses.attrs["warning"] = "The stimulus was cut short."
        finish(task, responses, checksum)

    monkeypatch.setattr(window.experiment, "finish", with_warning)
    window.encode()
    window.wait(LIMIT_S)
    assert "The stimulus was cut short." in window.playback_bar.message.text()
    assert "The stimulus was cut short." in window.panel("Stimulus").info.text()
