"""The base of streaming sessions: chunks, state, and running out of memory."""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pytest
import torch

from insilico_gui.errors import EncodingMemoryError
from insilico_gui.streaming import StreamingSession, memory_error


class SumSession(StreamingSession[np.ndarray]):
    """Response = running sum of the frame's mean and the trace; may be short of memory.

    Parameters
    ----------
    capacity : int
        Frames per call above which memory runs out.
    """

    def __init__(self, capacity: int, error: type[Exception] = torch.OutOfMemoryError):
        self.capacity = capacity
        self.error = error
        self.tried: list[int] = []

    def initial_state(self, n_videos):
        return np.zeros((n_videos, 1, 1), np.float32)

    def advance(self, state, frames, behavior, units):
        self.tried.append(frames.shape[1])
        if frames.shape[1] > self.capacity:
            raise self.error("DefaultCPUAllocator: not enough memory")
        rate = frames.mean((2, 3), dtype=np.float32)[..., None]
        for trace in behavior.values():
            rate = rate + trace[..., :1]
        total = state + np.cumsum(rate, axis=1)
        columns = np.arange(3) if units is None else units
        after = state + rate.sum(axis=1, keepdims=True)
        return total * (columns + 1).astype(np.float32), after


@pytest.fixture
def movie() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9, (20, 2, 3), dtype=np.uint8)


def encode(session, chunks, **options) -> np.ndarray:
    return np.concatenate(list(session.stream(chunks, **options)), axis=-2)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_running_out_of_memory_halves_the_step_and_goes_on(movie, caplog, error):
    small = SumSession(capacity=3, error=error)
    with caplog.at_level(logging.WARNING):
        pieces = list(small.stream([movie[:16], movie[16:]]))
    assert [len(piece) for piece in pieces] == [16, 4]
    # halved to what fits once, and not tried larger again
    assert small.tried == [16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    assert "going on with 2 frames" in caplog.text
    whole = encode(SumSession(capacity=99), [movie])
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-6)


def test_one_frame_that_does_not_fit_is_an_error(movie):
    with pytest.raises(EncodingMemoryError, match="single frame"):
        encode(SumSession(capacity=0), [movie])


def test_what_ran_out_is_named(movie, monkeypatch):
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device: (3 * 2**29, 2**33))
    session = SumSession(capacity=0)
    session.device = "cuda:1"
    with pytest.raises(EncodingMemoryError) as caught:
        encode(session, [np.stack([movie, movie])])
    # the allocator that is named in the error is the host's
    assert "The device 'cpu' ran out of memory" in str(caught.value)
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. x")
    assert str(memory_error(error, "a single frame", "cuda:1")) == (
        "The device 'cuda:1' ran out of memory with a single frame (20.00 MiB more were "
        "needed, 1.50 GiB are free); close other programs that use it, encode fewer "
        "videos at once, select fewer units, or choose the device 'cpu'."
    )
    assert "with a single frame of 2 videos side by side (" in str(caught.value)
    assert "choose" not in str(caught.value)


def test_other_errors_pass(movie):
    with pytest.raises(ZeroDivisionError):
        encode(SumSession(capacity=2, error=ZeroDivisionError), [movie])


@pytest.mark.parametrize("sizes", [(20,), (1,) * 20, (7, 0, 13)])
def test_any_split_and_batches_give_the_same(movie, sizes):
    session = SumSession(capacity=4)
    trace = np.linspace(0, 1, 40).reshape(20, 2)
    edges = np.cumsum([0, *sizes])
    chunks = [movie[a:b] for a, b in pairwise(edges)]
    whole = encode(SumSession(capacity=99), [movie], behavior={"eye": trace})
    np.testing.assert_allclose(
        encode(session, chunks, behavior={"eye": trace}), whole, rtol=1e-6
    )
    both = [np.stack([chunk, chunk]) for chunk in chunks]
    batch = encode(session, both, behavior={"eye": np.stack([trace, 0 * trace])})
    np.testing.assert_allclose(batch[0], whole, rtol=1e-6)
    np.testing.assert_allclose(
        batch[1], encode(SumSession(capacity=99), [movie]), rtol=1e-6
    )


def test_units_are_columns_of_the_whole(movie):
    session = SumSession(capacity=99)
    whole = encode(session, [movie])
    np.testing.assert_array_equal(
        encode(session, [movie], units=[2, 0]), whole[:, [2, 0]]
    )
