"""Sparseness of responses: over the conditions of a unit, and over a population.

Both variants rest on the activity ratio ``a = mean(r)**2 / mean(r**2)``, 1 if all
responses are equal and 1/n if one alone differs from zero:

``"vinje_gallant"``
    ``(1 - a) / (1 - 1/n)``: 0 if all are equal, 1 if one alone responds (Vinje & Gallant
    2000, Science 287:1273).
``"treves_rolls"``
    ``a`` itself: **small** values are sparse (Treves & Rolls 1991, Network 2:371; Rolls &
    Tovee 1995, J. Neurophysiol. 73:713).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.flatness import is_flat, rectified
from insilico_gui.analysis.tuning.tuned import columns_table
from insilico_gui.errors import AnalysisError

Floats = NDArray[np.float64]


SparsenessVariant = Literal["vinje_gallant", "treves_rolls"]


def lifetime_sparseness(
    curve: ArrayLike, variant: SparsenessVariant = "vinje_gallant"
) -> Floats:
    """How few of the conditions a unit responds to.

    Parameters
    ----------
    curve : array, [K, U]
        Mean response to each condition; negative values count as 0.
    variant : {"vinje_gallant", "treves_rolls"}

    Returns
    -------
    float64 array, [U]
        NaN where a response is NaN or none is above zero.

    Raises
    ------
    AnalysisError
        If the variant is unknown, or there are fewer than two conditions.
    """
    values = _checked(curve, variant)
    if len(values) < 2:
        raise AnalysisError(
            "Lifetime sparseness compares conditions; show two or more."
        )
    return _sparseness(values, variant)


def population_sparseness(
    curve: ArrayLike, variant: SparsenessVariant = "vinje_gallant"
) -> Floats:
    """How few of the units respond to a condition.

    Parameters
    ----------
    curve : array, [K, U]
        Mean response to each condition; negative values count as 0. Units with a NaN in
        any condition are left out of all.
    variant : {"vinje_gallant", "treves_rolls"}

    Returns
    -------
    float64 array, [K]
        NaN where no unit responds.

    Raises
    ------
    AnalysisError
        If the variant is unknown, or fewer than two units are left.
    """
    values = _checked(curve, variant)
    complete = values[:, ~np.isnan(values).any(axis=0)]
    if complete.shape[1] < 2:
        raise AnalysisError(
            f"Population sparseness compares units, and {complete.shape[1]} of "
            f"{values.shape[1]} have a response to every condition; give two or more."
        )
    return _sparseness(complete.T, variant)


def sparseness_columns(
    tuning: xr.Dataset, variant: SparsenessVariant = "vinje_gallant"
) -> pd.DataFrame:
    """The column that the sparseness of a tuning or map adds to the unit table.

    Parameters
    ----------
    tuning : xarray.Dataset
        From ``parameter_tuning`` or ``parameter_map``; the cells are the conditions.
    variant : {"vinje_gallant", "treves_rolls"}

    Returns
    -------
    pandas.DataFrame
        ``lifetime_sparseness_<variant>``, one row per unit.

    Raises
    ------
    AnalysisError
        If the dataset is not a tuning.
    """
    if "analysis" not in tuning.attrs or "curve" not in tuning:
        raise AnalysisError("This dataset is not a tuning; compute one first.")
    curve = tuning["curve"].to_numpy()
    values = lifetime_sparseness(curve.reshape(-1, curve.shape[-1]), variant)
    columns = {f"lifetime_sparseness_{variant}": values}
    return columns_table(tuning, columns, variant)


def _checked(curve: ArrayLike, variant: SparsenessVariant) -> Floats:
    if variant not in get_args(SparsenessVariant):
        raise AnalysisError(
            f"There is no sparseness variant {variant!r}; choose vinje_gallant or "
            "treves_rolls."
        )
    values = np.asarray(curve, np.float64)
    if values.ndim != 2:
        raise AnalysisError(
            f"The responses have shape {list(values.shape)}; give [conditions, units]."
        )
    return values


def _sparseness(values: Floats, variant: SparsenessVariant) -> Floats:
    """Over the first axis of [n, m]; returns [m]."""
    rates = rectified(values)
    largest = rates.max(axis=0)
    shares = rates / np.where((largest > 0) & np.isfinite(largest), largest, np.nan)
    # Not above 1 but for rounding, by the inequality of Cauchy and Schwarz.
    ratio: Floats = np.minimum(shares.mean(axis=0) ** 2 / (shares**2).mean(axis=0), 1)
    ratio = np.where(is_flat(rates, axis=0), 1.0, ratio)
    ratio = np.where(largest > 0, ratio, np.nan)
    if variant == "treves_rolls":
        return ratio
    return (1 - ratio) / (1 - 1 / len(values))
