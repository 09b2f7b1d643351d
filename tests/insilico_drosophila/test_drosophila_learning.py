"""The learning rule and the recurrent network against the published program."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_drosophila.files.checkpoints import RecurrentWeights, read_recurrent
from insilico_drosophila.fitting.learning_rule import Parameters, clipped, surrogate
from insilico_drosophila.fitting.losses import LOSSES, named_loss, with_gradient
from insilico_drosophila.fitting.network_step import NetworkTrainer, StepOptions
from insilico_drosophila.fitting.recurrent import (
    ClosedLoop,
    RecurrentNetwork,
    initial_recurrent,
    predictions,
)
from insilico_drosophila.fitting.second_round import learning_rate, step
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.network.events import (
    GivenEvents,
    PoissonEvents,
    RepeatedEvents,
)
from insilico_drosophila.network.state import random_state, resting
from insilico_drosophila.weights import initial_weights
from support.drosophila import DATA

from insilico_gui import InsilicoError

PARTS = {
    "lora.A": "lora_a",
    "lora.B": "lora_b",
    "in.weight": "input_weight",
    "in.bias": "input_bias",
}
RNN = {
    "gates": "rnn.Wrz.weight.weight",
    "gates_bias": "rnn.Wrz.weight.bias",
    "state": "rnn.Wh.weight.weight",
    "state_bias": "rnn.Wh.weight.bias",
    "readout": "readout.weight.weight",
    "readout_bias": "readout.weight.bias",
}


def trainer(fly, decay: float = 0.99, **options) -> NetworkTrainer:
    made = StepOptions(300, 30, 0.25, decay, **options)
    return NetworkTrainer(fly.circuit(0.02), fly.omega, fly.weights, made)


def golden_step(fly, golden, by):
    given = GivenEvents(golden["poisson.step"], golden["poisson.neuron"], 200)
    state = resting(200, golden["v0"], golden["g0"])
    events = RepeatedEvents(given, 200, 4)
    return by.step(golden["train.embedding"], golden["train.target"], state, events)


def close(found, want, relative):
    largest = np.abs(want).max()
    np.testing.assert_allclose(found, want, atol=relative * largest + 1e-30, rtol=0)


@pytest.mark.parametrize(
    ("name", "decay", "n_steps"), [("train", 0.99, 2), ("train0", 0.0, 1)]
)
def test_golden_steps_of_learning(fly, golden, name, decay, n_steps):
    by = trainer(fly, decay)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    for k in range(n_steps):
        result = golden_step(fly, golden, by)
        assert result.loss == pytest.approx(float(golden[f"{name}.loss{k}"]), rel=1e-5)
        np.testing.assert_allclose(
            result.rates_hz, golden[f"{name}.neuropil_fr{k}"], atol=1e-4
        )
        accuracy = bins.accuracy(result.rates_hz, golden["train.target"])
        assert accuracy == pytest.approx(float(golden[f"{name}.acc{k}"]))
        for part, attribute in PARTS.items():
            for kind, where in (
                ("grad", result.gradients),
                ("clip", result.applied),
                ("w_after", by.parameters),
            ):
                want = golden[f"{name}.{kind}{k}.{part}"]
                close(getattr(where, attribute).numpy(), want, 1e-4)


@pytest.mark.gpu
def test_a_gpu_learns_the_same(fly, golden):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    options = StepOptions(300, 30, 0.25)
    by = NetworkTrainer(fly.circuit(0.02), fly.omega, fly.weights, options, "cuda")
    result = golden_step(fly, golden, by)
    assert result.loss == pytest.approx(float(golden["train.loss0"]), rel=1e-5)
    for part, attribute in PARTS.items():
        found = getattr(result.gradients, attribute).cpu().numpy()
        close(found, golden[f"train.grad0.{part}"], 1e-4)


def test_the_gradient_is_that_of_the_loss_by_the_input_bias(fly):
    """Against differences, where the rule is exact: one neuron's own future.

    Without connections the only thing that the rule leaves out is not there, so the
    gradient by the bias is the surrogate's; it has the sign of the true change.
    """
    options = StepOptions(200, 0, 0.25, 0.999, grad_clip=None)
    circuit = fly.circuit(0.0, lora=0.0)
    by = NetworkTrainer(circuit, fly.omega, fly.weights, options)
    rates = np.full((3, 8), 10, np.float32)
    state, n = random_state(200), 600

    def loss(shift: float) -> float:
        with torch.no_grad():
            by.parameters.input_bias.copy_(
                torch.from_numpy(fly.weights.input_bias + np.float32(shift))
            )
        events = PoissonEvents(n, 0.02, 5)
        result = by.step(rates, np.full((3, 8), 1000, np.float32), state, events)
        assert float(result.gradients.input_bias.sum()) < 0
        return result.loss

    losses = [loss(shift) for shift in (0.0, 0.3, 0.6)]
    assert losses[0] > losses[1] > losses[2]


def test_the_surrogate_is_a_triangle_at_threshold():
    v = torch.tensor([-0.5, -0.6, 1.0, 1.75, 2.5, 9.0])
    want = [0.0, 0.0, 0.45, 0.225, 0.0, 0.0]
    torch.testing.assert_close(surrogate(v), torch.tensor(want))


def test_clipping_is_by_the_norm_of_all_gradients():
    parts = [torch.ones(2, 2), torch.ones(2, 2), torch.ones(3, 2), torch.ones(2)]
    found = clipped(Parameters(*parts), 2.0)
    norm = np.sqrt(sum(float((g**2).sum()) for g in found.all()))
    assert norm == pytest.approx(2.0, rel=1e-5)
    assert clipped(Parameters(*parts), 100.0).all()[0].sum() == 4
    assert clipped(Parameters(*parts), None).all()[0].sum() == 4


def test_bins_of_rates(fly, golden):
    bins = RateBins.of(golden["rates_hz"], 0.25, 100.0)
    np.testing.assert_array_equal(bins.edges, golden["bins"])
    np.testing.assert_array_equal(bins.index(golden["rates_hz"]), golden["bin_index"])
    assert bins.index([0.0, 0.25, 1e9, 100.0]).tolist() == [1, 2, 180, 180]
    noisy = bins.noisy(golden["rates_hz"], np.random.default_rng(0))
    np.testing.assert_array_equal(bins.index(noisy), golden["bin_index"])
    assert (noisy != golden["rates_hz"]).all()


@pytest.mark.parametrize("size", [0, -1, float("nan"), 200])
def test_bins_that_do_not_divide(size):
    with pytest.raises(InsilicoError):
        RateBins.of(np.ones((3, 2), np.float32), size, 100.0)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_against_their_formula(name):
    rng = np.random.default_rng(0)
    x, y = rng.normal(10, 3, (2, 5, 8))
    d = x - y
    size = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    want = {
        "mse": (d**2).mean(),
        "mae": np.abs(d).mean(),
        "huber": np.where(np.abs(d) < 1, d**2 / 2, np.abs(d) - 0.5).mean(),
        "log_cosh": np.log(np.cosh(d)).mean(),
        "cosine_distance": (1 - (x * y).sum(1) / size).mean(),
    }
    rates, target = torch.tensor(x), torch.tensor(y)
    value, gradient = with_gradient(named_loss(name), rates, target)
    assert value == pytest.approx(want[name])
    shifted = rates.clone()
    shifted[1, 2] += 1e-6
    change = (float(named_loss(name)(shifted, target)) - value) / 1e-6
    assert float(gradient[1, 2]) == pytest.approx(change, abs=1e-5)


def golden_network(golden) -> RecurrentNetwork:
    return RecurrentNetwork(
        RecurrentWeights(**{k: golden[f"rnn.w.{v}"] for k, v in RNN.items()})
    )


def test_golden_predictions_of_the_recurrent_network(golden):
    network = golden_network(golden)
    for x, want in (("x", "pred_hz"), ("small_x", "small_pred_hz")):
        found = network(torch.from_numpy(golden[f"rnn.{x}"])).detach().numpy()
        np.testing.assert_allclose(found, golden[f"rnn.{want}"], atol=1e-5)
    one = golden["rnn.x"][:, 1]
    want = golden["rnn.pred_hz"][:, 1]
    np.testing.assert_allclose(predictions(network, one), want, atol=1e-5)
    loop = ClosedLoop(network)
    np.testing.assert_allclose([loop.next(x) for x in one], want, atol=1e-5)


def test_a_golden_step_of_the_recurrent_network(golden):
    network = golden_network(golden)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-8)
    low, high = (
        torch.from_numpy(golden[f"rnn.{k}"])[1:, None] for k in ("low", "high")
    )
    loss = step(network, optimizer, torch.from_numpy(golden["rnn.x"]), low, high)
    assert loss == pytest.approx(float(golden["rnn.loss"]), rel=1e-5)
    published = read_recurrent(DATA / "second-round-rnn-checkpoint-v1.msgpack", 8)
    for name, key in RNN.items():
        parameter = getattr(network, name)
        close(parameter.grad.numpy(), golden[f"rnn.grad.{key}"], 1e-5)
        want = golden[f"rnn.w_after.{key}"]
        np.testing.assert_allclose(parameter.detach(), want, atol=1e-6)
        np.testing.assert_array_equal(getattr(published, name), want)


def test_the_learning_rate_falls_every_ten_epochs(golden):
    rates = golden["rnn.lr_by_epoch"]
    found = [learning_rate(rates[0], epoch) for epoch in range(len(rates))]
    np.testing.assert_allclose(found, rates, rtol=1e-12)


def test_golden_frames_of_the_trained_network(fly, golden):
    n_steps, n_discarded = golden["eval1.n_step_n_sim"].tolist()
    simulation = fly.simulate(
        0.25,
        0.02,
        frame=0,
        v0=golden["v0"],
        g0=golden["g0"],
        poisson_events=(golden["poisson.step"], golden["poisson.neuron"]),
    )
    for rates, want in zip(fly.rates_hz, golden["eval1.neuropil_fr"], strict=False):
        simulation.set_input(fly.input_mv(rates))
        np.testing.assert_allclose(
            simulation.frame(n_steps, n_discarded), want, atol=1e-4
        )


def test_initial_weights():
    weights = initial_weights(20_000, 8, 20, 3)
    assert weights.lora_a.std() == pytest.approx(np.sqrt(1 / 20), rel=0.02)
    assert not weights.lora_b.any() and not weights.input_bias.any()
    assert weights.input_weight.var() == pytest.approx(np.sqrt(2) / 8, rel=0.02)
    other = initial_recurrent(8, 16, 1)
    gates = other.gates
    np.testing.assert_allclose(gates @ gates.T, np.eye(24), atol=1e-5)
    np.testing.assert_allclose(other.state.T @ other.state, np.eye(16), atol=1e-5)
    assert other.readout.shape == (16, 8) and not other.gates_bias.any()
    assert random_state(50_000).v.std() == pytest.approx(0.8, rel=0.02)
    assert random_state(50_000).g.max() <= 0.2
