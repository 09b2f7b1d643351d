"""Drives of the host as runs of the network, window by window."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila import targets
from insilico_drosophila.network.state import random_state
from insilico_drosophila.schedule import Schedule
from insilico_drosophila.simulation import SpikeRecorder, health
from insilico_gui.drive import DriveChunk, base_interval, base_values, n_windows
from insilico_gui.stimuli import Cut, Stimulate

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_drosophila.session import FlySession
    from insilico_drosophila.simulation import Simulation
    from insilico_gui.stimuli import Drive

INITIAL = ("rest", "random")
"""Membranes at the start."""
CLOSED_LOOP = "closed_loop"

_TINY_HZ = 1e-9


def driven(
    session: FlySession,
    drive: Drive,
    units: NDArray[np.integer] | None,
    spikes_of: NDArray[np.integer] | None,
) -> Generator[DriveChunk, None, None]:
    """See :meth:`insilico_gui.drive.DriveSession.respond`; a chunk is a window."""
    fly = session.fly
    base = base_values(drive, session)
    simulation = _simulation(fly, drive, base[0])
    loop = session.recurrent if drive.options.get(CLOSED_LOOP) else None
    schedule = Schedule(fly, drive, base, base_interval(drive, session), loop)
    step_s = simulation.constants.dt_ms / 1000
    spikes = _Spikes(fly.connectome.n_neurons, spikes_of, step_s)
    total = 0
    edges = _edges(drive, step_s)
    for start, stop in pairwise(edges):
        counts, n_steps = np.zeros(fly.connectome.n_neurons, np.int64), stop - start
        for end in schedule.stops(start, stop):
            before = simulation.step
            schedule.apply(simulation)
            simulation.reset_counts()
            simulation.advance(end - before, spikes.recorder)
            piece = simulation.counts()
            schedule.see(piece, before, end)
            counts += piece
        total += int(counts.sum())
        rates = simulation.neuropil_hz(counts, n_steps)
        population = float(counts.mean()) / (n_steps * step_s)
        found = health(max(population, _TINY_HZ), simulation.v, simulation.constants)
        if stop == edges[-1] and not total:
            found = health(0.0, simulation.v, simulation.constants)
        yield DriveChunk(
            (rates if units is None else rates[units])[None],
            {
                "population_rate": np.array([population], np.float32),
                "spiking_share": np.array([(counts > 0).mean()], np.float32),
            },
            *spikes.take(),
            found,
        )


class _Spikes:
    """Spikes of some neurons.

    Parameters
    ----------
    n_neurons : int
    of : int array or None
        Their indices; None to record nothing.
    step_s : float
    """

    def __init__(
        self, n_neurons: int, of: NDArray[np.integer] | None, step_s: float
    ) -> None:
        self.recorder = None if of is None else SpikeRecorder()
        self._step_s = np.float64(step_s)
        self._watched = np.zeros(n_neurons, bool)
        self._watched[[] if of is None else of] = True

    def take(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times (s) and neurons of the spikes since the last call."""
        if self.recorder is None:
            return np.empty(0), np.empty(0, np.int64)
        steps, neurons = self.recorder.take()
        seen = self._watched[neurons]
        return steps[seen].astype(np.float64) * self._step_s, neurons[seen]


def _simulation(fly: Fly, drive: Drive, first: NDArray[np.float32]) -> Simulation:
    """A network at step 0, with the stimulations and cuts of a drive."""
    stimulate: list[dict[str, Any]] = []
    cuts: list[dict[str, Any]] = []
    for event in drive.events:
        if isinstance(event, Cut):
            cuts.append({targets.CUT: event.region})
        elif isinstance(event, Stimulate):
            duration = event.duration_s
            stimulate.append(
                {
                    **targets.spec_of(event.target),
                    "rate_hz": event.rate_hz,
                    "strength_mv": event.strength,
                    "onset_ms": 1000 * event.onset_s,
                    "duration_ms": None if duration is None else 1000 * duration,
                }
            )
    options = drive.options
    start: dict[str, Any] = {}
    if options["initial"] == "random":
        state = random_state(fly.connectome.n_neurons, drive.seed)
        start = {"v0": state.v, "g0": state.g}
    return fly.simulate(
        1000 * float(drive.step_s or 0),
        float(options["scale_mv"]),
        embedding_hz=first,
        seed=drive.seed,
        stimulate=stimulate,
        silence=cuts,
        lora=float(options["lora"]),
        **start,
    )


def _edges(drive: Drive, step_s: float) -> list[int]:
    """First steps of the windows of a drive, and the end of the last one."""
    window, duration = float(drive.window_s or 0), float(drive.duration_s or 0)
    edges = [round(k * window / step_s) for k in range(n_windows(drive))]
    return [*edges, max(round(duration / step_s), edges[-1] + 1)]
