"""Stimuli are cut by frames and by seconds, and joined; their trials follow."""

from __future__ import annotations

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.analysis import direction_tuning, sequence_parts, take_part
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def gratings():
    return ig.stimuli.drifting_gratings(n_directions=4, repeats=2)


def clip(n, *, name="clip", rate=30.0, shape=(4, 6), seed=0):
    frames = np.random.default_rng(seed).integers(0, 255, (n, *shape), np.uint8)
    return ArrayStimulus(frames, rate, name=name)


def test_frames_of_a_part_are_those_of_the_source(gratings):
    part = gratings[20:120]
    assert (part.n_frames, part.frame_rate) == (100, 30.0)
    assert part.duration == pytest.approx(100 / 30)
    np.testing.assert_array_equal(part.frames(5, 40), gratings.frames(25, 60))
    np.testing.assert_array_equal(part.color_frame(3), gratings.color_frame(23))
    np.testing.assert_allclose(part.frame_times, np.arange(100) / 30)
    again = part[10:-10]
    np.testing.assert_array_equal(again.frames(0, 80), gratings.frames(30, 110))
    assert gratings[-5:].n_frames == 5 and gratings[:].n_frames == gratings.n_frames


def test_trials_that_are_shown_as_a_whole_follow(gratings):
    whole = gratings.trials
    part = gratings[30:150]  # 1 to 5 s; trials are at 0.5, 2, 3.5, ... for 1 s
    expected = whole[(whole["onset"] >= 1) & (whole["onset"] + 1 <= 5)]
    assert len(expected) == 2
    np.testing.assert_allclose(part.trials["onset"], expected["onset"] - 1)
    assert part.trials["direction"].tolist() == expected["direction"].tolist()
    assert part.attrs["dropped_trials"] == len(whole) - 2
    assert part.trials.index.tolist() == [0, 1]
    assert gratings[:10].trials is None
    assert whole["onset"].tolist() == gratings.trials["onset"].tolist()


def test_cutting_by_seconds_also_at_a_variable_rate(gratings):
    assert gratings.between(1.0, 5.0).n_frames == 120
    assert gratings.between(2.0).n_frames == gratings.n_frames - 60

    class Uneven(ArrayStimulus):
        @property
        def frame_times(self):
            return np.array([0.0, 0.5, 0.6, 2.0])

    uneven = Uneven(np.zeros((4, 2, 2), np.uint8), 2.0)
    part = uneven.between(0.5, 2.0)
    assert part.n_frames == 2
    np.testing.assert_allclose(part.frame_times, [0, 0.1])


@pytest.mark.parametrize(
    "cut", [lambda s: s[3], lambda s: s[::2], lambda s: s[5:5], lambda s: s[0.5:1.5]]
)
def test_what_is_no_part_is_refused(cut):
    with pytest.raises(StimulusError):
        cut(clip(20))
    with pytest.raises(StimulusError, match="No frame"):
        clip(20).between(5, 6)
    with pytest.raises(TypeError):
        iter(clip(2))


def test_joined_frames_and_times():
    one, two = clip(7), clip(5, name="other", seed=1)
    both = ig.stimuli.join(one, two)
    assert both.n_frames == 12 and both.name == "clip + other"
    expected = np.concatenate([one.frames(0, 7), two.frames(0, 5)])
    for start, stop in ((0, 12), (5, 9), (7, 7), (8, 12)):
        np.testing.assert_array_equal(both.frames(start, stop), expected[start:stop])
    np.testing.assert_array_equal(both.color_frame(8)[..., 0], expected[8])
    np.testing.assert_allclose(both.frame_times, np.arange(12) / 30)
    assert [part["kind"] for part in both.attrs["parts"]] == ["array", "array"]
    assert ig.stimuli.join([one]) is one
    assert ig.stimuli.concatenate is ig.stimuli.join


def test_a_stimulus_cut_and_joined_again_gives_the_same_responses(gratings):
    session = ig.open_session("demo")
    cut = ig.stimuli.join(gratings[:100], gratings[100:])
    np.testing.assert_array_equal(
        ig.encode(session, cut, indices=range(5)).values,
        ig.encode(session, gratings, indices=range(5)).values,
    )


def test_the_same_stimulus_again_adds_repeats(gratings):
    twice = ig.stimuli.join(gratings, gratings)
    assert "part" not in twice.trials
    counts = twice.trials.groupby("condition")["repeat"].agg(sorted)
    assert all(numbers == [0, 1, 2, 3] for numbers in counts)
    later = twice.trials["onset"].to_numpy()[8:] - gratings.duration
    np.testing.assert_allclose(later, gratings.trials["onset"])
    responses = ig.encode(ig.open_session("demo"), twice, indices=[0, 4])
    assert (direction_tuning(responses, osi_variant="raw")["count"] == 4).all()


def test_trials_of_different_stimuli_are_parts(gratings):
    dots = ig.stimuli.gaussian_dots(n_columns=2, n_rows=1)
    both = ig.stimuli.join(gratings, dots, gratings)
    assert both.trials["part"].unique().tolist() == [
        "drifting_gratings",
        "gaussian_dots",
    ]
    assert both.trials["condition"].str.contains("/").all()
    responses = ig.encode(ig.open_session("demo"), both, indices=[0, 4])
    assert sequence_parts(responses) == ["drifting_gratings", "gaussian_dots"]
    part = take_part(responses, "drifting_gratings")
    assert (direction_tuning(part, osi_variant="raw")["count"] == 4).all()
    other = ig.stimuli.drifting_gratings(n_directions=2)
    labels = ig.stimuli.join(gratings, other).trials["part"].unique().tolist()
    assert labels == ["drifting_gratings", "drifting_gratings_2"]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (clip(3, rate=10.0), "another frame rate"),
        (clip(3, shape=(5, 5)), "another size"),
        ("clip.mp4", "open_stimulus"),
    ],
)
def test_what_does_not_go_together_is_refused(other, says):
    with pytest.raises(StimulusError, match=says):
        ig.stimuli.join(clip(3), other)
    with pytest.raises(StimulusError, match="no stimuli"):
        ig.stimuli.join()


def test_parts_go_into_experiments():
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo")
    name = experiment.add_stimulus(clip(12)[2:9])
    assert experiment.encode("demo", name).sizes["time"] == 7
