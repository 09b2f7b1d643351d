"""A network that is run in windows of time, and what is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_drosophila.network.circuit import Circuit, DeviceInputs
from insilico_drosophila.network.dense_engine import DenseEngine
from insilico_drosophila.network.event_engine import EventEngine
from insilico_gui.errors import StimulusError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy import sparse

    from insilico_drosophila.network.drive import Drive
    from insilico_drosophila.network.event_engine import Recorder
    from insilico_drosophila.network.neuron_model import StepConstants
    from insilico_drosophila.network.state import State

HIGH_HZ = 200.0
"""A mean rate above this is no activity of a brain."""
_NEAR_LIMIT = 0.95


@dataclass(frozen=True)
class Window:
    """Activity in a window of time.

    Attributes
    ----------
    start, stop : int
        First step, and the one after the last.
    end_ms : float
        Time at its end, from the first step of the simulation.
    neuropil_hz : float32 array [P]
    population_hz : float
        Mean rate over all neurons.
    share_spiking : float
        Neurons with at least one spike, as a share of all.
    spike_step, spike_neuron : int array [spikes]
        All spikes of the window in the order of time.
    health : tuple of str
        Sentences on what is wrong; empty if nothing is.
    """

    start: int
    stop: int
    end_ms: float
    neuropil_hz: NDArray[np.float32]
    population_hz: float
    share_spiking: float
    spike_step: NDArray[np.int64]
    spike_neuron: NDArray[np.int64]
    health: tuple[str, ...]


class SpikeRecorder:
    """Collects spikes, and v and g of some neurons, step by step.

    Parameters
    ----------
    watched : int array, optional
        Neurons whose v and g are kept.
    """

    def __init__(self, watched: NDArray[np.int64] | None = None) -> None:
        self.watched = watched
        self._steps: list[NDArray[np.int64]] = []
        self._neurons: list[NDArray[np.int64]] = []
        self.v: list[NDArray[np.float32]] = []
        self.g: list[NDArray[np.float32]] = []

    def step(
        self,
        step: int,
        spikes: NDArray[np.int64],
        v: NDArray[np.float32] | None,
        g: NDArray[np.float32] | None,
    ) -> None:
        """See :class:`.event_engine.Recorder`."""
        if len(spikes):
            self._steps.append(np.full(len(spikes), step))
            self._neurons.append(spikes)
        if v is not None and g is not None:
            self.v.append(v)
            self.g.append(g)

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Steps and neurons of the spikes since the last call."""
        nothing = [np.empty(0, np.int64)]
        steps, neurons = (
            np.concatenate(parts or nothing) for parts in (self._steps, self._neurons)
        )
        self._steps, self._neurons = [], []
        return steps, neurons


class Simulation:
    """One network in time, on a CPU or a GPU.

    Parameters
    ----------
    circuit : Circuit
    omega : csr_array [P, N], float32
        Share of each neuropil's synapses that each neuron makes.
    constants : StepConstants
    state : State
    drive : Drive
    device : str
    silenced : int array, optional
    """

    def __init__(
        self,
        circuit: Circuit,
        omega: sparse.csr_array,
        constants: StepConstants,
        state: State,
        drive: Drive,
        device: str = "cpu",
        silenced: NDArray[np.int64] | None = None,
    ) -> None:
        self.constants = constants
        self._omega = omega
        self._engine: EventEngine | DenseEngine
        if device == "cpu":
            self._engine = EventEngine(circuit, constants, state, drive, silenced)
        else:
            inputs = DeviceInputs(circuit, device)
            self._engine = DenseEngine(
                inputs, constants, state, drive, silenced=silenced
            )

    @property
    def step(self) -> int:
        """Number of steps made."""
        return self._engine.step

    @property
    def v(self) -> NDArray[np.float32]:
        """A copy of v [N] in mV."""
        return self._engine.v

    @property
    def g(self) -> NDArray[np.float32]:
        """A copy of g [N] in mV."""
        return self._engine.g

    def set_input(self, input_mv: NDArray[np.float32]) -> None:
        """Change the kick sizes [N] of the input layer from the next step on."""
        self._engine.drive.input_mv = input_mv

    def silence(self, neurons: NDArray[np.int64] | None) -> None:
        """Let other neurons never spike, from the next step on; None: let all."""
        self._engine.silence(neurons)

    def advance(self, n_steps: int, recorder: Recorder | None = None) -> None:
        """Make steps, adding to the counts of spikes."""
        self._engine.advance(n_steps, recorder)

    def reset_counts(self) -> None:
        """Count spikes from here on."""
        self._engine.reset_counts()

    def counts(self) -> NDArray[np.int64]:
        """Spikes of each neuron [N] since the counts were reset."""
        return self._engine.counts.copy()

    def neuropil_hz(
        self, counts: NDArray[np.int64], n_steps: int
    ) -> NDArray[np.float32]:
        """Rates of the neuropils [P] in Hz, of spikes [N] in so many steps."""
        duration_s = n_steps * self.constants.dt_ms / 1000
        rates = (counts / duration_s).astype(np.float32)
        return np.asarray(self._omega @ rates)

    def frame(self, n_steps: int, n_discarded: int) -> NDArray[np.float32]:
        """Make steps, and read the rates [P] in Hz of those that are not discarded."""
        self.advance(n_discarded)
        self.reset_counts()
        self.advance(n_steps - n_discarded)
        return self.neuropil_hz(self._engine.counts, n_steps - n_discarded)

    def windows(
        self, n_steps: int, per_window: int, recorder: SpikeRecorder | None = None
    ) -> Iterator[Window]:
        """Make steps, `per_window` at a time; the last window may be shorter.

        Parameters
        ----------
        n_steps, per_window : int
        recorder : SpikeRecorder, optional
            Records more than spikes.
        """
        recorder = recorder or SpikeRecorder()
        stop = self.step + n_steps
        while self.step < stop:
            start = self.step
            self.reset_counts()
            self.advance(min(per_window, stop - start), recorder)
            yield self._window(start, *recorder.take())

    def _window(
        self, start: int, steps: NDArray[np.int64], neurons: NDArray[np.int64]
    ) -> Window:
        n_steps = self.step - start
        counts = self._engine.counts
        seconds = n_steps * self.constants.dt_ms / 1000
        population = float(counts.mean()) / seconds
        return Window(
            start,
            self.step,
            self.step * self.constants.dt_ms,
            self.neuropil_hz(counts, n_steps),
            population,
            float((counts > 0).mean()),
            steps,
            neurons,
            health(population, self.v, self.constants),
        )


def health(
    population_hz: float, v: NDArray[np.float32], constants: StepConstants
) -> tuple[str, ...]:
    """What is wrong with a mean rate in Hz and with v [N], in sentences."""
    found = []
    if not np.isfinite(v).all():
        found.append(
            "The membrane of a neuron is not finite: weights, scale or stimulation are "
            "too strong."
        )
    if population_hz == 0:
        found.append("No neuron spikes: the drive is too weak.")
    limit = constants.max_rate_hz
    if population_hz > min(HIGH_HZ, _NEAR_LIMIT * limit):
        found.append(
            f"The mean rate is {population_hz:.0f} Hz, and {limit:.0f} Hz is the most "
            "that refractoriness admits: weights, scale or drive are too strong."
        )
    return tuple(found)


def checked_steps(n_steps: int) -> int:
    """The number of steps; refused unless it is a whole number above 0."""
    whole = isinstance(n_steps, int | np.integer) and not isinstance(n_steps, bool)
    if not whole or not 0 < n_steps < 2**40:
        raise StimulusError(
            f"A run of {quoted(n_steps)} steps is not a whole number above 0."
        )
    return int(n_steps)


def window_steps(window_ms: float, dt_ms: float) -> int:
    """Steps in a window."""
    if not dt_ms <= window_ms <= 1e6:
        raise StimulusError(
            f"A window of {quoted(window_ms, '')} ms is not between one step, {dt_ms:g} "
            "ms, and 1,000 s; 20 to 100 ms are usual."
        )
    return max(1, round(window_ms / dt_ms))
