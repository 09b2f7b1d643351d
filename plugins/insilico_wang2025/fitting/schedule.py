"""Learning rate and seed of each epoch. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from insilico_gui.errors import FitError


@dataclass(frozen=True)
class Schedule:
    """A half cosine from `lr` to 0 over a cycle, after a linear warm-up in the first ones.

    Attributes
    ----------
    lr : float
        Largest learning rate.
    cycle_size : int
        Epochs of a cycle.
    warmup_epochs, warmup_cycles : int
        How many epochs the warm-up takes, and how many cycles begin with it.

    Raises
    ------
    FitError
        If the numbers do not fit each other.
    """

    lr: float
    cycle_size: int
    warmup_epochs: int = 0
    warmup_cycles: int = 0

    def __post_init__(self) -> None:
        if self.cycle_size < 1:
            raise FitError(f"cycle_size is {self.cycle_size}; give at least 1 epoch.")
        if not 0 <= self.warmup_epochs < self.cycle_size:
            raise FitError(
                f"warmup_epochs is {self.warmup_epochs} of {self.cycle_size} epochs; "
                "give fewer than those of a cycle."
            )
        if (self.warmup_cycles > 0) != (self.warmup_epochs > 0):
            raise FitError(
                f"warmup_cycles is {self.warmup_cycles} with {self.warmup_epochs} "
                "warmup_epochs; give both, or 0 for both."
            )

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, counted from 0 over all cycles."""
        cycle, e = divmod(epoch, self.cycle_size)
        warming = cycle < self.warmup_cycles
        if warming and e < self.warmup_epochs:
            return self.lr * (e + 0.5) / self.warmup_epochs
        before = self.warmup_epochs if warming else 0
        part = (e - before) / (self.cycle_size - before)
        return self.lr * (math.cos(math.pi * part) + 1) / 2


def epoch_seed(seed: int, epoch: int) -> int:
    """Seed of the random numbers of an epoch's training, and again of its validation."""
    return seed + epoch
