"""A scan as a session: streaming, behaviour, units, provenance."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from insilico_wang2025.model import Model
from support import wang2025_synthetic as synthetic

from insilico_gui.device import full_float32
from insilico_gui.errors import BehaviorError, SelectionError, StimulusError
from insilico_gui.session import VideoSession, check_units


def encode(session, chunks, **options) -> np.ndarray:
    return np.concatenate(list(session.stream(chunks, **options)), axis=-2)


def tensors(state) -> list[torch.Tensor]:
    """All tensors of a state."""
    if isinstance(state, torch.Tensor):
        return [state]
    return [tensor for part in state for tensor in tensors(part)]


@pytest.fixture(scope="module")
def traces() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=(10, 2)) for name in ("perspective", "modulation")}


@pytest.fixture(scope="module")
def whole(session, video, traces) -> np.ndarray:
    return encode(session, [video], behavior=traces)


def test_it_is_a_session(session):
    assert isinstance(session, VideoSession)
    check_units(session.units, session.id)
    assert session.id == "wang2025/session-8_scan-5"
    assert (session.input_kind, session.frame_shape) == ("video", (144, 256))
    assert session.frame_rate == 30.0
    assert dict(session.behavior) == {"perspective": 2, "modulation": 2}
    assert session.device == "cpu"


def test_provenance_is_plain_and_names_no_place(session, weights_folder):
    text = json.dumps(session.attrs)
    assert str(weights_folder) not in text
    assert weights_folder.name not in text
    assert session.attrs["weights_hash"].startswith("sha256:")
    assert session.attrs["weights_files"] == ["params_core.pt", "params_8_5.pt"]
    assert session.attrs["rf_source"] == "derived from weights"
    assert session.attrs["doi"] == "10.1038/s41586-025-08829-y"


def test_a_stream_gives_what_predict_gives(session, whole, video, traces):
    model = Model(synthetic.network(101, 64))
    expected = model.predict(video, traces["perspective"], traces["modulation"])
    np.testing.assert_allclose(whole, expected, rtol=2e-5)
    assert whole.dtype == np.float32


def test_any_split_gives_the_same(session, whole, video, traces):
    for sizes in ((1, 6, 0, 3), (4, 1, 5)):
        edges = np.cumsum([0, *sizes])
        chunks = [video[a:b] for a, b in pairwise(edges)]
        pieces = list(session.stream(chunks, behavior=traces))
        assert [len(piece) for piece in pieces] == list(sizes)
        np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=2e-5)


def test_videos_side_by_side_and_units_are_as_alone(session, whole, video, traces):
    both = {name: np.stack([0 * t, t])[:, :6] for name, t in traces.items()}
    videos = np.stack([video[4:10], video[:6]])
    picked = np.array([63, 0, 7, 7])
    chunks = [videos[:, :2], videos[:, 2:]]
    found = encode(session, chunks, behavior=both, units=picked)
    assert found.shape == (2, 6, 4)
    np.testing.assert_allclose(found[1], whole[:6, picked], rtol=2e-5)
    np.testing.assert_allclose(
        found[0], encode(session, [video[4:]])[:, picked], rtol=2e-5
    )


def test_no_behaviour_is_zeros(session, video):
    zeros = {"perspective": np.zeros((3, 2)), "modulation": np.zeros((3, 2))}
    np.testing.assert_array_equal(
        encode(session, [video[:3]]), encode(session, [video[:3]], behavior=zeros)
    )


def test_two_running_streams_do_not_share_state(session, whole, video, traces):
    chunks = [video[:2], video[2:4]]
    one = session.stream(chunks, behavior=traces)
    first = next(one)
    other = session.stream([video[5:7]])
    next(other)
    np.testing.assert_allclose(np.concatenate([first, next(one)]), whole[:4], rtol=2e-5)


def test_a_failed_step_leaves_the_state_as_it_was(session, video):
    state = session.initial_state(1)
    first, after = session.advance(state, video[None, :2], {}, None)
    again, _ = session.advance(state, video[None, :2], {}, None)
    np.testing.assert_array_equal(first, again)
    assert all(not part.any() for part in tensors(state))
    assert all(part.any() for part in tensors(after))


def test_memory_does_not_grow_with_the_video(session, video):
    """The state keeps no frames of the chunk alive."""
    _, state = session.advance(session.initial_state(1), video[None, :5], {}, None)
    fresh = session.initial_state(1)
    for tensor, template in zip(tensors(state), tensors(fresh), strict=True):
        assert tensor.untyped_storage().nbytes() == template.untyped_storage().nbytes()


def test_wrong_frames_are_refused(session, video):
    with pytest.raises(StimulusError, match="256 x 144 pixels, not 64 x 36"):
        next(session.stream([video[:1, ::4, ::4]]))
    with pytest.raises(StimulusError, match="float32"):
        next(session.stream([video[:1].astype(np.float32)]))


@pytest.mark.parametrize(
    ("behavior", "message"),
    [
        ({"running": np.zeros((1, 1))}, "no behaviour input 'running'"),
        ({"modulation": np.zeros((1, 3))}, "columns"),
        ({"modulation": np.zeros((0, 2))}, "fewer frames"),
        ({"perspective": np.array([[0, np.nan]])}, "NaN"),
    ],
)
def test_wrong_behaviour_is_refused(session, video, behavior, message):
    with pytest.raises(BehaviorError, match=message):
        next(session.stream([video[:1]], behavior=behavior))


def test_units_that_are_not_there_are_refused(session, video):
    for units in ([64], [-1]):
        with pytest.raises(SelectionError, match="units 0 to 63"):
            next(session.stream([video[:1]], units=units))


def test_full_float32_is_set_and_put_back():
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32
    with full_float32():
        assert not cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32
    assert cudnn.allow_tf32 == before


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_same_on_a_gpu(weights_folder, whole, video, traces):
    from insilico_wang2025 import twin

    session = twin.open("wang2025/session-8_scan-5", weights_folder, "cuda")
    assert session.device == "cuda:0"
    found = encode(session, [video], behavior=traces)
    np.testing.assert_allclose(found, whole, rtol=2e-5)
