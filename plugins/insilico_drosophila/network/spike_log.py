"""Spikes in the order of time: delay line, refractoriness and record in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SpikeLog:
    """Lists of neurons that spiked, step by step.

    Parameters
    ----------
    n_kept : int
        Steps that are looked back on.
    """

    def __init__(self, n_kept: int) -> None:
        self._n_kept = n_kept
        self._neurons = np.empty(1024, np.int64)
        self._offsets = np.zeros(4 * n_kept + 1024, np.int64)
        self._n_steps = 0  # of which there are offsets
        self.first_step = 0  # of these

    @property
    def n_steps(self) -> int:
        """Steps so far."""
        return self.first_step + self._n_steps

    def snapshot(self) -> dict[str, Any]:
        """What :meth:`restore` takes: the steps that are looked back on."""
        if self._n_steps > self._n_kept:
            self._forget()
        end = self._offsets[self._n_steps]
        return {
            "neurons": self._neurons[:end].copy(),
            "offsets": self._offsets[: self._n_steps + 1].copy(),
            "first_step": self.first_step,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go back to a :meth:`snapshot`."""
        offsets, neurons = saved["offsets"], saved["neurons"]
        if len(offsets) > len(self._offsets) or offsets[-1] != len(neurons):
            raise ValueError("steps that do not fit")
        self._neurons = np.array(neurons, np.int64)
        self._offsets[: len(offsets)] = offsets
        self._n_steps = len(offsets) - 1
        self.first_step = int(saved["first_step"])

    def append(self, neurons: NDArray[np.int64]) -> None:
        """Add the spikes of the next step."""
        if self._n_steps + 1 >= len(self._offsets):
            self._forget()
        start = self._offsets[self._n_steps]
        end = start + len(neurons)
        if end > len(self._neurons):
            grown = np.empty(2 * end, np.int64)
            grown[:start] = self._neurons[:start]
            self._neurons = grown
        self._neurons[start:end] = neurons
        self._n_steps += 1
        self._offsets[self._n_steps] = end

    def between(self, start: int, stop: int) -> NDArray[np.int64]:
        """Neurons that spiked in the steps `start` to `stop`, without the last."""
        a, b = (self._at(step) for step in (start, stop))
        return self._neurons[self._offsets[a] : self._offsets[b]]

    def counts(self, start: int, stop: int) -> NDArray[np.int64]:
        """Spikes in each of these steps; none before step 0."""
        missing = max(0, min(-start, stop - start))
        a, b = self._at(max(start, 0)), self._at(max(stop, 0))
        known = np.diff(self._offsets[a : b + 1])
        return np.concatenate([np.zeros(missing, np.int64), known])

    def _at(self, step: int) -> int:
        return max(step - self.first_step, 0) if step > 0 else 0

    def _forget(self) -> None:
        """Drop all steps but those that are looked back on."""
        drop = self._n_steps - self._n_kept
        start = self._offsets[drop]
        end = self._offsets[self._n_steps]
        self._neurons[: end - start] = self._neurons[start:end].copy()
        self._offsets[: self._n_kept + 1] = (
            self._offsets[drop : self._n_steps + 1] - start
        )
        self._n_steps = self._n_kept
        self.first_step += drop
