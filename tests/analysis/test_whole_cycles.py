"""Means of what follows a grating, over whole cycles and over other windows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import insilico_gui as ig
from insilico_gui.analysis.trials.cycles import whole_cycles

RATE = 30.0


def table(durations, frequencies, pause=0.5):
    onsets = pause + np.cumsum([0, *[d + pause for d in durations[:-1]]])
    directions = np.arange(len(durations)) * 45.0
    return pd.DataFrame(
        {
            "onset": onsets,
            "duration": durations,
            "direction": directions,
            "temporal_frequency": frequencies,
        }
    )


def following(trials, phases, tau_s=0.1):
    """Half-wave responses with an onset: 1 on average once settled, [time, 1]."""
    n = int((trials["onset"] + trials["duration"]).iloc[-1] * RATE) + 15
    time = np.arange(n) / RATE
    made = np.zeros(n)
    rows = zip(trials.itertuples(), phases, strict=True)
    for trial, phase in rows:
        since = time - trial.onset
        on = (since > -1e-9) & (since < trial.duration - 1e-9)
        wave = np.cos(2 * np.pi * trial.temporal_frequency * since + phase)
        made[on] += (np.pi * np.maximum(0, wave) * (1 - np.exp(-since / tau_s)))[on]
    array = xr.DataArray(
        made[:, None].astype(np.float32),
        {"time": time, "unit": [0], "unit_id": ("unit", [7])},
        ("time", "unit"),
        attrs={"trials": trials.to_dict(orient="list"), "frame_rate": RATE},
    )
    return array


@pytest.mark.parametrize("frequency", [1.0, 2.0, 3.0])
def test_the_phase_does_not_matter(frequency):
    trials = table([1.5] * 8, [frequency] * 8)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, 8)
    responses = following(trials, phases)
    curve = ig.analysis.direction_tuning(responses)["curve"].to_numpy()[:, 0]
    assert np.ptp(curve) < 0.05
    assert curve.mean() == pytest.approx(1, abs=0.03)
    trial = ig.analysis.direction_tuning(responses, window_s=1.5)
    assert np.ptp(trial["curve"].to_numpy()) > 3 * np.ptp(curve)


def test_they_are_the_last_frames_of_the_trial():
    """By hand: half a second is 15 frames, a cycle of 2 Hz the other 15."""
    trials = table([1.0] * 8, [2.0] * 8)
    responses = following(trials, np.arange(8.0))
    found = ig.analysis.direction_tuning(responses)
    for trial, mean in zip(
        trials.itertuples(), found["curve"].to_numpy()[:, 0], strict=True
    ):
        first = round(trial.onset * RATE)
        by_hand = responses.to_numpy()[first + 15 : first + 30].mean()
        assert mean == pytest.approx(by_hand, rel=1e-6)
    assert found.attrs["analysis"]["whole_cycles"] is True
    assert found.attrs["analysis"]["settled_s"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("durations", "frequencies", "frames", "settled_s"),
    [
        ([1.0, 1.0], [2.0, 4.0], [15, 15], 0.5),  # 15 frames: two cycles of 4 Hz
        ([1.0, 1.0], [1.0, 4.0], [30, 30], 0.0),  # all alike, for the slow one
        ([1.2, 1.2], [1.0, 4.0], [30, 30], 0.2),
        ([1.0, 1.0], [0.5, 4.0], [30, 30], 0.0),  # less than a cycle: the whole trial
        ([1.0, 1.0], [2.0, np.nan], [15, 0], 0.5),  # the blank does not drift
        ([2.5, 2.5], [0.5, 0.5 * 2**0.5], [60, 42], 0.5),
    ],
)
def test_frames_of_cycles(durations, frequencies, frames, settled_s):
    found = whole_cycles(table(durations, frequencies), 1 / RATE)
    assert found.n_frames.tolist() == frames
    assert found.settled_s == pytest.approx(settled_s)


def test_patterns_that_stand_have_none():
    assert whole_cycles(table([1.0], [0.0]), 1 / RATE) is None
    assert whole_cycles(table([1.0], [2.0])[["onset", "duration"]], 1 / RATE) is None
