"""Experiments on sessions of conditions: add, encode, save, open, rerun, script."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui import opening
from insilico_gui.errors import ExperimentError, InsilicoError
from insilico_gui.experiment import inputs, live
from insilico_gui.experiment.document import MAX_ROWS, ExperimentDocument
from insilico_gui.experiment.rerun import rerun
from insilico_gui.experiment.session_input import ConditionsInput, input_of

TABLE = pd.DataFrame({"left": [0.0, 0.5, 1.0], "cue": ["stay", "go", "stay"]})


@pytest.fixture
def slopes(monkeypatch):
    """``"slopes"`` can be opened like a session of an installed twin."""
    real = opening.open_session

    def open_session(name, *arguments, **options):
        return Slopes() if name == "slopes" else real(name, *arguments, **options)

    for module in (opening, inputs, live):
        monkeypatch.setattr(module, "open_session", open_session)
    monkeypatch.setattr(ig, "open_session", open_session)


def made():
    experiment = ig.Experiment(library=None)
    experiment.add_session("slopes")
    experiment.add_stimulus(TABLE, name="contrasts")
    return experiment


def test_a_table_is_a_stimulus_of_the_document(slopes):
    experiment = made()
    entry = experiment.document.stimuli["contrasts"]
    assert entry.kind == "conditions"
    assert entry.columns == ("left", "cue")
    assert entry.rows == ((0.0, "stay"), (0.5, "go"), (1.0, "stay"))
    responses = experiment.encode(session="slopes", stimulus="contrasts")
    np.testing.assert_array_equal(responses, ig.encode(Slopes(), TABLE))
    assert experiment.state("slopes", "contrasts") == "done"
    assert experiment.responses(selection=None).equals(responses)
    experiment.undo()
    assert experiment.state("slopes", "contrasts") == "new"
    with pytest.raises(InsilicoError, match="fit"):
        experiment.set_fit("contrasts", "pad")


def test_rows_files_and_other_sessions(slopes, tmp_path):
    experiment = ig.Experiment(library=None)
    experiment.add_session("slopes")
    experiment.add_session("demo", device="cpu")
    rows = experiment.add_stimulus([{"left": 0.5}, {"left": 1.0}])
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    file = experiment.add_stimulus(tmp_path / "t.csv", session="slopes")
    assert (rows, file) == ("conditions", "t")
    gratings = experiment.add_stimulus(ig.stimuli.drifting_gratings(n_directions=2))
    foreign = experiment.add_stimulus(pd.DataFrame({"hue": [1.0]}))
    assert experiment.pairs() == [
        ("slopes", rows),
        ("slopes", file),
        ("demo", gratings),
    ]
    with pytest.raises(InsilicoError, match="no parameter 'hue'"):
        experiment.task("slopes", foreign)
    with pytest.raises(InsilicoError, match="takes videos, and conditions is a table"):
        experiment.task("demo", rows)
    with pytest.raises(InsilicoError, match="is a video"):
        experiment.task("slopes", gratings)
    assert isinstance(input_of(Slopes()), ConditionsInput)


def test_saved_opened_and_done_again(slopes, tmp_path):
    experiment = made()
    experiment.encode(session="slopes", stimulus="contrasts")
    path = experiment.save(tmp_path / "one.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    assert opened.document.stimuli == experiment.document.stimuli
    report = rerun(path, tmp_path / "out")
    assert [run.equal for run in report.runs] == [True]
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    again = ig.load_responses(tmp_path / "out" / written["runs"][0]["file"])
    np.testing.assert_array_equal(again, experiment.responses())


def test_units_chosen_by_name_are_chosen_again(slopes, tmp_path):
    experiment = made()
    where = {"area": ["a10", "a12"], "unit_id": [10, 12]}
    chosen = experiment.select(where=where, name="two")
    assert experiment.selection("two").indices.tolist() == chosen.indices.tolist()
    path = experiment.save(tmp_path / "one.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    assert opened.document.selections == experiment.document.selections
    assert len(opened.selection("two")) == 2
    names: dict[str, object] = {}
    exec(experiment.to_python(), names)
    assert len(names["experiment"].selection("two")) == 2


def test_through_the_library(slopes, tmp_path):
    experiment = ig.Experiment(library=tmp_path)
    experiment.add_session("slopes")
    experiment.add_stimulus(TABLE)
    first = experiment.encode(session="slopes", stimulus="conditions")
    other = ig.Experiment(library=tmp_path)
    other.add_session("slopes")
    other.add_stimulus(TABLE, name="other name")
    assert other.task().key == experiment.task().key
    np.testing.assert_array_equal(other.responses(), first)


@pytest.mark.parametrize("units", [None, {"gain": "s"}])
def test_the_script_gives_the_same_numbers(slopes, units):
    table = ig.stimuli.ConditionTable(TABLE.assign(gain=[1.0, 2.0, 0.1]), units)
    experiment = ig.Experiment(library=None)
    experiment.add_session("slopes")
    experiment.add_stimulus(table, name="my rows")
    responses = experiment.encode(session="slopes", stimulus="my rows")
    code = experiment.to_python()
    assert "import pandas as pd" in code and "import numpy" not in code
    names: dict[str, object] = {}
    exec(code.replace("ig.Experiment()", "ig.Experiment(library=None)"), names)
    again = names["experiment"]
    assert again.document.stimuli == experiment.document.stimuli
    np.testing.assert_array_equal(again.responses(), responses)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rows": [[1.0, 2.0]]}, "more or fewer cells"),
        ({"rows": []}, "at least 1 item"),
        ({"columns": ["__class__()"]}, "no name of a parameter"),
        ({"rows": [[float("inf")]]}, "finite|valid string"),
        ({"rows": [[{"a": 1}]]}, "valid"),
        ({"fit": "pad"}, "not permitted"),
    ],
)
def test_wrong_documents(change, says):
    entry = {"kind": "conditions", "columns": ["left"], "rows": [[0.5]], **change}
    with pytest.raises(ValueError, match=says):
        ExperimentDocument(stimuli={"a": entry})


def test_tables_that_are_too_long_for_a_document(slopes):
    experiment = ig.Experiment(library=None)
    with pytest.raises(ExperimentError, match="keeps tables of up to"):
        experiment.add_stimulus(pd.DataFrame({"left": np.zeros(MAX_ROWS + 1)}))


def test_a_long_table_can_be_saved_and_opened(slopes, tmp_path):
    experiment = ig.Experiment(library=None)
    names = ("left", "right", "gain")
    experiment.add_stimulus(
        pd.DataFrame({name: np.full(MAX_ROWS, 0.5) for name in names})
    )
    path = experiment.save(tmp_path / "long.insilico.yaml")
    assert len(ig.Experiment.open(path).document.stimuli["conditions"].rows) == MAX_ROWS
