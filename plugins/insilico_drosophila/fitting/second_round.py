"""Stage train2: the recurrent network is fitted to predict the next frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from insilico_drosophila.fitting.reports import OnReport, Report, nothing
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.fitting.training_state import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_drosophila.fitting.results_folder import ResultsFolder
    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

STEPS_PER_EPOCH = 100
_EPOCHS_PER_DECAY = 10
_DECAY = 0.9
_NOISE = 5


def learning_rate(start: float, epoch: int) -> float:
    """Learning rate of an epoch: times 0.9 every 10."""
    return float(start * _DECAY ** (epoch // _EPOCHS_PER_DECAY))


def train_second(
    fly: Fly,
    settings: Settings,
    folder: ResultsFolder,
    on_report: OnReport = nothing,
    resume: bool = False,
) -> None:
    """Train the recurrent network; that of the lowest test loss becomes the checkpoint.

    Parameters
    ----------
    fly, settings, folder, resume
        See :func:`.first_round.train_first`. The rates of eval1 have to be in the folder.
    on_report : callable, optional
        Called after each epoch with ``loss``, ``test_loss`` and ``test_accuracy``.

    Raises
    ------
    InsilicoError
        If the rates of eval1 are missing or do not fit.
    """
    truth = fly.rates_hz
    simulated = folder.read_rates(folder.simulated, truth.shape)
    bins = RateBins.of(truth, settings.bin_size, settings.max_firing_rate)
    start = initial_recurrent(truth.shape[1], settings.n_hidden, settings.seed)
    network = RecurrentNetwork(start, fly.device)
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=settings.lr_round2, eps=ADAM_EPS)
    progress = Progress(0, np.inf)
    style = settings.input_style
    last = folder.second_last(style)
    if resume and last.is_file():
        progress = training_state.restore(last, parameters, optimizer)
    edges = [torch.from_numpy(e).to(fly.device)[1:, None] for e in bins.bounds(truth)]
    for epoch in range(progress.n_epochs, settings.epoch_round2):
        rng = np.random.default_rng((settings.seed, _NOISE, epoch))
        optimizer.param_groups[0]["lr"] = learning_rate(settings.lr_round2, epoch)
        loss = 0.0
        for _ in range(STEPS_PER_EPOCH):
            given = samples(truth, simulated, bins, settings, rng)
            frames = torch.from_numpy(given).to(fly.device)
            loss += step(network, optimizer, frames, *edges) / STEPS_PER_EPOCH
        test_loss, accuracy = tested(network, simulated, truth, bins, settings)
        if test_loss < progress.best:
            write_recurrent(folder.second_checkpoint(style), network.weights)
        progress = Progress(epoch + 1, min(test_loss, progress.best))
        training_state.save(last, parameters, optimizer, progress)
        values = {"loss": loss, "test_loss": test_loss, "test_accuracy": accuracy}
        on_report(Report("train2", epoch + 1, settings.epoch_round2, values))


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
