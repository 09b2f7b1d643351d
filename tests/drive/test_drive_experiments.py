"""Experiments on driven sessions: add, encode, save, open, rerun, script, library."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.relay import BIG, Relay
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import ExperimentError, InsilicoError
from insilico_gui.experiment.document import ExperimentDocument
from insilico_gui.experiment.document.plain_stimuli import MAX_CELLS
from insilico_gui.experiment.rerun import rerun
from insilico_gui.experiment.session_input import DriveInput, input_of
from insilico_gui.stimuli import (
    Constant,
    Cut,
    Drive,
    Recorded,
    Samples,
    Silence,
    Stimulate,
    Target,
    save_drive,
)

DRIVES = {
    "events": Drive(
        Recorded("rest", 1, 4),
        events=[
            Stimulate(Target({"channel": "left"}, share=0.5), 100, 2, 0.1, 0.2),
            Silence(Target({"parity": "odd"}, ids=[BIG + 1, str(BIG + 3)]), 0.1),
            Cut("right"),
        ],
        seed=2**40,
        options={"gain": 2.0, "loud": True, "start": "random"},
        units={"strength": "spikes"},
    ),
    "samples": Drive(
        Samples({"left": [10.0, 400.0, 1 / 3]}, 0.05, 20.0), window_s=0.025
    ),
    "constant": Drive(Constant({"middle": 100.0}), 0.1, step_s=0.002),
}


@pytest.fixture
def experiment(relay):
    made = ig.Experiment(library=None)
    made.add_session("relay")
    for name, drive in DRIVES.items():
        made.add_stimulus(drive, name=name)
    return made


def test_a_drive_is_a_stimulus_of_the_document(experiment):
    entry = experiment.document.stimuli["events"]
    assert entry.kind == "drive" and entry.specification["seed"] == 2**40
    assert experiment.stimulus("events") == DRIVES["events"]
    responses = experiment.encode(session="relay", stimulus="events")
    np.testing.assert_array_equal(responses, ig.encode(Relay(), DRIVES["events"]))
    assert experiment.state("relay", "events") == "done"
    experiment.undo()
    assert experiment.state("relay", "events") == "new"
    with pytest.raises(InsilicoError, match="fit"):
        experiment.set_fit("events", "pad")


def test_what_is_shown_plays_in_windows(experiment):
    shown = input_of(Relay()).shown(DRIVES["samples"], "crop")
    assert (shown.item, shown.n_items, shown.rate) == ("window", 6, pytest.approx(40))
    assert shown.frames is None and shown.words(3) == ""


def test_files_and_other_sessions(relay, tmp_path):
    experiment = ig.Experiment(library=None)
    experiment.add_session("relay")
    experiment.add_session("demo", device="cpu")
    (tmp_path / "t.csv").write_text("time_s,left\n0,10\n0.1,20\n")
    file = save_drive(DRIVES["events"], tmp_path / "d.json")
    table = experiment.add_stimulus(tmp_path / "t.csv", session="relay")
    drive = experiment.add_stimulus(file, session="relay")
    with pytest.raises(InsilicoError, match="is a drive, which has no frames"):
        ig.open_stimulus(file)
    # What it holds says what it is, also where sessions are of several kinds
    assert experiment.add_stimulus(file) == "d (2)"
    experiment.remove_stimulus("d (2)")
    plain = experiment.add_stimulus(DRIVES["constant"].to_dict(), name="plain")
    assert (table, drive, plain) == ("t", "d", "plain")
    foreign = experiment.add_stimulus(Drive(Constant({"hue": 1.0}), 0.1), name="hue")
    rows = experiment.add_stimulus([{"left": 0.5}])
    assert experiment.pairs() == [("relay", name) for name in (table, drive, plain)]
    with pytest.raises(InsilicoError, match="no channel 'hue'"):
        experiment.task("relay", foreign)
    with pytest.raises(InsilicoError, match="takes videos, and d is a drive"):
        experiment.task("demo", drive)
    with pytest.raises(InsilicoError, match="is driven, and conditions is a table"):
        experiment.task("relay", rows)
    assert isinstance(input_of(Relay()), DriveInput)


@pytest.mark.parametrize("name", DRIVES)
def test_saved_opened_done_again_and_as_a_script(name, experiment, tmp_path):
    responses = experiment.encode(session="relay", stimulus=name)
    path = experiment.save(tmp_path / "one.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    assert opened.document.stimuli == experiment.document.stimuli
    assert opened.stimulus(name) == DRIVES[name]
    report = rerun(path, tmp_path / "out")
    assert [run.equal for run in report.runs] == [True]
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    again = ig.load_responses(tmp_path / "out" / written["runs"][0]["file"])
    np.testing.assert_array_equal(again, responses)
    code = experiment.to_python()
    names: dict[str, object] = {}
    exec(code.replace("ig.Experiment()", "ig.Experiment(library=None)"), names)
    made = names["experiment"]
    assert made.document.stimuli == experiment.document.stimuli
    np.testing.assert_array_equal(made.responses(stimulus=name), responses)


def test_through_the_library(relay, tmp_path):
    experiment = ig.Experiment(library=tmp_path)
    experiment.add_session("relay")
    name = experiment.add_stimulus(DRIVES["constant"])
    first = experiment.encode(session="relay", stimulus=name)
    other = ig.Experiment(library=tmp_path)
    other.add_session("relay")
    other.add_stimulus(DRIVES["constant"], name="other name")
    assert other.task().key == experiment.task().key
    np.testing.assert_array_equal(other.responses(), first)
    assert other.responses().attrs["series"] == first.attrs["series"]
    another = ig.Experiment(library=tmp_path)
    another.add_session("relay")
    another.add_stimulus(Drive(Constant({"middle": 100.0}), 0.1, step_s=0.002, seed=1))
    assert another.task().key != experiment.task().key


def test_the_command_line_encodes_drives(relay, monkeypatch, tmp_path):
    file = save_drive(DRIVES["events"], tmp_path / "d.yaml")

    def run(*arguments):
        return CliRunner().invoke(app, [*map(str, arguments)])

    done = run("encode", "relay", file, "-o", tmp_path / "r.npz")
    assert done.exit_code == 0, done.output
    expected = ig.encode(Relay(), DRIVES["events"])
    np.testing.assert_array_equal(ig.load_responses(tmp_path / "r.npz"), expected)
    wrong = run("encode", "relay", file, "-o", tmp_path / "s.npz", "--fit", "pad")
    assert "shown no frames" in str(wrong.exception)
    none = run("drive", "relay", file, "--analysis", "x", "-o", tmp_path / "x.npz")
    assert "no analysis 'x'" in str(none.exception)
    table = ("--analysis", "population rate", "-o", tmp_path / "x.csv")
    assert "no columns" in str(run("drive", "relay", file, *table).exception)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.yaml", "r.npz"]


@pytest.mark.parametrize(
    ("specification", "says"),
    [
        ({"base": {"type": "ramp"}}, "one of constant"),
        ({"events": [{"type": "cut"}]}, "needs region"),
        ({"speed": 1}, "no entry 'speed'"),
        ({"options": {"__class__()": 1.0}}, "no name of an option"),
        ({"seed": -1}, "at least 0"),
        ({"base": {"type": "constant", "others": float("inf")}}, "not finite"),
    ],
)
def test_wrong_documents(specification, says):
    entry = {"kind": "drive", "specification": specification}
    with pytest.raises(ValueError, match=says):
        ExperimentDocument(stimuli={"a": entry})
    with pytest.raises(ValueError, match="not permitted"):
        ExperimentDocument(stimuli={"a": {**entry, "fit": "pad"}})


def test_drives_that_are_too_large_for_a_document(relay, tmp_path):
    experiment = ig.Experiment(library=None)
    samples = np.zeros(MAX_CELLS + 1)
    with pytest.raises(ExperimentError, match="keeps up to 5,000"):
        experiment.add_stimulus(Drive(Samples({"left": samples}, 0.1)))
    ids = list(range(2**60, 2**60 + MAX_CELLS))
    experiment.add_stimulus(Drive(events=[Silence(Target(ids=ids))]))
    path = experiment.save(tmp_path / "long.insilico.yaml")
    (event,) = ig.Experiment.open(path).stimulus().events
    assert list(event.target.ids) == ids
