"""Places of units by what they have in common."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from insilico_gui.analysis.population import embedding
from insilico_gui.analysis.population.embedding import principal_places, umap_places
from insilico_gui.errors import AnalysisError


def reference(features):
    """Scores and shares of two components by numpy's own decomposition."""
    away = features - features.mean(axis=0)
    left, size, right = np.linalg.svd(away, full_matrices=False)
    signs = np.sign(right[np.arange(2), np.abs(right[:2]).argmax(axis=1)])
    return left[:, :2] * size[:2] * signs, size[:2] ** 2 / (size**2).sum()


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (1050, 1010)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_places_are_principal_components(shape, kind):
    rng = np.random.default_rng(2)
    few = rng.standard_normal((shape[0], 4)) * [9, 6, 3, 2]
    features = few @ rng.standard_normal((4, shape[1])) + 5
    features = (features + rng.standard_normal(shape)).astype(kind)
    found = principal_places(features)
    places, explained = reference(features.astype(float))
    np.testing.assert_allclose(found.places, places, atol=2e-4 * np.abs(places).max())
    np.testing.assert_allclose(found.explained, explained, rtol=1e-4)


def test_signs_do_not_depend_on_the_order_or_the_number_of_units():
    rng = np.random.default_rng(3)
    features = rng.standard_normal((400, 30)) * [9, 5, *np.linspace(1, 0.3, 28)]
    order = rng.permutation(400)
    whole = principal_places(features).places
    np.testing.assert_allclose(principal_places(features[order]).places, whole[order])
    half = principal_places(features[::2]).places
    assert (np.sign(half) == np.sign(whole[::2])).mean() > 0.9


def test_many_units_with_many_features_are_iterated():
    rng = np.random.default_rng(4)
    groups = rng.integers(0, 3, 3000)
    features = rng.standard_normal((3000, 1100), np.float32)
    features += 2 * rng.standard_normal((3, 1100), np.float32)[groups]
    told = []
    places = principal_places(features, lambda done, of: told.append(done)).places
    centers = np.stack([places[groups == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(places[:, None] - centers, axis=2).argmin(axis=1)
    assert (nearest == groups).mean() > 0.99
    assert len(told) < 30  # settled long before the last iteration


def test_units_without_features_have_no_place():
    features = np.random.default_rng(0).standard_normal((9, 4))
    features[2, 1] = np.nan
    places = principal_places(features).places
    assert np.flatnonzero(np.isnan(places[:, 0])).tolist() == [2]
    others = np.delete(features, 2, axis=0)
    np.testing.assert_allclose(np.delete(places, 2, axis=0), reference(others)[0])
    along = np.outer(np.arange(5.0), np.ones(3))  # one component only
    found = principal_places(along)
    assert (found.places[:, 1] == 0).all() and found.explained.tolist() == [
        pytest.approx(1),
        0,
    ]


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (np.ones((5, 3)), "same features"),
        (np.zeros((5, 3)), "same features"),
        (np.full((5, 3), np.nan), "0 units have features"),
        (np.eye(2), "2 units have features"),
        (np.arange(5.0), "an array"),
    ],
)
def test_what_cannot_be_laid_out_is_one_sentence(features, said):
    with pytest.raises(AnalysisError, match=said):
        principal_places(features)


def test_umap_is_optional(monkeypatch):
    features = np.random.default_rng(0).standard_normal((90, 70)).astype(np.float32)
    features[4] = np.nan
    if embedding.has_umap():
        found = umap_places(features)
    else:
        with pytest.raises(AnalysisError, match=r"insilico-gui\[umap\]"):
            umap_places(features)
        # what the package, which is not here, is called with, and what is done then
        given = {}

        class UMAP:
            def __init__(self, **options):
                given.update(options)

            def fit_transform(self, scores):
                given["shape"] = scores.shape
                return scores[:, :2].astype(np.float32)

        package = ModuleType("umap")
        package.__dict__.update(UMAP=UMAP, __spec__=ModuleSpec("umap", None))
        monkeypatch.setitem(sys.modules, "umap", package)
        found = umap_places(features)
        assert given["shape"] == (89, 50) and given["random_state"] == 0
    assert np.flatnonzero(np.isnan(found.places[:, 1])).tolist() == [4]
    assert np.isfinite(np.delete(found.places, 4, axis=0)).all()
    assert np.isnan(found.explained).all()
