"""Conversion in time: what a monitor at the session's rate would show."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from stimulus_videos import numbered_frames, read_numbers, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus, Stimulus, convert, open_stimulus

SHAPE = (4, 6)


class Levels(Stimulus):
    """Frame k has grey level k; counts what is read."""

    def __init__(self, onsets, duration: float) -> None:
        self.name = "levels"
        self.n_frames = len(onsets)
        self.frame_shape = SHAPE
        self.frame_rate = self.n_frames / duration
        self.onsets = np.asarray(onsets, float)
        self.read: list[int] = []

    @property
    def frame_times(self):
        return self.onsets

    def frames(self, start, stop):
        self._check_range(start, stop)
        self.read += range(start, stop)
        levels = np.arange(start, stop, dtype=np.uint8)
        return np.broadcast_to(levels[:, None, None], (stop - start, *SHAPE)).copy()


def shown(stimulus: Stimulus, rate: float, block: int | None = None) -> list[int]:
    """Source frame in each output frame, read in blocks."""
    converted = convert(stimulus, SHAPE, rate)
    block = block or converted.n_frames
    parts = [
        converted.frames(start, min(start + block, converted.n_frames))
        for start in range(0, converted.n_frames, block)
    ]
    return np.concatenate(parts)[:, 0, 0].tolist()


def even(n: int, rate: float) -> Levels:
    return Levels(np.arange(n) / rate, n / rate)


@pytest.mark.parametrize(
    "rate", [1, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 120, 240]
)
def test_the_same_rate_is_the_identity(rate):
    assert shown(even(200, rate), rate) == list(range(200))


@pytest.mark.parametrize(
    ("source", "target"),
    [(24, 30), (25, 30), (30, 24), (60, 30), (30, 60), (15, 30), (50, 30), (120, 30)],
)
def test_constant_rates_exactly(source, target):
    """By whole-number arithmetic: frame floor(k source / target)."""
    n = 97
    n_output = -(-n * target // source)  # as many as begin before the end
    expected = [k * source // target for k in range(n_output)]
    assert shown(even(n, source), target) == expected


def test_24_to_30_hz_repeats_every_fourth_frame():
    assert shown(even(8, 24), 30) == [0, 0, 1, 2, 3, 4, 4, 5, 6, 7]


@pytest.mark.parametrize("source", [24, 24000 / 1001, 30000 / 1001, 25, 60])
def test_rates_that_do_not_divide(source):
    converted = convert(even(200, source), SHAPE, 30.0)
    ticks = np.arange(converted.n_frames) / 30
    expected = np.floor(ticks * source + 1e-6)
    assert (
        converted.frames(0, converted.n_frames)[:, 0, 0].tolist() == expected.tolist()
    )
    assert 0 <= converted.duration - 200 / source < 1 / 30


def test_variable_rate_shows_the_last_frame_that_has_appeared():
    onsets = [0, 0.05, 0.25, 0.28, 0.5]
    stimulus = Levels(onsets, 0.6)
    assert shown(stimulus, 10) == [0, 1, 1, 3, 3, 4]
    assert shown(stimulus, 20) == [0, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 4]


def test_time_stamps_rounded_to_milliseconds_do_not_repeat_frames():
    onsets = np.round(np.arange(250) / 30, 3)
    stimulus = Levels(onsets, 250 / 30)
    assert shown(stimulus, 30) != list(range(250))
    stimulus.time_precision = 0.5e-3
    assert shown(stimulus, 30) == list(range(250))


def test_the_last_frame_is_shown_for_its_own_time():
    assert shown(Levels([0, 0.1], 1.0), 10) == [0] + [1] * 9


@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_blocks_do_not_matter(block):
    stimulus = even(50, 24)
    assert shown(stimulus, 60, block) == shown(stimulus, 60)


def test_repeated_frames_are_read_once():
    stimulus = even(10, 10)
    shown(stimulus, 60)
    assert stimulus.read == list(range(10))
    stimulus.read.clear()
    shown(stimulus, 60, block=5)  # blocks that begin within a repeat
    assert stimulus.read == list(range(10))


def test_skipped_frames_are_not_read():
    stimulus = even(40, 120)
    assert shown(stimulus, 30) == list(range(0, 40, 4))
    assert stimulus.read == list(range(0, 40, 4))


def test_random_access_equals_sequential():
    converted = convert(even(100, 24), SHAPE, 30)
    whole = converted.frames(0, converted.n_frames)
    for k in np.random.default_rng(0).permutation(converted.n_frames):
        np.testing.assert_array_equal(converted.frames(k, k + 1)[0], whole[k])
    assert converted.frames(5, 5).shape == (0, *SHAPE)
    with pytest.raises(StimulusError, match="frames 0 to 125"):
        converted.frames(0, 126)


def test_a_single_short_frame_gives_one_frame():
    assert shown(Levels([0], 0.001), 30) == [0]


def test_the_trial_table_is_carried_over():
    trials = pd.DataFrame({"onset": [0.1], "duration": [0.2], "condition": [0]})
    frames = np.zeros((30, *SHAPE), np.uint8)
    stimulus = ArrayStimulus(frames, 60, trials=trials)
    pd.testing.assert_frame_equal(convert(stimulus, (2, 3), 30).trials, trials)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (24, [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8]),
        # The second frame comes 33 microseconds after the second tick
        (Fraction(30000, 1001), [0, *range(11)]),
        (60, list(range(0, 24, 2))),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_real_videos(tmp_path, rate, expected, suffix):
    """With the time stamps that the containers really hold."""
    path = write_video(tmp_path / f"clip.{suffix}", numbered_frames(60), rate=rate)
    converted = convert(open_stimulus(path), (48, 64), 30)
    assert read_numbers(converted.frames(0, 12)) == expected


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_real_video(tmp_path, suffix):
    onsets = np.cumsum([0, *[33, 67, 33, 100, 20] * 11, *[40] * 4])
    path = write_video(
        tmp_path / f"vfr.{suffix}", numbered_frames(60), onsets_ms=onsets.tolist()
    )
    converted = convert(open_stimulus(path), (48, 64), 30)
    ticks = np.arange(converted.n_frames) * 1000 / 30
    expected = np.searchsorted(onsets, ticks + 0.5, side="right") - 1
    assert read_numbers(converted.frames(0, converted.n_frames)) == expected.tolist()


def test_days_are_refused():
    with pytest.raises(StimulusError, match="limit is 24"):
        convert(even(100, 1e-4), SHAPE, 30)
