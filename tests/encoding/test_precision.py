"""Reduced precision: opt-in, compared with float32 on the stimulus itself, and told."""

from __future__ import annotations

import numpy as np
import pytest
from support.leaky import LeakySession
from support.rounded import LeakyTwin, RoundedSession

import insilico_gui as ig
from insilico_gui.encoding import EncodingJob, precision_sentence
from insilico_gui.errors import EncodingError, SessionError
from insilico_gui.export import load_suffixes
from insilico_gui.opening import precisions


@pytest.fixture
def twin(monkeypatch):
    made = LeakyTwin()
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"leaky": made})
    return made


@pytest.fixture
def long_clip():
    return np.random.default_rng(2).integers(1, 256, (100, 6, 8), dtype=np.uint8)


def by_hand(found, exact):
    """Expected numbers, from responses [T, U] or [N, T, U]."""
    found, exact = np.asarray(found, np.float64), np.asarray(exact, np.float64)
    relative = np.abs(found / exact - 1)
    columns = zip(
        found.reshape(-1, found.shape[-1]).T,
        exact.reshape(-1, exact.shape[-1]).T,
        strict=True,
    )
    correlations = [np.corrcoef(a, b)[0, 1] for a, b in columns]
    return {
        "largest_relative_difference": pytest.approx(relative.max()),
        "median_relative_difference": pytest.approx(np.median(relative)),
        "lowest_correlation": pytest.approx(min(correlations), abs=1e-12),
        "median_correlation": pytest.approx(np.median(correlations), abs=1e-12),
    }


def test_first_frames_are_compared_with_float32(long_clip):
    found = ig.encode(RoundedSession(), long_clip)
    exact = ig.encode(LeakySession(), long_clip)
    assert not np.array_equal(found, exact)
    error = found.attrs["precision_error"]
    expected = by_hand(found[:64], exact[:64])
    assert error == {"videos": 1, "frames": 64, "units": 12, **expected}
    assert 1e-4 < error["largest_relative_difference"] < 2**-7
    assert found.attrs["precision"] == "bf16"
    assert "precision_error" not in exact.attrs
    assert exact.attrs["precision"] == "float32"


def test_a_short_stimulus_is_compared_whole_with_its_units_and_behavior(clip):
    gain = np.linspace(0.5, 2, 53, dtype=np.float32)[:, None]
    options = {"indices": [7, 2], "behavior": {"gain": gain}}
    found = ig.encode(RoundedSession(), clip, **options)
    exact = ig.encode(LeakySession(), clip, **options)
    error = found.attrs["precision_error"]
    assert error == {"videos": 1, "frames": 53, "units": 2, **by_hand(found, exact)}


def test_of_a_batch_as_many_videos_as_make_64_frames(long_clip):
    batch = long_clip[:90].reshape(3, 30, 6, 8)
    gain = np.random.default_rng(0).uniform(1, 2, (3, 30, 1)).astype(np.float32)
    found = ig.encode(RoundedSession(), batch, behavior={"gain": gain})
    exact = ig.encode(LeakySession(), batch, behavior={"gain": gain})
    error = found.attrs["precision_error"]
    expected = by_hand(found[:2], exact[:2])
    assert error == {"videos": 2, "frames": 30, "units": 12, **expected}


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_chunks_do_not_change_what_is_compared(long_clip, chunk):
    expected = ig.encode(RoundedSession(), long_clip).attrs["precision_error"]
    job = EncodingJob(RoundedSession(), long_clip, chunk_frames=chunk)
    steps = job.run()
    with pytest.raises(StopIteration) as end:
        while True:
            assert next(steps).done <= 100
    assert end.value.value.attrs["precision_error"] == expected


def test_units_that_never_vary_have_no_correlation(leaky):
    dark = np.zeros((20, 6, 8), np.uint8)
    error = ig.encode(RoundedSession(), dark).attrs["precision_error"]
    assert error["lowest_correlation"] is None and error["median_correlation"] is None
    assert error["largest_relative_difference"] == 0


def test_what_a_precision_cannot_hold_is_refused(long_clip, monkeypatch, tmp_path):
    session = RoundedSession()
    rounded = session.advance

    def overflowing(state, frames, behavior, units):
        responses, state = rounded(state, frames, behavior, units)
        if len(session.calls) > 5:  # beyond the frames that are compared
            responses[0, -1, 3] = np.inf
        return responses, state

    monkeypatch.setattr(session, "advance", overflowing)
    with pytest.raises(EncodingError, match=r"in bf16 are NaN or infinite.*float32"):
        ig.encode(session, long_clip, store=tmp_path / "out.zarr")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", load_suffixes())
def test_the_difference_goes_with_every_file(clip, tmp_path, suffix):
    responses = ig.encode(RoundedSession(), clip)
    path = ig.export(responses, tmp_path / f"out{suffix}")
    loaded = ig.load_responses(path)
    for name in ("precision", "precision_error"):
        assert loaded.attrs[name] == responses.attrs[name]
    assert precision_sentence(loaded.attrs) == precision_sentence(responses.attrs)


def test_sentence():
    error = {
        "videos": 1,
        "frames": 64,
        "largest_relative_difference": 0.01234,
        "median_relative_difference": 0.000987,
    }
    attrs = {"precision": "bf16", "precision_error": error}
    assert precision_sentence(attrs) == (
        "bf16: responses differ from float32 by at most 1.2 % (median 0.099 %) on the "
        "first 64 frames."
    )
    error |= {"videos": 3, "frames": 20, "largest_relative_difference": 1234.5}
    sentence = precision_sentence(attrs)
    assert "120000 %" in sentence and "first 20 frames of 3 videos." in sentence
    assert precision_sentence({"precision": "float32"}) is None


def test_a_session_is_opened_in_the_precision_that_was_chosen(twin):
    assert precisions("leaky", "cpu") == ("float32", "bf16")
    assert isinstance(ig.open_session("leaky", device="cpu"), LeakySession)
    session = ig.open_session("leaky", device="cpu", precision="bf16")
    assert isinstance(session, RoundedSession)
    assert twin.opened == ["float32", "bf16"]


@pytest.mark.parametrize(
    ("device", "precision", "message"),
    [
        ("cpu", "bf8", r"'bf8' on the device 'cpu'.*float32 or bf16; choose one of"),
        ("cuda", "bf16", r"'bf16' on the device 'cuda', but in float32; choose that"),
    ],
)
def test_another_precision_is_refused_before_loading(twin, device, precision, message):
    with pytest.raises(SessionError, match=message):
        ig.open_session("leaky", device=device, precision=precision)
    assert twin.opened == []


def test_most_sessions_know_float32_only():
    assert precisions("demo") == ("float32",)
    with pytest.raises(SessionError, match="demo does not compute in 'fp16'"):
        ig.open_session("demo", precision="fp16")
    assert ig.open_session("demo", precision="float32").id == "demo"
    with pytest.raises(SessionError, match="No installed twin has a session 'none'"):
        ig.open_session("none", precision="fp16")
