"""Tuning to frequency by the curve that predicts each unit best.

A symmetric Gaussian over octaves puts the peak of a unit that is Gaussian in frequency
itself too low, by a quarter of an octave and more. So four curves are fitted: a
log-Gaussian (:mod:`.frequency`), and a linear Gaussian, a skewed log-Gaussian and a
difference of Gaussians (:mod:`.frequency_models`). With repeats, each unit gets the one
that, fitted to half of the presentations, has the smallest squared error on the other
half; without, the one with the smallest AICc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.flatness import FLAT
from insilico_gui.analysis.fits.tuning_model import (
    CurveFit,
    TuningModel,
    fit_curves,
)
from insilico_gui.analysis.tuning.frequency import (
    LOG_GAUSSIAN,
    MIN_FREQUENCIES,
    raw_preference,
    shape_of,
)
from insilico_gui.analysis.tuning.frequency_models import DIFFERENCE, LINEAR, SKEWED
from insilico_gui.analysis.tuning.tuned import fitted_columns
from insilico_gui.progress import OnProgress, parts

Floats = NDArray[np.float64]

CANDIDATES: tuple[TuningModel[Any], ...] = (LOG_GAUSSIAN, LINEAR, SKEWED, DIFFERENCE)
N_GRID = 400
SHAPES = ("low-pass", "band-pass", "high-pass")


@dataclass(frozen=True)
class FrequencyFit:
    """The curve that was chosen for each unit; float64 [U] unless said.

    Attributes
    ----------
    model : str array
        Name of the curve; empty where there is no fit.
    preferred : array
        Frequency of the largest response within the tested ones.
    low, high : array
        Cut-offs: frequencies below and above the peak at which the curve is half way
        from its baseline to its peak; NaN where that is outside the tested range.
    bandwidth : array
        Octaves from `low` to `high`.
    shape : str array
        See :class:`.frequency.LogGaussianFit`.
    baseline, amplitude : array
        Response far from the peak, and of the peak above it.
    mse, r2 : array
        Mean squared error over frequencies; share of the variance explained.
    success : bool array
        False where the curve holds NaN, is flat, or no search converged.
    choice : int array
        Position in :data:`CANDIDATES`.
    parameters : tuple of arrays, [U, P] each
        Of all curves, as they are searched for.
    """

    model: NDArray[np.str_]
    preferred: Floats
    low: Floats
    high: Floats
    bandwidth: Floats
    shape: NDArray[np.str_]
    baseline: Floats
    amplitude: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]
    choice: NDArray[np.int64]
    parameters: tuple[Floats, ...]

    def curve(self, frequencies: ArrayLike) -> Floats:
        """The chosen curves at other frequencies [K], float64 [K, U]."""
        return _predict(self.parameters, self.choice, np.asarray(frequencies, float)).T


@dataclass(frozen=True, kw_only=True)
class ChosenModel(TuningModel[FrequencyFit]):
    """A model of tuning that is one of :data:`CANDIDATES` for each unit."""

    def fit(
        self,
        curve: ArrayLike,
        *levels: ArrayLike,
        on_progress: OnProgress | None = None,
        **options: Any,
    ) -> FrequencyFit:
        """Fit all and choose.

        `halves`, two arrays like `curve`, are the means over either half of the
        presentations; NaN for units that have no such means.
        """
        curves, (frequencies,) = self.check_levels(curve, *levels)
        halves = [
            self.check_levels(half, *levels)[0] for half in options.get("halves", ())
        ]
        steps = parts(on_progress, len(CANDIDATES))
        found = [
            fit_curves(model, curves, (frequencies,), step)
            for model, step in zip(CANDIDATES, steps, strict=True)
        ]
        scores = np.stack([_aicc(each, len(frequencies)) for each in found])
        if halves:
            repeated = np.isfinite(halves).all(axis=(0, 2))
            chosen = np.flatnonzero(repeated)
            scores[:, chosen] = np.stack(
                [_crossed(model, halves, chosen, frequencies) for model in CANDIDATES]
            )
        scores[~np.stack([each.success for each in found])] = np.inf
        return _result(found, scores.argmin(axis=0).astype(np.int64), frequencies)

    def refit(
        self,
        result: FrequencyFit,
        curve: ArrayLike,
        *levels: ArrayLike,
        **options: Any,
    ) -> FrequencyFit:
        """Fit to each unit the curve that was chosen for it, from where that ended."""
        curves, (frequencies,) = self.check_levels(curve, *levels)
        found = []
        for k, (model, near) in enumerate(
            zip(CANDIDATES, result.parameters, strict=True)
        ):
            is_chosen = (result.choice == k) & result.success
            start = np.where(is_chosen[:, None], near, np.nan)
            found.append(fit_curves(model, curves, (frequencies,), near=start))
        return _result(found, result.choice, frequencies)

    def curve(self, result: FrequencyFit, *levels: ArrayLike) -> Floats:
        """The chosen curves at other frequencies, [K, U]."""
        return result.curve(levels[0])


def _aicc(found: CurveFit, n: int) -> Floats:
    """Corrected Akaike information criterion of curves, [U]; inf where it has none.

    Of curves with as many parameters and too few levels for the correction, the one
    with the smallest error is left; with four levels, the log-Gaussian.
    """
    k = found.parameters.shape[1] + 1  # and the variance
    rounding = (FLAT * np.abs(found.curves).max(axis=1)) ** 2
    with np.errstate(divide="ignore"):
        error = n * np.log(found.mse + rounding)
    if n <= found.parameters.shape[1]:
        is_first = found.model is CANDIDATES[0]
        return np.where(np.isnan(error), np.inf, 0.0 if is_first else np.inf)
    smallest = min(len(model.parameters) for model in CANDIDATES) + 1
    if n > k + 1:
        error = error + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    elif k > smallest:
        error = np.full_like(error, np.inf)
    return np.where(np.isnan(error), np.inf, error)


def _crossed(
    model: TuningModel[Any],
    halves: list[Floats],
    units: NDArray[np.int64],
    frequencies: Floats,
) -> Floats:
    """Squared error of a fit to each half on the other half, [n]."""
    total = np.zeros(len(units))
    for fitted, other in (halves, halves[::-1]):
        found = fit_curves(model, fitted[units], (frequencies,))
        predicted = model.predict(found.parameters, *found.axes)
        error = ((predicted - other[units]) ** 2).sum(axis=1)
        total += np.where(np.isnan(error), np.inf, error)
    return total


def _predict(
    parameters: tuple[Floats, ...], choice: NDArray[np.int64], frequencies: Floats
) -> Floats:
    """Values [U, K] of the chosen curves."""
    values = np.full((len(choice), len(frequencies)), np.nan)
    for k, (model, known) in enumerate(zip(CANDIDATES, parameters, strict=True)):
        units = choice == k
        values[units] = model.predict(known[units], *model.axes(frequencies))
    return values


def _result(
    found: list[CurveFit], choice: NDArray[np.int64], frequencies: Floats
) -> FrequencyFit:
    rows = np.arange(len(choice))

    def picked(name: str) -> Any:
        return np.stack([getattr(each, name) for each in found])[choice, rows]

    success = picked("success")
    parameters = tuple(each.known for each in found)
    octaves = np.linspace(np.log2(frequencies[0]), np.log2(frequencies[-1]), N_GRID)
    values = _predict(parameters, choice, np.exp2(octaves))
    top = np.where(success, np.nan_to_num(values, nan=-np.inf).argmax(axis=1), 0)
    peak, largest = _refined(octaves, values, top)
    for k, model in enumerate(CANDIDATES):
        if "preferred" in model.parameters:  # known, and not from a grid
            at = parameters[k][:, model.parameters.index("preferred")]
            peak = np.where(choice == k, at, peak)
    baseline = np.stack([each[:, 0] for each in parameters])[choice, rows]
    low, high = _cut_offs(octaves, values, top, (baseline + largest) / 2)
    names = np.array([*(model.name for model in CANDIDATES), ""])
    return FrequencyFit(
        model=names[np.where(success, choice, len(CANDIDATES))],
        preferred=np.where(success, np.exp2(peak), np.nan),
        low=np.exp2(low),
        high=np.exp2(high),
        bandwidth=high - low,
        shape=shape_of(np.where(success, peak, np.nan), np.log2(frequencies), SHAPES),
        baseline=baseline,
        amplitude=largest - baseline,
        mse=picked("mse"),
        r2=picked("r2"),
        success=success,
        choice=choice,
        parameters=parameters,
    )


def _refined(
    octaves: Floats, values: Floats, top: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Place and height [U] of the peak: of a parabola through the largest three."""
    rows, middle = np.arange(len(top)), np.clip(top, 1, len(octaves) - 2)
    left, centre, right = (values[rows, middle + k] for k in (-1, 0, 1))
    inside = top == middle
    bend = left - 2 * centre + right
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = np.where(inside & (bend < 0), (left - right) / (2 * bend), 0.0)
    height = values[rows, top] - (left - right) * shift / 4
    return octaves[top] + shift * (octaves[1] - octaves[0]), height


def _cut_offs(
    octaves: Floats, values: Floats, top: NDArray[np.int64], half: Floats
) -> tuple[Floats, Floats]:
    """Octaves [U] below and above the peak at which curves [U, G] cross `half` [U]."""
    at = np.arange(values.shape[1])
    below = values < half[:, None]
    left, right = (
        below & (at < top[:, None]),
        below & (at > top[:, None]),
    )
    last = values.shape[1] - 1 - left[:, ::-1].argmax(axis=1)
    first = right.argmax(axis=1)
    found = []
    for index, step, some in ((last, 1, left), (first, -1, right)):
        rows = np.flatnonzero(some.any(axis=1))
        place = np.full(len(top), np.nan)
        a, b = index[rows], index[rows] + step
        under, over = values[rows, a], values[rows, b]
        share = (half[rows] - under) / (over - under)
        place[rows] = octaves[a] + share * (octaves[b] - octaves[a])
        found.append(place)
    return found[0], found[1]


def halves_of(tuning: xr.Dataset) -> dict[str, Any]:
    """The option `halves` of a tuning at each unit's best combination; none without.

    Presentations of a level alternate between the halves. A curve that is a mean over
    other conditions has no halves that differ by chance alone.
    """
    analysis = tuning.attrs.get("analysis", {})
    if analysis.get("other") != "best" or "trial_response" not in tuning:
        return {}
    (name,) = analysis["parameters"]
    levels, shown = tuning[name].to_numpy(), tuning[f"trial_{name}"].to_numpy()
    values = tuning["trial_response"].to_numpy()
    counts = np.isfinite(values)
    for column in analysis.get("other_columns", ()):
        at, best = (tuning[f"{k}_{column}"].to_numpy() for k in ("trial", "best"))
        counts &= at[:, None] == best
    halves = np.full((2, len(levels), values.shape[1]), np.nan)
    for k, level in enumerate(levels):
        here = counts[shown == level]
        turn = np.cumsum(here, axis=0) % 2
        for half in (0, 1):
            chosen = here & (turn != half)
            total = np.where(chosen, values[shown == level], 0).sum(axis=0)
            number = chosen.sum(axis=0)
            halves[half, k] = total / np.where(number > 0, number, np.nan)
    if not np.isfinite(halves).all(axis=(0, 1)).any():
        return {}
    return {"halves": tuple(halves)}


def frequency_columns(
    tuning: xr.Dataset, *, on_progress: OnProgress | None = None
) -> pd.DataFrame:
    """The columns that a tuning to frequency adds to the unit table.

    Parameters
    ----------
    tuning : xarray.Dataset
        From ``parameter_tuning`` with ``spatial_frequency``, ``temporal_frequency`` or
        another axis on which octaves make sense (``speed``).
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        One row per unit: ``pref_sf_raw`` (the frequency of the largest mean),
        ``pref_sf_fit``, ``sf_low_fit`` and ``sf_high_fit`` (cut-offs at half height),
        ``sf_bandwidth_fit`` (octaves between them), ``sf_shape_fit``, ``sf_model_fit``,
        the curve that was chosen, and ``sf_r2_fit`` (``tf`` for temporal frequency,
        else the parameter's name). With fewer than four frequencies only the first, and
        ``attrs["absent"]`` says why.

    Raises
    ------
    AnalysisError
        If the dataset has another number of parameters, or a level has no logarithm.
    """
    return fitted_columns(FREQUENCY, tuning, on_progress=on_progress)


def _columns(fit: FrequencyFit, tuning: xr.Dataset) -> dict[str, NDArray[Any]]:
    raw, name = raw_preference(tuning)
    short = name.removeprefix("pref_").removesuffix("_fit")
    return {
        **raw,
        name: fit.preferred,
        f"{short}_low_fit": fit.low,
        f"{short}_high_fit": fit.high,
        f"{short}_bandwidth_fit": fit.bandwidth,
        f"{short}_shape_fit": fit.shape,
        f"{short}_model_fit": fit.model,
        f"{short}_r2_fit": fit.r2,
    }


FREQUENCY = ChosenModel(
    name="best of log-Gaussian, linear and skewed Gaussian, and difference of Gaussians",
    of=("spatial_frequency", "temporal_frequency", "speed"),
    parameters=LOG_GAUSSIAN.parameters,
    levels=("frequencies",),
    least=MIN_FREQUENCIES,
    lowest=None,
    bounds=LOG_GAUSSIAN.bounds,
    starts=LOG_GAUSSIAN.starts,
    predict=LOG_GAUSSIAN.predict,
    jacobian=LOG_GAUSSIAN.jacobian,
    columns=_columns,
    few=raw_preference,
    more=halves_of,
    any_axis=True,
    between=LOG_GAUSSIAN.between,
)
MODELS = (FREQUENCY,)
