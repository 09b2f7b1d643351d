"""The recurrent step in fixed memory, replayed, against the engine that runs it as is."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from insilico_wang2025.engine import Engine
from insilico_wang2025.engine.graphs import (
    SHAPES_KEPT,
    Replayed,
    Replays,
    cuda_graph,
    rerun,
)
from support import wang2025_synthetic as synthetic

TOLERANCE = 2e-5


def step(x, state):
    """A step of two states that uses its input as memory to work in."""
    x.mul_(2)
    first, second = state
    return (first + x, second + first)


def expected(xs, state):
    outputs = []
    for x in xs:
        state = (state[0] + 2 * x, state[1] + state[0])
        outputs.append(state[0])
    return torch.stack(outputs), state


def inputs(frames=5, size=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    xs = torch.randint(-9, 9, (frames, size), generator=generator).float()
    state = torch.randint(-9, 9, (2, size), generator=generator).float()
    return xs, tuple(state)


class Recorder:
    """Runs work again at each replay, and counts recordings and replays."""

    def __init__(self, error: Exception | None = None):
        self.error = error
        self.recorded = 0
        self.replayed = 0

    def __call__(self, work, device):
        assert device.type == "cpu"
        work()  # as a warm-up does
        self.recorded += 1
        if self.error is not None:
            raise self.error

        def replay():
            self.replayed += 1
            work()

        return replay


def test_a_replayed_step_gives_what_the_step_gives():
    xs, state = inputs()
    recorder = Recorder()
    replayed = Replayed(step, xs[0], state, recorder)
    outputs, after = replayed(xs, state)
    assert recorder.replayed == len(xs)
    wanted, ended = expected(xs, state)
    assert torch.equal(outputs, wanted)
    assert all(map(torch.equal, after, ended))


def test_nothing_that_came_in_or_went_out_is_changed_later():
    xs, state = inputs()
    replayed = Replayed(step, xs[0], state, rerun)
    given = [part.clone() for part in (xs, *state)]
    outputs, after = replayed(xs, state)
    assert all(map(torch.equal, given, (xs, *state)))
    kept = [part.clone() for part in (outputs, *after)]
    replayed(*inputs(seed=1))
    assert all(map(torch.equal, kept, (outputs, *after)))
    assert replayed(xs, state)[0].equal(outputs)


def test_each_shape_is_recorded_once():
    recorder = Recorder()
    replays = Replays(recorder)
    for size, frames in [(3, 5), (2, 5), (3, 5), (3, 1), (2, 8)]:
        xs, state = inputs(frames, size)
        outputs, _ = replays(lambda: step, xs, state)
        assert torch.equal(outputs, expected(xs, state)[0])
    assert recorder.recorded == 2


def test_other_types_and_precisions_are_recorded_anew(monkeypatch):
    recorder = Recorder()
    replays = Replays(recorder)
    xs, state = inputs()
    replays(lambda: step, xs, state)
    wide = tuple(part.double() for part in state)
    assert replays(lambda: step, xs.double(), wide)[0].dtype == torch.float64
    assert recorder.recorded == 2
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "allow_tf32", not cudnn.allow_tf32)
    replays(lambda: step, xs, state)
    assert recorder.recorded == 3


def test_the_shapes_used_last_are_kept():
    recorder = Recorder()
    replays = Replays(recorder)
    for size in range(1, SHAPES_KEPT + 1):
        replays(lambda: step, *inputs(size=size))
    replays(lambda: step, *inputs(size=1))
    replays(lambda: step, *inputs(size=SHAPES_KEPT + 1))
    assert recorder.recorded == SHAPES_KEPT + 1
    replays(lambda: step, *inputs(size=1))
    assert recorder.recorded == SHAPES_KEPT + 1
    replays(lambda: step, *inputs(size=2))
    assert recorder.recorded == SHAPES_KEPT + 2


def test_forgotten_recordings_are_made_again():
    recorder = Recorder()
    replays = Replays(recorder)
    replays(lambda: step, *inputs())
    replays.forget()
    replays(lambda: step, *inputs())
    assert recorder.recorded == 2


def test_what_cannot_be_recorded_is_run_as_it_is(caplog):
    recorder = Recorder(RuntimeError("operation not permitted"))
    replays = Replays(recorder)
    with caplog.at_level(logging.WARNING):
        for size in (3, 2, 3):
            xs, state = inputs(size=size)
            outputs, _ = replays(lambda: step, xs, state)
            assert torch.equal(outputs, expected(xs, state)[0])
    assert recorder.recorded == 1
    assert [record.getMessage() for record in caplog.records] == [
        "The recurrent step cannot be recorded as a graph and runs as it is, which is "
        "slower: operation not permitted"
    ]


def interrupted():
    """What is raised if ending a recording fails because memory ran out in it."""
    error = RuntimeError("recording failed due to a previous error")
    error.__context__ = torch.OutOfMemoryError("no")
    return error


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("no"), interrupted()])
def test_too_little_memory_for_a_recording_is_told_and_not_remembered(error):
    recorder = Recorder(error)
    replays = Replays(recorder)
    with pytest.raises(torch.OutOfMemoryError):
        replays(lambda: step, *inputs())
    recorder.error = None
    replays(lambda: step, *inputs())
    assert (recorder.recorded, recorder.replayed) == (2, 5)


@pytest.fixture(scope="module")
def network():
    return synthetic.network(101, 64)


@pytest.fixture(scope="module")
def videos():
    """Three videos of 6 small frames with their eye positions and behaviour."""
    rng = np.random.default_rng(6)
    frames = rng.integers(0, 256, (3, 6, 36, 64), dtype=np.uint8)
    traces = rng.standard_normal((2, 3, 6, 2), dtype=np.float32)
    return tuple(map(torch.from_numpy, (frames, *traces)))


@pytest.fixture(scope="module")
def as_is(network, videos):
    """What the engine says of the videos, each step run as it is."""
    return run(Engine(network), videos)[0]


def run(engine, videos, device="cpu"):
    """Log responses to chunks of 4 frames, on the host, and the states between."""
    states = [engine.initial_state(len(videos[0]))]
    logs = []
    for chunk in zip(*(part.split(4, 1) for part in videos), strict=True):
        log, state = engine(*(part.to(device) for part in chunk), states[-1])
        logs.append(log.cpu())
        states.append(state)
    return torch.cat(logs, 1), states


def carried(state):
    return [
        part.clone()
        for video in state
        for part in (*video.modulation, *video.recurrent)
    ]


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_engine_replays_to_the_same_responses(
    network, videos, as_is, at_once, monkeypatch
):
    recorder = Recorder()
    places = "insilico_wang2025.engine"
    monkeypatch.setattr(f"{places}.graphs.RECORDERS", {"cpu": recorder})
    monkeypatch.setattr(f"{places}.engine.VIDEOS_AT_ONCE", {"cpu": at_once})
    engine = Engine(network)
    found, states = run(engine, videos)
    assert (found - as_is).expm1().abs().max() <= TOLERANCE
    # of modulation and recurrent part; for one video, or for two and for one
    assert recorder.recorded == 2 * at_once
    assert recorder.replayed == 2 * 6 * (3 if at_once == 1 else 2)
    # a state that was returned stays as it was, and can be gone on from again
    kept = carried(states[1])
    again, _ = engine(*(part[:, 4:] for part in videos), states[1])
    assert torch.equal(again, found[:, 4:])
    assert all(map(torch.equal, kept, carried(states[1])))


def test_a_step_in_reduced_precision_is_replayed_too(network, videos, monkeypatch):
    two = tuple(part[:2] for part in videos)
    monkeypatch.setattr("insilico_wang2025.engine.engine.VIDEOS_AT_ONCE", {"cpu": 2})
    wanted, _ = run(Engine(network, torch.bfloat16), two)
    recorder = Recorder()
    monkeypatch.setattr("insilico_wang2025.engine.graphs.RECORDERS", {"cpu": recorder})
    found, states = run(Engine(network, torch.bfloat16), two)
    assert recorder.replayed == 2 * 6
    assert (found - wanted).expm1().abs().max() <= 2e-2
    assert {part.dtype for part in carried(states[-1])} == {torch.float32}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_graph_gives_what_the_step_gives():
    device = torch.device("cuda")
    xs, state = inputs()
    there = tuple(part.to(device) for part in state)
    with torch.inference_mode():
        replayed = Replayed(step, xs[0].to(device), there, cuda_graph)
        for _ in range(2):
            outputs, after = replayed(xs.to(device), there)
            wanted, ended = expected(xs, state)
            assert torch.equal(outputs.cpu(), wanted)
            assert all(map(torch.equal, [part.cpu() for part in after], ended))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_failed_recording_leaves_cuda_usable():
    device = torch.device("cuda")

    def refused(x, state):
        state[0].sum().item()  # waits for the device, which a recording cannot
        return step(x, state)

    xs, state = inputs()
    there = tuple(part.to(device) for part in state)
    stream = torch.cuda.current_stream()
    replays = Replays(cuda_graph)
    outputs, _ = replays(lambda: refused, xs.to(device), there)
    assert torch.equal(outputs.cpu(), expected(xs, state)[0])
    assert torch.cuda.current_stream() == stream


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_engine_on_cuda_is_as_without_graphs(videos, monkeypatch):
    from copy import deepcopy

    from insilico_gui.device import full_float32

    moved = deepcopy(synthetic.network(101, 64)).to("cuda")
    moved.fold()  # moving a module unfolds it
    with full_float32():
        found, states = run(Engine(moved), videos, "cuda")
        kept = carried(states[1])
        monkeypatch.setattr("insilico_wang2025.engine.graphs.RECORDERS", {})
        wanted, others = run(Engine(moved), videos, "cuda")
    assert (found - wanted).expm1().abs().max() <= TOLERANCE
    assert all(map(torch.equal, kept, carried(states[1])))
    for one, other in zip(carried(states[-1]), carried(others[-1]), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4)
