"""Fits from beginning to end: published outputs, resuming, recovery of a known model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from insilico_nnpoisson import fit, load_model, make_synthetic_steinmetz
from insilico_nnpoisson.data.files import of_sessions, write_recordings
from insilico_nnpoisson.stimulus_code import KNOWN
from insilico_nnpoisson.training.fitting_task import NNPoissonTask
from insilico_nnpoisson.training.judging import (
    against_truth,
    choice_table,
    judge,
    time_rescaling,
)
from insilico_nnpoisson.training.optimiser import FlatArrays, KerasAdam
from insilico_nnpoisson.training.settings import Settings
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import AnalysisError, FitError
from insilico_gui.fitting import FitLoop
from insilico_gui.fitting.running import run_loop

QUICK = {"iterations": 3, "episodes": 1, "n_batches": 2, "save_every": 2}


@pytest.fixture(scope="module")
def small(tmp_path_factory, data):
    """The reference data as a folder to fit."""
    folder = tmp_path_factory.mktemp("small")
    write_recordings(folder, data)
    return folder


@pytest.fixture(scope="module")
def made():
    return make_synthetic_steinmetz(1, n_sessions=3, n_trials=80, n_neurons=12)


@pytest.fixture(scope="module")
def recorded(made):
    return of_sessions(made.train, made.test, 0.4, KNOWN[8])


def test_the_published_outputs(small, tmp_path, data):
    report = fit((8,), 3, 3, 1, 0.4, 2, data=small, out=tmp_path / "run", save_every=2)
    assert report.complete and report.n_steps == 3 * 1 * 2 * 3
    folder = tmp_path / "run"
    for name in (
        *("test.csv", "region_index.csv", "run.log", "session.json", "model.npz"),
        *("models-0/model-fwd.h5", "models-2/model-fwd.h5", "best/model.npz"),
        *("judgement.csv", "choices.csv", "report.json", "curves.csv"),
    ):
        assert (folder / name).is_file(), name
    assert not (folder / "models-1").exists()
    text = (folder / "test.csv").read_text()
    assert text.startswith(
        ",train loss neural,train loss total,train loss left,train loss right,iter,"
        "test loss left,test loss right,left-CP,left-MOs,left-VISp,test loss total,"
        "test loss neural\n0,"
    )
    table = pd.read_csv(folder / "test.csv", index_col=0)
    assert table["iter"].tolist() == [0, 1, 2]
    index = pd.read_csv(folder / "region_index.csv", index_col=0)
    assert index["0"].to_dict() == {r: k for k, r in enumerate(data.region_index)}
    assert len((folder / "run.log").read_text().splitlines()) == 3
    for name in ("model", "best", "models-2"):
        session = ig.open_session(f"nnpoisson/{name}", directory=folder)
        assert len(session.units) == 5
    last = ig.open_session("nnpoisson/model", directory=folder)
    assert "test_bits_per_spike" in last.units
    assert last.units["n_neurons"].notna().sum() == 3
    first = load_model(folder / "models-0/model-fwd.h5").weights
    assert (
        np.abs(first["neuro0.kernel"] - last.model.weights["neuro0.kernel"]).max() > 0
    )


def test_command_and_call_give_the_same_files(small, tmp_path):
    fit(data=small, out=tmp_path / "python", seed=3, **QUICK)
    options = [
        word
        for name, value in {**QUICK, "seed": 3}.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    arguments = [
        "fit",
        "nnpoisson",
        str(small),
        "--out",
        str(tmp_path / "cli"),
        *options,
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    same_files(tmp_path / "python", tmp_path / "cli")


def same_files(one, other):
    for name in ("test.csv", "model.npz", "choices.csv", "judgement.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    compare(load_model(one / "model.npz"), load_model(other / "model.npz"))


def compare(one, other):
    for name, array in one.weights.items():
        np.testing.assert_array_equal(array, other.weights[name], err_msg=name)


@pytest.mark.parametrize("flt", ["32", "64"])
def test_a_fit_that_was_broken_off_ends_with_the_same_weights(flt, data, tmp_path):
    settings = Settings((8,), 3, 0.4, flt=flt, **QUICK)
    run_loop(FitLoop(NNPoissonTask(data, settings), tmp_path / "whole"))
    loop = FitLoop(NNPoissonTask(data, settings), tmp_path / "run", checkpoint_s=0)
    going = loop.run()
    for step in going:
        if step.round_number == 2 and step.step == 3:
            break
    going.close()
    task = NNPoissonTask(data, settings)
    again = FitLoop(task, tmp_path / "run", resume=True)
    assert again.round_number == 2
    run_loop(again)
    same_files(tmp_path / "whole", tmp_path / "run")


def test_the_same_fit_with_more_rounds_goes_on(small, tmp_path):
    options = {**QUICK, "data": small}
    fit(out=tmp_path / "long", **{**options, "iterations": 5})
    fit(out=tmp_path / "run", **options)
    fit(out=tmp_path / "run", resume=True, **{**options, "iterations": 5})
    same_files(tmp_path / "long", tmp_path / "run")
    with pytest.raises(FitError, match="another lr"):
        fit(out=tmp_path / "run", resume=True, lr=0.1, **options)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"stim_shape": (7,)}, "stim_shape is .*7.* and the data have 8"),
        ({"stim_shape": (8, 2)}, "the stimulus is one row"),
        ({"n_regions": 4}, "n_regions is 4 and the data have 3"),
        ({"lr": 0.0}, "lr is 0"),
        ({"lr": float("inf")}, "lr of nnpoisson"),
        ({"iterations": -1}, "iterations is -1"),
        ({"episodes": 0}, "episodes is 0"),
        ({"flt": "16"}, "one of 32, 64"),
        ({"behaviour_scale": "half"}, "one of reference, none"),
        ({"beh_weight": -1.0}, "beh_weight is -1"),
        ({"time_limit": -0.4}, "time limit is -0.4"),
        ({"speed": 1}, "no parameter 'speed'"),
        ({"size_hidden": 0}, "size_hidden is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_settings_that_cannot_be(given, says, small, tmp_path):
    with pytest.raises(FitError, match=says):
        fit(data=small, out=tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


def test_a_fit_that_comes_apart_says_so(small, tmp_path):
    with pytest.raises(FitError, match=r"not finite|learning rate"):
        fit(data=small, out=tmp_path / "run", lr=1e30, **QUICK)


def test_generated_data_by_name(tmp_path):
    quick = {"iterations": 1, "episodes": 1, "n_batches": 1}
    report = fit(data="generated:hierarchy", out=tmp_path / "h", **quick)
    assert report.settings["stim_shape"] == [3] and report.settings["n_regions"] == 4
    session = ig.open_session("nnpoisson/model", directory=tmp_path / "h")
    assert [p.name for p in session.parameters] == ["coherence", "trial_length"]
    assert session.time_limit == 2.0 and "x" not in session.units
    with pytest.raises(FitError, match="no generator 'noise'"):
        fit(data="generated:noise", out=tmp_path / "n", **quick)


def test_the_optimiser_is_that_of_keras():
    sizes_of = FlatArrays
    from insilico_nnpoisson.network.layers import Sizes

    flat = sizes_of(Sizes(2, 2, 1), "float64")
    flat.vector[:] = 1
    adam = KerasAdam(flat, 0.1)
    generator = np.random.default_rng(0)
    w, m, v = flat.vector.copy(), 0.0, 0.0
    lowest = flat.lowest()
    for k in range(1, 6):
        gradient = generator.normal(size=w.shape) * 1e-7  # where epsilon matters
        adam.step(gradient)
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        w = w - 0.1 * np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * m / (np.sqrt(v) + 1e-7)
        w = np.maximum(w, lowest)
        np.testing.assert_allclose(flat.vector, w, 1e-10)
    flat.vector[:] = -1
    adam.step(np.zeros_like(gradient))
    for name, part in flat.parts.items():
        positive = name in ("neuro3.kernel", "neuro4.kernel", "neuro6.kernel") or (
            name.startswith("beh") and name.endswith("kernel")
        )
        assert (part >= 0).all() == positive, name


@pytest.fixture(scope="module")
def fitted(recorded, tmp_path_factory):
    """A fit of half a minute's work or less, with behaviour in seconds."""
    settings = Settings(
        (8,), 4, 0.4, iterations=16, episodes=5, lr=5e-3, behaviour_scale="none"
    )
    task = NNPoissonTask(recorded, settings)
    folder = tmp_path_factory.mktemp("fitted") / "run"
    run_loop(FitLoop(task, folder))
    return task, folder


def test_a_known_model_is_recovered(fitted, made, recorded):
    task, _ = fitted
    found = against_truth(task.model("float64"), made.model, recorded)
    assert (found["correlation"] > 0.95).all(), found
    excess = (found["loss"].sum() - found["true_loss"].sum()) / abs(
        found["true_loss"].sum()
    )
    assert excess < 0.02
    itself = against_truth(made.model, made.model, recorded)
    np.testing.assert_allclose(itself["correlation"], 1)
    assert (itself["excess"] == 0).all()


def test_judging_the_true_model(made, recorded):
    found = judge(made.model, recorded)
    assert (found["bits_per_spike"] > 0.3).all()
    assert (found["ks_p"] > 1e-3).all()
    assert (found["bits_per_spike_published"] < found["bits_per_spike"]).all()
    plot = time_rescaling(made.model, recorded)
    inside = (
        abs(plot["observed"] - plot["expected"]).max("expected") < 1.3 * plot["bound"]
    )
    assert inside.all()


def test_judging_a_wrong_model(made, recorded, data):
    flat = made.model.weights
    flat["neuro3.kernel"] = flat["neuro3.kernel"] * 3
    wrong = type(made.model)(
        type("F", (), {"weights": flat, "about": made.model.about})(), dtype="float64"
    )
    found, right = judge(wrong, recorded), judge(made.model, recorded)
    assert (found["bits_per_spike"] < right["bits_per_spike"]).all()
    assert (found["ks_p"] < 1e-6).all()
    with pytest.raises(AnalysisError, match="4 regions, and the data have 8 and 3"):
        judge(made.model, data)


def test_bits_per_spike_by_hand(made, recorded):
    """Log likelihoods by numerical integration of the intensities, trial by trial."""
    name, output = recorded.region_index[0], 0
    region, train = recorded.test.regions[name], recorded.train.regions[name]
    constant = (
        len(train.stim_to_spike) / (train.n_neurons * train.trial_end_times).sum()
    )
    ours = baseline = 0.0
    for k, trial in enumerate(region.trial_num):
        end, nu = region.trial_end_times[k], region.n_neurons[k]
        times = region.stim_to_spike[region.spike_trial_num == trial]
        grid = np.linspace(0, end, 801)
        row, c = region.stim_hist[[k]], np.array([0.4 / end])
        rates = made.model.courses(row, grid, c)[1][0, :, output]
        at = made.model.courses(row, times, c)[1][0, :, output]
        ours += np.log(at + 1e-5).sum() - nu * np.trapezoid(rates, grid)
        baseline += len(times) * np.log(constant + 1e-5) - nu * constant * end
    bits = (ours - baseline) / (len(region.stim_to_spike) * np.log(2))
    found = judge(made.model, recorded).loc[name, "bits_per_spike"]
    assert found == pytest.approx(bits, rel=1e-4)


def test_choices_of_model_and_data(fitted, recorded):
    task, folder = fitted
    found = choice_table(task.model(), recorded)
    for source in ("data", "A", "B"):
        total = found[[f"{source}_{c}" for c in ("left", "right", "none")]].sum(axis=1)
        np.testing.assert_allclose(total, 1, 0, 1e-6)
    assert found["n_trials"].sum() == recorded.test.n_trials
    weight = found["n_trials"] / found["n_trials"].sum()
    for side in ("left", "right"):
        mean = (found[f"data_{side}"] * weight).sum()
        assert abs((found[f"A_{side}"] * weight).sum() - mean) < 0.1
    saved = pd.read_csv(folder / "choices.csv")
    np.testing.assert_allclose(saved["A_left"], found["A_left"], 1e-5)
    session = ig.open_session("nnpoisson/model", directory=folder)
    rows = {"contrast_left": [1.0], "contrast_right": [0.0]}
    choices = ig.encode(session, rows)
    assert choices.attrs["behaviour_scale"] == "none"
