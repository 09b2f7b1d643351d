"""Places of units in a plane, near each other where their features are alike."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.floating]

FEWEST_UNITS = 3
"""Fewer span no plane."""

EXACT_UP_TO = 1000
"""Units or features, whichever are fewer, up to which all components are computed."""

BASIS, ITERATIONS, SETTLED = 12, 60, 1e-7
"""Of the subspace iteration beyond: vectors, iterations at most, change at its end."""

BEFORE_UMAP = 50
"""Components that UMAP is given; it is slow for more, and the others are small."""

NEIGHBORS = 15
"""Of a unit, in UMAP."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Places of units in a plane.

    Attributes
    ----------
    places : float64 array, [U, 2]
        NaN for units whose features are not all finite.
    explained : float64 array, [2]
        Part of the variance of the features that each axis explains; NaN for UMAP.
    """

    places: NDArray[np.float64]
    explained: NDArray[np.float64]


def principal_places(
    features: ArrayLike, on_progress: OnProgress | None = None
) -> Embedding:
    """Units by the first two principal components of their features.

    Parameters
    ----------
    features : float array, [U, F]
        Such as the readout weights of each unit; the mean over units is taken away.
    on_progress : callable(done, total), optional

    Returns
    -------
    Embedding
        The sign of a component is such that its largest loading, of the F, is positive,
        so that equal features have equal places everywhere.

    Raises
    ------
    AnalysisError
        If fewer than three units have features, or all have the same.

    Notes
    -----
    With at most 1,000 units or features exact, by the eigenvectors of their products;
    beyond, by subspace iteration from a start that is always the same (Halko, Martinsson
    and Tropp 2011), which takes a few products with the features.
    """
    given, known = _checked(features)
    scores, explained = _components(given[known], 2, on_progress)
    places = np.full((len(given), 2), np.nan)
    places[known, : scores.shape[1]] = scores
    places[known, scores.shape[1] :] = 0.0  # features along one line
    shares = np.zeros(2)
    shares[: len(explained)] = explained
    return Embedding(places, shares)


def has_umap() -> bool:
    """Whether the package umap-learn is installed."""
    return find_spec("umap") is not None


def check_umap() -> None:
    """Raise an AnalysisError if the package umap-learn is not installed."""
    if not has_umap():
        raise AnalysisError(
            "UMAP is not installed; install insilico-gui[umap], or take the principal "
            "components (pca)."
        )


def umap_places(
    features: ArrayLike, on_progress: OnProgress | None = None
) -> Embedding:
    """Units by UMAP (McInnes, Healy and Melville 2018) of their features [U, F].

    Of at most 50 principal components, with 15 neighbours and a seed of 0: equal features
    have equal places with one version of the package.

    Raises
    ------
    AnalysisError
        As :func:`principal_places`; or if the package is not installed.
    """
    check_umap()
    given, known = _checked(features)
    scores, _ = _components(given[known], BEFORE_UMAP, on_progress)
    from umap import UMAP

    neighbors = min(NEIGHBORS, int(known.sum()) - 1)
    model = UMAP(n_components=2, n_neighbors=neighbors, random_state=0, n_jobs=1)
    places = np.full((len(given), 2), np.nan)
    places[known] = np.asarray(model.fit_transform(scores), float)
    return Embedding(places, np.full(2, np.nan))


def _checked(features: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Features [U, F] as floats, and which units have them."""
    given = np.asarray(features)
    if given.dtype.kind != "f":
        given = given.astype(float)
    if given.ndim != 2 or not given.shape[1]:
        raise AnalysisError(
            f"Features of units are an array [U, F], not {list(given.shape)}."
        )
    known = np.isfinite(given).all(axis=1)
    if known.sum() < FEWEST_UNITS:
        raise AnalysisError(
            f"{int(known.sum())} units have features, and a plane takes {FEWEST_UNITS} "
            "or more; choose more units."
        )
    return given, known


def _components(
    features: Floats, n: int, on_progress: OnProgress | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores [U, k] on up to `n` components, and the parts of variance [k] of each."""
    away = features - features.mean(axis=0, dtype=np.float64).astype(features.dtype)
    total = float(np.einsum("uf,uf->", away, away, dtype=np.float64))
    size = float(np.einsum("uf,uf->", features, features, dtype=np.float64))
    if not total > 1e-12 * size:
        raise AnalysisError(
            "All units have the same features; there is nothing to lay out."
        )
    if min(away.shape) <= EXACT_UP_TO:
        loadings = _exact(away, n)
    else:
        loadings = _iterated(away, n, on_progress)
    largest = np.abs(loadings).argmax(axis=0)
    loadings = loadings * np.sign(loadings[largest, np.arange(loadings.shape[1])])
    scores = (away @ loadings.astype(away.dtype)).astype(np.float64)
    if on_progress is not None:
        on_progress(1, 1)
    explained: NDArray[np.float64] = (scores**2).sum(axis=0) / total
    return scores, explained


def _exact(away: Floats, n: int) -> NDArray[np.float64]:
    """Loadings [F, k] of the components with variance, the largest first."""
    n_units, n_features = away.shape
    double = away.astype(np.float64)
    products = double.T @ double if n_features <= n_units else double @ double.T
    values, vectors = np.linalg.eigh(products)
    order = np.argsort(values)[::-1][:n]
    order = order[values[order] > 1e-12 * values[-1]]
    vectors = vectors[:, order]
    if n_features > n_units:
        vectors = double.T @ vectors
        vectors /= np.linalg.norm(vectors, axis=0)
    found: NDArray[np.float64] = vectors
    return found


def _iterated(
    away: Floats, n: int, on_progress: OnProgress | None
) -> NDArray[np.float64]:
    """Loadings [F, n] of the components, by subspace iteration."""
    start = np.random.default_rng(0).standard_normal((away.shape[1], n + BASIS))
    basis = np.linalg.qr(start)[0].astype(away.dtype)
    before: NDArray[np.float64] = np.zeros((away.shape[1], n))
    for done in range(ITERATIONS):
        if on_progress is not None:
            on_progress(done, ITERATIONS)
        loads = away @ basis
        _, _, turn = np.linalg.svd(loads, full_matrices=False)
        loadings: NDArray[np.float64] = (basis @ turn[:n].T).astype(np.float64)
        if (1 - np.abs((loadings * before).sum(axis=0))).max() < SETTLED:
            return loadings
        before = loadings
        basis = np.linalg.qr(away.T @ (loads @ turn.T))[0]
    return before
