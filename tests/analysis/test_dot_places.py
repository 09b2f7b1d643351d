"""Fields from responses by the place of a dot, against integrals over the screen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest
from test_significance import answered

from insilico_gui.analysis import dot_masks, dot_receptive_fields, rf_columns
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import Display, gaussian_dots

DISPLAY = Display()
STEP = DISPLAY.degrees_per_pixel[0]
SIGMA = 7.0


@pytest.fixture(scope="module")
def trials():
    table = gaussian_dots(repeats=2).trials
    return table.assign(onset=np.arange(len(table)) / 30, duration=0.0)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def mapped(values, trials, **options):
    masks = dot_masks(trials, (18, 32), sigma_deg=SIGMA)
    return dot_receptive_fields(
        answered(values, trials), masks, burn_in_frames=0, **options
    )


def overlaps(trials, x, y, sigma):
    """Sum over all pixels of each dot times a field, pixel by pixel; [n]."""
    row, column = np.mgrid[:144, :256]
    at_row, at_column = DISPLAY.to_pixels(x, y)

    def bell(r, c, width):
        return np.exp(-((row - r) ** 2 + (column - c) ** 2) / 2 / (width / STEP) ** 2)

    field = bell(at_row, at_column, sigma)
    dots = {
        place: (bell(*DISPLAY.to_pixels(*place), SIGMA) * field).sum() / field.sum()
        for place in set(zip(trials["x"], trials["y"], strict=True))
    }
    return np.array(
        [dots[place] for place in zip(trials["x"], trials["y"], strict=True)]
    )


@pytest.mark.parametrize("place", [(0, 0), (0.3, 0.2), (0.75, -0.7), (-0.6, 0.8)])
def test_a_linear_field_is_found_where_it_is(trials, place):
    drive = overlaps(trials, *place, 5.0)
    sign = np.where(trials["polarity"] == "on", 1, -1)
    cells = [1 + drive, 1 + drive * (sign > 0), 1 + drive * (sign < 0)]
    columns = rf_columns(mapped(np.stack(cells, axis=1), trials), angles="flat")
    x, y = columns["rf_x_fit"], columns["rf_y_fit"]
    np.testing.assert_allclose(x, place[0], atol=0.012)
    np.testing.assert_allclose(y, place[1], atol=0.04)  # 1.2 degrees
    if max(np.abs(place)) < 0.5:  # all of the field is on the screen
        wide = np.hypot(5, SIGMA)
        np.testing.assert_allclose(columns["rf_sigma_long_deg"], wide, rtol=0.02)
        np.testing.assert_allclose(columns["rf_sigma_short_deg"], wide, rtol=0.02)
        assert not columns["rf_at_edge"].any()
    else:  # 7.9 or 6.1 pixels from the edge, and as wide as 10
        at_edge = (1 - np.abs(place)) * (128, 72) < np.hypot(5, SIGMA) / STEP
        assert (columns["rf_at_edge"] == at_edge.any()).all()
    np.testing.assert_allclose(columns["rf_on_off_index"], [0, 1, -1], atol=1e-6)
    np.testing.assert_allclose(columns["rf_x_on"].iloc[:2], place[0], atol=0.012)
    assert np.isnan(columns["rf_x_off"].iloc[1])
    np.testing.assert_allclose(columns["rf_x_off"].iloc[[0, 2]], place[0], atol=0.012)


def test_p_of_a_field_is_uniform_without_one(trials, rng):
    """Though bright dots are answered more strongly than dark ones."""
    for some in (trials, trials.iloc[::2]):  # with few dots a place
        some = some.assign(onset=np.arange(len(some)) / 30)
        gain = np.where(some["polarity"] == "on", 4, 1)[:, None]
        values = gain * rng.gamma(2.0, size=(len(some), 2000))
        p = mapped(values, some, n_permutations=99)["p_rf"].to_numpy()
        assert kstest(p - rng.random(len(p)) / 100, "uniform").pvalue > 1e-3


def test_a_field_in_noise_is_significant(trials, rng):
    """As often as in a plain loop over shuffles."""
    drive = overlaps(trials, 0.2, 0.1, 5.0)
    values = drive[:, None] + rng.normal(size=(len(trials), 300)) * 0.2
    dataset = mapped(values, trials, n_permutations=99)
    found = float((dataset["p_rf"] <= 0.05).mean())
    key = trials["x"].round(6).astype(str) + trials["y"].round(6).astype(str)
    place = np.unique(key, return_inverse=True)[1]

    def variance(place):
        total = np.zeros((place.max() + 1, values.shape[1]))
        np.add.at(total, place, values)
        return total.var(axis=0)

    reached = np.ones(300)
    bright = (trials["polarity"] == "on").to_numpy()
    for _ in range(99):
        drawn = place.copy()
        for some in (bright, ~bright):
            drawn[some] = rng.permutation(place[some])
        reached += variance(drawn) >= variance(place)
    plain = (reached / 100 <= 0.05).mean()
    assert 0.2 < plain < 0.95  # or there is nothing to compare
    assert found >= plain - 0.03


def test_p_needs_places(trials):
    masks, values = np.ones((len(trials), 18, 32)), np.ones((len(trials), 1))
    shown = answered(values, trials[["onset", "duration", "polarity"]])
    with pytest.raises(AnalysisError, match="places"):
        dot_receptive_fields(shown, masks, burn_in_frames=0, n_permutations=9)
