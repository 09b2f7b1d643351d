"""How many dimensions population responses fill, and which conditions they keep apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST_CONDITIONS = 3


def usable_units(curve: Floats) -> NDArray[np.bool_]:
    """Units whose means [K, U] are finite and vary, [U]; an error for few conditions."""
    if len(curve) < LEAST_CONDITIONS:
        raise AnalysisError(
            f"Geometry needs {LEAST_CONDITIONS} conditions or more, and {len(curve)} "
            "were shown; show more, or name another column."
        )
    found: NDArray[np.bool_] = np.isfinite(curve).all(axis=0) & ~is_flat(curve, axis=0)
    return found


def participation_ratio(responses: ArrayLike) -> float:
    """``(sum l)**2 / sum l**2`` over the eigenvalues l of the covariance of units.

    1 if all variance lies along one axis, n if it is equal along n (Gao et al. 2017,
    bioRxiv 214262); at most K - 1 of K rows.

    Parameters
    ----------
    responses : array, [K, n]
        Of n units to K conditions, or in K trials.
    """
    values = np.asarray(responses, np.float64)
    away = values - values.mean(axis=0)
    # The rows have the same eigenvalues as the units, and are fewer or as easily squared
    products = away @ away.T if len(away) < away.shape[1] else away.T @ away
    squares = float((products**2).sum())
    return float(np.trace(products)) ** 2 / squares if squares > 0 else float("nan")


def dissimilarity(responses: ArrayLike) -> Floats:
    """Correlation distance, 1 - Pearson's r over units, of conditions [K, n]; [K, K].

    Kriegeskorte, Mur & Bandettini 2008, Front. Syst. Neurosci. 2:4. NaN in rows and
    columns of a condition to which all units respond alike.
    """
    values = np.asarray(responses, np.float64)
    away = values - values.mean(axis=1, keepdims=True)
    size = np.sqrt((away**2).sum(axis=1))
    known = (size > 0) & ~is_flat(values, axis=1)
    scaled = np.where(known[:, None], away / np.where(known, size, 1)[:, None], np.nan)
    distance: Floats = 1 - np.clip(scaled @ scaled.T, -1, 1)
    distance[np.diag_indices(len(distance))] = np.where(known, 0.0, np.nan)
    return distance


def similarity(matrices: Mapping[str, Floats]) -> Floats:
    """Spearman's correlation of the pairs of conditions in two matrices, [A, A].

    Parameters
    ----------
    matrices : mapping of array, [K, K]
        Dissimilarities by area; pairs that are NaN in one are left out of both.
    """
    from scipy.stats import rankdata  # slow: not at the start

    upper = np.triu_indices(len(next(iter(matrices.values()))), 1)
    pairs = [matrix[upper] for matrix in matrices.values()]
    found = np.full((len(pairs), len(pairs)), np.nan)
    for i, one in enumerate(pairs):
        for j, other in enumerate(pairs):
            known = np.isfinite(one) & np.isfinite(other)
            if known.sum() < 2:
                continue
            a, b = (rankdata(values[known]) for values in (one, other))
            a, b = a - a.mean(), b - b.mean()
            size = np.sqrt((a**2).sum() * (b**2).sum())
            found[i, j] = (a * b).sum() / size if size > 0 else np.nan
    return found
