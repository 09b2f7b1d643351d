"""Size tuning: summation and suppression by a grating patch of growing diameter.

See :mod:`insilico_gui.analysis.tuning.size_models` for the curves that are fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.contrast_index import fall_index
from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    CurveFit,
    TuningModel,
    start_at,
)
from insilico_gui.analysis.tuning.size_models import CURVES, SizeModel
from insilico_gui.analysis.tuning.suppression import TOLERANCE, is_suppressed
from insilico_gui.analysis.tuning.tuned import fitted_columns
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_SIZES = 5
"""As many as the models have parameters."""

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
        return SIZE_MODELS[self.model].curve(self, sizes)


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
    fit = size_model(model).fit
    return fit(curve, sizes, on_progress=on_progress, sem=sem, count=count)


def size_model(name: str) -> TuningModel[SizeFit]:
    """One of :data:`SIZE_MODELS`, or an error."""
    if name not in SIZE_MODELS:
        raise AnalysisError(f"There is no size model {name!r}; choose rog or dog.")
    return SIZE_MODELS[name]


def _result(
    found: CurveFit, sem: ArrayLike | None = None, count: ArrayLike | None = None
) -> SizeFit:
    (sizes,), success = found.levels, found.success
    grid = np.geomspace(sizes[sizes > 0][0], sizes[-1], N_GRID)
    fitted = found.model.predict(found.known, grid)
    rows = np.arange(len(fitted))
    best = np.where(np.isnan(fitted), -np.inf, fitted).argmax(axis=1)
    peak = fitted[rows, best]
    summation = grid[(fitted >= SUMMATION * peak[:, None]).argmax(axis=1)]
    suppressed = success & (best < N_GRID - 1)
    chosen = np.flatnonzero(suppressed)
    squares = found.mse[chosen] * len(sizes)
    noise = (n[chosen] for n in _noise(found.curves.shape, sem, count))
    fall = (peak - fitted[:, -1])[chosen]
    suppressed[chosen] = is_suppressed(
        found.curves[chosen], sizes, squares, fall, *noise
    )
    return SizeFit(
        **found.values(),
        model="dog" if found.model.name == "dog" else "rog",
        preferred=np.where(suppressed, grid[best], np.nan),
        summation=np.where(success, summation, np.nan),
        peak=np.where(suppressed, peak, fitted[:, -1]),
        largest=fitted[:, -1],
        suppressed=suppressed,
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
    chosen = size_model(model)
    if baseline is not None:
        n_units = tuning.sizes["unit"]
        given = np.broadcast_to(np.asarray(baseline, np.float64), n_units)
        tuning = tuning.assign(blank=("unit", given))
    return fitted_columns(chosen, tuning, on_progress=on_progress)


def _columns(fit: SizeFit, tuning: xr.Dataset) -> dict[str, NDArray[Any]]:
    (name,) = tuning.attrs["analysis"]["parameters"]
    curve, sizes = tuning["curve"].to_numpy(), tuning[name].to_numpy()
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
    columns |= {f"SI_{k}": suppression_index(*both) for k, both in ends.items()}
    if "blank" in tuning:
        blank = tuning["blank"].to_numpy()
        for k, both in ends.items():
            columns[f"SI_net_{k}"] = suppression_index(*both, blank)
    return columns


def _bounds(sizes: Floats) -> tuple[ArrayLike, ArrayLike]:
    smallest, largest = sizes[sizes > 0][0], sizes[-1]
    return (
        [0, 0, np.log(smallest / 2), 0, 0],
        [np.inf, np.inf, np.log(2 * largest), MAX_WEIGHT, np.log(MAX_RATIO)],
    )


def _starts(curves: Floats, sizes: Floats, model: SizeModel) -> list[Floats]:
    """Centres as wide as the best size or half of it, weak and strong surrounds."""
    low = curves.min(axis=1)
    best = np.maximum(sizes[curves.argmax(axis=1)], sizes[sizes > 0][0])
    starts = []
    for share, weight in ((1.0, 0.2), (0.5, 1.0)):
        # so that the peak is about as high as the data's
        centre = (1 - low) * (1 + weight / 2)
        surround = weight if model == "rog" else weight / 2
        starts.append(
            start_at(low, centre, np.log(share * best), surround, np.log(2.0))
        )
    return starts


def _model(name: SizeModel) -> TuningModel[SizeFit]:
    predict, jacobian = CURVES[name]
    return TuningModel(
        name=name,
        of=("size_deg",),
        parameters=("baseline", "centre", "width", "surround", "ratio"),
        responses=("baseline", "centre") + (("surround",) if name == "dog" else ()),
        searched={"width": LOG, "ratio": LOG},
        levels=("sizes",),
        least=MIN_SIZES,
        bounds=_bounds,
        starts=partial(_starts, model=name),
        predict=predict,
        jacobian=jacobian,
        result=_result,
        columns=_columns,
        more=lambda tuning: {k: tuning[k].to_numpy() for k in ("sem", "count")},
        any_axis=True,
        tolerance=TOLERANCE,
    )


SIZE_MODELS = {"rog": _model("rog"), "dog": _model("dog")}
MODELS = (SIZE_MODELS["rog"],)
