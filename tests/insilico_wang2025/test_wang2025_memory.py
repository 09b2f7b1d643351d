"""Running out of memory: fewer videos at once, the same responses, or a sentence."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from insilico_wang2025.engine import Engine
from insilico_wang2025.engine.state import split
from insilico_wang2025.model import Model
from insilico_wang2025.session import Wang2025Session
from support import wang2025_synthetic as synthetic

import insilico_gui as ig
from insilico_gui.errors import EncodingMemoryError

TOLERANCE = 2e-5
FIRST_AND_LATER = slice(0, 1), slice(1, 3)
MESSAGE = (
    "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of "
    "7.00 GiB of which 1.00 GiB is free."
)


class Cramped:
    """A part of the engine in whose place memory runs out above some number of videos.

    Attributes
    ----------
    room : int
        That number.
    tried : list of int
        Videos of each call.
    """

    def __init__(self, part, room: int, after: int = 0):
        self._part = part
        self.room = room
        self.after = after
        self.tried: list[int] = []

    def __call__(self, x, state):
        self.tried.append(len(x))
        if len(x) > self.room and len(self.tried) > self.after:
            raise torch.OutOfMemoryError(MESSAGE)
        return self._part(x, state)

    def __getattr__(self, name):
        return getattr(self._part, name)


@pytest.fixture(scope="module")
def network():
    return synthetic.network(101, 64)


@pytest.fixture(scope="module")
def videos():
    """Five videos of 3 small frames with their eye positions and behaviour."""
    rng = np.random.default_rng(8)
    frames = rng.integers(0, 256, (5, 3, 18, 32), dtype=np.uint8)
    traces = rng.standard_normal((2, 5, 3, 2), dtype=np.float32)
    return tuple(map(torch.from_numpy, (frames, *traces)))


@pytest.fixture(scope="module")
def undisturbed(network, videos):
    engine = Engine(network)
    return engine(*videos, engine.initial_state(5))[0]


@pytest.fixture
def four_at_once(monkeypatch):
    """Four videos and two frames at once."""
    monkeypatch.setattr("insilico_wang2025.engine.engine.FRAMES_AT_ONCE", 2)
    monkeypatch.setattr("insilico_wang2025.engine.engine.VIDEOS_AT_ONCE", {"cpu": 4})


def cramped_engine(network, room, after=0):
    engine = Engine(network)
    engine._feedforward = Cramped(engine._feedforward, room, after)
    return engine


def assert_close(found, expected):
    assert found.shape == expected.shape
    assert (found - expected).expm1().abs().max() <= TOLERANCE


@pytest.mark.usefixtures("four_at_once")
def test_fewer_videos_at_once_give_the_same_responses(
    network, videos, undisturbed, caplog
):
    engine = cramped_engine(network, room=1, after=2)
    first, later = (tuple(part[:, now] for part in videos) for now in FIRST_AND_LATER)
    with caplog.at_level(logging.WARNING):
        log, state = engine(*first, engine.initial_state(5))
        assert [part.n_videos for part in state] == [4, 1]
        rest, after = engine(*later, state)
    assert_close(torch.cat([log, rest], dim=1), undisturbed)
    # 4 and 1 went well; then 4 and 2 did not, and neither was tried again
    assert engine._feedforward.tried == [4, 1, 4, 2] + [1] * 5
    assert [part.n_videos for part in after] == [1] * 5
    assert [record.getMessage() for record in caplog.records] == [
        "Out of memory: going on with 2 of 4 videos at once",
        "Out of memory: going on with 1 of 2 videos at once",
    ]
    # a state of more videos, and a new one, are taken as they come
    again, _ = engine(*(part[:, :1] for part in later), state)
    assert_close(again, rest[:, :1])
    assert len(engine.initial_state(5)) == 5
    assert engine._feedforward.tried[9:] == [1] * 5


@pytest.mark.usefixtures("four_at_once")
def test_memory_that_runs_out_within_a_call(network, videos, undisturbed):
    engine = cramped_engine(network, room=2, after=1)  # at the second chunk
    log, state = engine(*videos, engine.initial_state(5))
    assert_close(log, undisturbed)
    assert engine._feedforward.tried == [4, 4, 2, 2, 1, 1]
    assert [part.n_videos for part in state] == [2, 2, 1]


@pytest.mark.usefixtures("four_at_once")
def test_a_failed_try_leaves_the_state_as_it_was(network, videos):
    engine = cramped_engine(network, room=0, after=2)
    first, later = (tuple(part[:, now] for part in videos) for now in FIRST_AND_LATER)
    _, state = engine(*first, engine.initial_state(5))
    kept = [part.clone() for part in state[0].recurrent]
    with pytest.raises(torch.OutOfMemoryError):
        engine(*later, state)
    assert all(map(torch.equal, kept, state[0].recurrent))
    assert state[0].n_videos == 4


@pytest.mark.usefixtures("four_at_once")
def test_other_errors_pass(network, videos):
    engine = Engine(network)
    frames, eye, behavior = videos
    with pytest.raises(RuntimeError, match="Expected size"):
        engine(frames, eye, behavior[..., :1], engine.initial_state(5))
    assert len(engine.initial_state(4)) == 1


def test_a_split_state_holds_each_video(network, monkeypatch):
    monkeypatch.setattr("insilico_wang2025.engine.engine.VIDEOS_AT_ONCE", {"cpu": 3})
    (state,) = Engine(network).initial_state(3)
    with torch.inference_mode():
        fill(state)
    pair, last = split(state, 2)
    assert (pair.n_videos, last.n_videos) == (2, 1)
    for tensor in (*last.modulation, *last.feedforward, *last.recurrent):
        assert bool((tensor == 2).all())
        assert tensor.untyped_storage().nbytes() == 4 * tensor.numel()
    for tensor in (*pair.modulation, *pair.feedforward, *pair.recurrent):
        assert tensor.unique().tolist() == [0, 1]
    assert split(state, 3) == (state,)


def fill(state):
    """Write each of three videos' number into its part of a state."""
    for number, tensors in enumerate((state.modulation, state.recurrent)):
        for tensor in tensors:
            shape = (4, 3, -1) if number == 0 else (1, 3, -1)
            tensor.view(shape)[:] = torch.arange(3.0)[None, :, None]
    for tensor in state.feedforward:
        tensor[:] = torch.arange(3.0).view(3, 1, 1, 1, 1)


def cramped_session(session, room):
    other = Wang2025Session(session.id, session.network, session.units, session.attrs)
    other._engine = cramped_engine(session.network, room)
    return other


def test_encoding_a_batch_that_does_not_fit_at_once(session, video, monkeypatch):
    videos = np.stack([video[:4], video[:4][::-1]])
    wanted = ig.encode(session, videos)
    monkeypatch.setattr("insilico_wang2025.engine.engine.VIDEOS_AT_ONCE", {"cpu": 2})
    cramped = cramped_session(session, room=1)
    found = ig.encode(cramped, videos)
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE)


def test_a_single_frame_that_does_not_fit_is_told_in_a_sentence(session, video):
    cramped = cramped_session(session, room=0)
    with pytest.raises(EncodingMemoryError) as caught:
        ig.encode(cramped, video)
    assert "\n" not in str(caught.value)
    for words in (
        "ran out of memory with a single frame (2.50 GiB more were needed, ",
        " GiB are free); close other programs",
        "select fewer units",
    ):
        assert words in str(caught.value)


def test_the_published_functions_tell_it_too(network, video):
    model = Model(network)
    model._engine = cramped_engine(network, room=0)
    with pytest.raises(EncodingMemoryError, match="with 2 frames of 1 video "):
        model.predict(video[:2])
