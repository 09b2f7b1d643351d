"""Random events of pulses, for each neuron by itself.

When a neuron has its k-th event follows from the seed, the neuron and k. No other neuron,
no other pulse and no split into blocks plays a part, so runs with one seed have the same
events at a neuron wherever they have the same pulse. The work is in proportion to the
events.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from insilico_drosophila.network.events import Block

_MASK = 2**64 - 1
#: Finaliser of splitmix64: Steele, Lea and Flood, OOPSLA 2014.
_ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT = 31
_GOLDEN = 0x9E3779B97F4A7C15
_NEVER = 2**62


class AddressedEvents:
    """Events of M neurons in successive steps; see :class:`.events.EventSource`.

    Parameters
    ----------
    neurons : int array [M]
    probability : float
        Of an event of a neuron in a step, 0 to 1, independently.
    address : iterable of int
        Seed, and what tells this source from others of the seed.
    """

    def __init__(
        self, neurons: NDArray[np.int64], probability: float, address: Iterable[int]
    ) -> None:
        key = np.zeros(1, np.uint64)
        for part in address:
            key = _mix(key ^ np.uint64(int(part) & _MASK))
        self._p = probability
        self._rows = _mix(neurons.astype(np.uint64) ^ key)
        self._drawn = np.zeros(len(neurons), np.uint64)
        self._next = np.full(len(neurons), -1)  # step of the next event
        self._now = 0
        self._draw(np.arange(len(neurons)))

    def block(self, n_steps: int) -> Block:
        """Events of the next steps; neurons by their position."""
        end = self._now + n_steps
        steps, positions = [], []
        hit = np.flatnonzero(self._next < end)
        while len(hit):
            steps.append(self._next[hit] - self._now)
            positions.append(hit)
            self._draw(hit)
            hit = hit[self._next[hit] < end]
        self._now = end
        none = np.empty(0, np.int64)
        step, position = (np.concatenate([none, *p]) for p in (steps, positions))
        order = np.lexsort((position, step))
        edges = np.searchsorted(step[order], np.arange(n_steps + 1))
        return edges, position[order]

    def _draw(self, which: NDArray[np.int64]) -> None:
        """Move neurons to their next event: distances are geometric."""
        if self._p <= 0:
            self._next[which] = _NEVER
            return
        if self._p >= 1:
            self._next[which] += 1
            return
        bits = _mix(self._rows[which] + self._drawn[which] * np.uint64(_GOLDEN))
        self._drawn[which] += np.uint64(1)
        # In (0, 1]: the upper 53 bits, and half a step more than none
        uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
        gaps = np.log(uniform) / math.log1p(-self._p)
        self._next[which] += 1 + np.minimum(gaps, _NEVER // 4).astype(np.int64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scrambled values of 64 bits; a bijection."""
    z = values + np.uint64(_GOLDEN)
    for shift, factor in _ROUNDS:
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(_LAST_SHIFT)
    return z
