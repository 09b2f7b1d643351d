"""The fit as a task of the host's loop: a round is an epoch of training and validation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from insilico_gui.device import full_float32, resolve_device
from insilico_gui.errors import FitError
from insilico_gui.fitting import FitTask, Step, Writers
from insilico_wang2025.fitting import run_files
from insilico_wang2025.fitting.adam import Adam
from insilico_wang2025.fitting.batches import draw_windows, read_batch
from insilico_wang2025.fitting.first_positions import find_positions
from insilico_wang2025.fitting.first_retina import standardize_retina
from insilico_wang2025.fitting.initial import (
    CORE_PREFIX,
    LSTM_PREFIX,
    new_network,
    take_core,
    trained_parameters,
)
from insilico_wang2025.fitting.objective import draw_noise, noise_to, objective
from insilico_wang2025.fitting.optimiser import ClippedSGD, rules
from insilico_wang2025.fitting.schedule import epoch_seed
from insilico_wang2025.network import Sizes

if TYPE_CHECKING:
    import pandas as pd

    from insilico_wang2025.fitting.core_file import TrainedCore
    from insilico_wang2025.fitting.settings import Outputs, Settings
    from insilico_wang2025.fitting.trials import TrainingSet


class Wang2025Task(FitTask):
    """A network that is fitted to a training set; see :class:`.FitTask`.

    Parameters
    ----------
    data : TrainingSet
    settings : Settings
    outputs : Outputs
    core : TrainedCore or None
        Copied and frozen; None = everything is trained.
    sizes : Sizes
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.

    Attributes
    ----------
    network : Network
    optimiser : ClippedSGD or Adam
    """

    name = "wang2025"
    extendable = frozenset({"cycles"})
    saves_within_rounds = True
    data: TrainingSet

    def __init__(
        self,
        data: TrainingSet,
        settings: Settings,
        outputs: Outputs,
        core: TrainedCore | None = None,
        sizes: Sizes | None = None,
        device: str = "auto",
    ) -> None:
        sizes = sizes or Sizes()
        self.data = data
        self.config = settings
        self.outputs = outputs
        self.device = resolve_device(device)
        self.settings = settings.plain() | {
            "sizes": sizes.plain(),
            "core": None if core is None else core.digest,
            "core_files": [] if core is None else core.files,
            "frozen": [] if core is None else _frozen(core),
        }
        self.n_rounds = settings.epochs
        self._check_data(sizes)
        generator = torch.Generator().manual_seed(settings.seed)
        self.network = new_network(data.units, sizes, generator)
        if core is not None:
            prefixes = tuple(_frozen(core))
            take_core(self.network, core.tensors, core.files[0], prefixes)
        with torch.no_grad():
            position = self.network.readout.position
            position.sigma.mul_(settings.first_sigma / 0.4)
            if settings.find_positions:
                position.mu.copy_(find_positions(self.network, data.of(True)))
            if settings.standard_retina:
                standardize_retina(self.network, data.of(True))
        self.network.to(self.device)
        self.parameters = dict(
            trained_parameters(self.network, tuple(self.settings["frozen"]))
        )
        self.optimiser = self._new_optimiser()
        self._generator = torch.Generator()
        self._epoch = -1
        self._begin(0)

    def _new_optimiser(self) -> ClippedSGD | Adam:
        config = self.config
        every = rules(self.parameters, self.data.units)
        if config.optimiser == "adam":
            return Adam(
                self.parameters, every, decay=config.decay, momentum=config.momentum
            )
        return ClippedSGD(
            self.parameters,
            every,
            decay=config.decay,
            momentum=config.momentum,
            nesterov=config.nesterov,
            clip=config.clip,
            eps=config.eps,
        )

    def _check_data(self, sizes: Sizes) -> None:
        if self.data.frame_shape != sizes.frame_shape:
            height, width = self.data.frame_shape
            raise FitError(
                f"The stimuli have frames of {width} x {height} pixels, and the network "
                f"takes {sizes.frame_shape[1]} x {sizes.frame_shape[0]}; convert them."
            )
        config = self.config
        for training, size in ((True, "training_size"), (False, "validation_size")):
            trials = self.data.of(training)
            if getattr(config, size) and not trials:
                what = "training" if training else "validation"
                raise FitError(
                    f"No trial is flagged for {what}; flag some in the folder "
                    f"'training'{'' if training else ', or set validation_size to 0'}."
                )
            for trial in trials:
                if trial.samples < config.sample_size:
                    raise FitError(
                        f"The trial {trial.name} has {trial.samples} frames and "
                        f"sample_size is {config.sample_size}; give at most that many, "
                        "or remove the trial."
                    )

    def _begin(self, epoch: int) -> None:
        """Set out on an epoch."""
        self._epoch = epoch
        self._step = 0
        self._sums = {"training_objective": 0.0, "validation_objective": 0.0}

    # -- steps -------------------------------------------------------------------------

    def train(self, round_number: int) -> Iterator[Step]:
        """See :meth:`.FitTask.train`; goes on within an epoch after a checkpoint."""
        if self._epoch != round_number:
            self._begin(round_number)
        sizes = (self.config.training_size, self.config.validation_size)
        total = sum(sizes)
        while self._step < total:
            training = self._step < sizes[0]
            k = self._step if training else self._step - sizes[0]
            name = "training_objective" if training else "validation_objective"
            value = self._one(training, k)
            if not math.isfinite(value):
                raise FitError(
                    f"The {name.replace('_', ' ')} is {value} in epoch {round_number}, "
                    "so the fit cannot go on; lower lr, or look for extreme values in "
                    "the data."
                )
            self._sums[name] += value
            self._step += 1
            yield Step(self._step, total, {name: value})

    def _one(self, training: bool, k: int) -> float:
        """One batch, the k-th of its phase; its objective."""
        config = self.config
        n_batches = config.training_size if training else config.validation_size
        trials = self.data.of(training)
        if k == 0:
            self._generator.manual_seed(epoch_seed(config.seed, self._epoch))
            self._windows = draw_windows(
                [trial.samples for trial in trials],
                n_batches * config.batch_size,
                config.sample_size,
                self._generator,
            )
        now = slice(k * config.batch_size, (k + 1) * config.batch_size)
        batch = read_batch(trials, self._windows[now], config.sample_size)
        batch = batch.to(torch.device(self.device))
        with full_float32():
            if not training:
                with torch.no_grad():
                    return objective(self.network, batch, config.burnin_frames).item()
            stream = None
            if config.sample_stream:
                n = self.network.sizes.streams
                stream = int(torch.randint(n, (), generator=self._generator))
            noise = draw_noise(config.batch_size, self.data.units, self._generator)
            loss = objective(
                self.network,
                batch,
                config.burnin_frames,
                stream=stream,
                noise=noise_to(noise, torch.device(self.device)),
            )
            loss.backward()  # type: ignore[no-untyped-call]
            value = loss.item()
            if math.isfinite(value):
                self.optimiser.step(config.schedule.rate(self._epoch))
        return value

    def row(self, round_number: int) -> Mapping[str, float]:
        """See :meth:`.FitTask.row`."""
        config = self.config
        found = {
            "epoch": float(round_number),
            "lr": config.schedule.rate(round_number),
            "training_objective": self._sums["training_objective"]
            / config.training_size,
        }
        if config.validation_size:
            found["validation_objective"] = (
                self._sums["validation_objective"] / config.validation_size
            )
        return found

    def score(self, row: Mapping[str, float]) -> float | None:
        """The validation objective, if there is one."""
        return row.get("validation_objective")

    # -- state -------------------------------------------------------------------------

    def state(self) -> Mapping[str, Any]:
        """See :meth:`.FitTask.state`."""
        return {
            "parameters": dict(self.parameters),
            "momenta": self.optimiser.state(),
            "generator": self._generator.get_state(),
            "epoch": self._epoch,
            "step": self._step,
            "sums": dict(self._sums),
            "windows": [list(window) for window in getattr(self, "_windows", [])],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.FitTask.restore`."""
        from insilico_wang2025.fitting.batches import Window

        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(torch.as_tensor(state["parameters"][name]))
        self.optimiser.restore(state["momenta"])
        self._generator.set_state(torch.as_tensor(state["generator"]))
        self._epoch, self._step = int(state["epoch"]), int(state["step"])
        self._sums = {name: float(value) for name, value in state["sums"].items()}
        self._windows = [Window(*window) for window in state["windows"]]

    # -- files -------------------------------------------------------------------------

    def files_after(self, round_number: int, curves: pd.DataFrame) -> Writers:
        """Metrics so far, in both published forms."""
        return run_files.metrics_writers(self, curves)

    def files_of_best(self, round_number: int) -> Writers:
        """The weights with the lowest validation objective."""
        return run_files.weights_writers(self, run_files.BEST)

    def files_of_result(self, curves: pd.DataFrame) -> Writers:
        """The last weights, and what a session needs besides."""
        return {
            **run_files.metrics_writers(self, curves),
            **run_files.weights_writers(self, self.outputs.state_dict),
        }


def _frozen(core: TrainedCore) -> list[str]:
    """Names of what is not trained begin with these."""
    return [CORE_PREFIX, LSTM_PREFIX] if core.has_lstm else [CORE_PREFIX]
