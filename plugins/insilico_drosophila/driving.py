"""Drives of the host as runs of the network, window by window."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila import targets
from insilico_drosophila.network.state import random_state
from insilico_drosophila.simulation import SpikeRecorder, health
from insilico_gui.drive import DriveChunk, base_interval, base_values, n_windows
from insilico_gui.stimuli import Cut, Silence, Stimulate

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_drosophila.session import FlySession
    from insilico_drosophila.simulation import Simulation
    from insilico_gui.stimuli import Drive

INITIAL = ("rest", "random")
"""Membranes at the start."""

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
    schedule = _Schedule(fly, drive, base, base_interval(drive, session))
    step_s = simulation.constants.dt_ms / 1000
    recorder = watched = None
    if spikes_of is not None:
        recorder, watched = SpikeRecorder(), np.zeros(fly.connectome.n_neurons, bool)
        watched[spikes_of] = True
    total = 0
    edges = _edges(drive, step_s)
    for start, stop in pairwise(edges):
        simulation.reset_counts()
        for end in schedule.stops(start, stop):
            schedule.apply(simulation)
            simulation.advance(end - simulation.step, recorder)
        counts, n_steps = simulation.counts(), stop - start
        total += int(counts.sum())
        times: NDArray[np.float64] = np.empty(0)
        neurons: NDArray[np.int64] = np.empty(0, np.int64)
        if recorder is not None and watched is not None:
            steps, neurons = recorder.take()
            seen = watched[neurons]
            times = steps[seen].astype(np.float64) * np.float64(step_s)
            neurons = neurons[seen]
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
            times,
            neurons,
            found,
        )


class _Schedule:
    """When the drive of a run changes, and to what.

    Parameters
    ----------
    fly : Fly
    drive : Drive
    base : float32 array [T, P]
        Rates in Hz of each sample.
    interval_s : float
        Between samples.
    """

    def __init__(
        self, fly: Fly, drive: Drive, base: NDArray[np.float32], interval_s: float
    ) -> None:
        self._fly = fly
        self._base = base
        step_s = float(drive.step_s or 0)
        self._samples = np.round(np.arange(len(base)) * interval_s / step_s)
        self._silences = []
        for event in drive.events:
            if not isinstance(event, Silence):
                continue
            spec = targets.spec_of(event.target)
            who = targets.neurons(fly.connectome, spec)
            end = 2**62
            if event.duration_s is not None:
                end = round((event.onset_s + event.duration_s) / step_s)
            self._silences.append((who, round(event.onset_s / step_s), end))
        ends = [step for _, *steps in self._silences for step in steps]
        self._changes = np.unique([*self._samples, *ends]).astype(np.int64)
        self._sample = 0
        self._silent: tuple[int, ...] = ()

    def stops(self, start: int, stop: int) -> list[int]:
        """Ends of the pieces of a window in which nothing changes."""
        inside = self._changes[(self._changes > start) & (self._changes < stop)]
        return [*inside.tolist(), stop]

    def apply(self, simulation: Simulation) -> None:
        """Let a simulation be driven as it is to be from its step on."""
        now = simulation.step
        sample = int(np.searchsorted(self._samples, now, side="right")) - 1
        if sample != self._sample:
            self._sample = sample
            simulation.set_input(self._fly.input_mv(self._base[sample]))
        silent = tuple(
            k for k, (_, first, end) in enumerate(self._silences) if first <= now < end
        )
        if silent != self._silent:
            self._silent = silent
            parts = [self._silences[k][0] for k in silent]
            simulation.silence(np.unique(np.concatenate(parts)) if parts else None)


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
