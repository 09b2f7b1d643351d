"""Stages eval1 and evaluate: the trained networks are run over the recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.checkpoints import read_recurrent
from insilico_drosophila.fitting.frames import FrameStage, correlation
from insilico_drosophila.fitting.plots import evaluation_plots, pictures
from insilico_drosophila.fitting.recurrent import ClosedLoop, RecurrentNetwork
from insilico_drosophila.fitting.results_folder import write_rates
from insilico_drosophila.fitting.stage import Work, required
from insilico_drosophila.fitting.tokens import RateBins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_drosophila.simulation import Simulation

N_TRUE = 100
"""Frames at the start of a closed loop whose input is the recorded rate."""


@dataclass(frozen=True)
class Stats:
    """Agreement of predictions with the recording; of frames, mean and deviation.

    Attributes
    ----------
    accuracy, loss : float array [frames]
        Bin accuracy, and mean squared error in Hz^2, of each frame over neuropils.
    """

    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]

    def __str__(self) -> str:
        return (
            f"Mean bin accuracy: {self.accuracy.mean():.5f}\n"
            f"Mean MSE loss: {self.loss.mean():.5f}\n"
            f"Std bin accuracy: {self.accuracy.std():.5f}\n"
            f"Std MSE loss: {self.loss.std():.5f}\n"
        )


class SimulatedRecording(FrameStage):
    """Stage eval1: the trained network, each frame driven by its recorded rates."""

    name = "eval1"

    def drive_hz(self, i: int) -> NDArray[np.float32]:
        """The recorded rates."""
        return np.asarray(self.work.fly.rates_hz[i])

    def values(self, i: int, target_hz: NDArray[np.float32]) -> Mapping[str, float]:
        """Correlation over neuropils."""
        return {"correlation": correlation(self.rates_hz[i], target_hz)}

    def files(self, k: int) -> dict[str, Any]:
        """The rates, at the end."""
        if k + 1 < self.n_rounds:
            return {}
        return {
            self.work.folder.simulated.name: lambda path: write_rates(
                path, self.rates_hz
            )
        }


class Evaluation(FrameStage):
    """Stage evaluate: both networks in a closed loop, compared with the recording.

    Row i of the predictions is about frame i + 1, with which it is compared; the
    published program compares all rows with frame 1 and plots row i over frame i, which is
    kept with ``reference_bugs`` only.
    """

    name = "evaluate"

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        settings = work.settings
        self._bins = RateBins.of(
            work.fly.rates_hz, settings.bin_size, settings.max_firing_rate
        )

    def check(self) -> None:
        """Needs both trained networks."""
        super().check()
        self._recurrent()

    def begin(self) -> None:
        """Read both networks."""
        super().begin()
        weights = read_recurrent(self._recurrent(), len(self.work.fly.neuropils))
        self._loop = ClosedLoop(RecurrentNetwork(weights, self.work.fly.device))

    def _recurrent(self) -> Path:
        style = self.work.settings.input_style
        return required(self.work.folder.second_checkpoint(style), "train2")

    def drive_hz(self, i: int) -> NDArray[np.float32]:
        """What the recurrent network predicts."""
        before = self.work.fly.rates_hz[i] if i < N_TRUE else self.rates_hz[i - 1]
        return self._loop.next(before)

    def values(self, i: int, target_hz: NDArray[np.float32]) -> Mapping[str, float]:
        """Bin accuracy, and mean squared error in Hz^2."""
        error = (self.rates_hz[i].astype(np.float64) - target_hz) ** 2
        accuracy = self._bins.accuracy(self.rates_hz[i], target_hz)
        return {"accuracy": accuracy, "loss": float(error.mean())}

    def state(self) -> Mapping[str, Any]:
        """As of the other stage, with the recurrent network's state."""
        return {**super().state(), "hidden": self._loop.hidden}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.stage.Stage.restore`."""
        super().restore(state)
        self._loop.hidden = state["hidden"]

    def files(self, k: int) -> dict[str, Any]:
        """Predictions, four numbers and pictures, at the end."""
        if k + 1 < self.n_rounds:
            return {}
        folder, fly = self.work.folder, self.work.fly
        bugs, rates = self.work.settings.reference_bugs, self.rates_hz
        stats = compared(rates, fly.rates_hz, self._bins, bugs)
        shown, truth = (rates[:-1], fly.rates_hz[1:])
        if bugs:
            shown, truth = rates, fly.rates_hz
        plots = evaluation_plots(shown, truth, fly.neuropils)
        return {
            folder.predictions.name: lambda path: write_rates(path, rates),
            folder.stats.name: lambda path: path.write_text(
                str(stats), encoding="utf-8"
            ),
            **pictures({f"{folder.plots.name}/{n}.png": d for n, d in plots.items()}),
        }


def compared(
    rates_hz: NDArray[np.float32],
    truth_hz: NDArray[np.float32],
    bins: RateBins,
    reference_bugs: bool = False,
) -> Stats:
    """Agreement of rows [T, P], each about the next frame, with recorded rates [T, P].

    The last row, whose frame was not recorded, is left out.
    """
    shown, target = rates_hz[:-1], truth_hz[1:]
    if reference_bugs:
        shown, target = rates_hz, np.broadcast_to(truth_hz[1], rates_hz.shape)
    same = bins.index(shown) == bins.index(target)
    error = (shown.astype(np.float64) - target) ** 2
    return Stats(same.mean(axis=1), error.mean(axis=1))


def closed_loop_frames(
    fly: Fly,
    simulation: Simulation,
    network: RecurrentNetwork,
    n_frames: int,
    per_frame: tuple[int, int],
    n_true: int = N_TRUE,
) -> Iterator[NDArray[np.float32]]:
    """Rates [P] of each frame, driven by predictions from the rates before.

    Parameters
    ----------
    fly : Fly
        Trained.
    simulation : Simulation
    network : RecurrentNetwork
    n_frames : int
    per_frame : (int, int)
        Steps of a frame, and how many of them pass before spikes count.
    n_true : int
        Frames at the start that are predicted from recorded rates; the others are from
        the simulated rates of the frame before.
    """
    loop = ClosedLoop(network)
    before = fly.rates_hz[0]
    for i in range(n_frames):
        if i < min(n_true, len(fly.rates_hz)):
            before = fly.rates_hz[i]
        simulation.set_input(fly.input_mv(loop.next(before)))
        before = simulation.frame(*per_frame)
        yield before
