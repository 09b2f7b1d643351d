"""Stepping B copies of a network side by side, on any device.

All neurons of all copies are updated with masks, which suits a GPU and gives training
the intermediate results it needs. Inputs of `n_delay` steps are computed as one block,
as in :mod:`.event_engine`; the host waits for the device once a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from insilico_drosophila.network.circuit import DeviceInputs
from insilico_drosophila.network.neuron_model import THRESHOLD_MV, StepConstants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from insilico_drosophila.network.drive import Drive
    from insilico_drosophila.network.event_engine import Recorder
    from insilico_drosophila.network.state import State

_LONG_AGO = -(2**30)


@dataclass(frozen=True)
class DenseStep:
    """What happened in one step; all [B, N].

    Attributes
    ----------
    sent : bool tensor
        Spikes that arrived, of `n_delay` steps before.
    kicked : float tensor
        1 where the input layer kicked, also at frozen neurons.
    free : float tensor
        0 where a neuron was frozen.
    v, g : float tensor, mV
        Before neurons that spiked were reset.
    spikes : bool tensor
    """

    sent: torch.Tensor
    kicked: torch.Tensor
    free: torch.Tensor
    v: torch.Tensor
    g: torch.Tensor
    spikes: torch.Tensor


class DenseEngine:
    """B copies of a network in time.

    Parameters
    ----------
    inputs : DeviceInputs
        Of the circuit, on the device.
    constants : StepConstants
    state : State
        At step 0, of every copy.
    drive : Drive
        Of B * N neurons, copy by copy.
    n_copies : int
    silenced : int array, optional
        Neurons that never spike.
    """

    def __init__(
        self,
        inputs: DeviceInputs,
        constants: StepConstants,
        state: State,
        drive: Drive,
        n_copies: int = 1,
        silenced: NDArray[np.int64] | None = None,
    ) -> None:
        self.drive = drive
        self._inputs = inputs
        self._constants = constants
        self._device = inputs.b.device
        shape = (n_copies, inputs.n)
        self._shape = shape
        self._v = self._tensor(state.v).repeat(n_copies, 1)
        self._g = self._tensor(state.g).repeat(n_copies, 1)
        self._last = torch.full(
            shape, _LONG_AGO, dtype=torch.int32, device=self._device
        )
        self._counts = torch.zeros(shape, device=self._device)
        self._line = torch.zeros(
            (constants.n_delay, *shape), dtype=torch.bool, device=self._device
        )
        self._silenced = None if silenced is None else self._tensor(silenced)
        self._flat_counts = self._counts.view(-1)
        self.step = 0

    def silence(self, neurons: NDArray[np.int64] | None) -> None:
        """Let other neurons never spike, from the next step on."""
        self._silenced = None if neurons is None else self._tensor(neurons)

    @property
    def copies(self) -> torch.Tensor:
        """Spikes [B, N] since the last :meth:`reset_counts`, float."""
        return self._counts

    @property
    def counts(self) -> NDArray[np.int64]:
        """Spikes of the first copy [N] since the last :meth:`reset_counts`."""
        return self._counts[0].cpu().numpy().astype(np.int64)

    @property
    def v(self) -> NDArray[np.float32]:
        """A copy of v [N] of the first copy, in mV."""
        return self._v[0].cpu().numpy().copy()

    @property
    def g(self) -> NDArray[np.float32]:
        """A copy of g [N] of the first copy, in mV."""
        return self._g[0].cpu().numpy().copy()

    def reset_counts(self) -> None:
        """Count spikes from here on."""
        self._counts.zero_()

    def snapshot(self) -> dict[str, Any]:
        """The state between two steps, without the drive; see :meth:`restore`."""
        parts = {name: one.cpu().numpy() for name, one in self._parts().items()}
        copies: dict[str, Any] = {name: part.copy() for name, part in parts.items()}
        return {**copies, "step": self.step}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go back to a :meth:`snapshot`."""
        for name, one in self._parts().items():
            one.copy_(torch.from_numpy(saved[name]))
        self.step = int(saved["step"])

    def _parts(self) -> dict[str, torch.Tensor]:
        return {
            "v": self._v,
            "g": self._g,
            "last": self._last,
            "counts": self._counts,
            "line": self._line,
        }

    def advance(self, n_steps: int, recorder: Recorder | None = None) -> None:
        """Make steps; see :meth:`.event_engine.EventEngine.advance`."""
        left = n_steps
        while left:
            n = min(left, self._constants.n_delay)
            if recorder is None:
                for _ in self._block(n):
                    pass
            else:
                self._recorded_block(n, recorder)
            left -= n

    def steps(self, n_steps: int) -> Iterator[DenseStep]:
        """Make steps one by one, showing each; the last one is made before it is shown."""
        left = n_steps
        while left:
            n = min(left, self._constants.n_delay)
            yield from self._block(n)
            left -= n

    def _recorded_block(self, n: int, recorder: Recorder) -> None:
        """Make steps, and show those of the first copy; the device is waited for once."""
        start = self.step
        kept = [(one.spikes[0], one.v[0], one.g[0]) for one in self._block(n)]
        spikes, v, g = (torch.stack(parts) for parts in zip(*kept, strict=True))
        step, neuron = (
            one.cpu().numpy() for one in torch.nonzero(spikes, as_tuple=True)
        )
        edges = np.searchsorted(step, np.arange(n + 1))
        traces: list[NDArray[np.float32]] | None = None
        if recorder.watched is not None:
            at = self._tensor(recorder.watched)
            traces = [
                one.masked_fill(spikes, 0.0)[:, at].cpu().numpy() for one in (v, g)
            ]
        for k in range(n):
            seen = (None, None) if traces is None else (traces[0][k], traces[1][k])
            recorder.step(start + k, neuron[edges[k] : edges[k + 1]], *seen)

    def _block(self, n: int) -> Iterator[DenseStep]:
        # The line is a ring: the spikes of step i are in row i % n_delay
        rows = (self.step + torch.arange(n)) % self._constants.n_delay
        sent = self._line[rows.to(self._device)]
        inputs = self._inputs.compute(sent.view(-1, self._inputs.n))
        inputs = inputs.view(n, *self._shape)
        kicked, kicks = self._kicks(n)
        for k in range(n):
            yield self._step(sent[k], inputs[k], kicked[k], kicks[k])

    def _kicks(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Events of the input layer, 0 or 1, and kicks of all sources; [n, B, N]."""
        shape = (n, *self._shape)
        kicked = torch.zeros(shape, device=self._device)
        kicks = torch.zeros(shape, device=self._device)
        size = self._shape[0] * self._shape[1]
        for i, one in enumerate(self.drive.block(n)):
            step = np.repeat(np.arange(n), np.diff(one.offsets))
            cell = self._tensor(step * size + one.neurons)
            if not i:
                kicked.view(-1)[cell] = 1.0
            kicks.view(-1).index_add_(0, cell, self._tensor(one.sizes_mv))
        return kicked, kicks

    def _step(
        self,
        sent: torch.Tensor,
        inputs: torch.Tensor,
        kicked: torch.Tensor,
        kick: torch.Tensor,
    ) -> DenseStep:
        constants = self._constants
        frozen = (self.step - self._last) <= constants.n_refractory
        g = torch.add(inputs, self._g, alpha=constants.g_decay)
        v = torch.lerp(self._v + kick, g, constants.v_gain)
        v = torch.where(frozen, self._v, v)
        g = torch.where(frozen, self._g, g)
        spikes = v >= THRESHOLD_MV
        if self._silenced is not None:
            spikes[:, self._silenced] = False
        self._counts += spikes
        self._v = v.masked_fill(spikes, 0.0)
        self._g = g.masked_fill(spikes, 0.0)
        self._last.masked_fill_(spikes, self.step)
        self._line[self.step % constants.n_delay] = spikes
        self.step += 1
        return DenseStep(sent, kicked, (~frozen).float(), v, g, spikes)

    def _tensor(self, array: NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
