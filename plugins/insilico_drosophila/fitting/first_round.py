"""Stage train1: the spiking network is fitted frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.checkpoints import write_network
from insilico_drosophila.files.losses_log import settings_line
from insilico_drosophila.fitting import training_state
from insilico_drosophila.fitting.network_step import NetworkTrainer, StepResult
from insilico_drosophila.fitting.plots import batch_bars, pictures
from insilico_drosophila.fitting.stage import Stage, Work, told
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.state import random_state
from insilico_drosophila.weights import initial_weights
from insilico_gui.errors import StimulusError
from insilico_gui.fitting import Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

    Found = tuple[StepResult, NDArray[np.float32]]
    """Result of a batch, and its targets [B, P] in Hz."""

_NOISE, _EVENTS = 3, 4
"""Kinds of random numbers, beside the seed, epoch and batch."""


class FirstRound(Stage):
    """Trains the spiking network; a round is an epoch, a step one of the network in time.

    The best weights by bin accuracy become the checkpoint. If the accuracy never exceeds
    0 the published program keeps nothing; here the last weights become the checkpoint,
    unless ``reference_bugs`` is set.
    """

    name = "train1"

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.n_rounds = work.settings.epoch_round1
        self._n_batches = check_batches(work.fly, work.settings)
        self._best = 0.0
        self._log: list[tuple[float, float, float]] = []
        self._is_best = False

    def check(self) -> None:
        """Needs nothing."""

    def begin(self) -> None:
        """Make the untrained network."""
        fly, settings = self.work.fly, self.work.settings
        self._trainer = new_trainer(fly, settings)
        self._bins = RateBins.of(
            fly.rates_hz, settings.bin_size, settings.max_firing_rate
        )

    def train(self, k: int) -> Iterator[Step]:
        """See :meth:`.stage.Stage.train`."""
        fly, settings = self.work.fly, self.work.settings
        per_batch = settings.steps_per_frame
        total = self._n_batches * per_batch
        losses: dict[str, float] = {}
        for batch in range(self._n_batches):
            going = batch_steps(self._trainer, fly, settings, self._bins, k, batch)
            self._found = yield from told(going, batch * per_batch, total, losses)
            result, target = self._found
            accuracy = self._bins.accuracy(result.rates_hz, target)
            largest = max(float(g.abs().max()) for g in result.gradients.all())
            self._log.append((result.loss, accuracy, largest))
            losses = {"loss": result.loss, "accuracy": accuracy}
            yield Step((batch + 1) * per_batch, total, losses)
        mean = float(np.mean([row[1] for row in self._log[-self._n_batches :]]))
        self._is_best = mean > self._best
        self._best = max(mean, self._best)

    def row(self) -> Mapping[str, float]:
        """Means over the batches of an epoch."""
        rows = np.array(self._log[-self._n_batches :])
        means = dict(zip(("loss", "accuracy", "max_g"), rows.mean(axis=0), strict=True))
        return {f"{self.name} {key}": float(value) for key, value in means.items()}

    def state(self) -> Mapping[str, Any]:
        """Weights, moments, the log and the best accuracy."""
        trainer = self._trainer
        return {
            **training_state.saved(trainer.parameters.all(), trainer.optimizer),
            "best": self._best,
            "log": np.array(self._log).reshape(-1, 3),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.stage.Stage.restore`."""
        trainer = self._trainer
        training_state.restore(state, trainer.parameters.all(), trainer.optimizer)
        self._best = float(state["best"])
        self._log = [(row[0], row[1], row[2]) for row in state["log"].tolist()]

    def files(self, k: int) -> dict[str, Any]:
        """The log, a picture, and the checkpoint if it is the best so far."""
        folder, fly = self.work.folder, self.work.fly
        result, target = self._found
        name = f"{folder.images.name}/neuropil_fr-at-epoch-{k}-batch-.png"
        files: dict[str, Any] = {
            folder.log.name: self._write_log,
            **pictures({name: batch_bars(result.rates_hz, target, fly.neuropils)}),
        }

        def write(path: Path) -> None:
            write_network(path, self._trainer.weights)

        is_last = k + 1 == self.n_rounds
        has_none = not self._best and not self.work.settings.reference_bugs
        if self._is_best or (is_last and has_none):
            files[folder.first_checkpoint.name] = write
        if is_last:
            files[folder.first_last.name] = write
        return files

    def _write_log(self, path: Path) -> None:
        lines = [settings_line(self.work.settings.as_dict())]
        for i, (loss, accuracy, largest) in enumerate(self._log):
            epoch, batch = divmod(i, self._n_batches)
            lines.append(
                f"epoch = {epoch}, batch = {batch}, loss = {loss:.5f}, "
                f"bin acc = {accuracy:.5f}\nmax_g = {largest:.5g}"
            )
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


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


def batch_steps(
    trainer: NetworkTrainer,
    fly: Fly,
    settings: Settings,
    bins: RateBins,
    epoch: int,
    batch: int,
) -> Generator[int, None, Found]:
    """One step of descent on frames in a row; yields steps of the network."""
    b = settings.batch_size
    first = batch * b
    n = fly.connectome.n_neurons
    rng = np.random.default_rng((settings.seed, _NOISE, epoch, batch))
    embedding = bins.noisy(fly.rates_hz[first : first + b], rng)
    target = fly.rates_hz[first + 1 : first + b + 1]
    seed = (settings.seed, _EVENTS, epoch, batch)
    events = PoissonEvents(b * n, step_constants(settings.dt).p_event, seed)
    result = yield from trainer.steps(embedding, target, random_state(n), events)
    return result, target
