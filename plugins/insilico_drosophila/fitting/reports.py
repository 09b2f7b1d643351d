"""What a fit tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """One batch of training, or one frame of a simulation.

    Attributes
    ----------
    stage : str
        ``"train1"``, ``"eval1"``, ``"train2"`` or ``"evaluate"``.
    done, total : int
        Batches or frames of the stage.
    values : dict of str to float
        Such as loss, accuracy, correlation.
    """

    stage: str
    done: int
    total: int
    values: dict[str, float]

    def __str__(self) -> str:
        numbers = ", ".join(f"{k} = {v:.5f}" for k, v in self.values.items())
        return f"{self.stage} {self.done}/{self.total}: {numbers}"


OnReport = Callable[[Report], object]
"""Called after each batch or frame; an exception raised by it ends the stage, which can
be resumed from its last complete epoch."""


def nothing(_: Report) -> None:
    """Tell nobody."""
