"""The raster of all units: values, orders and pixels are those of the responses."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.analysis.population import raster as module
from insilico_gui.analysis.population.raster import Raster, Window, Wish, edges
from insilico_gui.analysis.population.unit_orders import (
    first_component,
    has_rastermap,
    rastermap_places,
)
from insilico_gui.analysis.trials.scales import scaled
from insilico_gui.errors import AnalysisError


class Growing:
    """Responses of which the first rows are known."""

    def __init__(self, values, n_done=None):
        self.values = np.asarray(values, np.float32)
        self.shape = self.values.shape
        self.n_done = len(values) if n_done is None else n_done

    def rows(self, start, stop):
        assert stop <= self.n_done
        return self.values[start:stop]


def responses(n_times=60, n_units=12, seed=0):
    return np.random.default_rng(seed).gamma(2.0, size=(n_times, n_units))


def made(store, **wish):
    raster = Raster(store, Wish(**wish))
    for _ in raster.update():
        pass
    return raster


def whole(raster, height=10_000, width=10_000):
    return raster.picture(
        Window((0, len(raster.order)), (0, raster.n_bins), height, width)
    )


@pytest.mark.parametrize("scale", ["response", "z-score", "percentile"])
def test_each_pixel_is_a_value_where_there_is_room(scale):
    values = responses()
    raster = made(Growing(values), scale=scale, sort="table order", first=10)
    expected = scaled(values.astype(np.float32), scale, 10).T
    np.testing.assert_allclose(raster.values, expected, atol=2e-5)
    picture = whole(raster)
    np.testing.assert_array_equal(picture.values, raster.values)
    np.testing.assert_array_equal(picture.rows, np.arange(13))
    assert raster.width == 1


def test_scales_by_hand():
    values = np.array([[9.0, 5.0], [1.0, 5.0], [3.0, 5.0], [1.0, 5.0], [3.0, 5.0]])
    z = scaled(values, "z-score", 1)
    np.testing.assert_allclose(z[:, 0], [7, -1, 1, -1, 1])
    np.testing.assert_array_equal(z[:, 1], 0)
    rank = scaled(values, "percentile", 1)
    np.testing.assert_allclose(rank[:, 0], [100, 25, 75, 25, 75])
    np.testing.assert_allclose(rank[:, 1], 50)


def test_pixels_are_means_of_what_falls_on_them():
    values = responses(50, 31)
    raster = made(Growing(values), scale="response", sort="table order")
    picture = whole(raster, height=7, width=9)
    assert picture.values.shape == (7, 9)
    rows, bins = picture.rows, picture.bins
    for i in range(7):
        for j in range(9):
            block = values.T[rows[i] : rows[i + 1], bins[j] : bins[j + 1]]
            assert picture.values[i, j] == pytest.approx(block.mean(), rel=1e-5)
    part = raster.picture(Window((3, 8), (10, 20), 100, 100))
    np.testing.assert_allclose(part.values, values.T[3:8, 10:20], rtol=1e-6)
    nothing = raster.picture(Window((5, 5), (0, 10), 10, 10))
    assert np.isnan(nothing.values).all()


def test_long_recordings_are_binned(monkeypatch):
    monkeypatch.setattr(module, "MOST_BINS", 8)
    values = responses(43, 5)
    store = Growing(values, 20)
    raster = made(store, scale="response", sort="table order")
    assert (raster.width, raster.n_bins, raster.n_done) == (6, 8, 3)
    store.n_done = 43
    for _ in raster.update():
        pass
    expected = [values[k : k + 6].mean(axis=0) for k in range(0, 43, 6)]
    np.testing.assert_allclose(raster.values.T, expected, rtol=1e-5)


def test_orders():
    values = responses(60, 12)
    values[:10] += 100  # the burn-in
    peaks = made(Growing(values), sort="peak time", first=10).order
    assert (np.diff(values[10:, peaks].argmax(axis=0)) >= 0).all()
    keys = np.array([3, np.nan, 1, 2, 0, 9, 8, 7, np.nan, 6, 5, 4.0])
    order = made(Growing(values), sort="gOSI", keys=keys).order
    np.testing.assert_array_equal(keys[order][:10], np.arange(10))
    order = made(Growing(values), sort="gOSI", keys=keys, descending=True).order
    np.testing.assert_array_equal(keys[order][:10], np.arange(10)[::-1])
    assert set(order[10:]) == {1, 8}
    groups = np.arange(12) % 3
    order = made(Growing(values), sort="gOSI", keys=keys, groups=groups).order
    assert groups[order].tolist() == sorted(groups.tolist())
    for k in range(3):
        own = keys[order][groups[order] == k]
        assert (np.diff(own[np.isfinite(own)]) > 0).all()
    chosen = np.array([7, 2, 4])
    raster = made(Growing(values), sort="gOSI", keys=keys, columns=chosen)
    assert raster.order.tolist() == [4, 2, 7]


def test_first_component_is_that_of_the_singular_value_decomposition():
    rng = np.random.default_rng(1)
    scored = scaled(rng.standard_normal((80, 30)) + responses(80, 30), "z-score").T
    left = np.linalg.svd(scored)[0][:, 0]
    left *= np.sign(left[np.abs(left).argmax()])
    np.testing.assert_allclose(first_component(scored), left, atol=1e-4)
    store = Growing(scored.T)
    order = made(store, scale="response", sort="first component").order
    assert (np.diff(left[order]) >= -1e-4).all()


def test_what_comes_later_appears_and_the_rest_is_not_drawn():
    values = responses(60, 12)
    store = Growing(values, 20)
    raster = made(store, scale="z-score", sort="table order")
    picture = whole(raster).values
    assert raster.n_done == 20
    np.testing.assert_allclose(
        picture[:, :20], scaled(values[:20], "z-score").T, atol=1e-4
    )
    assert np.isnan(picture[:, 20:]).all()
    store.n_done = 60
    for _ in raster.update():
        pass
    np.testing.assert_allclose(
        whole(raster).values, scaled(values, "z-score").T, atol=1e-4
    )


def test_units_without_values_are_not_drawn_and_sorted_last_by_column():
    values = responses(20, 6)
    values[:, 2] = np.nan
    raster = made(Growing(values), scale="z-score", sort="table order")
    picture = whole(raster).values
    assert np.isnan(picture[2]).all() and np.isfinite(np.delete(picture, 2, 0)).all()
    both = raster.picture(Window((0, 6), (0, 20), 3, 20)).values
    np.testing.assert_allclose(both[1], raster.values[3], rtol=1e-5)


def test_edges():
    assert edges(0, 5, 10).tolist() == [0, 1, 2, 3, 4, 5]
    assert edges(2, 8, 3).tolist() == [2, 4, 6, 8]
    assert edges(4, 4, 3).tolist() == [4, 4]


def test_rastermap_is_optional():
    values = responses(100, 220)
    scored = scaled(values, "z-score").T
    if has_rastermap():
        assert sorted(rastermap_places(scored)) == list(range(220))
    else:
        with pytest.raises(AnalysisError, match="not installed"):
            rastermap_places(scored)
    raster = made(Growing(values[:, :20]), sort="Rastermap")
    assert raster.problem
    np.testing.assert_array_equal(raster.order, np.arange(20))
