"""Random and given input events, in blocks of steps.

A step of N neurons has an event with a probability p at each neuron, independently: the
steps one after the other are one long row of trials, and the distances between successes
in it are geometric. Drawing distances costs one random number an event instead of one a
neuron, and gives the same events whatever the blocks and the device are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

Block = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Offsets [n + 1] and neurons [events], so that step k has neurons[offsets[k] :
offsets[k + 1]], ascending and each once."""

_AT_ONCE = 4096


class EventSource(Protocol):
    """Events of successive steps."""

    def block(self, n_steps: int) -> Block:
        """Events of the next `n_steps` steps."""
        ...


class PoissonEvents:
    """Random events: a seed gives the same ones, for any split into blocks.

    Parameters
    ----------
    n_neurons : int
    probability : float
        Of an event of a neuron in a step, 0 to 1.
    seed : int or sequence of int
    """

    def __init__(self, n_neurons: int, probability: float, seed: Any) -> None:
        self._n = n_neurons
        self._p = probability
        self._rng = np.random.default_rng(seed)
        self._trial = (
            -1
        )  # of the last event that was drawn, from the next block's start
        self._waiting = np.empty(0, np.int64)

    def block(self, n_steps: int) -> Block:
        """See :class:`EventSource`."""
        end = n_steps * self._n
        if self._p > 0:
            self._draw(end)
        at = int(np.searchsorted(self._waiting, end))
        trials, self._waiting = self._waiting[:at], self._waiting[at:] - end
        self._trial -= end
        edges = np.arange(n_steps + 1) * self._n
        return np.searchsorted(trials, edges), trials % self._n

    def snapshot(self) -> dict[str, Any]:
        """What :meth:`restore` takes."""
        return {
            "random": dict(self._rng.bit_generator.state),
            "trial": self._trial,
            "waiting": self._waiting.copy(),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on as after a :meth:`snapshot`."""
        self._rng.bit_generator.state = saved["random"]
        self._trial = int(saved["trial"])
        self._waiting = np.array(saved["waiting"], np.int64)

    def _draw(self, end: int) -> None:
        """Draw events until one is at `end` or after it."""
        parts = [self._waiting]
        while self._trial < end:
            missing = int((end - self._trial) * self._p * 1.05)
            gaps = self._rng.geometric(self._p, missing + _AT_ONCE)
            parts.append(self._trial + np.cumsum(gaps))
            self._trial = int(parts[-1][-1])
        self._waiting = np.concatenate(parts)


class GivenEvents:
    """Events that are listed; one that is listed twice counts once.

    Parameters
    ----------
    steps, neurons : int array [events]
        In any order; steps count from 0.
    n_neurons : int

    Raises
    ------
    StimulusError
        If they are not of the same length, or out of range.
    """

    def __init__(self, steps: ArrayLike, neurons: ArrayLike, n_neurons: int) -> None:
        when, who = np.asarray(steps), np.asarray(neurons)
        if when.ndim != 1 or when.shape != who.shape:
            raise StimulusError(
                f"Events have {list(when.shape)} steps and {list(who.shape)} neurons; "
                "give two lists of the same length."
            )
        if len(when) and (when.dtype.kind not in "iu" or who.dtype.kind not in "iu"):
            raise StimulusError(
                "Events have steps or neurons that are no whole numbers; give positions."
            )
        if len(who) and (who.min() < 0 or who.max() >= n_neurons or when.min() < 0):
            raise StimulusError(
                f"Events have neurons {who.min()} to {who.max()} and steps from "
                f"{when.min()}; neurons are 0 to {n_neurons - 1}, steps from 0."
            )
        flat = np.unique(when.astype(np.int64) * n_neurons + who.astype(np.int64))
        self._steps, self._neurons = np.divmod(flat, n_neurons)
        self._now = 0

    def block(self, n_steps: int) -> Block:
        """See :class:`EventSource`."""
        edges = np.searchsorted(self._steps, self._now + np.arange(n_steps + 1))
        self._now += n_steps
        return edges - edges[0], self._neurons[edges[0] : edges[-1]]


def poisson_or_given(
    given: tuple[ArrayLike, ArrayLike] | None, n_neurons: int, p: float, seed: int
) -> EventSource:
    """Events that are given, or random ones of a seed."""
    if given is None:
        return PoissonEvents(n_neurons, p, seed)
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise StimulusError("Events are given as two lists: steps, and neurons.")
    return GivenEvents(*given, n_neurons)


class RepeatedEvents:
    """The same events for each of B copies of the neurons.

    Parameters
    ----------
    events : EventSource
        Of N neurons.
    n_neurons, n_copies : int
    """

    def __init__(self, events: EventSource, n_neurons: int, n_copies: int) -> None:
        self._events = events
        self._start = np.arange(n_copies) * n_neurons

    def block(self, n_steps: int) -> Block:
        """See :class:`EventSource`."""
        offsets, neurons = self._events.block(n_steps)
        steps = (
            np.add.outer(self._start, neurons[a:b]).reshape(-1)
            for a, b in pairwise(offsets)
        )
        return offsets * len(self._start), np.concatenate([neurons[:0], *steps])
