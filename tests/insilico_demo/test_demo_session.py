"""Streaming: the protocol, splits, batches, subsets, independence, errors, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from demo_rendering import grating, grey

from insilico_gui.errors import (
    BehaviorError,
    DeviceError,
    SelectionError,
    StimulusError,
)
from insilico_gui.opening import open_session
from insilico_gui.session import VideoSession


@pytest.fixture(scope="module")
def video():
    """Noise, a grating and grey: 40 frames with transients of every kind."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (15, 144, 256), dtype=np.uint8)
    return np.concatenate([noise, grating(60, 0.05, 2, 15), grey(10)])


@pytest.fixture(scope="module")
def whole(demo, video):
    return encode(demo, [video])


def encode(session, chunks, **kwargs):
    return np.concatenate(list(session.stream(chunks, **kwargs)), axis=-2)


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=0)


def test_satisfies_the_protocol(demo, whole, video):
    assert isinstance(demo, VideoSession)
    assert demo.frame_shape == (144, 256)
    assert demo.frame_rate == 30.0
    assert demo.behavior == {}
    assert demo.device == "cpu"
    assert whole.shape == (len(video), len(demo.units))
    assert whole.dtype == np.float32
    assert (whole >= 0).all()
    assert np.isfinite(whole).all()


def test_a_second_session_answers_the_same(whole, video):
    assert_same(encode(open_session("demo"), [video]), whole)


@pytest.mark.parametrize("sizes", [[1] * 40, [7, 0, 20, 13], [39, 1]])
def test_any_split_gives_the_same(demo, whole, video, sizes):
    chunks = np.split(video, np.cumsum(sizes)[:-1])
    pieces = list(demo.stream(chunks))
    assert [len(p) for p in pieces] == sizes
    assert_same(np.concatenate(pieces), whole)


def test_videos_side_by_side_do_not_mix(demo, whole, video):
    batch = np.stack([video, video[::-1], grey(40)])
    responses = encode(demo, [batch[:, :17], batch[:, 17:]])
    assert responses.shape == (3, 40, len(demo.units))
    assert_same(responses[0], whole)
    assert_same(responses[1], encode(demo, [video[::-1]]))
    assert_same(responses[2], encode(demo, [grey(40)]))


@pytest.mark.parametrize(
    "kinds", [["direction", "untuned"], ["untuned"], ["direction"]]
)
def test_a_subset_in_its_own_order(demo, whole, video, kinds):
    units = np.flatnonzero(demo.units["true_class"].isin(kinds))[::-50]
    responses = encode(demo, [video[:9], video[9:]], units=units)
    assert_same(responses, whole[:, units])


def test_no_units_at_all(demo, video):
    assert encode(demo, [video], units=np.array([], dtype=int)).shape == (40, 0)


def test_streams_in_turn_do_not_share_state(demo, whole, video):
    backwards = video[::-1]
    first = demo.stream(np.split(video, 4))
    second = demo.stream(np.split(backwards, 4), units=np.arange(100))
    pairs = list(zip(first, second, strict=True))
    assert_same(np.concatenate([a for a, _ in pairs]), whole)
    alone = encode(demo, [backwards], units=np.arange(100))
    assert_same(np.concatenate([b for _, b in pairs]), alone)


def test_a_step_leaves_its_state_alone(demo, video):
    start = demo.initial_state(1)
    _, state = demo.advance(start, video[None, :10], {}, None)
    once, _ = demo.advance(state, video[None, 10:20], {}, None)
    again, _ = demo.advance(state, video[None, 10:20], {}, None)
    assert np.array_equal(once, again)


def test_responses_are_causal(demo, whole, video):
    assert_same(encode(demo, [video[:20]]), whole[:20])


def test_phase_is_right_after_a_long_time(demo):
    """A state that has seen many frames answers as a fresh one does."""
    units, movie = np.arange(0, 2000, 40), grating(0, 0.04, 2, 20)
    chunks = [grey(1000), grey(1000), grey(1000), movie]
    *_, after = demo.stream(chunks, units=units)
    assert_same(after, encode(demo, [movie], units=units))


def test_grey_gives_the_baseline_from_the_first_frame(demo):
    responses = encode(demo, [grey(30)])
    baseline = demo.units["true_baseline"].to_numpy()
    np.testing.assert_allclose(responses, np.tile(baseline, (30, 1)), rtol=1e-5)
    assert baseline.min() >= 0.05
    assert baseline.max() <= 0.2


def test_reference_values(demo, whole):
    """Four responses as they were when the population was made."""
    got = whole[[10, 20, 29, 39], [0, 500, 1000, 2000]]
    np.testing.assert_allclose(got, REFERENCE, atol=1e-6)


REFERENCE = [0.909491, 0.196240, 0.116238, 0.130317]


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 144, 255), np.uint8),
        np.zeros((2, 256, 144), np.uint8),
        np.zeros((2, 144, 256), np.float32),
    ],
)
def test_wrong_frames(demo, frames):
    with pytest.raises(StimulusError, match="144, 256"):
        next(demo.stream([frames]))


def test_number_of_videos_must_stay(demo, video):
    stream = demo.stream([np.stack([video, video]), video[None]])
    next(stream)
    with pytest.raises(StimulusError, match=r"\[2, frames"):
        next(stream)


def test_behaviour_is_refused(demo):
    traces = {"modulation": np.zeros((4, 2))}
    with pytest.raises(BehaviorError, match="modulation"):
        next(demo.stream([grey(4)], behavior=traces))


@pytest.mark.parametrize("units", [[-1], [0, 10_000], [[0, 1]]])
def test_unknown_units(demo, units):
    with pytest.raises(SelectionError, match="units 0 to"):
        next(demo.stream([grey(1)], units=np.array(units)))


def test_unknown_device():
    with pytest.raises(DeviceError, match="tpu"):
        open_session("demo", device="tpu")


def test_faster_than_real_time(demo):
    """On a single core: processor time, for the machine may have other work."""
    frames = np.random.default_rng(0).integers(0, 256, (120, 144, 256), dtype=np.uint8)
    taken = []
    for _ in range(3):
        start = time.process_time()
        encode(demo, np.split(frames, 4))
        taken.append(time.process_time() - start)
    assert min(taken) < len(frames) / demo.frame_rate


@pytest.mark.gpu
def test_cuda_gives_the_same(whole, video):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    session = open_session("demo", device="cuda")
    assert session.device == "cuda:0"
    np.testing.assert_allclose(encode(session, [video]), whole, rtol=1e-4, atol=1e-6)
