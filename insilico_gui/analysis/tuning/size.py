"""Size tuning: summation and suppression by a grating patch of growing diameter.

See :mod:`insilico_gui.analysis.tuning.size_models` for the curves that are fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.contrast_index import fall_index
from insilico_gui.analysis.fits.curvefit import CurveModel, check_levels, fit_curves
from insilico_gui.analysis.tuning.size_models import (
    BASELINE,
    CENTRE,
    MODELS,
    SURROUND,
    SizeModel,
)
from insilico_gui.analysis.tuning.suppression import is_suppressed
from insilico_gui.analysis.tuning.tuned import axis_of, columns_table, curve_of
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_SIZES = 5
"""As many as the models have parameters."""

TOLERANCE = 1e-8
"""Of the search: along the valleys of these models, centre against surround, a lower one
changes parameters without end and the curve no more.
"""

MAX_RATIO = 20.0
"""Largest width of the surround relative to the centre."""

MAX_WEIGHT = 100.0
"""Largest k_s of the ratio; in the difference it is relative to the peak."""

SUMMATION = 0.95
"""Of the largest response, at the size of the summation field."""

N_GRID = 400
"""Sizes at which the fitted curve is searched for its peak, evenly in log size."""


@dataclass(frozen=True)
class SizeFit:
    """Parameters of the fitted curve, one per unit; float64 [U] unless said.

    Attributes
    ----------
    model : {"rog", "dog"}
    preferred : array
        Diameter of the largest fitted response, within the tested sizes; NaN where the
        unit is not suppressed, and prefers no size.
    summation : array
        Smallest diameter at which the fitted response is 95 % of its largest (Cavanaugh,
        Bair & Movshon 2002), also of units that are not suppressed.
    peak, largest : array
        Fitted response at the preferred (without one: at the largest) and at the largest
        tested size.
    suppressed : bool array
        Whether the curve falls by more than pure summation explains; see
        :mod:`insilico_gui.analysis.tuning.suppression`.
    baseline, centre, width, surround, ratio : array
        b, k_c, w_c, k_s and w_s / w_c.
    mse, r2 : array
        Mean squared error over sizes; share of the variance explained.
    success : bool array
        False where the curve holds NaN, is flat, or the search did not converge.
    """

    model: SizeModel
    preferred: Floats
    summation: Floats
    peak: Floats
    largest: Floats
    suppressed: NDArray[np.bool_]
    baseline: Floats
    centre: Floats
    width: Floats
    surround: Floats
    ratio: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]

    def curve(self, sizes: ArrayLike) -> Floats:
        """The fitted curve at other diameters [K], float64 [K, U]."""
        parameters = np.stack(
            [
                self.baseline,
                self.centre,
                np.log(self.width),
                self.surround,
                np.log(self.ratio),
            ],
            axis=1,
        )
        return MODELS[self.model][0](parameters, np.asarray(sizes, np.float64)).T


def fit_size(
    curve: ArrayLike,
    sizes: ArrayLike,
    model: SizeModel = "rog",
    *,
    sem: ArrayLike | None = None,
    count: ArrayLike | None = None,
    on_progress: OnProgress | None = None,
) -> SizeFit:
    """Fit size tuning of each unit by least squares.

    Parameters
    ----------
    curve : array, [K] or [K, U]
        Mean response to each size.
    sizes : array, [K]
        Diameters, 0 (blank) or more, each once, at least five.
    model : {"rog", "dog"}
    sem, count : array, [K] or [K, U], optional
        Standard error of each mean and the presentations in it, if there are repeats:
        the noise that suppression has to stand out from.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    SizeFit
        Arrays [U]; sizes in the unit of `sizes`, responses in that of `curve`.

    Raises
    ------
    AnalysisError
        If the model is unknown, or the sizes are too few, repeated or negative.
    """
    if model not in get_args(SizeModel):
        raise AnalysisError(f"There is no size model {model!r}; choose rog or dog.")
    curves, at = check_levels(curve, sizes, "sizes", MIN_SIZES, 0)
    values, jacobian = MODELS[model]
    smallest = at[at > 0][0]
    fit = fit_curves(
        CurveModel(
            lambda p: values(p, at),
            lambda p: jacobian(p, at),
            partial(_starts, sizes=at, model=model),
            np.array([0, 0, np.log(smallest / 2), 0, 0]),
            np.array(
                [np.inf, np.inf, np.log(2 * at[-1]), MAX_WEIGHT, np.log(MAX_RATIO)]
            ),
            scaled=(BASELINE, CENTRE) + ((SURROUND,) if model == "dog" else ()),
            tolerance=TOLERANCE,
        ),
        curves,
        on_progress,
    )
    parameters = np.where(fit.success[:, None], fit.parameters, np.nan)
    grid = np.geomspace(smallest, at[-1], N_GRID)
    fitted = values(parameters, grid)
    rows = np.arange(len(fitted))
    best = np.where(np.isnan(fitted), -np.inf, fitted).argmax(axis=1)
    peak = fitted[rows, best]
    summation = grid[(fitted >= SUMMATION * peak[:, None]).argmax(axis=1)]
    suppressed = fit.success & (best < N_GRID - 1)
    chosen = np.flatnonzero(suppressed)
    noise = _noise(curves.shape, sem, count)
    suppressed[chosen] = is_suppressed(
        curves[chosen], at, fit.mse[chosen] * len(at), *(n[chosen] for n in noise)
    )
    baseline, centre, log_width, surround, log_ratio = parameters.T
    return SizeFit(
        model=model,
        preferred=np.where(suppressed, grid[best], np.nan),
        summation=np.where(fit.success, summation, np.nan),
        peak=np.where(suppressed, peak, fitted[:, -1]),
        largest=fitted[:, -1],
        suppressed=suppressed,
        baseline=baseline,
        centre=centre,
        width=np.exp(log_width),
        surround=surround,
        ratio=np.exp(log_ratio),
        mse=fit.mse,
        r2=fit.r2,
        success=fit.success,
    )


def _noise(
    shape: tuple[int, ...], sem: ArrayLike | None, count: ArrayLike | None
) -> tuple[Floats, Floats]:
    """Variance of the means of [U, K] by repeats, and its degrees of freedom, [U]."""
    if sem is None or count is None:
        return np.full(shape[0], np.nan), np.zeros(shape[0])
    errors, shown = (
        np.asarray(a, np.float64).reshape(shape[1], -1) for a in (sem, count)
    )
    repeated = np.isfinite(errors)
    squares = np.where(repeated, errors**2, 0).sum(axis=0)
    n = repeated.sum(axis=0)
    free = np.where(repeated, shown - 1, 0).sum(axis=0)
    return squares / np.where(n > 0, n, np.nan), free


def suppression_index(
    peak: ArrayLike, largest: ArrayLike, baseline: ArrayLike | None = None
) -> Floats:
    """How far the response falls from the preferred to the largest size.

    Parameters
    ----------
    peak, largest : array, [U]
        Response to the preferred and to the largest size.
    baseline : array, [] or [U], optional
        Response to a blank. Without it the index is ``(peak - largest) / peak``; with
        it the *net* one, ``(peak - largest) / (peak - baseline)``.

    Returns
    -------
    float64 array, [U]
        0 for no suppression, 1 where the largest size evokes nothing, or suppresses
        below 0 (the net index: below the blank), which counts as 0; NaN where the
        denominator is not positive, or the peak is below the other response.
    """
    zero = 0.0 if baseline is None else np.asarray(baseline, np.float64)
    top, wide = np.asarray(peak, np.float64), np.asarray(largest, np.float64)
    return fall_index(top - zero, wide - zero)


def size_columns(
    tuning: xr.Dataset,
    model: SizeModel = "rog",
    baseline: ArrayLike | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """The columns that a tuning to size adds to the unit table.

    Parameters
    ----------
    tuning : xarray.Dataset
        From ``parameter_tuning`` over diameters, e.g. ``size_deg``.
    model : {"rog", "dog"}
    baseline : array, [] or [U], optional
        Response to blanks; default ``tuning["blank"]``, where there is one.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        One row per unit: ``pref_size_raw`` (the size of the largest mean),
        ``pref_size_fit`` (NaN for units that are not suppressed),
        ``summation_size_fit``, ``size_suppressed_fit``, ``size_r2_fit``; ``SI_raw`` and
        ``SI_fit``, the fall from the preferred to the largest size relative to the peak
        of the means and of the fit (0 there for units that are not suppressed),
        responses rectified at 0; and with a baseline ``SI_net_raw`` and
        ``SI_net_fit``, relative to the peak less the baseline.

    Raises
    ------
    AnalysisError
        If the dataset is not a tuning to one parameter, or the fit is not possible.
    """
    _, sizes = axis_of(tuning)
    curve = curve_of(tuning)
    spread = {name: tuning[name].to_numpy() for name in ("sem", "count")}
    fit = fit_size(curve, sizes, model, **spread, on_progress=on_progress)
    if baseline is None and "blank" in tuning:
        baseline = tuning["blank"].to_numpy()
    ends = {
        "raw": (curve.max(axis=0), curve[sizes.argmax()]),
        "fit": (fit.peak, fit.largest),
    }
    columns: dict[str, NDArray[Any]] = {
        "pref_size_raw": tuning["best_level"].to_numpy(),
        "pref_size_fit": fit.preferred,
        "summation_size_fit": fit.summation,
        "size_suppressed_fit": fit.suppressed,
        "size_r2_fit": fit.r2,
    }
    for name, (peak, largest) in ends.items():
        columns[f"SI_{name}"] = suppression_index(peak, largest)
    if baseline is not None:
        for name, (peak, largest) in ends.items():
            columns[f"SI_net_{name}"] = suppression_index(peak, largest, baseline)
    return columns_table(tuning, columns, model)


def _starts(curves: Floats, sizes: Floats, model: SizeModel) -> list[Floats]:
    """Centres as wide as the best size or half of it, weak and strong surrounds."""
    n, low = len(curves), curves.min(axis=1)
    best = np.maximum(sizes[curves.argmax(axis=1)], sizes[sizes > 0][0])
    starts = []
    for share, weight in ((1.0, 0.2), (0.5, 1.0)):
        # so that the peak is about as high as the data's
        gain = 1 + weight / 2
        starts.append(
            np.stack(
                [
                    low,
                    (1 - low) * gain,
                    np.log(share * best),
                    np.full(n, weight if model == "rog" else weight / 2),
                    np.full(n, np.log(2.0)),
                ],
                axis=1,
            )
        )
    return starts
