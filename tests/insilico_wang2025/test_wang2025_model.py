"""The functions that scripts for the published network call."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_wang2025 import scan
from insilico_wang2025.model import Model
from support import wang2025_synthetic as synthetic

from insilico_gui.errors import (
    BehaviorError,
    EncodingError,
    SessionError,
    StimulusError,
)


@pytest.fixture
def model() -> Model:
    return Model(synthetic.network(101, 64))


@pytest.fixture(scope="module")
def small() -> np.ndarray:
    """Frames of another size than the network was trained on, [3, 36, 64]."""
    return np.random.default_rng(2).integers(0, 256, (3, 36, 64), dtype=np.uint8)


def test_scan_gives_a_model_and_its_units(weights_folder, small, model):
    found, ids = scan(session=8, scan_idx=5, directory=weights_folder)
    assert list(ids.columns) == ["session", "scan_idx", "unit_id"]
    assert ids.index.name == "readout_id"
    assert ids.index.tolist() == list(range(64))
    assert ids["unit_id"].tolist() == synthetic.unit_ids(64).tolist()
    np.testing.assert_array_equal(found.predict(stimuli=small), model.predict(small))


def test_scan_looks_in_the_current_folder(weights_folder, monkeypatch):
    monkeypatch.chdir(weights_folder)
    assert len(scan(4, 7)[1]) == 64
    with pytest.raises(SessionError, match=r"params_9_3\.pt"):
        scan(9, 3)


def test_shapes_of_frames_and_results(model, small):
    plain = model.predict(small)
    assert plain.shape == (3, 64)
    assert plain.dtype == np.float32
    assert (plain > 0).all()
    np.testing.assert_array_equal(model.predict(small[..., None]), plain)
    one = model.predict(small[:, None, :, :, None])
    assert one.shape == (3, 1, 64)
    np.testing.assert_array_equal(one[:, 0], plain)
    eye = np.zeros((3, 2, 2))
    eye[:, 1] = 1
    both = model.predict(small, perspectives=eye)
    assert both.shape == (3, 2, 64)
    np.testing.assert_allclose(both[:, 0], plain, rtol=2e-5)
    assert np.abs(both[:, 1] / plain - 1).max() > 1e-2


def test_responses_come_one_by_one_as_frames_are_shown(model, small):
    shown = []

    def frames():
        for t, frame in enumerate(small):
            shown.append(t)
            yield frame

    responses = model.generate_response(frames())
    assert not shown
    first = next(responses)
    assert shown == [0]
    rest = list(responses)
    np.testing.assert_allclose(
        np.stack([first, *rest]), model.predict(small), rtol=2e-5
    )


def test_going_on_is_the_same_as_one_call(model, small):
    whole = np.stack(list(model.generate_response(small)))
    parts = [*model.generate_response(small[:1])]
    parts += [*model.generate_response(small[1:], reset=False)]
    np.testing.assert_array_equal(np.stack(parts), whole)
    # predict starts anew, and leaves its state behind
    model.predict(small[:1])
    going_on = np.stack(list(model.generate_response(small[1:], reset=False)))
    np.testing.assert_allclose(going_on, whole[1:], rtol=2e-5)


def test_the_reset_happens_with_the_first_item(model, small):
    whole = np.stack(list(model.generate_response(small)))
    next(model.generate_response(small))
    model.generate_response(small)  # nothing asked for, so nothing reset
    going_on = next(model.generate_response(small[1:], reset=False))
    np.testing.assert_array_equal(going_on, whole[1])


def test_going_on_with_another_batch_size_is_refused(model, small):
    model.predict(small)
    batch = np.stack([small, small], axis=1)[..., None]
    with pytest.raises(StimulusError, match="running 1 videos"):
        next(model.generate_response(batch, reset=False))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.astype(float), "Frame 0 is float64"),
        (lambda x: x[:, 0], "must be"),
        (lambda x: x[:, None], "must be"),
        (lambda x: x[:, None, None, ..., None], "no picture"),
        (lambda x: x[:0], "no frames"),
        (lambda x: [x[0], x[1, ::2]], "Frame 1 has 18 x 64 pixels"),
    ],
)
def test_wrong_frames_are_refused(model, small, change, message):
    with pytest.raises(StimulusError, match=message):
        model.predict(change(small))


@pytest.mark.parametrize(
    ("eye", "message"),
    [
        (np.zeros((3, 3)), r"shape \[3\]"),
        (np.zeros((3, 1, 2, 2)), r"shape \[1, 2, 2\]"),
        (np.full((3, 2), np.nan), "NaN"),
    ],
)
def test_wrong_traces_are_refused(model, small, eye, message):
    with pytest.raises(BehaviorError, match=message):
        model.predict(small, perspectives=eye)


def test_batches_that_do_not_fit_are_refused(model, small):
    with pytest.raises(StimulusError, match="batches of 1, 2, 3"):
        model.predict(small, np.zeros((3, 2, 2)), np.zeros((3, 3, 2)))


def test_losses(model, small):
    recorded = np.ones((3, 64))
    response = np.stack(list(model.generate_response(small)))
    losses = np.stack(list(model.generate_loss(recorded, small)))
    np.testing.assert_allclose(losses, response - np.log(response), rtol=1e-4)
    with pytest.raises(BehaviorError, match=r"\[1, 64\] do not fit"):
        next(model.generate_loss(recorded[:, None], small))


def test_training_noise_is_refused(model, small):
    with pytest.raises(EncodingError, match="training=False"):
        model.generate_response(small, training=True)
    with pytest.raises(EncodingError, match="training=False"):
        model.generate_loss(small, small, training=True)
