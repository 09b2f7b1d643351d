"""Analyses of sessions that answer conditions, on one whose answers are known."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.analysis import condition_difference, condition_tuning
from insilico_gui.errors import AnalysisError, ExportError
from insilico_gui.experiment import live
from insilico_gui.experiment.analyses import analyses
from insilico_gui.experiment.document import SessionEntry

LEVELS = (0.0, 0.25, 0.5, 1.0)
MATRIX = pd.DataFrame(itertools.product(LEVELS, LEVELS), columns=["left", "right"])


@pytest.fixture
def experiment(monkeypatch):
    monkeypatch.setattr(live, "open_session", lambda *a, **k: Slopes(n_times=101))
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="slopes"), Slopes(n_times=101))
    made.add_stimulus(MATRIX, name="matrix")
    return made


def test_a_matrix_of_two_parameters(experiment):
    found = experiment.analyse("condition tuning", parameter="left x right")
    assert found["curve"].dims == ("left", "right", "unit")
    left, right = np.array(LEVELS)[:, None, None], np.array(LEVELS)[:, None]
    expected = left * np.array([1, 2, 3]) / 2 + right
    np.testing.assert_allclose(found["curve"], expected, 1e-6)
    assert found.attrs["analysis"]["parameters"] == ["left", "right"]
    assert (found["count"] == 1).all() and found["sem"].isnull().all()
    units = experiment.units("slopes")
    assert units["best_left"].tolist() == [1, 1, 1] == units["best_right"].tolist()
    np.testing.assert_allclose(units["condition_modulation"], 1)


def test_one_parameter_averages_the_other(experiment):
    found = experiment.analyse(
        "condition tuning", parameter="right", start_s=0.5, stop_s=1.0
    )
    mean_left = np.mean(LEVELS)
    expected = np.array(LEVELS)[:, None] + mean_left * np.array([1, 2, 3]) * 0.75
    np.testing.assert_allclose(found["curve"], expected, 1e-6)
    spread = np.std(np.array(LEVELS) * 0.75, ddof=1) / 2
    np.testing.assert_allclose(found["sem"][0], spread * np.array([1, 2, 3]), 1e-5)
    assert found["best_level"].values.tolist() == [1, 1, 1]


def test_times_without_a_response_do_not_count():
    session = Slopes(n_times=11)
    responses = ig.encode(session, [{"left": 1.0}, {"left": 0.5}]).load()
    responses[0, 6:] = np.nan
    found = condition_tuning(responses, "left")["curve"].sel(left=1.0)
    np.testing.assert_allclose(found, np.array([1, 2, 3]) * 0.25, 1e-6)
    with pytest.raises(AnalysisError, match="A trial ends before the window"):
        condition_tuning(responses, "left", start_s=0.7)


def test_a_difference_of_two_conditions(experiment):
    dataset = experiment.analyse("condition difference", first=15, second=3)
    expected = np.array([1, 2, 3]) * np.linspace(0, 1, 101)[:, None]
    np.testing.assert_allclose(dataset["difference"], expected, 1e-5, 1e-6)
    units = experiment.units("slopes")
    np.testing.assert_allclose(units["mean_difference"], [0.5, 1, 1.5], 1e-5)
    np.testing.assert_allclose(units["largest_difference_s"], 1)


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("condition tuning", {"parameter": "hue"}, "no parameter 'hue'; choose left"),
        ("condition tuning", {"parameter": "left x left"}, "one parameter, or to two"),
        ("condition tuning", {"parameter": "left", "start_s": 2.0}, "fewer than two"),
        ("condition difference", {"first": 16}, "no condition 16; .* 0 to 15"),
        ("condition difference", {"second": 0}, "the same row"),
        ("psychometric curve", {"over": "left", "action": "up"}, "no action 'up'"),
        ("psychometric curve", {"over": "cue", "action": "left"}, "no number 'cue'"),
        ("choices", {"reading": "C"}, "no reading 'C'; choose one of plain"),
        ("simulated trials", {"seed": -1}, "seed is -1"),
        ("receptive fields", {}, "does not apply"),
        ("direction tuning", {}, "does not apply"),
        ("reliability", {"recording": "x"}, "conditions, not a video"),
    ],
)
def test_what_is_wrong_is_one_sentence(name, parameters, says, experiment):
    experiment.encode(session="slopes", stimulus="matrix")
    with pytest.raises(AnalysisError, match=says):
        experiment.analyse(name, **parameters)


def test_pairs_that_were_not_shown():
    responses = ig.encode(Slopes(), MATRIX.iloc[:-1])
    with pytest.raises(AnalysisError, match=r"No condition has left 1\.0, right 1\.0"):
        condition_tuning(responses, ["left", "right"])
    with pytest.raises(AnalysisError, match="not responses to a table"):
        condition_difference(xr.zeros_like(responses).drop_attrs(), 0, 1)


def test_a_psychometric_curve(experiment):
    found = experiment.analyse(
        "psychometric curve", over="right - left", action="right"
    )
    difference = np.round(MATRIX["right"] - MATRIX["left"], 12)
    expected = MATRIX["right"].groupby(difference).mean() / 2
    np.testing.assert_allclose(found["level"], expected.index)
    np.testing.assert_allclose(found["probability"], expected)
    assert found.attrs["meaning"] if "meaning" in found.attrs else True
    answered = experiment.analyse(
        "psychometric curve", over="right", action="right", of_answered=True
    )
    assert answered["probability"][0] == 0 and answered["probability"][-1] > 0.5


def test_choices_and_simulated_trials(experiment, tmp_path):
    found = experiment.analyse("choices")
    assert found["probability"].shape == (16, 3)
    np.testing.assert_array_equal(found["left"], MATRIX["left"])
    spikes = experiment.analyse("simulated trials", seed=4, n_neurons=2)
    assert set(spikes["trial"].values) == set(range(16))
    assert set(spikes["neuron"].values) == {0, 1}
    for suffix in (".npz", ".parquet", ".csv"):
        path = ig.export_spikes(spikes, tmp_path / f"spikes{suffix}")
        with pytest.raises(ExportError, match="exists already"):
            ig.export_spikes(spikes, path)
        if suffix == ".npz":
            read = dict(np.load(path))
            assert "slopes" in str(read.pop("attrs"))
        elif suffix == ".parquet":
            read = pd.read_parquet(path)
        else:
            read = pd.read_csv(path)
        np.testing.assert_allclose(read["time"], spikes["time"])
        np.testing.assert_array_equal(read["unit_id"], spikes["unit_id"])
    with pytest.raises(ExportError, match="no format for spikes"):
        ig.export_spikes(spikes, tmp_path / "s.txt")
    with pytest.raises(ExportError, match="have the columns"):
        ig.export_spikes(pd.DataFrame({"time": [1.0]}), tmp_path / "s.npz")


def test_the_document_keeps_what_was_analysed(experiment, tmp_path):
    experiment.analyse("condition tuning", parameter="left x right")
    experiment.analyse("simulated trials", n_neurons=3)
    path = experiment.save(tmp_path / "a.insilico.yaml")
    again = ig.Experiment.open(path, library=None)
    assert again.document.analyses == experiment.document.analyses
    again.encode(session="slopes", stimulus="matrix")
    pd.testing.assert_frame_equal(again.units("slopes"), experiment.units("slopes"))
    assert 'parameter="left x right"' in experiment.to_python().replace("'", '"')


def test_sessions_of_videos_have_none_of_these(leaky):
    experiment = ig.Experiment(library=None)
    experiment.put_session(SessionEntry(id="leaky"), leaky)
    clip = experiment.add_stimulus(np.zeros((4, 6, 8), np.uint8), frame_rate=10)
    experiment.encode(session="leaky", stimulus=clip)
    for name in ("condition tuning", "choices", "simulated trials"):
        required = {"parameter": "left"} if name == "condition tuning" else {}
        with pytest.raises(AnalysisError, match="answers no conditions"):
            experiment.analyse(name, **required)
    assert {"condition tuning", "psychometric curve"} <= analyses().keys()
