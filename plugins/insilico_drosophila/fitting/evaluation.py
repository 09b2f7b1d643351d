"""Stages eval1 and evaluate: the trained networks are run over the recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_drosophila.files.checkpoints import read_network, read_recurrent
from insilico_drosophila.fitting.plots import evaluation_plots, plotted
from insilico_drosophila.fitting.recurrent import ClosedLoop, RecurrentNetwork
from insilico_drosophila.fitting.reports import OnReport, Report, nothing
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.network.state import random_state
from insilico_gui.errors import SessionError
from insilico_gui.files import publishing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_drosophila.fitting.results_folder import ResultsFolder
    from insilico_drosophila.fitting.settings import Settings
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


def simulate_recording(
    fly: Fly,
    settings: Settings,
    folder: ResultsFolder,
    on_report: OnReport = nothing,
) -> None:
    """Stage eval1: run the trained network, each frame driven by its recorded rates.

    Parameters
    ----------
    fly, settings, folder
        See :func:`.first_round.train_first`.
    on_report : callable, optional
        Called after each frame with its ``correlation`` with the next recorded frame.
    """
    simulation = trained_simulation(fly, settings, folder)
    rates = np.zeros_like(fly.rates_hz)
    for i, row in enumerate(driven_frames(fly, simulation, fly.rates_hz, settings)):
        rates[i] = row
        target = fly.rates_hz[min(i + 1, len(rates) - 1)]
        values = {"correlation": correlation(row, target)}
        on_report(Report("eval1", i + 1, len(rates), values))
    folder.write_rates(folder.simulated, rates)


def evaluate(
    fly: Fly,
    settings: Settings,
    folder: ResultsFolder,
    on_report: OnReport = nothing,
) -> Stats:
    """Run both networks in a closed loop, and compare with the recording.

    Row i of the predictions is about frame i + 1, with which it is compared; the
    published program compares all rows with frame 1 and plots row i over frame i, which is
    kept with ``reference_bugs`` only.
    """
    path = required(folder.second_checkpoint(settings.input_style), "train2")
    weights = read_recurrent(path, len(fly.neuropils))
    simulation = trained_simulation(fly, settings, folder)
    network = RecurrentNetwork(weights, fly.device)
    rates = np.zeros_like(fly.rates_hz)
    bins = RateBins.of(fly.rates_hz, settings.bin_size, settings.max_firing_rate)
    per_frame = settings.steps_per_frame, settings.n_discarded
    looped = closed_loop_frames(fly, simulation, network, len(rates), per_frame)
    for i, row in enumerate(looped):
        rates[i] = row
        target = fly.rates_hz[min(i + 1, len(rates) - 1)]
        values = {"accuracy": bins.accuracy(row, target)}
        on_report(Report("evaluate", i + 1, len(rates), values))
    folder.write_rates(folder.predictions, rates)
    stats = compared(rates, fly.rates_hz, bins, settings.reference_bugs)
    with publishing(folder.stats, SessionError) as new:
        new.write_text(str(stats), encoding="utf-8")
    shown, truth = (rates[:-1], fly.rates_hz[1:])
    if settings.reference_bugs:
        shown, truth = rates, fly.rates_hz
    for name, figure in evaluation_plots(shown, truth, fly.neuropils).items():
        plotted(folder.plots / f"{name}.png", figure)
    return stats


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


def trained_simulation(
    fly: Fly, settings: Settings, folder: ResultsFolder
) -> Simulation:
    """The trained network in the random state from which frames start."""
    path = required(folder.first_checkpoint, "train1")
    n = fly.connectome.n_neurons
    trained = fly.with_weights(read_network(path, n, len(fly.neuropils)))
    state = random_state(n)
    return trained.simulate(
        settings.dt,
        settings.scale_factor,
        frame=0,
        v0=state.v,
        g0=state.g,
        seed=settings.seed,
    )


def driven_frames(
    fly: Fly, simulation: Simulation, drive_hz: NDArray[np.float32], settings: Settings
) -> Iterator[NDArray[np.float32]]:
    """Rates [P] of each frame of a drive [T, P]; the network's state is carried on."""
    for row in drive_hz:
        simulation.set_input(fly.input_mv(row))
        yield simulation.frame(settings.steps_per_frame, settings.n_discarded)


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


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's r of two vectors; 0 if one of them is constant."""
    a, b = (x.astype(np.float64) - x.mean() for x in (one, other))
    norm = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / norm) if norm else 0.0


def required(path: Path, stage: str) -> Path:
    """A file that an earlier stage makes."""
    if not path.is_file():
        raise SessionError(
            f"{path.name} is not in {path.parent.name}; run the stage {stage} first."
        )
    return path
