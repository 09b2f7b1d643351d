"""Which frames a trial's response is the mean of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from insilico_gui.analysis import (
    direction_tuning,
    parameter_tuning,
    trial_responses,
    trial_table,
)
from insilico_gui.analysis.trials import blocks
from insilico_gui.errors import AnalysisError

RATE = 30.0


def make(n_frames=120, n_units=4, trials=None, seed=0, start=0):
    values = np.random.default_rng(seed).random((n_frames, n_units), np.float32)
    attrs = {"frame_rate": RATE, "stimulus": "test", "session": "s"}
    if trials is not None:
        attrs["trials"] = trials
    return xr.DataArray(
        values,
        {
            "time": (start + np.arange(n_frames)) / RATE,
            "unit_id": ("unit", np.arange(n_units) + 7),
            "area": ("unit", np.array(["V1"] * n_units)),
        },
        ("time", "unit"),
        name="responses",
        attrs=attrs,
    )


def table(onsets, durations, **columns):
    return pd.DataFrame({"onset": onsets, "duration": durations, **columns})


def by_hand(responses, onset, duration, latency=0.0, burn_in=10):
    """Frame by frame, in whole frames."""
    first, last = (
        round((onset + latency) * RATE),
        round((onset + duration + latency) * RATE),
    )
    frames = [
        t for t in range(first, last + 1) if burn_in <= t < responses.sizes["time"]
    ]
    return responses.to_numpy()[frames].astype(np.float64).mean(axis=0), len(frames)


def test_both_ends_are_included():
    responses = make()
    result = trial_responses(responses, table([1.0], [0.5]))
    assert result["n_frames"].item() == 16
    np.testing.assert_allclose(
        result.to_numpy()[0], responses.to_numpy()[30:46].astype(float).mean(0)
    )


def test_rounding_of_onsets_moves_no_frame():
    """0.1 + 0.2 and 0.3 are the same onset, and 27 frames of 1/30 s are 0.9 s."""
    responses = make()
    told = ["onset", "duration"]
    exact = trial_responses(responses, table([0.9], [0.3])).drop_vars(told)
    for onset, duration in ((0.1 + 0.2 + 0.6, 0.1 + 0.2), (0.9 - 4e-7, 0.3 + 4e-7)):
        other = trial_responses(responses, table([onset], [duration]))
        xr.testing.assert_equal(exact, other.drop_vars(told))
    later = trial_responses(responses, table([0.9 + 1e-4], [0.3]))
    assert later["n_frames"].item() == exact["n_frames"].item() - 1


@given(
    st.lists(
        st.tuples(st.integers(10, 80), st.integers(0, 30)), min_size=1, max_size=12
    ),
    st.integers(0, 5),
    st.sampled_from([1, 7, 1000]),
)
@settings(max_examples=60, deadline=None)
def test_any_windows_in_any_blocks(trials, latency_frames, block_frames):
    """Unsorted and overlapping windows, read in blocks of any size."""
    responses = make()
    onsets, durations = (np.array(part) / RATE for part in zip(*trials, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", 4 * 4 * block_frames)
        result = trial_responses(
            responses, table(onsets, durations), latency_s=latency_frames / RATE
        )
    for row, n, onset, duration in zip(
        result.to_numpy(), result["n_frames"].to_numpy(), onsets, durations, strict=True
    ):
        mean, count = by_hand(responses, onset, duration, latency_frames / RATE)
        assert n == count
        np.testing.assert_allclose(row, mean, rtol=1e-12)


def test_latency_and_window():
    responses = make()
    result = trial_responses(
        responses, table([1.0, 2.0], [0.5, 0.9]), latency_s=0.1, window_s=0.2
    )
    np.testing.assert_array_equal(result["n_frames"], [7, 7])
    np.testing.assert_allclose(result[1], by_hand(responses, 2.0, 0.2, 0.1)[0])
    assert result.attrs["windows"] == {
        "latency_s": 0.1,
        "window_s": 0.2,
        "burn_in_frames": 10,
        "in_burn_in": 0,
        "cut_off": 0,
        "no_frame": 0,
    }


def test_burn_in_frames_enter_no_mean():
    responses = make()
    responses[:10] = 1e6
    result = trial_responses(responses, table([0.0, 0.2, 0.1], [0.5, 0.3, 0.1]))
    np.testing.assert_array_equal(result["n_frames"], [6, 6, 0])
    assert (result[:2] < 1).all()
    assert np.isnan(result[2]).all()
    assert result.attrs["windows"]["in_burn_in"] == 1
    kept = trial_responses(responses, table([0.1], [0.1]), burn_in_frames=0)
    assert (kept == 1e6).all()


def test_burn_in_is_where_the_video_starts_not_the_array():
    responses = make(n_frames=60, start=5)
    result = trial_responses(responses, table([0.2], [0.3]))
    np.testing.assert_allclose(result[0], responses[5:11].astype(float).mean("time"))
    later = make(n_frames=60, start=30)
    assert trial_responses(later, table([1.0], [0.1]))["n_frames"].item() == 4


def test_a_trial_that_ends_with_the_video_is_complete():
    responses = make(n_frames=60)
    result = trial_responses(responses, table([1.0, 1.5], [0.5, 0.5]))
    np.testing.assert_array_equal(result["n_frames"], [16, 15])
    assert result.attrs["windows"]["cut_off"] == 0


def test_trials_cut_off_are_nan_and_counted(caplog):
    responses = make(n_frames=60)
    trials = table([1.0, 1.8, 5.0], [0.5, 0.5, 0.5])
    result = trial_responses(responses, trials)
    np.testing.assert_array_equal(np.isnan(result).all("unit"), [False, True, True])
    assert result.attrs["windows"]["cut_off"] == 2
    assert "2 cut off" in caplog.text
    sliced = responses.isel(time=slice(45, None))
    assert (
        trial_responses(sliced, table([1.0, 1.6], [0.6, 0.2])).attrs["windows"][
            "cut_off"
        ]
        == 1
    )


def test_window_between_frames_is_nan_and_counted():
    result = trial_responses(make(), table([1.01, 1.0], [0.01, 0.0]))
    np.testing.assert_array_equal(result["n_frames"], [0, 1])
    assert result.attrs["windows"]["no_frame"] == 1


def test_nan_frames_spoil_their_trial_only():
    responses = make()
    responses[40, 1] = np.nan
    result = trial_responses(responses, table([1.0, 2.0], [0.5, 0.5]))
    np.testing.assert_array_equal(
        np.isnan(result), [[False, True, False, False], [False] * 4]
    )


def test_labels_and_provenance_are_kept():
    trials = table([1.0, 2.0], [0.5, 0.5], direction=[0.0, 90.0])
    result = trial_responses(make(trials=trials.to_dict("list")))
    assert result.dims == ("trial", "unit")
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result["unit_id"], np.arange(4) + 7)
    assert result.attrs["session"] == "s"
    pd.testing.assert_frame_equal(trial_table(result), trials)


def test_batch_takes_each_trial_from_its_video():
    single = [make(seed=i) for i in range(3)]
    batch = xr.concat(single, "trial", combine_attrs="override")
    trials = table([1.0, 2.0, 1.0], [0.5, 0.5, 0.5], trial=[2, 0, 0])
    result = trial_responses(batch, trials)
    for row, (video, onset) in zip(result, ((2, 1.0), (0, 2.0), (0, 1.0)), strict=True):
        np.testing.assert_allclose(row, by_hand(single[video], onset, 0.5)[0])


def test_batch_without_videos_of_the_trials_is_refused():
    batch = xr.concat([make(), make()], "trial", combine_attrs="override")
    with pytest.raises(AnalysisError, match="batch of 2 videos"):
        trial_responses(batch, table([1.0], [0.5]))
    with pytest.raises(AnalysisError, match="0 to 1"):
        trial_responses(batch, table([1.0], [0.5], trial=[2]))


def test_reads_only_the_frames_that_trials_need(tmp_path, monkeypatch):
    stored = make(n_frames=3000, n_units=8)
    stored.drop_vars("area").to_zarr(
        tmp_path / "r.zarr",
        consolidated=False,
        encoding={"responses": {"chunks": (100, 8)}},
    )
    lazy = xr.open_zarr(tmp_path / "r.zarr", chunks=None, consolidated=False)[
        "responses"
    ]
    read = []
    original = blocks.read

    def spy(video, start, stop):
        read.append((start, stop))
        return original(video, start, stop)

    monkeypatch.setattr(blocks, "read", spy)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 250 * 8 * 4)
    trials = table([10.0, 50.0], [0.5, 0.5])
    result = trial_responses(lazy, trials)
    np.testing.assert_array_equal(result, trial_responses(stored, trials))
    assert max(stop - start for start, stop in read[:2]) == 16
    assert len(list(blocks.frame_blocks(lazy))) == 15  # two whole chunks at a time


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        (pd.DataFrame({"onset": [0.0]}), "no column 'duration'"),
        (table(["a"], [1.0]), "'onset' of the trial table"),
        (table([0.0], [np.nan]), "'duration' of the trial table"),
        (table([1.0], [-1.0]), "negative duration"),
        (table([], []), "no rows"),
    ],
)
def test_malformed_tables_are_refused(trials, message):
    with pytest.raises(AnalysisError, match=message):
        trial_responses(make(), trials)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latency_s": -0.1}, "latency"),
        ({"latency_s": np.nan}, "latency"),
        ({"window_s": 0.0}, "window"),
        ({"burn_in_frames": -1}, "burn-in"),
        ({"burn_in_frames": 1000}, "None of the 1 trials .*in burn in"),
        ({"latency_s": 100.0}, "None of the 1 trials .*cut off"),
    ],
)
def test_impossible_parameters_are_refused(arguments, message):
    with pytest.raises(AnalysisError, match=message):
        trial_responses(make(), table([1.0], [0.5]), **arguments)


def test_responses_without_trials_or_of_another_layout_are_refused():
    with pytest.raises(AnalysisError, match="'test' has no trial table"):
        trial_responses(make())
    with pytest.raises(AnalysisError, match="differ in length"):
        trial_table(make(trials={"onset": [0.0, 1.0], "duration": [1.0]}))
    trials = table([1.0], [0.5])
    with pytest.raises(AnalysisError, match="transpose"):
        trial_responses(make().T, trials)
    with pytest.raises(AnalysisError, match="no coordinate 'time'"):
        trial_responses(make().drop_vars("time"), trials)
    with pytest.raises(AnalysisError, match="not ascending"):
        trial_responses(make().isel(time=slice(None, None, -1)), trials)
    with pytest.raises(AnalysisError, match="no frames"):
        trial_responses(make().isel(time=slice(0)), trials)


def test_frame_rate_is_taken_from_times_where_it_is_not_given():
    responses = make()
    del responses.attrs["frame_rate"]
    result = trial_responses(responses, table([0.2], [0.5]))
    assert result["n_frames"].item() == 12
    with pytest.raises(AnalysisError, match="one frame"):
        trial_responses(responses.isel(time=[0]), table([0.0], [0.0]))


@pytest.mark.parametrize("tuning", ["direction", "contrast"])
def test_tuning_refuses_windows_that_hold_several_trials(tuning):
    trials = table(
        np.arange(6) * 0.6 + 0.4,
        [0.4] * 6,
        direction=np.arange(6) * 60,
        contrast=[1, 2] * 3,
    )
    responses = make(150)

    def measure(window_s):
        if tuning == "direction":
            return direction_tuning(responses, trials, window_s=window_s)
        return parameter_tuning(responses, tuning, trials, window_s=window_s)

    assert "curve" in measure(0.6)
    with pytest.raises(AnalysisError, match=r"1\.2 s holds several .* after 0\.6 s"):
        measure(1.2)


@pytest.mark.parametrize("tuning", [direction_tuning, parameter_tuning])
def test_tuning_refuses_windows_that_begin_in_the_next_trial(tuning):
    trials = table(np.arange(6) * 0.6 + 0.4, [0.2] * 6, direction=np.arange(6) * 60)
    responses = make(200)
    names = [] if tuning is direction_tuning else ["direction"]

    def measure(latency_s):
        return tuning(responses, *names, trials=trials, latency_s=latency_s)

    in_the_blank = measure(0.3)  # 0.3 to 0.5 s after onset, and trials end after 0.2 s
    np.testing.assert_allclose(
        in_the_blank["trial_response"][2], by_hand(responses, 1.6, 0.2, 0.3)[0]
    )
    assert "curve" in measure(0.55)  # begins in the blank, and ends in the next trial
    for latency_s in (0.6, 5 / 3):
        with pytest.raises(
            AnalysisError, match=r"begins when the next .* after 0\.6 s"
        ):
            measure(latency_s)


def test_videos_side_by_side_are_apart():
    one = make(90)
    both = xr.concat([one, one], "trial").assign_attrs(one.attrs)
    onsets, videos = [0.5, 1.5, 0.6, 1.6], [0, 0, 1, 1]
    trials = table(onsets, [0.5] * 4, contrast=[1, 2, 1, 2], trial=videos)
    assert "curve" in parameter_tuning(both, "contrast", trials, window_s=0.8)
    with pytest.raises(AnalysisError, match="after 1 s"):
        parameter_tuning(both, "contrast", trials, window_s=1.1)


def test_responses_to_images_are_called_that():
    images = xr.DataArray(np.zeros((4, 3), np.float32), dims=("trial", "unit"))
    with pytest.raises(AnalysisError, match="single images"):
        trial_responses(images, table([0.0], [1.0]))
