"""Reduced precision: near float32, not the same, and float32 none the worse for it."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from insilico_wang2025 import precision
from insilico_wang2025.engine import Engine
from insilico_wang2025.ids import ScanKey
from insilico_wang2025.session import open_scan
from support import wang2025_synthetic as synthetic

import insilico_gui as ig
from insilico_gui.errors import SessionError
from insilico_gui.session import ReducedSession
from insilico_gui.twin import ReducingTwin

ID = "wang2025/session-8_scan-5"

#: Largest and median relative difference of responses to float32 that are allowed.
ALLOWED = {"bf16": (5e-2, 5e-3), "fp16": (6e-3, 6e-4)}


@pytest.fixture(scope="module")
def network():
    return synthetic.network(101, 64)


@pytest.fixture(scope="module")
def inputs():
    """Two videos of 8 small frames with their eye positions and behaviour."""
    rng = np.random.default_rng(5)
    frames = rng.integers(0, 256, (2, 8, 36, 64), dtype=np.uint8)
    traces = rng.standard_normal((2, 2, 8, 2), dtype=np.float32)
    return tuple(map(torch.from_numpy, (frames, *traces)))


def run(engine, inputs, sizes=8):
    """Responses to chunks of `sizes` frames, one after the other."""
    state = engine.initial_state(len(inputs[0]))
    logs = []
    for chunk in zip(*(part.split(sizes, 1) for part in inputs), strict=True):
        log_response, state = engine(*chunk, state)
        logs.append(log_response)
    return torch.cat(logs, 1).exp()


def assert_near(found, exact, name) -> None:
    """Within what the precision allows, but not as in float32."""
    relative = (found / exact - 1).abs()
    largest, median = ALLOWED[name]
    assert median / 50 < relative.median() <= median
    assert relative.max() <= largest


@pytest.fixture(scope="module")
def exact(network, inputs):
    return run(Engine(network), inputs)


@pytest.fixture(scope="module")
def bf16(network):
    return Engine(network, torch.bfloat16)


@pytest.mark.parametrize("sizes", [8, 1, [3, 4, 1]])
def test_bf16_is_near_float32_however_a_video_is_cut(bf16, inputs, exact, sizes):
    assert_near(run(bf16, inputs, sizes), exact, "bf16")


def test_the_state_is_carried_exactly(bf16, inputs):
    """Cut where tiles end, the arithmetic is the same, and so nearly are the numbers."""
    one = tuple(part[:1] for part in inputs)
    whole, halves = run(bf16, one), run(bf16, one, 4)
    torch.testing.assert_close(halves, whole, rtol=2e-3, atol=0)


def test_fp16_is_nearer(network, inputs, exact):
    # few frames: without instructions for it, a CPU takes seconds for each
    some = tuple(part[:1, :3] for part in inputs)
    found = run(Engine(network, torch.float16), some, 3)
    assert_near(found, exact[:1, :3], "fp16")


def test_responses_and_state_are_float32(bf16, inputs):
    some = tuple(part[:, :3] for part in inputs)
    log_response, (video, _) = bf16(*some, bf16.initial_state(2))
    tensors = [log_response, *video.feedforward, *video.modulation, *video.recurrent]
    assert {tensor.dtype for tensor in tensors} == {torch.float32}


def test_float32_is_the_same_to_the_bit_after_bf16(network, inputs, exact):
    one = tuple(part[:1] for part in inputs)
    engine = Engine(network)
    run(Engine(network, torch.bfloat16), one)
    assert torch.equal(run(engine, one), exact[:1])
    assert torch.equal(run(Engine(network, torch.float32), one), exact[:1])


def test_a_session_tells_how_far_it_is_from_float32(weights_folder, session, video):
    reduced = open_scan(ScanKey(8, 5), weights_folder, "cpu", "bf16")
    assert isinstance(reduced, ReducedSession) and reduced.precision == "bf16"
    assert session.in_float32() is session
    video = video[:5]
    found, exact = ig.encode(reduced, video), ig.encode(session, video)
    np.testing.assert_array_equal(ig.encode(reduced.in_float32(), video), exact)
    relative = np.abs(found.to_numpy() / exact.to_numpy() - 1)
    error = found.attrs["precision_error"]
    assert error["frames"] == len(video) and error["units"] == 64
    assert error["largest_relative_difference"] == pytest.approx(
        relative.max(), rel=1e-4
    )
    assert 0 < error["median_relative_difference"] <= ALLOWED["bf16"][1]
    assert "precision_error" not in exact.attrs


def test_tf32_is_asked_for_around_the_network_only(weights_folder, video, monkeypatch):
    session = open_scan(ScanKey(8, 5), weights_folder, "cpu", "tf32")
    flag = torch.backends.cuda.matmul
    asked = []

    def failing(*arguments):
        asked.append(flag.allow_tf32)
        raise ZeroDivisionError

    monkeypatch.setattr(session, "_engine", failing)
    before = flag.allow_tf32, torch.backends.cudnn.allow_tf32
    with pytest.raises(ZeroDivisionError):
        session.advance((), video[None], {}, None)
    assert asked == [True]
    assert (flag.allow_tf32, torch.backends.cudnn.allow_tf32) == before


def test_what_is_not_offered_is_refused_before_files_are_looked_for(tmp_path):
    for name in ("fp16", "tf32"):
        with pytest.raises(SessionError, match=f"does not compute in '{name}'"):
            ig.open_session(ID, tmp_path, "cpu", name)


def test_it_is_opened_in_what_is_offered(weights_folder, monkeypatch):
    monkeypatch.setattr(precision, "_bf16_pays", lambda: True)
    session = ig.open_session(ID, weights_folder, "cpu", "bf16")
    assert session.precision == "bf16"
    assert ig.open_session(ID, weights_folder, "cpu").precision == "float32"


@pytest.mark.parametrize(
    ("slow", "expected"),
    [(torch.float32, ("float32", "bf16")), (torch.bfloat16, ("float32",))],
)
def test_bf16_is_offered_where_it_is_not_slower(slow, expected, monkeypatch):
    product = torch.bmm

    def bmm(a, b):
        if a.dtype == slow:
            time.sleep(0.02)
        return product(a, b)

    monkeypatch.setattr(torch, "bmm", bmm)
    monkeypatch.setattr(precision, "_bf16_pays", precision._bf16_pays.__wrapped__)
    assert precision.offered("cpu") == expected


def test_cuda_offers_what_it_has_units_for():
    assert precision.offered_by_cuda((6, 1)) == ("float32",)
    assert precision.offered_by_cuda((7, 5)) == ("float32", "fp16")
    for capability in ((8, 0), (9, 0)):
        offered = precision.offered_by_cuda(capability)
        assert offered == ("float32", "tf32", "bf16", "fp16")


def test_the_twin_offers_precisions():
    from insilico_wang2025 import twin

    assert isinstance(twin, ReducingTwin)
    assert twin.precisions(ID, "cpu")[0] == "float32"
    with pytest.raises(SessionError):
        twin.precisions("wang2025/nothing", "cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["bf16", "fp16", "tf32"])
def test_near_float32_on_a_gpu(weights_folder, session, video, name):
    reduced = open_scan(ScanKey(8, 5), weights_folder, "cuda", name)
    found = torch.from_numpy(ig.encode(reduced, video).to_numpy())
    exact = torch.from_numpy(ig.encode(session, video).to_numpy())
    assert_near(found, exact, "fp16" if name == "tf32" else name)
