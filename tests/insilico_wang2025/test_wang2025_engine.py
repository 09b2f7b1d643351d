"""The engine against the reference vectors, the plain network, and itself."""

from __future__ import annotations

import os
import platform

import numpy as np
import pytest
import torch
from insilico_wang2025.engine import Engine
from insilico_wang2025.engine.memory import keep_freed_memory
from insilico_wang2025.engine.winograd import TemporalConv
from support import wang2025_synthetic as synthetic

TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def network():
    return synthetic.network(101, 64)


@pytest.fixture(scope="module")
def engine(network):
    return Engine(network)


@pytest.fixture(scope="module")
def inputs():
    """Two videos of 12 small frames with their eye positions and behaviour."""
    rng = np.random.default_rng(5)
    frames = rng.integers(0, 256, (2, 12, 36, 64), dtype=np.uint8)
    traces = rng.standard_normal((2, 2, 12, 2), dtype=np.float32)
    return tuple(map(torch.from_numpy, (frames, *traces)))


@pytest.fixture(scope="module")
def plain(network, inputs):
    """What the plain network says of the first video, [1, 12, 64]."""
    with torch.inference_mode():
        return network(*cut(inputs), network.initial_state(1))[0]


def cut(inputs, frames=slice(None), videos=slice(1)):
    """Some frames of some videos; if not told, all of the first."""
    return tuple(part[videos, frames] for part in inputs)


def run(model, inputs, sizes, **options):
    """Log responses to the chunks of `sizes` frames, one after the other."""
    state = model.initial_state(len(inputs[0]))
    logs = []
    with torch.inference_mode():
        for chunk in zip(*(part.split(sizes, 1) for part in inputs), strict=True):
            log_response, state = model(*chunk, state, **options)
            logs.append(log_response)
    return torch.cat(logs, 1)


def assert_close(found, expected) -> None:
    """Of log responses: as responses, within the tolerance."""
    assert found.shape == expected.shape
    assert (found - expected).expm1().abs().max() <= TOLERANCE


@pytest.fixture(scope="module")
def reference():
    """An engine, 16 frames, and what the public implementation says of them.

    The whole video of the case in one call is in ``test_wang2025_parity.py``.
    """
    with np.load(synthetic.DATA / "case_b.npz") as file:
        case = {key: torch.from_numpy(value) for key, value in file.items()}
    engine = Engine(synthetic.network(int(case["seed"]), int(case["units"])))
    video = case["video"][..., 0]
    inputs = (video, case["perspectives"], case["modulations"])
    return engine, tuple(x[None, :16] for x in inputs), case["expected"][:16]


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_every_chunk_size_gives_the_reference_responses(reference, size):
    engine, inputs, expected = reference
    assert_close(run(engine, inputs, size)[0], expected.log())


# What a chunk computes depends on its length beyond whole tiles of four, and on whether
# the chunk before it was shorter than the two frames of history: lengths from 1 to 7
# after one frame and after several, and one beyond the frames that are run at once.
@pytest.mark.parametrize(
    "sizes",
    [
        [1, 1, 2, 3, 1, 4],
        [1, 5, 1, 3, 2],
        [1, 6, 5],
        [4, 1, 7],
        [2, 4, 6],
        [3, 9],
    ],
)
def test_splits_give_the_plain_responses(engine, inputs, plain, sizes):
    assert_close(run(engine, cut(inputs), sizes), plain)


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_the_plain_responses(
    engine, inputs, plain, threads
):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert_close(run(engine, cut(inputs, slice(5)), 5), plain[:, :5])
    finally:
        torch.set_num_threads(before)


def test_videos_in_one_pass_are_as_one_by_one(network, engine, inputs, monkeypatch):
    few = cut(inputs, slice(6), slice(2))
    alone = [run(engine, cut(few, videos=slice(k, k + 1)), 6) for k in range(2)]
    monkeypatch.setattr("insilico_wang2025.engine.engine.VIDEOS_AT_ONCE", {"cpu": 2})
    three = tuple(torch.cat([part, part[:1]]) for part in few)
    found = run(Engine(network), three, 4)
    assert_close(found, torch.cat([*alone, alone[0]]))


def test_selected_units_are_those_of_all(engine, inputs, plain):
    one = cut(inputs, slice(5))
    for units in ([63, 0, 7, 7], [5], list(range(64))[::-1]):
        found = run(engine, one, 5, units=torch.tensor(units, dtype=torch.long))
        assert_close(found, plain[:, :5, units])


def test_what_is_beyond_the_monitor(network, engine, inputs):
    few = cut(inputs, slice(3))
    with torch.inference_mode():
        state = network.initial_state(1)
        expected = network(*few, state, periphery="extend")[0]
    assert_close(run(engine, few, 3, periphery="extend"), expected)
    assert (run(engine, few, 3) - expected).abs().max() > 1e-3


def test_a_state_is_not_changed_by_its_use(engine, inputs):
    _, state = engine(*cut(inputs, slice(3)), engine.initial_state(1))
    again = [engine(*cut(inputs, slice(3, 8)), state)[0] for _ in range(2)]
    assert torch.equal(*again)


def test_no_frames_leave_everything_as_it_was(engine, inputs):
    nothing = tuple(part[:, :0] for part in inputs)
    logs, state = engine(*nothing, engine.initial_state(2))
    assert logs.shape == (2, 0, 64)
    assert len(state) == 2


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", range(1, 10))
def test_temporal_convolution(frames, stride):
    generator = torch.Generator().manual_seed(3)
    weight = torch.randn(8, 4, 3, 3, 3, generator=generator)
    bias = torch.randn(8, generator=generator)
    seen = torch.randn(2, frames + 2, 9, 11, 8, generator=generator)
    expected = torch.nn.functional.conv3d(
        seen.permute(0, 4, 1, 2, 3),
        weight,
        bias,
        (1, stride, stride),
        (0, 1, 1) if stride == 1 else 0,
        groups=2,
    ).permute(0, 2, 3, 4, 1)
    found = TemporalConv(weight, bias, 2, stride)(seen)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_settings_of_the_user_for_glibc_are_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "100000")
    # around the cache: the process may be set already
    assert not keep_freed_memory.__wrapped__()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_freed_memory_is_kept(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_"))]:
        monkeypatch.delenv(name)
    assert keep_freed_memory.__wrapped__()
