"""Sequences and saved specifications through the real window."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog
from support.in_window import use_session

import insilico_gui as ig
from insilico_gui.stimuli import (
    Display,
    Sequence,
    drifting_gratings,
    full_field_flashes,
    gaussian_dots,
    load_spec,
    looming,
    moving_bars,
    save_spec,
    size_series,
)

LIMIT_S = 60.0
LEFT = Qt.MouseButton.LeftButton


def click(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, LEFT)


@pytest.fixture
def panel(window):
    use_session(window, ig.open_session("demo", device="cpu"))
    window.experiment.pick(fields=[1])
    window.panel("Stimulus").selected_only.click()
    window.wait(LIMIT_S)
    return window.panel("Stimulus")


def add(window, qtbot, family, **parameters):
    form = window.panel("Stimulus").form
    form.family.setCurrentText(family)
    for name, value in parameters.items():
        getattr(form.form(family), name).value = value
    window.wait(LIMIT_S)
    click(qtbot, form.add_button)
    window.wait(LIMIT_S)


def answer(monkeypatch, path):
    """What the user answers to a question for a file."""
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_, **__: (str(path), ""))


@pytest.mark.timeout(200)
def test_a_sequence_is_put_together_shown_saved_and_analysed(
    window, panel, qtbot, tmp_path, monkeypatch
):
    sequence = panel.sequence
    assert not sequence.list.isVisible()
    assert not sequence.button.isEnabled()
    add(window, qtbot, "looming")
    add(window, qtbot, "gaussian dots", n_columns=3, n_rows=2)
    add(window, qtbot, "drifting gratings", n_directions=8, blank_s=0.3)
    assert sequence.list.isVisible()
    texts = [sequence.list.item(k).text() for k in range(sequence.list.count())]
    assert [text.partition(",")[0] for text in texts] == [
        "looming",
        "gaussian dots",
        "drifting gratings",
    ]
    # the last one first; the one that nobody wants out
    assert sequence.list.currentRow() == 2
    assert not sequence.down_button.isEnabled()
    click(qtbot, sequence.up_button)
    click(qtbot, sequence.up_button)
    assert not sequence.up_button.isEnabled()
    sequence.list.setCurrentRow(1)
    click(qtbot, sequence.remove_button)
    sequence.form["blank_s"].value = 0.4
    sequence.form["repeats"].value = 2
    sequence.form["order"].value = "random"
    sequence.form["seed"].value = 7
    window.wait(LIMIT_S)
    expected = Sequence(
        parts=[
            drifting_gratings(n_directions=8, blank_s=0.3).spec,
            gaussian_dots(n_columns=3, n_rows=2).spec,
        ],
        blank_s=0.4,
        repeats=2,
        order="random",
        seed=7,
    )
    assert sequence.sequence() == expected
    n_trials, n_frames = len(expected.trials), expected.n_frames
    assert sequence.about.text() == (
        f"{n_trials} trials, {n_frames / 30:.1f} s, {n_frames:,} frames"
    )

    answer(monkeypatch, tmp_path / "battery")
    click(qtbot, sequence.save_button)
    window.wait(LIMIT_S)
    assert load_spec(tmp_path / "battery.yaml") == expected

    click(qtbot, sequence.button)
    window.wait(LIMIT_S)
    assert window.now.stimulus.spec == expected
    window.panel("Stimulus")  # the sheet went away when it had its stimulus
    assert f"{n_trials} trials" in panel.info.text()
    responses = window.now.responses
    assert responses.sizes["time"] == n_frames
    parts = {"drifting_gratings", "gaussian_dots"}
    assert set(ig.analysis.sequence_parts(responses)) == parts


def test_a_saved_sequence_is_loaded_into_the_form(
    window, panel, qtbot, tmp_path, monkeypatch
):
    saved = Sequence(
        parts=[looming().spec, full_field_flashes().spec],
        blank_s=1 / 8,
        blank_level=100,
        repeats=3,
        order="random",
        seed=12,
    )
    save_spec(saved, tmp_path / "battery.json")
    add(window, qtbot, "moving bars")
    answer(monkeypatch, tmp_path / "battery.json")
    click(qtbot, panel.form.load_button)
    window.wait(LIMIT_S)
    assert panel.sequence.sequence() == saved
    assert panel.sequence.list.count() == 2


def test_what_does_not_go_together_is_said(window, panel, qtbot, monkeypatch):
    add(window, qtbot, "looming")
    add(window, qtbot, "looming", frame_rate=60.0)
    sequence = panel.sequence
    assert sequence.about.text().startswith("⚠ Part 2 of the sequence (looming) has an")
    assert not sequence.button.isEnabled()
    assert not sequence.save_button.isEnabled()
    click(qtbot, sequence.remove_button)
    sequence.form["repeats"].value = 10**6
    assert "limit is 6" in sequence.about.text()
    sequence.form["repeats"].value = 1
    window.wait(LIMIT_S)
    assert sequence.button.isEnabled()
    click(qtbot, sequence.remove_button)
    assert sequence.about.text().startswith("Add stimuli")


def test_the_draft_is_of_the_experiment(window, panel, qtbot, tmp_path):
    add(window, qtbot, "looming")
    add(window, qtbot, "moving bars")
    specs = [part.to_dict() for part in panel.sequence.parts]
    window.experiment.pick(areas=["V1"])
    click(qtbot, panel.sequence.remove_button)
    window.experiment.undo()  # takes back the selection, not the draft
    assert [part.to_dict() for part in panel.sequence.parts] == specs[:1]
    assert panel.sequence.list.count() == 1
    path = window.experiment.save(tmp_path / "x.insilico.yaml")
    window.experiment.look(draft=())
    assert panel.sequence.list.count() == 0
    window.experiment.load(path)
    window.wait(LIMIT_S)
    sequence = window.panel("Stimulus").sequence
    window.wait(LIMIT_S)
    assert sequence.list.count() == 1 and sequence.button.isEnabled()
    # a file that was edited by hand
    window.experiment.look(draft=({"family": "nonsense"},))
    assert sequence.list.item(0).text() == "⚠ nonsense"
    assert sequence.about.text().startswith("⚠ ") and not sequence.button.isEnabled()


CASES = {
    "drifting gratings": drifting_gratings(
        directions=[0, 22.5, 90],
        spatial_frequency=[0.021, 0.04],
        contrast=0.123,
        size_deg=33.3,
        duration_s=0.75,
        center=(0.5, -0.2),
        order="sequential",
        seed=2**31 - 1,
    ).spec,
    "size series": size_series(size_deg=[7, 12.125], surround=["none", "same"]).spec,
    "moving bars": moving_bars(speed_deg_s=[31.5], polarity=["dark"]).spec,
    "gaussian dots": gaussian_dots(n_columns=4, n_rows=3, sigma_deg=6.5).spec,
}


@pytest.mark.parametrize("family", list(CASES))
def test_parameters_are_saved_and_loaded(
    family, window, panel, qtbot, tmp_path, monkeypatch
):
    form = panel.form
    save_spec(CASES[family], tmp_path / "given.yaml")
    answer(monkeypatch, tmp_path / "given.yaml")
    click(qtbot, form.load_button)
    window.wait(LIMIT_S)
    assert form.family.currentText() == family
    answer(monkeypatch, tmp_path / "again.yml")
    click(qtbot, form.save_button)
    window.wait(LIMIT_S)
    assert load_spec(tmp_path / "again.yml") == CASES[family]
    assert panel.sequence.parts == []


@pytest.mark.parametrize(
    "spec",
    [
        drifting_gratings(display=Display(distance_cm=20)).spec,
        looming(seed=2**40).spec,
        drifting_gratings(duration_s=1 / 3).spec,
    ],
    ids=["display", "seed", "digits"],
)
def test_what_the_form_cannot_hold_is_not_changed(spec, window, panel, qtbot, tmp_path):
    before = panel.form.form(spec.title).asdict()
    panel.form.load(save_spec(spec, tmp_path / "given.yaml"))
    window.wait(LIMIT_S)
    if panel.sequence.parts:
        assert panel.sequence.parts == [spec]
        assert panel.form.form(spec.title).asdict() == before
        assert "the form cannot hold" in window.playback_bar.message.text()
    else:
        panel.form.save(tmp_path / "again.yaml")
        window.wait(LIMIT_S)
        assert load_spec(tmp_path / "again.yaml") == spec


def test_wrong_files_and_targets_are_said(window, panel, qtbot, tmp_path):
    (tmp_path / "wrong.yaml").write_text("family: trippy\nsead: 3")
    panel.form.load(tmp_path / "wrong.yaml")
    window.wait(LIMIT_S)
    assert "trippy has no parameter sead" in window.playback_bar.message.text()
    panel.form.save(tmp_path / "missing" / "a.yaml")
    window.wait(LIMIT_S)
    assert "does not exist" in window.playback_bar.message.text()


def test_a_saved_specification_can_be_dropped(window, panel, tmp_path):
    spec = Sequence(parts=[full_field_flashes(repeats=1).spec], blank_s=0)
    window.drop([save_spec(spec, tmp_path / "battery.yaml")])
    window.wait(LIMIT_S)
    assert window.now.stimulus.spec == spec
    assert window.now.responses is not None


@pytest.mark.parametrize("typed", ["abc", "0.04,,", "(0.02", "0.04 0.08"])
def test_what_is_no_number_is_told_and_not_shown(window, panel, qtbot, typed, tmp_path):
    form = panel.form
    window.wait(LIMIT_S)
    field = form.form("drifting gratings")["spatial_frequency"].native
    field.clear()
    qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "cannot be read" in form.about.text(), timeout=10_000)
    assert repr(typed) in form.about.text()
    assert not form.button.isEnabled()
    assert form.preview.frame is None
    # a file puts it right
    spec = drifting_gratings(n_directions=4, spatial_frequency=0.08).spec
    form.load(save_spec(spec, tmp_path / "good.yaml"))
    window.wait(LIMIT_S)
    qtbot.waitUntil(lambda: form.button.isEnabled(), timeout=10_000)
    assert "0.08" in field.text()
