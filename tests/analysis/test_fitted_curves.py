"""What a plot of one unit's tuning shows: its model, and the presentations in its mean."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from insilico_gui.analysis.tuning.fitted_curves import fitted_curve
from insilico_gui.analysis.tuning.registry import tune

RATE = 30.0
TRIAL_S, FRAMES = 0.5, 15
LEVELS = {
    "direction": np.arange(0, 360, 45.0),
    "spatial_frequency": 0.01 * 2.0 ** np.arange(5),
    "contrast": np.array([0, 0.1, 0.2, 0.4, 0.8, 1]),
    "size_deg": np.array([4.0, 8, 16, 32, 64]),
}


def model(name, level):
    """Unit 0 is tuned, unit 1 is not, unit 2 prefers another direction."""
    tuned = {
        "direction": lambda x: 1 + 3 * np.exp(2 * (np.cos(np.radians(x - 80)) - 1)),
        "spatial_frequency": lambda x: (
            1 + 3 * np.exp(-((np.log2(x / 0.05) / 0.8) ** 2) / 2)
        ),
        "contrast": lambda x: 1 + 3 * x**2 / (x**2 + 0.3**2),
        "size_deg": lambda x: 1 + 3 * (1 - np.exp(-((x / 12) ** 2))),
    }[name]
    return np.array([tuned(level), 2.0, tuned(level)])


def respond(trials, values):
    """Responses that are constant in every trial, after the burn-in."""
    n_frames = 10 + FRAMES * len(values)
    frames = np.zeros((n_frames, values.shape[1]), np.float32)
    frames[10:] = values.repeat(FRAMES, axis=0)
    table = pd.DataFrame(trials)
    table.insert(0, "onset", (10 + FRAMES * np.arange(len(table))) / RATE)
    table.insert(1, "duration", (FRAMES - 1) / RATE)
    return xr.DataArray(
        frames,
        {"time": np.arange(n_frames) / RATE},
        ("time", "unit"),
        attrs={"frame_rate": RATE, "trials": table.to_dict("list")},
    )


@pytest.mark.parametrize("name", LEVELS)
def test_the_model_goes_through_the_means(name):
    levels = LEVELS[name]
    values = np.array([model(name, level) for level in levels])
    tuning, _ = tune(respond({name: levels}, values), name)
    at, fitted = fitted_curve(tuning, name, 0)
    assert (np.diff(at) > 0).all()
    np.testing.assert_allclose(
        np.interp(levels, at, fitted), values[:, 0], atol=0.15 * np.ptp(values[:, 0])
    )
    assert fitted_curve(tuning, name, 1) is None  # flat


def test_no_model_without_levels_or_for_other_parameters():
    for name, levels in (("spatial_frequency", [0.01, 0.04]), ("phase", [0, 90, 180])):
        values = np.arange(3.0 * len(levels)).reshape(len(levels), 3)
        tuning, _ = tune(respond({name: levels}, values), name)
        assert fitted_curve(tuning, name, 0) is None


@pytest.mark.parametrize("name", ["direction", "spatial_frequency"])
def test_presentations_of_the_best_combination_are_those_in_the_mean(name):
    directions, frequencies = LEVELS["direction"], LEVELS["spatial_frequency"]
    pairs = list(itertools.product(directions, frequencies, range(2)))
    rng = np.random.default_rng(0)
    values = np.array(
        [
            model("direction", d) * model("spatial_frequency", f) + rng.random(3)
            for d, f, _ in pairs
        ]
    )
    trials = {
        "direction": [d for d, _, _ in pairs],
        "spatial_frequency": [f for _, f, _ in pairs],
    }
    tuning, _ = tune(respond(trials, values), name)
    (other,) = tuning.attrs["analysis"]["other_columns"]
    for unit in range(3):
        best = tuning[f"best_{other}"].to_numpy()[unit]
        for level, mean in zip(
            tuning[name].to_numpy(), tuning["curve"].to_numpy()[:, unit], strict=True
        ):
            inside = (tuning[f"trial_{name}"].to_numpy() == level) & (
                tuning[f"trial_{other}"].to_numpy() == best
            )
            assert inside.sum() == 2
            assert tuning["trial_response"].to_numpy()[inside, unit].mean() == (
                pytest.approx(mean)
            )
