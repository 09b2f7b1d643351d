"""Contrast response: the Naka-Rushton function.

::

    r(c) = b + R * c**n / (c**n + c50**n)

Source: Naka & Rushton 1966, J. Physiol. 185:536; Albrecht & Hamilton 1982,
J. Neurophysiol. 48:217. Here R >= 0, 0.5 <= n <= 8, and c50 is within the tested
contrasts above 0: a curve that does not saturate determines neither R nor c50.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    CurveFit,
    TuningModel,
    columns_of,
    start_at,
)
from insilico_gui.analysis.tuning.frequency import shape_of
from insilico_gui.analysis.tuning.tuned import fitted_columns
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_CONTRASTS = 4
"""As many as the curve has parameters."""

EXPONENTS = (0.5, 8.0)

NO_CONTRAST = -200.0
"""Stands for the logarithm of a contrast of 0: its response is 0 to within e^-90."""


@dataclass(frozen=True)
class NakaRushtonFit:
    """Parameters of the fitted curve, one per unit; float64 [U] unless said.

    Attributes
    ----------
    r_max, baseline : array
        R and b, in the units of the responses.
    c50 : array
        Contrast of half of R, in the unit of the contrasts.
    exponent : array
        n.
    shape : str array
        ``"saturating"``; ``"unsaturated"`` where c50 is at the highest and
        ``"saturated"`` where it is at the lowest tested contrast, so that it may lie
        beyond and R is not determined; empty where there is no fit.
    mse, r2 : array
        Mean squared error over contrasts; share of the variance explained.
    success : bool array
        False where the curve holds NaN, is flat, or the search did not converge.
    """

    r_max: Floats
    c50: Floats
    exponent: Floats
    baseline: Floats
    shape: NDArray[np.str_]
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]

    def curve(self, contrasts: ArrayLike) -> Floats:
        """The fitted curve at other contrasts [K], float64 [K, U]."""
        return NAKA_RUSHTON.curve(self, contrasts)


def fit_naka_rushton(
    curve: ArrayLike, contrasts: ArrayLike, *, on_progress: OnProgress | None = None
) -> NakaRushtonFit:
    """Fit the Naka-Rushton function to each unit by least squares.

    Parameters
    ----------
    curve : array, [K] or [K, U]
        Mean response to each contrast.
    contrasts : array, [K]
        0 (blank) or more, in any unit, each once, at least four, three of them above 0.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    NakaRushtonFit
        One entry per unit (one in all for a single curve).

    Raises
    ------
    AnalysisError
        If the contrasts are too few, repeated or negative.
    """
    return NAKA_RUSHTON.fit(curve, contrasts, on_progress=on_progress)


def contrast_columns(
    tuning: xr.Dataset, *, on_progress: OnProgress | None = None
) -> pd.DataFrame:
    """The columns that a tuning to contrast adds to the unit table.

    Parameters
    ----------
    tuning : xarray.Dataset
        From ``parameter_tuning(responses, "contrast")``.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        One row per unit: ``c50_fit``, ``contrast_exponent_fit``,
        ``contrast_r_max_fit``, ``contrast_baseline_fit``, ``contrast_shape_fit``,
        ``contrast_r2_fit``.

    Raises
    ------
    AnalysisError
        If the dataset is not a tuning to contrast, or a fit is not possible.
    """
    return fitted_columns(NAKA_RUSHTON, tuning, on_progress=on_progress)


def _columns(fit: NakaRushtonFit, tuning: xr.Dataset) -> dict[str, NDArray[Any]]:
    return {
        "c50_fit": fit.c50,
        "contrast_exponent_fit": fit.exponent,
        "contrast_r_max_fit": fit.r_max,
        "contrast_baseline_fit": fit.baseline,
        "contrast_shape_fit": fit.shape,
        "contrast_r2_fit": fit.r2,
    }


def _result(found: CurveFit) -> NakaRushtonFit:
    names = ("saturated", "saturating", "unsaturated")
    shape = shape_of(found.known[:, 2], _tested(*found.axes), names)
    return NakaRushtonFit(**found.values(), shape=shape)


def _tested(logs: Floats) -> Floats:
    """The logarithms of the contrasts above 0."""
    return logs[logs > NO_CONTRAST]


def _logarithms(contrasts: Floats) -> Floats:
    logs = np.full(contrasts.shape, NO_CONTRAST)
    np.log(contrasts, out=logs, where=contrasts > 0)
    return logs


def _bounds(logs: Floats) -> tuple[ArrayLike, ArrayLike]:
    tested = _tested(logs)
    return (
        [0, 0, tested[0], EXPONENTS[0]],
        [np.inf, np.inf, tested[-1], EXPONENTS[1]],
    )


def _starts(curves: Floats, logs: Floats) -> list[Floats]:
    """Half-way up at a third and at two thirds of the tested range (log contrast)."""
    low, tested = curves.min(axis=1), _tested(logs)
    return [
        start_at(low, 1 - low, tested[0] + share * np.ptp(tested), 2.0)
        for share in (1 / 3, 2 / 3)
    ]


def _values(p: Floats, logs: Floats) -> Floats:
    """The curve at [K] log contrasts for parameters [n, 4]; returns [n, K]."""
    from scipy.special import expit  # slow: not at the start

    baseline, r_max, log_c50, exponent = columns_of(p)
    values: Floats = baseline + r_max * expit(exponent * (logs - log_c50))
    return values


def _jacobian(p: Floats, logs: Floats) -> Floats:
    """Derivatives of :func:`_values` by the parameters, [n, K, 4]."""
    from scipy.special import expit

    _, r_max, log_c50, exponent = columns_of(p)
    share = expit(exponent * (logs - log_c50))
    slope = r_max * share * (1 - share)
    return np.stack(
        [np.ones_like(share), share, -exponent * slope, slope * (logs - log_c50)],
        axis=2,
    )


NAKA_RUSHTON = TuningModel(
    name="Naka-Rushton",
    of=("contrast",),
    parameters=("baseline", "r_max", "c50", "exponent"),
    responses=("baseline", "r_max"),
    searched={"c50": LOG},
    levels=("contrasts",),
    least=MIN_CONTRASTS,
    axes=lambda contrasts: (_logarithms(contrasts),),
    bounds=_bounds,
    starts=_starts,
    predict=_values,
    jacobian=_jacobian,
    result=_result,
    columns=_columns,
)
MODELS = (NAKA_RUSHTON,)
