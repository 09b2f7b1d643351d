"""Full-field flashes: levels and lengths."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import all_frames, trial_frames
from test_trial_families import SMALL, refuse

from insilico_gui.stimuli import full_field_flashes


def test_levels_and_durations():
    stimulus = full_field_flashes(
        levels=[0, 64, 255], durations_s=[0.1, 0.5], repeats=2, display=SMALL
    )
    trials = stimulus.trials
    assert list(trials.columns) == [
        "onset", "duration", "condition", "level", "contrast", "repeat",
    ]  # fmt: skip
    assert len(trials) == 2 * 3 * 2
    for trial in trials.itertuples():
        assert (trial_frames(stimulus, trial) == trial.level).all()
        assert trial.contrast == pytest.approx((trial.level - 128) / 128)
    counts = trials.groupby(["level", "duration"]).size()
    assert (counts == 2).all() and len(counts) == 6
    shown = np.unique(all_frames(stimulus)[:, 0, 0], return_counts=True)
    assert dict(zip(*shown, strict=True)) == {
        0: 2 * 18, 64: 2 * 18, 255: 2 * 18, 128: 13 * 30,
    }  # fmt: skip


def test_the_rate_is_that_of_the_frames():
    stimulus = full_field_flashes(
        levels=0, durations_s=0.1, blank_s=0.3, repeats=1, display=SMALL, frame_rate=60
    )
    dark = (all_frames(stimulus) == 0).all(axis=(1, 2))
    assert np.flatnonzero(dark).tolist() == list(range(18, 24))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": 256}, "levels is 256"),
        ({"levels": -1}, "levels is -1"),
        ({"levels": 0.5}, "levels is 0.5"),
        ({"levels": []}, "levels is empty"),
        ({"levels": [0, 0]}, "levels holds a number twice"),
        ({"durations_s": 0}, "durations_s is 0"),
        ({"durations_s": [1, 0.01]}, "durations_s is 0.01, less than a frame"),
        ({"durations_s": "long"}, "durations_s is 'long'"),
    ],
)
def test_impossible_flashes(options, message):
    refuse(full_field_flashes, options, message)
