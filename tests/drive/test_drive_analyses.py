"""Analyses of driven sessions: window, command line, script and rerun agree."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.relay import BIG, Relay
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.analysis import perturbation, recorded_against_simulated
from insilico_gui.cli import app
from insilico_gui.errors import AnalysisError, InsilicoError
from insilico_gui.experiment.analyses import analyses
from insilico_gui.experiment.rerun import rerun
from insilico_gui.stimuli import (
    Constant,
    Cut,
    Drive,
    Recorded,
    Silence,
    Stimulate,
    Target,
    save_drive,
)

EVENTS = (
    Stimulate(Target({"channel": "left"}), 600.0, 2.0, 0.1, 0.1),
    Silence(Target({"channel": "right"}), 0.3),
)
PERTURBED = Drive(Recorded(), events=EVENTS, seed=2, options={"gain": 3.0})

CASES = {
    "perturbation": {"start_s": 0.1, "stop_s": 0.2},
    "population rate": {},
    "recorded against simulated": {"skip": 1},
    "spike raster": {"group": "channel=left, parity=even", "n_elements": 2},
}


@pytest.fixture
def experiment(relay):
    made = ig.Experiment(library=None)
    made.add_session("relay")
    made.add_stimulus(PERTURBED, name="both")
    return made


def test_a_perturbation_is_the_difference_that_events_make(experiment):
    found = experiment.analyse("perturbation")
    np.testing.assert_array_equal(
        found["control"], ig.encode(Relay(), PERTURBED.control())
    )
    np.testing.assert_array_equal(found["perturbed"], experiment.responses())
    # 600 Hz of 2 spikes at all of its cells, for 0.1 s
    during = found["difference"].sel(time=slice(0.099, 0.199)).mean("time")
    np.testing.assert_allclose(during, [1200, 0, 0], atol=150)
    assert (found["difference"].sel(unit_id="middle") == 0).all()
    assert (found["difference"][:5] == 0).all()
    units = experiment.units("relay")
    late = found.sel(time=slice(0.099, None))  # from the first onset on
    np.testing.assert_allclose(units["control_rate"], late["control"].mean("time"))
    np.testing.assert_allclose(units["perturbed_rate"], late["perturbed"].mean("time"))
    np.testing.assert_allclose(
        units["rate_difference"], units["perturbed_rate"] - units["control_rate"]
    )
    assert 0.1 <= units["largest_rate_difference_s"]["left"] < 0.2
    assert units["largest_rate_difference"]["right"] < 0
    assert units["largest_rate_difference"]["middle"] == 0
    experiment.analyse("perturbation", start_s=0.1, stop_s=0.2)
    units = experiment.units("relay")
    np.testing.assert_allclose(units["rate_difference"], during, 1e-5)


def test_population_rate_and_share(experiment):
    found = experiment.analyse("population rate")
    responses = experiment.responses()
    np.testing.assert_allclose(found["population_rate"], responses.mean("unit"), 1e-4)
    assert ((found["spiking_share"] >= 0) & (found["spiking_share"] <= 1)).all()
    np.testing.assert_array_equal(found["time"], responses["time"])
    assert found["population_rate"].attrs["units"] == "Hz"


def test_recorded_against_simulated(experiment):
    experiment.add_stimulus(
        Drive(Recorded("rest", 1, 6), options={"gain": 1.0}, window_s=0.025), name="own"
    )
    found = experiment.analyse("recorded against simulated", stimulus="own")
    truth = Relay().recorded("rest")[1:6]
    np.testing.assert_allclose(found["recorded"], truth)
    responses = experiment.responses(stimulus="own").to_numpy()
    np.testing.assert_allclose(
        found["simulated"], responses.reshape(5, 4, 3).mean(1), 1e-5
    )
    units = experiment.units("relay")
    for k, name in enumerate(("left", "middle", "right")):
        r = np.corrcoef(found["simulated"][:, k], truth[:, k])[0, 1]
        assert units["recorded_correlation"][name] == pytest.approx(r)
    rmse = np.sqrt(((found["simulated"] - truth) ** 2).mean("time"))
    np.testing.assert_allclose(units["recorded_rmse"], rmse)
    np.testing.assert_allclose(units["recorded_rate"], truth.mean(0))
    late = experiment.analyse("recorded against simulated", stimulus="own", lag=1)
    np.testing.assert_allclose(late["recorded"], Relay().recorded("rest")[2:6])


def test_a_raster_of_chosen_elements(experiment, tmp_path):
    found = experiment.analyse("spike raster", group="parity=even", n_elements=3)
    assert found["element_id"].values.tolist() == [BIG, BIG + 4, BIG + 10]
    assert set(found["unit_id"].values) <= set(found["element_id"].values)
    np.testing.assert_array_equal(
        found["element_id"].values[found["neuron"].values], found["unit_id"]
    )
    control = experiment.analyse(
        "spike raster", group="parity=even", n_elements=3, control=True
    )
    stimulated = (found["unit_id"] == BIG).sum(), (control["unit_id"] == BIG).sum()
    assert stimulated[0] > stimulated[1] > 0
    path = ig.export_spikes(found, tmp_path / "raster.parquet")
    read = pd.read_parquet(path)
    assert read["unit_id"].tolist() == found["unit_id"].values.tolist()  # exact ids


@pytest.mark.parametrize("name", CASES)
def test_command_line_script_and_rerun_get_the_same(name, experiment, tmp_path):
    given = CASES[name]
    expected = experiment.analyse(name, **given)
    (entry,) = experiment.document.analyses
    file = save_drive(PERTURBED, tmp_path / "both.yaml")
    settings = [w for k, v in given.items() for w in ("--set", f"{k}={json.dumps(v)}")]

    def command(target):
        arguments = ["drive", "relay", file, "--analysis", name, "-o", target]
        done = CliRunner().invoke(app, list(map(str, [*arguments, *settings])))
        assert done.exit_code == 0, done.output
        return target

    saved = np.load(command(tmp_path / "all.npz"))
    for variable in expected.data_vars:
        if variable in saved:
            np.testing.assert_array_equal(saved[variable], expected[variable])
    assert set(saved) & set(expected.data_vars)
    columns = experiment.compute(entry).columns
    if columns is not None:
        table = pd.read_parquet(command(tmp_path / "columns.parquet"))
        for column in columns:
            np.testing.assert_array_equal(table[column], columns[column])
    code = experiment.to_python()
    names = {}
    exec(code.replace("ig.Experiment()", "ig.Experiment(library=None)"), names)
    again = names["experiment"]
    assert again.document.analyses == (entry,)
    assert again.result(name).equals(expected)
    path = experiment.save(tmp_path / "x.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    opened.encode()
    assert opened.result(name).equals(expected)
    report = rerun(path, tmp_path / "out")
    assert [run.equal for run in report.runs] == [True]


def test_every_other_analysis_runs_or_says_why_not(experiment):
    experiment.encode()
    for name, declared in analyses().items():
        if name in CASES or not declared.needs_run({}):
            continue
        given = {p.name: "x" for p in declared.parameters if p.required}
        with pytest.raises(InsilicoError):
            experiment.analyse(name, **given)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("perturbation", {"start_s": 5.0}, "No window begins from 5 s"),
        ("recorded against simulated", {"skip": 5}, "1 samples .* are common"),
        ("recorded against simulated", {"skip": -1}, "skip is -1"),
        ("recorded against simulated", {"lag": -1}, "no sample -1"),
        ("spike raster", {"group": "left"}, "'left' is no group of relay; write kind"),
        ("spike raster", {"group": "channel=up"}, "no group of relay"),
        ("spike raster", {"n_elements": 0}, "n_elements is 0"),
    ],
)
def test_what_is_wrong_is_one_sentence(name, given, says, experiment):
    with pytest.raises(AnalysisError, match=says):
        experiment.analyse(name, **given)


def test_drives_that_do_not_suit(experiment):
    experiment.add_stimulus(Drive(Constant(), duration_s=0.1), name="plain")
    with pytest.raises(AnalysisError, match="no events"):
        experiment.analyse("perturbation", stimulus="plain")
    with pytest.raises(AnalysisError, match="no recording as its base"):
        experiment.analyse("recorded against simulated", stimulus="plain")
    long = Drive(Recorded(), window_s=0.2, events=[Cut("left")])
    experiment.add_stimulus(long, name="long")
    with pytest.raises(AnalysisError, match="longer than a sample"):
        experiment.analyse("recorded against simulated", stimulus="long")
    cut = experiment.analyse("perturbation", stimulus="long")
    assert (cut["perturbed"].sel(unit_id="left") == 0).all()


def test_functions_refuse_what_does_not_belong_together():
    session = Relay()
    responses = ig.encode(session, PERTURBED)
    shorter = ig.encode(session, Drive(duration_s=0.2))
    with pytest.raises(AnalysisError, match="other units or times"):
        perturbation(responses, shorter)
    with pytest.raises(AnalysisError, match="other units or times"):
        perturbation(responses, ig.encode(session, PERTURBED, indices=[0]))
    with pytest.raises(AnalysisError, match="not responses"):
        recorded_against_simulated(np.zeros((3, 3)), np.zeros((3, 3)), 0.1)
    constant = recorded_against_simulated(responses, np.ones((6, 3)), 0.1)[1]
    assert constant["recorded_correlation"].isna().all()
