"""Flashing Gaussian dots: where, how wide, how bright, and what their masks are."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import trial_frames

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display
from insilico_gui.stimuli.families.gaussian_dots import gaussian_dots

DISPLAY = Display()


def test_defaults():
    stimulus = gaussian_dots()
    trials = stimulus.trials
    assert len(trials) == 105 * 2
    assert stimulus.n_frames == 15 + 210 * 9 + 15
    assert trials["onset"].min() == 0.5
    assert (trials["duration"] == 0.3).all()
    assert trials.groupby("polarity").size().to_dict() == {"off": 105, "on": 105}
    assert trials[["x", "y"]].drop_duplicates().shape == (105, 2)
    assert list(trials.columns) == [
        "onset",
        "duration",
        "condition",
        "azimuth_deg",
        "elevation_deg",
        "x",
        "y",
        "polarity",
        "repeat",
    ]


def test_places_are_the_centres_of_equal_cells():
    trials = gaussian_dots(n_columns=3, n_rows=2).trials
    assert sorted(trials["x"].unique()) == pytest.approx([-2 / 3, 0, 2 / 3])
    assert sorted(trials["y"].unique()) == [-0.5, 0.5]


@pytest.mark.parametrize("angles", ["flat", "per axis"])
def test_dots_are_where_the_table_says_and_as_wide(angles):
    """Centre of mass and spread of the rendered levels, not of the formula."""
    stimulus = gaussian_dots(n_columns=3, n_rows=2, sigma_deg=6, angles=angles)
    azimuth, elevation = DISPLAY.pixel_degrees(angles=angles)
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial).astype(int)
        assert (frames == frames[0]).all()
        dot = frames[0] - 128
        assert (np.sign(dot[dot != 0]) == (1 if trial.polarity == "on" else -1)).all()
        assert np.abs(dot).max() in (126, 127)
        columns, rows = np.abs(dot).sum(0), np.abs(dot).sum(1)
        if angles == "flat":  # per axis, pixels are not equally large
            spread = np.average((azimuth - trial.azimuth_deg) ** 2, weights=columns)
            assert np.sqrt(spread) == pytest.approx(6, rel=0.02)
            spread = np.average((elevation - trial.elevation_deg) ** 2, weights=rows)
            assert np.sqrt(spread) == pytest.approx(6, rel=0.02)
        half = np.abs(dot) >= 63
        for degrees, seen, expected in (
            (azimuth, half.any(0), trial.azimuth_deg),
            (elevation, half.any(1), trial.elevation_deg),
        ):
            middle = (degrees[seen].min() + degrees[seen].max()) / 2
            assert middle == pytest.approx(expected, abs=0.6)
        peak = np.unravel_index(np.abs(dot).argmax(), dot.shape)
        assert peak == pytest.approx(DISPLAY.to_pixels(trial.x, trial.y), abs=2)


def test_a_mask_is_the_dot_that_was_shown():
    stimulus = gaussian_dots(n_columns=4, n_rows=3, contrast=0.5, repeats=2)
    for trial in stimulus.trials.itertuples():
        mask = stimulus.spec.mask(trial.Index)
        assert mask.dtype == np.float32
        assert mask.shape == (144, 256)
        assert mask.min() >= 0
        assert 0.98 < mask.max() <= 1
        sign = 1 if trial.polarity == "on" else -1
        shown = trial_frames(stimulus, trial)[0].astype(float)
        np.testing.assert_allclose(shown, 128 + sign * 63.5 * mask, atol=0.51)
    with pytest.raises(StimulusError, match="trial is 48"):
        stimulus.spec.mask(48)


def test_masks_are_those_that_the_analysis_makes_of_the_table():
    from insilico_gui.analysis.fields.dots import dot_masks

    stimulus = gaussian_dots(n_columns=4, n_rows=3, sigma_deg=9)
    computed = dot_masks(stimulus.trials.head(6), (144, 256), sigma_deg=9)
    for k in range(6):
        np.testing.assert_allclose(computed[k], stimulus.spec.mask(k), atol=0.004)


def test_one_polarity():
    stimulus = gaussian_dots(n_columns=2, n_rows=2, polarity="off")
    assert set(stimulus.trials["polarity"]) == {"off"}
    assert stimulus.frames(0, stimulus.n_frames).max() == 128
