"""Stage train1: the spiking network is fitted frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_drosophila.files.checkpoints import write_network
from insilico_drosophila.fitting import training_state
from insilico_drosophila.fitting.network_step import NetworkTrainer, StepResult
from insilico_drosophila.fitting.plots import batch_bars, plotted
from insilico_drosophila.fitting.reports import OnReport, Report, nothing
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.fitting.training_state import Progress
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.state import random_state
from insilico_drosophila.weights import initial_weights
from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_drosophila.fitting.results_folder import ResultsFolder
    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

_NOISE, _EVENTS = 3, 4
"""Kinds of random numbers, beside the seed, epoch and batch."""


def train_first(
    fly: Fly,
    settings: Settings,
    folder: ResultsFolder,
    on_report: OnReport = nothing,
    resume: bool = False,
) -> None:
    """Train the spiking network; the best weights by bin accuracy become the checkpoint.

    If the accuracy never exceeds 0 the published program keeps nothing; here the last
    weights become the checkpoint, unless ``reference_bugs`` is set.

    Parameters
    ----------
    fly : Fly
    settings : Settings
    folder : ResultsFolder
    on_report : callable, optional
        Called after each batch with ``loss``, ``accuracy`` and ``max_g``, the largest
        entry of the gradient.
    resume : bool
        Go on where an earlier training of this folder was.

    Raises
    ------
    InsilicoError
        If the recording is shorter than a batch, or the state does not fit.
    """
    n_batches = check_batches(fly, settings)
    trainer = new_trainer(fly, settings)
    progress = Progress(0, 0.0)
    parameters = trainer.parameters.all()
    if resume and folder.first_last.is_file():
        progress = training_state.restore(
            folder.first_last, parameters, trainer.optimizer
        )
    bins = RateBins.of(fly.rates_hz, settings.bin_size, settings.max_firing_rate)
    total = settings.epoch_round1 * n_batches
    for epoch in range(progress.n_epochs, settings.epoch_round1):
        accuracies = []
        for batch in range(n_batches):
            result, target = train_batch(trainer, fly, settings, bins, epoch, batch)
            accuracy = bins.accuracy(result.rates_hz, target)
            accuracies.append(accuracy)
            largest = max(float(g.abs().max()) for g in result.gradients.all())
            folder.append(
                f"epoch = {epoch}, batch = {batch}, loss = {result.loss:.5f}, "
                f"bin acc = {accuracy:.5f}\nmax_g = {largest:.5g}\n"
            )
            values = {"loss": result.loss, "accuracy": accuracy, "max_g": largest}
            done = epoch * n_batches + batch + 1
            on_report(Report("train1", done, total, values))
        plotted(
            folder.images / f"neuropil_fr-at-epoch-{epoch}-batch-.png",
            batch_bars(result.rates_hz, target, fly.neuropils),
        )
        mean = float(np.mean(accuracies))
        if mean > progress.best:
            write_network(folder.first_checkpoint, trainer.weights)
        progress = Progress(epoch + 1, max(mean, progress.best))
        training_state.save(folder.first_last, parameters, trainer.optimizer, progress)
    if not folder.first_checkpoint.is_file() and not settings.reference_bugs:
        write_network(folder.first_checkpoint, trainer.weights)


def check_batches(fly: Fly, settings: Settings) -> int:
    """Batches in an epoch; an error if there is none."""
    n_frames = len(fly.rates_hz)
    n_batches = (n_frames - 1) // settings.batch_size
    if not n_batches:
        raise StimulusError(
            f"A batch of {settings.batch_size} needs more than the {n_frames} frames of "
            "this recording; use a smaller --batch_size."
        )
    return n_batches


def new_trainer(fly: Fly, settings: Settings) -> NetworkTrainer:
    """The untrained network with its optimiser."""
    n, p = fly.connectome.n_neurons, len(fly.neuropils)
    weights = initial_weights(n, p, settings.n_rank, settings.seed)
    circuit = fly.with_weights(weights).circuit(settings.scale_factor)
    options = settings.step_options()
    return NetworkTrainer(circuit, fly.omega, weights, options, fly.device)


def train_batch(
    trainer: NetworkTrainer,
    fly: Fly,
    settings: Settings,
    bins: RateBins,
    epoch: int,
    batch: int,
) -> tuple[StepResult, NDArray[np.float32]]:
    """One step on frames in a row; the result and its targets [B, P] in Hz."""
    b = settings.batch_size
    first = batch * b
    n = fly.connectome.n_neurons
    rng = np.random.default_rng((settings.seed, _NOISE, epoch, batch))
    embedding = bins.noisy(fly.rates_hz[first : first + b], rng)
    target = fly.rates_hz[first + 1 : first + b + 1]
    seed = (settings.seed, _EVENTS, epoch, batch)
    events = PoissonEvents(b * n, step_constants(settings.dt).p_event, seed)
    return trainer.step(embedding, target, random_state(n), events), target
