"""Stepping one network on a CPU, with work in proportion to its spikes.

Spikes take `n_delay` steps to arrive, so the inputs of that many steps are known at
once and computed as one block. Within it a step touches each neuron twice, g and v; the
rest goes by lists of neurons. A neuron that has spiked is at 0 with g = 0 until its
refractory time is over, so freezing it is setting it back to 0 after the update: kicks
and inputs that fell on it are lost, as they have to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from insilico_drosophila.network.circuit import Circuit, HostInputs
from insilico_drosophila.network.neuron_model import THRESHOLD_MV, StepConstants
from insilico_drosophila.network.spike_log import SpikeLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from insilico_drosophila.network.drive import Drive, Kicks
    from insilico_drosophila.network.state import State

_CHUNK = 32_000
"""Neurons updated at once: they stay in the core's cache, and torch starts threads for
more only, which costs more than it gains here."""


class Recorder(Protocol):
    """What sees each step after it was made.

    Attributes
    ----------
    watched : int array [W] or None
        Neurons whose v and g it wants to see.
    """

    watched: NDArray[np.int64] | None

    def step(
        self,
        step: int,
        spikes: NDArray[np.int64],
        v: NDArray[np.float32] | None,
        g: NDArray[np.float32] | None,
    ) -> None:
        """Take spiking neurons, ascending, and v and g [W] in mV of watched ones."""
        ...


class EventEngine:
    """One network in time.

    Parameters
    ----------
    circuit : Circuit
    constants : StepConstants
    state : State
        At step 0; copied.
    drive : Drive
        Can be replaced between calls of :meth:`advance`.
    silenced : int array, optional
        Neurons that never spike.

    Attributes
    ----------
    counts : int64 array [N]
        Spikes since the last :meth:`reset_counts`.
    """

    def __init__(
        self,
        circuit: Circuit,
        constants: StepConstants,
        state: State,
        drive: Drive,
        silenced: NDArray[np.int64] | None = None,
    ) -> None:
        self.drive = drive
        self.counts = np.zeros(circuit.n_neurons, np.int64)
        self._constants = constants
        self._silenced = silenced
        self._v = state.v.copy()
        self._g = state.g.copy()
        self._above = np.zeros(circuit.n_neurons, bool)
        self._log = SpikeLog(max(constants.n_refractory, constants.n_delay) + 1)
        self._inputs = HostInputs(circuit, constants.n_delay)
        v, g = torch.from_numpy(self._v), torch.from_numpy(self._g)
        self._chunks = list(zip(_split(v), _split(g), strict=True))
        self._input_chunks = [_split(one) for one in self._inputs.steps]

    def silence(self, neurons: NDArray[np.int64] | None) -> None:
        """Let other neurons never spike, from the next step on."""
        self._silenced = neurons

    @property
    def step(self) -> int:
        """Number of steps made."""
        return self._log.n_steps

    @property
    def v(self) -> NDArray[np.float32]:
        """A copy of v [N] in mV."""
        return self._v.copy()

    @property
    def g(self) -> NDArray[np.float32]:
        """A copy of g [N] in mV."""
        return self._g.copy()

    def reset_counts(self) -> None:
        """Count spikes from here on."""
        self.counts[:] = 0

    def snapshot(self) -> dict[str, Any]:
        """The state between two steps, without the drive; see :meth:`restore`."""
        return {
            "v": self._v.copy(),
            "g": self._g.copy(),
            "counts": self.counts.copy(),
            "log": self._log.snapshot(),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go back to a :meth:`snapshot`."""
        self._v[:], self._g[:] = saved["v"], saved["g"]
        self.counts[:] = saved["counts"]
        self._log.restore(saved["log"])

    def advance(self, n_steps: int, recorder: Recorder | None = None) -> None:
        """Make steps.

        Parameters
        ----------
        n_steps : int
        recorder : Recorder, optional
        """
        left = n_steps
        # A state that is not finite is reported with the results
        with np.errstate(over="ignore", invalid="ignore"):
            while left:
                n = min(left, self._constants.n_delay)
                self._block(n, recorder)
                left -= n

    def _block(self, n: int, recorder: Recorder | None) -> None:
        start = self.step
        sent = start - self._constants.n_delay
        arriving = self._log.between(sent, sent + n)
        has_input = self._inputs.compute(arriving, self._log.counts(sent, sent + n))
        kicks = self.drive.block(n)
        for k in range(n):
            self._kick(kicks, k)
            self._integrate(None if has_input is None else k)
            spikes = self._spike(start + k)
            if recorder is None:
                continue
            if (watched := recorder.watched) is None:
                recorder.step(start + k, spikes, None, None)
            else:
                seen = self._v[watched], self._g[watched]
                recorder.step(start + k, spikes, *seen)

    def _kick(self, kicks: list[Kicks], k: int) -> None:
        for one in kicks:
            at = slice(one.offsets[k], one.offsets[k + 1])
            self._v[one.neurons[at]] += one.sizes_mv[at]

    def _integrate(self, row: int | None) -> None:
        """Decay and input of g, then v towards the new g."""
        decay, gain = self._constants.g_decay, self._constants.v_gain
        if row is None:
            for v, g in self._chunks:
                v.lerp_(g.mul_(decay), gain)
            return
        inputs = self._input_chunks[row]
        for (v, g), x in zip(self._chunks, inputs, strict=True):
            torch.add(x, g, alpha=decay, out=g)
            v.lerp_(g, gain)

    def _spike(self, step: int) -> NDArray[np.int64]:
        v, g = self._v, self._g
        frozen = self._log.between(step - self._constants.n_refractory, step)
        v[frozen] = 0
        g[frozen] = 0
        np.greater_equal(v, np.float32(THRESHOLD_MV), out=self._above)
        if self._silenced is not None:
            self._above[self._silenced] = False
        spikes = np.flatnonzero(self._above)
        v[spikes] = 0
        g[spikes] = 0
        self.counts[spikes] += 1
        self._log.append(spikes)
        return spikes


def _split(row: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.split(row, _CHUNK)
