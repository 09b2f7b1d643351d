"""When what drives a run changes, and to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_drosophila import targets
from insilico_drosophila.files.checkpoints import read_recurrent
from insilico_drosophila.files.rates import FRAME_RATE_HZ
from insilico_gui.stimuli import Silence

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_drosophila.simulation import Simulation
    from insilico_gui.stimuli import Drive

DISCARDED = 0.1
"""Part of a frame that passes before its spikes count in a closed loop."""

_ROUNDING = 1e-6
_NEVER = 2**62


class Schedule:
    """Base and silences of a drive, step by step.

    Parameters
    ----------
    fly : Fly
    drive : Drive
    base : float32 array [T, P]
        Rates in Hz of each sample; the last one is held.
    interval_s : float
        Between samples.
    recurrent : Path, optional
        Weights of the network that predicts what drives each frame: from the base while
        that lasts, later from the simulated rates of the frame before.
    """

    def __init__(
        self,
        fly: Fly,
        drive: Drive,
        base: NDArray[np.float32],
        interval_s: float,
        recurrent: Path | None = None,
    ) -> None:
        step_s = float(drive.step_s or 0)
        n_steps = round(float(drive.duration_s or 0) / step_s)
        self._silences = Silences(fly, drive, step_s)
        source = Samples(fly, base, interval_s, step_s)
        self._source: Samples | Loop = source
        if recurrent is not None:
            self._source = Loop(fly, source, recurrent, n_steps, step_s)
        changes = np.concatenate([self._source.changes, self._silences.changes])
        self._changes = np.unique(changes)

    def stops(self, start: int, stop: int) -> list[int]:
        """Ends of the pieces of a window in which nothing changes."""
        inside = self._changes[(self._changes > start) & (self._changes < stop)]
        return [*inside.tolist(), stop]

    def apply(self, simulation: Simulation) -> None:
        """Let a simulation be driven as it is to be from its step on."""
        self._source.apply(simulation)
        self._silences.apply(simulation)

    def see(self, counts: NDArray[np.int64], start: int, stop: int) -> None:
        """Take the spikes [N] of a piece."""
        self._source.see(counts, start, stop)


class Samples:
    """Rates of the input layer, one sample after the other.

    Attributes
    ----------
    changes : int array
        Steps at which samples begin.
    """

    def __init__(
        self, fly: Fly, base: NDArray[np.float32], interval_s: float, step_s: float
    ) -> None:
        self._fly = fly
        self._base = base
        self.changes = starts(len(base), interval_s, step_s)
        self.end = int(starts(len(base) + 1, interval_s, step_s)[-1])
        self._now = 0

    def at(self, step: int) -> int:
        """Position of the sample at a step."""
        return int(np.searchsorted(self.changes, step, side="right")) - 1

    def rates(self, step: int) -> NDArray[np.float32] | None:
        """Rates [P] at a step; None after the end of the last sample."""
        if step >= self.end:
            return None
        row: NDArray[np.float32] = self._base[self.at(step)]
        return row

    def apply(self, simulation: Simulation) -> None:
        """See :meth:`Schedule.apply`."""
        sample = self.at(simulation.step)
        if sample != self._now:
            self._now = sample
            simulation.set_input(self._fly.input_mv(self._base[sample]))

    def see(self, counts: NDArray[np.int64], start: int, stop: int) -> None:
        """Spikes play no part."""


class Loop:
    """Rates that the recurrent network predicts, frame by frame.

    Attributes
    ----------
    changes : int array
        Steps at which frames begin, and at which spikes begin to count in them.
    """

    def __init__(
        self, fly: Fly, base: Samples, recurrent: Path, n_steps: int, step_s: float
    ) -> None:
        from insilico_drosophila.fitting.recurrent import ClosedLoop, RecurrentNetwork

        weights = read_recurrent(recurrent, len(fly.neuropils))
        self._loop = ClosedLoop(RecurrentNetwork(weights, fly.device))
        self._fly = fly
        self._base = base
        interval = 1 / FRAME_RATE_HZ
        n_frames = int(n_steps * step_s / interval) + 1
        # Of a constant base, one frame is given
        self._end = base.end if len(base.changes) > 1 else 1
        self._frames = starts(n_frames, interval, step_s)
        discarded = int(interval / step_s + _ROUNDING) * DISCARDED
        self._counting = self._frames + int(discarded + _ROUNDING)
        self.changes = np.union1d(self._frames, self._counting)
        self._counts = np.zeros(fly.connectome.n_neurons, np.int64)
        self._counted = 0

    def apply(self, simulation: Simulation) -> None:
        """See :meth:`Schedule.apply`."""
        now = simulation.step
        if now not in self._frames:
            return
        before = self._base.rates(now) if now < self._end else None
        if before is None:
            before = simulation.neuropil_hz(self._counts, max(1, self._counted))
        simulation.set_input(self._fly.input_mv(self._loop.next(before)))
        self._counts[:] = 0
        self._counted = 0

    def see(self, counts: NDArray[np.int64], start: int, stop: int) -> None:
        """See :meth:`Schedule.see`."""
        frame = int(np.searchsorted(self._frames, start, side="right")) - 1
        if start >= self._counting[frame]:
            self._counts += counts
            self._counted += stop - start


class Silences:
    """Neurons that do not spike for a time.

    Attributes
    ----------
    changes : int array
        Steps at which silences begin or end.
    """

    def __init__(self, fly: Fly, drive: Drive, step_s: float) -> None:
        self._all = []
        for event in drive.events:
            if isinstance(event, Silence):
                who = targets.neurons(fly.connectome, targets.spec_of(event.target))
                end = _NEVER
                if event.duration_s is not None:
                    end = round((event.onset_s + event.duration_s) / step_s)
                self._all.append((who, round(event.onset_s / step_s), end))
        ends = [step for _, *steps in self._all for step in steps]
        self.changes = np.array(ends, np.int64)
        self._now: tuple[int, ...] = ()

    def apply(self, simulation: Simulation) -> None:
        """See :meth:`Schedule.apply`."""
        step = simulation.step
        which = tuple(k for k, (_, a, b) in enumerate(self._all) if a <= step < b)
        if which != self._now:
            self._now = which
            parts = [self._all[k][0] for k in which]
            simulation.silence(np.unique(np.concatenate(parts)) if parts else None)


def starts(n: int, interval_s: float, step_s: float) -> NDArray[np.int64]:
    """First steps [n] of intervals, as the published program rounds them: down."""
    exact = np.arange(n, dtype=np.float64) * np.float64(interval_s / step_s)
    first: NDArray[np.int64] = np.floor(exact + _ROUNDING).astype(np.int64)
    return first
