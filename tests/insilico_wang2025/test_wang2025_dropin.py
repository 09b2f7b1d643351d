"""The published calls: their names, the order and defaults of arguments, what they give."""

from __future__ import annotations

import copy
import inspect
import logging

import insilico_wang2025
import numpy as np
import pytest
import torch
from insilico_wang2025 import data, evaluate, load_network_from_params, scan
from insilico_wang2025.model import Model
from support import wang2025_synthetic as synthetic

from insilico_gui.errors import (
    BehaviorError,
    DeviceError,
    EncodingError,
    SessionError,
    WeightsError,
)

NO_DEFAULT = inspect.Parameter.empty
INPUTS = [("stimuli", NO_DEFAULT), ("perspectives", None), ("modulations", None)]

# Name, and its positional parameters in the published order with their defaults
PUBLISHED = {
    "scan": [
        ("session", NO_DEFAULT),
        ("scan_idx", NO_DEFAULT),
        ("cuda", True),
        ("directory", None),
    ],
    "load_network_from_params": [("path", NO_DEFAULT), ("cuda", True)],
    "download_data": [("directory", None), ("verbose", True)],
    "model.Model.predict": INPUTS,
    "model.Model.generate_response": [*INPUTS, ("training", False), ("reset", True)],
    "model.Model.generate_loss": [
        ("units", NO_DEFAULT),
        *INPUTS,
        ("stream", None),
        ("training", False),
        ("reset", True),
    ],
    "model.Model.reset": [],
    "model.Model.module": [("name", NO_DEFAULT)],
    "data.load_training_data": [("directory", NO_DEFAULT)],
    "data.load_evaluation_data": [("directory", NO_DEFAULT)],
    "evaluate.format_responses": [("responses", NO_DEFAULT), ("burnin_frames", 0)],
    "evaluate.compute_cc_max": [("responses", NO_DEFAULT)],
    "evaluate.compute_cc_abs": [
        ("responses", NO_DEFAULT),
        ("predictions", NO_DEFAULT),
    ],
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_calls(name):
    found = insilico_wang2025
    for part in name.split("."):
        found = getattr(found, part)
    parameters = [
        (p.name, p.default)
        for p in inspect.signature(found).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    published = PUBLISHED[name]
    assert parameters[: len(published)] == published
    # what is ours comes after, and may be left out
    assert all(default is not NO_DEFAULT for _, default in parameters[len(published) :])


@pytest.fixture
def model() -> Model:
    return Model(synthetic.network(101, 64))


@pytest.fixture(scope="module")
def small() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (3, 36, 64), dtype=np.uint8)


def test_scan_as_published(weights_folder, small, model, monkeypatch):
    expected = model.predict(small)
    for found, ids in (
        scan(8, 5, cuda=False, directory=weights_folder),
        scan(8, 5, False, weights_folder),
        scan(8, 5, directory=str(weights_folder), device="cpu"),
    ):
        assert found.device == torch.device("cpu")
        assert found.units == len(ids) == 64
        assert not found.training
        np.testing.assert_array_equal(found.predict(small), expected)
    monkeypatch.chdir(weights_folder)
    assert scan(8, 5, False)[0].units == 64
    # the order of arguments before, and what is meant by nobody
    assert scan(8, 5, weights_folder)[0].units == 64
    with pytest.raises(SessionError, match="directory="):
        scan(8, 5, "cuda", weights_folder)


def test_one_file_of_parameters(tmp_path, small):
    tensors = synthetic.weights(303, 9)
    torch.save(tensors, tmp_path / "params.pt")
    model = load_network_from_params(tmp_path / "params.pt", False)
    assert model.units == 9
    assert not model.training
    expected = Model(synthetic.network(303, 9)).predict(small)
    np.testing.assert_array_equal(model.predict(small), expected)
    del tensors
    lacking = dict(synthetic.weights(303, 9))
    del lacking["readout.feature.weights.0"]
    torch.save(lacking, tmp_path / "lacking.pt")
    with pytest.raises(WeightsError, match="how many units"):
        load_network_from_params(tmp_path / "lacking.pt")
    with pytest.raises(WeightsError, match="There is no file"):
        load_network_from_params(tmp_path / "none.pt")


def test_the_model_is_a_torch_module(model, small):
    keys = {key for key, _, _ in synthetic.key_table(64)}
    assert set(model.state_dict()) == keys
    assert {name for name, _ in model.named_children()} == {
        *("perspective", "modulation", "core", "readout", "reduce", "unit")
    }
    assert model.eval() is model
    assert model.to("cpu") is model
    assert model.to(device=torch.device("cpu")) is model
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == 1_908_224 + 2_620_416 + 693 + 8_896 + 522 * 64
    feature = model.module("readout").module("feature")
    assert feature is model.module("readout.feature") is model.readout.feature
    weights = [w.squeeze(1) for w in feature.weights]
    assert torch.cat(weights, dim=1).shape == (64, 512)
    with pytest.raises(AttributeError, match="nothing"):
        model.module("nothing")
    assert torch.equal(model.unit(torch.zeros(2)), torch.ones(2))
    assert model.reduce(torch.ones(5, 4)).shape == (5,)
    with pytest.raises(EncodingError, match="use predict"):
        model(small)


def test_moving_and_loading_keep_the_answers_right(small):
    network = synthetic.network(101, 8)
    model = Model(copy.deepcopy(network))
    before = model.predict(small)
    model.to("cpu").float().cpu()
    np.testing.assert_array_equal(model.predict(small), before)
    np.testing.assert_array_equal(copy.deepcopy(model).predict(small), before)
    model.load_state_dict(synthetic.weights(202, 8))
    other = Model(synthetic.network(202, 8)).predict(small)
    np.testing.assert_array_equal(model.predict(small), other)
    assert np.abs(other - before).max() > 0.01
    losses = list(model.generate_loss(np.ones((3, 8)), small, stream=2))
    fresh = Model(synthetic.network(202, 8))
    expected = list(fresh.generate_loss(np.ones((3, 8)), small, stream=2))
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    with pytest.raises(EncodingError, match="float32"):
        model.half()
    with pytest.raises(DeviceError, match="cannot be moved"):
        model.to("cuda:99")
    np.testing.assert_array_equal(model.predict(small), other)


def test_reset_forgets(model, small):
    fresh = next(model.generate_response(small[:1]))
    again = next(model.generate_response(small[:1], reset=False))
    assert np.abs(again - fresh).max() > 1e-4
    model.reset()
    np.testing.assert_array_equal(
        next(model.generate_response(small[:1], reset=False)), fresh
    )


def test_losses_of_a_stream_are_the_published_ones():
    with np.load(synthetic.DATA / "case_g.npz") as case:
        model = Model(synthetic.network(int(case["seed"]), int(case["units"])))
        inputs = [case[n] for n in ("video", "perspectives", "modulations")]
        targets = case["targets"]
        of_streams = []
        for stream, response in enumerate(case["expected_per_stream"]):
            found = np.stack([*model.generate_loss(targets, *inputs, stream=stream)])
            of_streams.append(found)
            terms = response + np.abs(np.log(response) * targets)
            expected = response - np.log(response) * targets
            assert (np.abs(found - expected) / terms).max() < 2e-5
            if stream == 1:
                golden = case["loss_stream1"]
                assert (np.abs(found - golden) / terms).max() < 2e-5
        positional = np.stack([*model.generate_loss(targets, *inputs, 1)])
        np.testing.assert_array_equal(positional, of_streams[1])


def test_the_mean_loss_is_the_published_training_objective():
    with np.load(synthetic.DATA / "case_objective.npz") as case:
        tensors = dict(synthetic.weights(int(case["seed"]), int(case["units"])))
        model = Model(copy.deepcopy(synthetic.network(int(case["seed"]), 16)))
        model.load_state_dict(tensors)
        losses = model.generate_loss(
            case["targets"],
            case["video"],
            case["perspectives"],
            case["modulations"],
            stream=int(case["streams"][0]),
        )
        objective = np.stack([*losses])[int(case["burnin_frames"]) :].mean()
        assert objective == pytest.approx(float(case["objectives"][0]), rel=2e-5)


def test_streams_go_on_but_do_not_mix(model, small):
    recorded = np.ones((3, 64))
    whole = [*model.generate_loss(recorded, small, stream=0)]
    parts = [*model.generate_loss(recorded[:1], small[:1], stream=0)]
    parts += [*model.generate_loss(recorded[1:], small[1:], stream=0, reset=False)]
    np.testing.assert_array_equal(whole, parts)
    with pytest.raises(EncodingError, match="keep the stream"):
        next(model.generate_response(small, reset=False))
    for wrong in (4, -1, "a"):
        with pytest.raises(EncodingError, match="no stream"):
            model.generate_loss(recorded, small, stream=wrong)


@pytest.mark.parametrize("lengths", [(3, 5, 4), (3, 2, 9), (2, 3, 3)])
def test_the_shortest_input_ends_it_and_the_log_says_so(model, small, lengths, caplog):
    n_frames, n_eye, n_moving = lengths
    eye, moving = np.zeros((n_eye, 2)), np.zeros((n_moving, 2))
    shortest = min(lengths)
    whole = model.predict(small[:shortest])
    with caplog.at_level(logging.WARNING):
        found = model.predict(small[:n_frames], eye, moving)
    np.testing.assert_array_equal(found, whole)
    assert f"what comes after {shortest} is left out" in caplog.text
    one_by_one = list(model.generate_response(iter(small[:n_frames]), eye, moving))
    assert len(one_by_one) == shortest
    losses = list(model.generate_loss(np.ones((9, 64)), small[:n_frames], eye, moving))
    assert len(losses) == shortest
    caplog.clear()
    model.predict(small, np.zeros((3, 2)))
    assert not caplog.text


def test_nan_is_refused_or_passed_on(model, small):
    eye = np.zeros((3, 2, 2))
    eye[1, 0, 1] = np.nan
    with pytest.raises(BehaviorError, match=r"on_nan='propagate'"):
        model.predict(small, eye)
    found = model.predict(small, eye, on_nan="propagate")
    expected = model.predict(small, np.zeros((3, 2, 2)))
    assert np.isnan(found[1:, 0]).all()
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[:, 1], expected[:, 1])
    one_by_one = [*model.generate_response(small, eye, on_nan="propagate")]
    np.testing.assert_array_equal(np.isnan(one_by_one), np.isnan(found))
    assert np.isfinite(model.predict(small)).all()  # reset


def test_data_sets(tmp_path):
    rng = np.random.default_rng(3)
    for part in data.EVALUATION:
        for video in ("b", "a"):
            (tmp_path / "e" / part / video).mkdir(parents=True)
            for repeat in range(3 if video == "a" else 2):
                array = rng.normal(size=(4, 2)).astype(np.float32)
                np.save(tmp_path / "e" / part / video / f"{repeat}.npy", array)
    found = data.load_evaluation_data(str(tmp_path / "e"))
    assert set(found) == {"stimuli", "perspectives", "modulations", "units"}
    assert [len(video) for video in found["units"]] == [3, 2]
    np.testing.assert_array_equal(
        found["units"][0][2], np.load(tmp_path / "e/units/a/2.npy")
    )
    (tmp_path / "e/units/a/2.npy").unlink()
    with pytest.raises(SessionError, match=r"'units' .*lacks 'a/2\.npy'"):
        data.load_evaluation_data(tmp_path / "e")
    for part in data.TRAINING:
        (tmp_path / "t" / part).mkdir(parents=True)
        for trial in ("1", "0"):
            np.save(tmp_path / "t" / part / f"{trial}.npy", np.array(int(trial) + 7))
    trials = data.load_training_data(tmp_path / "t")
    assert set(trials) == set(data.TRAINING)
    assert [int(n) for n in trials["samples"]] == [7, 8]
    np.save(tmp_path / "t/samples/0.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(SessionError, match="does not hold numbers"):
        data.load_training_data(tmp_path / "t")
    np.save(tmp_path / "t/samples/0.npy", np.zeros(100))
    whole = (tmp_path / "t/samples/0.npy").read_bytes()
    (tmp_path / "t/samples/0.npy").write_bytes(whole[:-1])
    with pytest.raises(SessionError, match="cut short"):
        data.load_training_data(tmp_path / "t")
    with pytest.raises(SessionError, match="lacks all of its files"):
        data.load_training_data(tmp_path / "nowhere")


def test_evaluation_is_the_published_one():
    with np.load(synthetic.DATA.parent / "reliability" / "evaluation.npz") as case:
        burnin = int(case["eval_burnin"])
        responses, predictions = (
            evaluate.format_responses(
                [case[f"eval_{kind}_video{i}"] for i in range(3)], burnin
            )
            for kind in ("resp", "pred")
        )
        assert list(responses.shape) == case["eval_formatted_shape"].tolist()
        cc_max = evaluate.compute_cc_max(responses)
        cc_abs = evaluate.compute_cc_abs(responses, predictions)
        np.testing.assert_allclose(cc_max, case["eval_cc_max"], rtol=1e-5)
        np.testing.assert_allclose(cc_abs, case["eval_cc_abs"], rtol=1e-5)
        np.testing.assert_allclose(cc_abs / cc_max, case["eval_cc_norm"], rtol=1e-5)
    with pytest.raises(BehaviorError, match="one shape"):
        evaluate.format_responses([[np.zeros((3, 2)), np.zeros((4, 2))]], 0)
