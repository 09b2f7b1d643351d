"""Kicks on the membranes: the drive of the input layer, and stimulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.network.addressed_events import AddressedEvents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from insilico_drosophila.network.events import EventSource


@dataclass(frozen=True)
class Pulse:
    """Extra events at some neurons for some time.

    Attributes
    ----------
    neurons : int array [M]
        Their indices, each once.
    probability : float
        Of an event of a neuron in a step.
    strength_mv : float
        Of a kick.
    start, stop : int
        First step, and the one after the last.
    """

    neurons: NDArray[np.int64]
    probability: float
    strength_mv: float
    start: int
    stop: int


@dataclass(frozen=True)
class Kicks:
    """Kicks of a block of steps, from one source.

    Attributes
    ----------
    offsets : int array [n + 1]
    neurons : int array [events]
        Those of step k are neurons[offsets[k] : offsets[k + 1]], each once.
    sizes_mv : float32 array [events]
    """

    offsets: NDArray[np.int64]
    neurons: NDArray[np.int64]
    sizes_mv: NDArray[np.float32]


class Drive:
    """All kicks of one network, block by block.

    A pulse has events of its own, drawn by seed and neuron, so that a run with and
    one without it have the same other events, and two runs with it the same ones of it.

    Parameters
    ----------
    events : EventSource
        Of the input layer.
    input_mv : float32 array [N]
        Kick sizes of the input layer.
    pulses : sequence of Pulse
    seed : int
        Of the pulses.
    """

    def __init__(
        self,
        events: EventSource,
        input_mv: NDArray[np.float32],
        pulses: Sequence[Pulse] = (),
        seed: int = 0,
    ) -> None:
        self.input_mv = input_mv
        self._events = events
        self._now = 0
        self._pulses = [
            (one, AddressedEvents(one.neurons, one.probability, (seed, *address)))
            for one, address in _addressed(pulses)
        ]

    def block(self, n_steps: int) -> list[Kicks]:
        """Kicks of the next steps."""
        offsets, neurons = self._events.block(n_steps)
        kicks = [Kicks(offsets, neurons, self.input_mv[neurons])]
        for pulse, source in self._pulses:
            first = min(max(pulse.start - self._now, 0), n_steps)
            last = min(max(pulse.stop - self._now, first), n_steps)
            if last > first:
                inner, which = source.block(last - first)
                ends = np.concatenate(
                    [
                        np.zeros(first, np.int64),
                        inner,
                        np.full(n_steps - last, inner[-1]),
                    ]
                )
                sizes = np.full(len(which), pulse.strength_mv, np.float32)
                kicks.append(Kicks(ends, pulse.neurons[which], sizes))
        self._now += n_steps
        return kicks


def _addressed(pulses: Sequence[Pulse]) -> list[tuple[Pulse, tuple[int, int, int]]]:
    """Pulses, and for each numbers that no other pulse has, whatever the order is.

    Strength, end and neurons of a pulse are no part of its numbers, so that its events
    stay when they are changed; only pulses of equal onset and rate are told apart by
    them.
    """
    ordered = sorted(pulses, key=_content)
    seen: dict[tuple[int, int], int] = {}
    found = []
    for one in ordered:
        (bits,) = np.array([one.probability]).view(np.uint64).tolist()
        place = one.start, bits
        seen[place] = seen.get(place, -1) + 1
        found.append((one, (*place, seen[place])))
    return found


def _content(pulse: Pulse) -> tuple[Any, ...]:
    return (
        *(pulse.start, pulse.probability, pulse.stop, pulse.strength_mv),
        pulse.neurons.tolist(),
    )
