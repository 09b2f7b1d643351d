"""Numbers of the authors' program: network, trials, losses, gradients, training steps."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_nnpoisson import load_model
from insilico_nnpoisson.data.events import split_of_sessions
from insilico_nnpoisson.data.trials import cut_split, end_times
from insilico_nnpoisson.data.wimmer import POPULATIONS, split_of_simulations
from insilico_nnpoisson.training.fitting_task import NNPoissonTask, batches
from insilico_nnpoisson.training.settings import Settings
from support import nnpoisson

RTOL, GRADIENT, WEIGHT = 1e-5, 2e-5, 2e-6


def settings(flt, **more):
    given = {"iterations": 3, "episodes": 1, "n_batches": 2, "flt": flt, **more}
    return Settings((8,), 3, 0.4, **given)


def task(golden, data, flt, **more):
    return NNPoissonTask(data, settings(flt, **more), nnpoisson.weights(golden))


def test_loading_gives_the_weights_exactly(golden):
    found = load_model(nnpoisson.MODEL).weights
    expected = nnpoisson.weights(golden)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert sum(array.size for array in found.values()) == 585


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_expected_counts_and_intensities(golden, dtype):
    model = load_model(nnpoisson.MODEL, dtype=dtype)
    given = golden["fwd.stim"], golden["fwd.t"][:, 0], golden["fwd.scale"][:, 0]
    left, right, neural = model.expected_counts(*given)
    assert left.dtype == dtype and left.shape == (24,) and neural.shape == (24, 3)
    np.testing.assert_allclose(left, golden["fwd.cum_left"][:, 0], RTOL)
    np.testing.assert_allclose(right, golden["fwd.cum_right"][:, 0], RTOL)
    np.testing.assert_allclose(neural, golden["fwd.cum_neural"], RTOL)
    scaled = neural * given[2][:, None]
    np.testing.assert_allclose(scaled, golden["fwd.neural_unscaled"], RTOL)
    for method in ("closed", "autodiff"):
        left, right, neural = model.intensities(*given, method=method)
        np.testing.assert_allclose(left, golden["fwd.rate_left"][:, 0], RTOL)
        np.testing.assert_allclose(right, golden["fwd.rate_right"][:, 0], RTOL)
        np.testing.assert_allclose(neural, golden["fwd.rate_neural"], RTOL)


@pytest.mark.parametrize("split", ["train", "test"])
def test_trials_of_events(golden, split):
    found, index = split_of_sessions(nnpoisson.sessions(golden, split), 0.4)
    rows = golden["proc.region_index"]
    assert index == tuple(rows[np.argsort(rows[:, 1].astype(int)), 0])
    number = golden["proc.total_trial_num"][["train", "test"].index(split)]
    assert found.n_trials == number
    for name in nnpoisson.BEHAVIOUR:
        expected = golden[f"proc.{split}.beh.{name}"]
        np.testing.assert_allclose(getattr(found.behaviour, name), expected, 1e-12)
    for region, trials in found.regions.items():
        for name, array in nnpoisson.region_arrays(trials).items():
            expected = golden[f"proc.{split}.{region}.{name}"]
            assert array.shape == expected.shape, (region, name)
            np.testing.assert_allclose(array, expected, 1e-12)
        scale = 0.4 / trials.trial_end_times
        read = f"read.{split}.{region}"
        np.testing.assert_allclose(scale, golden[f"{read}.trial_scaling_factor"], RTOL)
        row = trials.spike_rows
        spikes = golden[f"{read}.spike_scaling_factor"]
        np.testing.assert_allclose(scale[row], spikes, RTOL)
        ends = golden[f"{read}.spike_trial_end_times"]
        np.testing.assert_allclose(trials.trial_end_times[row], ends, RTOL)
    ends = end_times(found.behaviour, found, 0.4)
    np.testing.assert_allclose(ends, golden[f"read.{split}.all_trial_end_times"], RTOL)


def test_trials_of_simulations(golden_synthetic):
    golden = golden_synthetic
    found = split_of_simulations(nnpoisson.simulations(golden))
    cut = cut_split(found, 2.0)
    compared = set()
    for kind, split in (("out", found), ("read.train", cut)):
        for name in nnpoisson.BEHAVIOUR:
            key = f"{kind}.beh.{name}"
            np.testing.assert_array_equal(getattr(split.behaviour, name), golden[key])
        for region in POPULATIONS:
            for name, array in nnpoisson.region_arrays(split.regions[region]).items():
                key = f"{kind}.{region}.{name}"
                if key not in golden:  # neurons are not in the published files
                    assert name == "spike_id"
                    continue
                compared.add(name)
                np.testing.assert_allclose(array, golden[key], 1e-12, err_msg=key)
    assert len(compared) == 7


def test_batches_are_the_published_ones(golden, data):
    for region, found in batches(data, 2, 0).items():
        for b, trials in enumerate(found):
            expected = golden[f"batch.{region}.{b}"]
            np.testing.assert_array_equal(np.sort(trials), np.sort(expected))


@pytest.mark.parametrize("flt", ["32", "64"])
def test_losses_on_test_trials(golden, data, flt):
    found = task(golden, data, flt).test()
    names = {"test loss left": "left", "test loss right": "right"}
    names |= {region: f"neural.{region}" for region in data.region_index}
    for name, key in names.items():
        np.testing.assert_allclose(found[name], golden[f"loss.test.{key}"], RTOL)


@pytest.mark.parametrize("flt", ["32", "64"])
def test_gradient_of_the_first_step(golden, data, flt):
    made = task(golden, data, flt)
    losses = made.losses.step(
        made.flat.parts, made.steps[0], gradient := made.flat.copy()
    )
    np.testing.assert_allclose(losses, golden["grad1.loss"], RTOL)
    for name, array in gradient.items():
        expected = golden[f"grad1.{name}"]
        largest = np.abs(expected).max()
        np.testing.assert_allclose(array, expected, GRADIENT, GRADIENT * largest)


@pytest.mark.parametrize("flt", ["32", "64"])
def test_training_steps(golden, data, flt):
    made = task(golden, data, flt)
    history = []
    for k in range(3):
        for rows in made.steps:
            history.append(made.step(rows))
            if len(history) == 1:
                compare(made.flat.copy(), nnpoisson.weights(golden, 1))
        assert len(history) == 6 * (k + 1)
    np.testing.assert_allclose(history, golden["train.hist"], RTOL)
    compare(made.flat.copy(), nnpoisson.weights(golden, 18))


def compare(found, expected):
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, 0, WEIGHT, err_msg=name)


def test_the_row_of_a_round_holds_sums_over_all_steps(golden, data):
    made = task(golden, data, "32", iterations=1, episodes=3)
    for _ in made.train(0):
        pass
    row = made.row(0)
    sums = golden["train.hist"].sum(axis=0)
    names = ("neural", "right", "left", "total")
    for name, value in zip(names, sums, strict=True):
        np.testing.assert_allclose(row[f"train loss {name}"], value, RTOL)
    assert list(row)[:5] == [
        "train loss neural",
        "train loss total",
        "train loss left",
        "train loss right",
        "iter",
    ]
    assert list(row)[5:] == [
        "test loss left",
        "test loss right",
        *sorted(data.region_index),
        "test loss total",
        "test loss neural",
    ]
    behaviour = row["test loss left"] + row["test loss right"]
    neural = sum(row[name] for name in data.region_index)
    np.testing.assert_allclose(row["test loss neural"], neural)
    np.testing.assert_allclose(row["test loss total"], neural + 0.01 * behaviour)
