"""Tuning curves as they are drawn: mean, standard error, presentations and fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.tuning.fitted_curves import fitted_curve

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One tuning curve, of a unit or of the mean over units.

    Attributes
    ----------
    parameter : str
    levels, mean, sem : float64 arrays, [K]
        Ascending levels; the standard error over presentations or, of a mean over
        units, over units; NaN for single ones.
    shown, trials : float64 arrays, [n]
        Level and response of every presentation in the mean.
    fit : (float64 array, float64 array) or None
        Levels and values of a fitted curve.
    """

    parameter: str
    levels: Floats
    mean: Floats
    sem: Floats
    shown: Floats
    trials: Floats
    fit: tuple[Floats, Floats] | None = None

    @property
    def top(self) -> float:
        """The largest value to be drawn."""
        return max(float(np.nanmax(self._values)), 1e-9)

    @property
    def bottom(self) -> float:
        """The smallest value to be drawn."""
        return float(np.nanmin(self._values))

    @property
    def _values(self) -> Floats:
        fitted = () if self.fit is None else (self.fit[1],)
        values = np.concatenate([self.trials, self.mean, *fitted])
        return values if np.isfinite(values).any() else np.zeros(1)


def mean_curve(tuning: xr.Dataset, parameter: str, chosen: NDArray[np.int64]) -> Curve:
    """The mean curve of some units, with its trials; a fit too if it is one unit."""
    behind = behind_curve(tuning, chosen)
    levels = tuning[parameter].to_numpy().astype(float)
    order = np.argsort(levels)
    curves = tuning["curve"].to_numpy()[order][:, chosen]
    if len(chosen) == 1:
        sem = tuning["sem"].to_numpy()[order][:, chosen[0]]
        fit = fitted_curve(tuning, parameter, int(chosen[0]))
    else:
        sem, fit = curves.std(axis=1, ddof=1) / np.sqrt(len(chosen)), None
    return Curve(
        parameter,
        levels[order],
        curves.mean(axis=1),
        sem,
        tuning[f"trial_{parameter}"].to_numpy().astype(float)[behind],
        tuning["trial_response"].to_numpy()[behind][:, chosen].mean(axis=1),
        fit,
    )


def behind_curve(tuning: xr.Dataset, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which presentations the curve is the mean of: those at the best combination.

    None of them if several units differ in what is best.
    """
    names = tuning.attrs["analysis"]["other_columns"]
    behind = np.ones(tuning.sizes["trial"], bool)
    if names and len(chosen) > 1:
        return ~behind
    for name in names:
        best = tuning[f"best_{name}"].to_numpy()[chosen[0]]
        behind &= tuning[f"trial_{name}"].to_numpy() == best
    return behind
