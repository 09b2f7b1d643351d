"""Stage train2: the recurrent network is fitted to predict the next frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from insilico_drosophila.files.checkpoints import write_recurrent
from insilico_drosophila.fitting import training_state
from insilico_drosophila.fitting.network_step import ADAM_EPS
from insilico_drosophila.fitting.recurrent import (
    RecurrentNetwork,
    bin_hinge,
    initial_recurrent,
    predictions,
)
from insilico_drosophila.fitting.stage import Stage, Work, required
from insilico_drosophila.fitting.tokens import RateBins
from insilico_gui.fitting import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from insilico_drosophila.fitting.settings import Settings

STEPS_PER_EPOCH = 100
_EPOCHS_PER_DECAY = 10
_DECAY = 0.9
_NOISE = 5


class SecondRound(Stage):
    """Trains the recurrent network; a round is an epoch, a step one of descent.

    The weights of the lowest test loss become the checkpoint.
    """

    name = "train2"

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.n_rounds = work.settings.epoch_round2
        self._best = np.inf
        self._is_best = False
        self._row: dict[str, float] = {}

    def check(self) -> None:
        """Needs the rates of eval1."""
        required(self.work.folder.simulated, "eval1")

    def begin(self) -> None:
        """Read the rates of eval1, and make the untrained network."""
        fly, settings = self.work.fly, self.work.settings
        truth, folder = fly.rates_hz, self.work.folder
        self.check()
        self._simulated = folder.read_rates(folder.simulated, truth.shape)
        bins = RateBins.of(truth, settings.bin_size, settings.max_firing_rate)
        start = initial_recurrent(truth.shape[1], settings.n_hidden, settings.seed)
        self._network = RecurrentNetwork(start, fly.device)
        self._optimizer = new_optimizer(self._network, settings)
        self._bins = bins
        edges = (torch.from_numpy(one).to(fly.device) for one in bins.bounds(truth))
        self._edges = [one[1:, None] for one in edges]

    def train(self, k: int) -> Iterator[Step]:
        """See :meth:`.stage.Stage.train`."""
        fly, settings = self.work.fly, self.work.settings
        truth, simulated, bins = fly.rates_hz, self._simulated, self._bins
        rng = np.random.default_rng((settings.seed, _NOISE, k))
        self._optimizer.param_groups[0]["lr"] = learning_rate(settings.lr_round2, k)
        total = 0.0
        for i in range(STEPS_PER_EPOCH):
            given = samples(truth, simulated, bins, settings, rng)
            frames = torch.from_numpy(given).to(fly.device)
            loss = step(self._network, self._optimizer, frames, *self._edges)
            total += loss
            yield Step(i + 1, STEPS_PER_EPOCH, {"loss": loss})
        test_loss, accuracy = tested(self._network, simulated, truth, bins, settings)
        self._is_best = test_loss < self._best
        self._best = min(test_loss, self._best)
        self._row = {
            f"{self.name} train loss": total / STEPS_PER_EPOCH,
            f"{self.name} test loss": test_loss,
            f"{self.name} test accuracy": accuracy,
        }

    def row(self) -> Mapping[str, float]:
        """Losses in Hz^2 of the epoch, and accuracy."""
        return self._row

    def state(self) -> Mapping[str, Any]:
        """Weights, moments and the best loss."""
        parameters = list(self._network.parameters())
        return {
            **training_state.saved(parameters, self._optimizer),
            "best": float(self._best),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.stage.Stage.restore`."""
        parameters = list(self._network.parameters())
        training_state.restore(state, parameters, self._optimizer)
        self._best = float(state["best"])

    def files(self, k: int) -> dict[str, Any]:
        """The checkpoint, if it is the best so far."""
        if not self._is_best:
            return {}
        weights = self._network.weights
        path = self.work.folder.second_checkpoint(self.work.settings.input_style)
        return {path.name: lambda new: write_recurrent(new, weights)}


def new_optimizer(network: RecurrentNetwork, settings: Settings) -> torch.optim.Adam:
    """The optimiser of this stage."""
    return torch.optim.Adam(network.parameters(), lr=settings.lr_round2, eps=ADAM_EPS)


def learning_rate(start: float, epoch: int) -> float:
    """Learning rate of an epoch: times 0.9 every 10."""
    return float(start * _DECAY ** (epoch // _EPOCHS_PER_DECAY))


def step(
    network: RecurrentNetwork,
    optimizer: torch.optim.Optimizer,
    frames: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
) -> float:
    """One step of descent on frames [T, B, P]; the edges [T - 1, 1, P] are of the next."""
    optimizer.zero_grad()
    loss = bin_hinge(network(frames)[:-1], low, high)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())


def samples(
    truth: NDArray[np.float32],
    simulated: NDArray[np.float32],
    bins: RateBins,
    settings: Settings,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Inputs [T, B, P]: recorded rates within their bins, and noisy simulated ones.

    In style v1 half of the batch are recorded rates, in v2 none. The published program
    passes the noisy ones through the minimum with 0, so that they are all 0 or negative;
    that is kept with ``reference_bugs`` only.
    """
    b = settings.batch_size
    n_true = b // 2 if settings.input_style == "v1" else 0
    true = [bins.noisy(truth, rng) for _ in range(n_true)]
    shape = (b - n_true, *simulated.shape)
    noise = rng.standard_normal(shape, dtype=np.float32) * settings.noise_sigma
    noisy = simulated + noise.astype(np.float32)
    limit = np.minimum if settings.reference_bugs else np.maximum
    noisy = limit(noisy, np.float32(0))
    return np.stack([*true, *noisy], axis=1)


def tested(
    network: RecurrentNetwork,
    simulated: NDArray[np.float32],
    truth: NDArray[np.float32],
    bins: RateBins,
    settings: Settings,
) -> tuple[float, float]:
    """Loss and bin accuracy of a run over the rates of eval1, against the next frame.

    The published program compares each frame with all frames in its accuracy, which is
    kept with ``reference_bugs`` only.
    """
    predicted = predictions(network, simulated)[:-1]
    low, high = bins.bounds(truth[1:])
    loss = bin_hinge(*(torch.from_numpy(one) for one in (predicted, low, high)))
    if settings.reference_bugs:
        of, to = bins.index(predicted), bins.index(truth[1:])
        same = [float((row == to).mean()) for row in of]
        return float(loss), float(np.mean(same))
    return float(loss), bins.accuracy(predicted, truth[1:])
