"""``demo/noisy``: Poisson events on shared gains, seeded, the same for every split."""

from __future__ import annotations

import numpy as np
import pytest
from demo_rendering import grating, grey
from insilico_demo.noise import AREA_SD, EVENTS_PER_S, SHARED_SD, NoiseLayer, poisson
from insilico_demo.population import demo_population
from scipy import stats

from insilico_gui.opening import open_session

FEW = np.arange(0, 2000, 100)


@pytest.fixture(scope="module")
def noisy():
    return open_session("demo/noisy", device="cpu")


@pytest.fixture(scope="module")
def video():
    return np.concatenate([grating(60, 0.05, 2, 20), grey(10)])


@pytest.fixture(scope="module")
def whole(noisy, video):
    return next(noisy.stream([video], units=FEW))


def test_the_table_is_that_of_the_demo(demo, noisy):
    assert noisy.id == "demo/noisy"
    loading = noisy.units["true_gain_loading"]
    assert loading.between(0.5, 1.5).all()
    assert noisy.units.drop(columns="true_gain_loading").equals(demo.units)
    assert noisy.attrs["weights_hash"] != demo.attrs["weights_hash"]
    assert noisy.attrs["noise"]["seed"] == 2014
    assert "noise" not in demo.attrs


def test_poisson_counts_are_those_of_scipy():
    u = np.random.default_rng(0).random(5000)
    for mean in (0.0, 0.02, 0.5, 3.0, 40.0):
        counts = poisson(np.full(5000, mean), u)
        assert np.array_equal(counts, np.maximum(stats.poisson.ppf(u, mean), 0))


def test_counts_scatter_as_a_poisson_process_on_a_gain():
    """Mean, Fano factor and covariance of events, against their closed forms."""
    area = np.array(["V1", "V1", "LM", "LM"])
    layer = NoiseLayer(area)
    n = 6000
    mean = np.array([0.5, 2, 0.5, 2], np.float32)
    clean = np.broadcast_to(mean, (n, 1, 4)).astype(np.float32)
    frames = np.zeros((1, n, 1, 1), np.uint8)
    out, _ = layer.advance(layer.rest(1), frames, clean, None)
    per_frame = EVENTS_PER_S / 30
    counts = out[:, 0] * per_frame
    assert np.array_equal(counts, np.rint(counts))
    expected = mean * per_frame
    # a gain that is slow makes the mean of 200 s uncertain by some 3 %
    np.testing.assert_allclose(counts.mean(0), expected, rtol=0.1)
    a = layer.loading
    spread = (SHARED_SD**2 + AREA_SD**2) * a**2
    variance = expected + expected**2 * (np.exp(spread) - 1)
    np.testing.assert_allclose(counts.var(0), variance, rtol=0.12)
    covariance = np.cov(counts.T)
    for i, j, shared in ((0, 1, SHARED_SD**2 + AREA_SD**2), (1, 3, SHARED_SD**2)):
        wanted = expected[i] * expected[j] * (np.exp(a[i] * a[j] * shared) - 1)
        assert covariance[i, j] == pytest.approx(wanted, rel=0.6)
    assert covariance[1, 3] > 0


@pytest.mark.parametrize("sizes", [[1] * 30, [7, 0, 23]])
def test_any_split_gives_the_same(noisy, whole, video, sizes):
    pieces = np.concatenate(
        list(noisy.stream(np.split(video, np.cumsum(sizes)[:-1]), units=FEW))
    )
    np.testing.assert_allclose(pieces, whole, rtol=1e-4, atol=1e-6)


def test_a_second_session_and_other_units_change_nothing(whole, video):
    again = open_session("demo/noisy", device="cpu")
    some = next(again.stream([video], units=FEW[::-3]))
    np.testing.assert_allclose(some, whole[:, ::-3], rtol=1e-4, atol=1e-6)


def test_repeats_and_videos_differ(noisy, whole, video):
    """Within a video, side by side, and where one frame was another."""
    twice = np.concatenate([video, video])
    long = next(noisy.stream([twice], units=FEW))
    np.testing.assert_allclose(long[:30], whole, rtol=1e-4, atol=1e-6)
    assert np.abs(long[30:] - whole).mean() > 0.01
    beside = next(noisy.stream([np.stack([video, video])], units=FEW))
    np.testing.assert_allclose(beside[0], whole, rtol=1e-4, atol=1e-6)
    assert np.abs(beside[1] - whole).mean() > 0.01
    other = video.copy()
    other[5, 0, 0] ^= 1
    changed = next(noisy.stream([other], units=FEW))
    np.testing.assert_allclose(changed[:5], whole[:5], rtol=1e-4, atol=1e-6)
    assert np.abs(changed[5:] - whole[5:]).mean() > 0.01


def test_the_mean_over_repeats_is_the_demo(demo, noisy):
    """Sixty noisy copies of a grating, side by side."""
    movie = grating(90, 0.045, 2.5, 45)
    clean = next(demo.stream([movie], units=FEW))[20:].mean(0)
    copies = next(noisy.stream([np.stack([movie] * 60)], units=FEW))
    trials = copies[:, 20:].mean(1)
    z = (trials.mean(0) - clean) / (trials.std(0, ddof=1) / np.sqrt(60))
    assert np.abs(z).max() < 4.5
    assert z.std() < 2


def test_noise_correlations_are_larger_within_an_area(noisy):
    """Sums of events over a second, 80 times, of units that answer everything."""
    population = demo_population()
    units = np.flatnonzero(~population.tuned)[:120]
    copies = next(noisy.stream([np.stack([grating(0, 0.06, 3, 45)] * 40)], units=units))
    trials = copies[:, 15:].mean(1)
    area = population.area[units]
    correlation = np.corrcoef(trials.T)
    pairs = np.triu_indices(len(units), 1)
    same = area[pairs[0]] == area[pairs[1]]
    within, across = correlation[pairs][same].mean(), correlation[pairs][~same].mean()
    assert 0.03 < across < within < 0.5
