"""What connects the neurons of a run: scaled weights and their low-rank addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

_PRODUCT = 2**18
"""Operations of a product that a BLAS makes without starting threads. Threads would save
little here, and cost a multiple where other programs use the cores."""


@dataclass(frozen=True)
class Circuit:
    """Connections of N neurons.

    Attributes
    ----------
    weights : csr_array [N, N], float32
        Signed synapses, from rows to columns.
    scale_mv : float
        Of one synapse.
    lora_a : float32 array [r, N], mV
    lora_b : float32 array [N, r]
    lora : float
        Factor of the low-rank addition; 0 leaves it out.
    """

    weights: sparse.csr_array
    scale_mv: float
    lora_a: NDArray[np.float32]
    lora_b: NDArray[np.float32]
    lora: float = 1.0

    @property
    def n_neurons(self) -> int:
        """Number N of neurons."""
        return int(self.weights.shape[0])

    @property
    def has_lora(self) -> bool:
        """Whether the low-rank addition does anything."""
        return bool(self.lora) and bool(self.lora_b.any())


class HostInputs:
    """Synaptic inputs of a block of steps, on the CPU, from lists of spikes.

    Only the rows of neurons that spiked are read. The low-rank addition of all steps of
    the block is one product, so that its large factor is read once a block.

    Parameters
    ----------
    circuit : Circuit
    n_delay : int
        The longest block.
    """

    def __init__(self, circuit: Circuit, n_delay: int) -> None:
        self._circuit = circuit
        self._n = circuit.n_neurons
        self._out = np.zeros((n_delay, self._n), np.float32)
        self.steps = torch.from_numpy(self._out)
        rank = len(circuit.lora_a)
        self._b = circuit.lora_b * np.float32(circuit.lora / rank)
        width = max(1, _PRODUCT // (n_delay * rank))
        at = [slice(k, k + width) for k in range(0, self._n, width)]
        self._parts = [(circuit.lora_a[:, one].copy(), self._out[:, one]) for one in at]
        self._has_lora = circuit.has_lora

    def compute(
        self, neurons: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> torch.Tensor | None:
        """Inputs [n, N] in mV of the steps that these spikes reach.

        Parameters
        ----------
        neurons : int array [spikes]
            Neurons that spiked, step by step.
        counts : int array [n]
            Spikes of each step.

        Returns
        -------
        tensor or None
            Valid until the next call; None if there is no spike.
        """
        n_steps = len(counts)
        if not len(neurons):
            return None
        out = self.steps[:n_steps]
        if self._has_lora:
            sums = self._sums(neurons, counts)
            for a, part in self._parts:
                np.matmul(sums, a, out=part[:n_steps])
        else:
            out.zero_()
        reached = self._circuit.weights[neurons]
        start = np.repeat(np.arange(n_steps) * self._n, counts)
        cells = np.repeat(start, np.diff(reached.indptr))
        cells += reached.indices
        reached.data *= np.float32(self._circuit.scale_mv)
        flat = out.view(-1)
        flat.scatter_add_(0, torch.from_numpy(cells), torch.from_numpy(reached.data))
        return out

    def _sums(
        self, neurons: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Rows of the first factor, summed over the spikes of each step [n, r]."""
        ends = np.cumsum(counts)
        rows = self._b[neurons]
        sums = np.zeros((len(counts), rows.shape[1]), np.float32)
        for k, (end, count) in enumerate(zip(ends, counts, strict=True)):
            if count:
                sums[k] = rows[end - count : end].sum(axis=0)
        return sums


class DeviceInputs:
    """As :class:`HostInputs`, for B copies of the network on any device.

    Parameters
    ----------
    circuit : Circuit
    device : str
    """

    def __init__(self, circuit: Circuit, device: str) -> None:
        weights = circuit.weights
        self.n = circuit.n_neurons
        self._start = torch.from_numpy(weights.indptr.astype(np.int64)).to(device)
        self._post = torch.from_numpy(weights.indices).to(device)
        scaled = weights.data * np.float32(circuit.scale_mv)
        self._weight = torch.from_numpy(scaled).to(device)
        self.a = torch.from_numpy(circuit.lora_a).to(device)
        self.b = torch.from_numpy(circuit.lora_b).to(device)
        self.has_lora = bool(circuit.lora)
        self._factor = circuit.lora / len(circuit.lora_a)

    def compute(self, spikes: torch.Tensor) -> torch.Tensor:
        """Inputs [R, N] in mV of spikes [R, N] that are 0 or 1, bool.

        Rows are steps or copies, or both.
        """
        row, neuron = torch.nonzero(spikes, as_tuple=True)
        if self.has_lora:
            sums = torch.zeros(
                len(spikes), self.b.shape[1], device=self.b.device, dtype=self.b.dtype
            )
            sums.index_add_(0, row, self.b[neuron])
            out = (sums @ self.a).mul_(self._factor)
        else:
            out = torch.zeros(spikes.shape, device=self.b.device, dtype=self.b.dtype)
        first = self._start[neuron]
        length = self._start[neuron + 1] - first
        # Position of each pair: its place within its neuron's row, after the row's start
        before = torch.cumsum(length, 0) - length
        total = int(length.sum())
        pair = torch.repeat_interleave(first - before, length, output_size=total)
        pair += torch.arange(total, device=pair.device)
        cell = torch.repeat_interleave(row * self.n, length, output_size=total)
        cell += self._post[pair]
        out.view(-1).index_add_(0, cell, self._weight[pair])
        return out
