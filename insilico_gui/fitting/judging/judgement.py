"""What judging finds: a table of units, and the traces that it is from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MEASURES = ("cc_abs", "cc_max", "cc_norm")


@dataclass(frozen=True)
class JudgedClip:
    """One clip of an evaluation set.

    Attributes
    ----------
    name : str
    recorded : float32 array [R, T, U]
        Of each repeat; columns in the order of the units of the predictions.
    predicted : float32 array [T, U]
        Mean over the repeats, each with its own behaviour.
    """

    name: str
    recorded: NDArray[np.float32] = field(repr=False)
    predicted: NDArray[np.float32] = field(repr=False)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Recorded responses [T, U], averaged over the repeats that are there."""
        present = np.isfinite(self.recorded)
        count = present.sum(axis=0)
        total = np.where(present, self.recorded, 0).sum(axis=0, dtype=np.float64)
        mean: NDArray[np.float64] = total / np.where(count, count, np.nan)
        return mean


@dataclass(frozen=True)
class Judgement:
    """What a comparison of predictions with recordings found.

    Attributes
    ----------
    table : pandas.DataFrame
        A row for each unit; see :func:`evaluate`.
    clips : tuple of JudgedClip
    burn_in_frames : int
    notes : tuple of str
        What was filled or assumed, a sentence each.
    about : dict
        Where predictions and recordings are from.
    """

    table: pd.DataFrame
    clips: tuple[JudgedClip, ...]
    burn_in_frames: int
    notes: tuple[str, ...]
    about: dict[str, Any]

    def sentences(self) -> list[str]:
        """The result in a few sentences."""
        table, about = self.table, self.about
        medians = ", ".join(
            f"{name} {table[name].median():.3f}" for name in MEASURES
        ).replace("cc_", "CC_")
        return [
            f"{about['session']} on {about['evaluation']}: {len(table)} units, "
            f"{about['n_videos']} clips of {about['n_repeats']} repeats, "
            f"{about['n_samples']} frames after a burn-in of {self.burn_in_frames}.",
            f"Medians: {medians}; {about['n_nan']} units without CC_norm.",
            *self.notes,
        ]
