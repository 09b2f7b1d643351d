"""Sparse noise: squares, their signs, and what the screen shows."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import trial_frames
from scipy import ndimage

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display, sparse_noise

DISPLAY = Display()


def test_defaults():
    stimulus = sparse_noise()
    assert stimulus.n_frames == 15 + 1300 * 6 + 15
    assert stimulus.trials["onset"].iloc[0] == 0.5
    assert (stimulus.frames(0, 15) == 128).all()
    assert (stimulus.frames(7815, 7830) == 128).all()
    assert stimulus.spec.grid == (15, 26)  # 121.4 x 215.8 degrees in squares of 8
    assert len(stimulus.trials) == 1300
    assert list(stimulus.trials.columns) == [
        "onset",
        "duration",
        "condition",
        "presentation",
        "n_on",
        "n_off",
        "repeat",
    ]


@pytest.mark.parametrize(
    "options", [{}, {"density": 0.1}, {"size_deg": 16.0}, {"size_deg": 5.0}]
)
def test_by_default_every_square_is_shown_as_often_as_fields_need(options):
    spec = sparse_noise(**options).spec
    shown = sum(np.abs(spec.signs(k)) for k in range(spec.n_pictures))
    assert 60 <= shown.mean() < 61
    assert shown.std() < 1.1 * np.sqrt(60)
    assert len(spec.trials) == spec.n_pictures
    assert sparse_noise(n_presentations=40, **options).spec.n_pictures == 40


def test_the_screen_shows_what_signs_and_masks_say():
    stimulus = sparse_noise(n_presentations=20, contrast=0.5)
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial)
        assert len(frames) == 6
        mask = stimulus.spec.mask(trial.presentation)
        assert (frames == frames[0]).all()
        np.testing.assert_array_equal(frames[0], 128 + 64 * mask.astype(int))
        signs = stimulus.spec.signs(trial.presentation)
        assert (signs == 1).sum() == trial.n_on
        assert (signs == -1).sum() == trial.n_off
        # The pixel in the middle of each square, counted from the upper left
        rows, columns = signs.shape
        side = 8 / DISPLAY.degrees_per_pixel[0]
        down = np.rint((np.arange(rows) - (rows - 1) / 2) * side + 71.5).astype(int)
        right = np.rint((np.arange(columns) - (columns - 1) / 2) * side + 127.5)
        np.testing.assert_array_equal(
            mask[down[:, None], right.astype(int)[None]], signs
        )


def test_squares_have_the_size_in_degrees():
    stimulus = sparse_noise(size_deg=11, density=0.03, n_presentations=30)
    sides = []
    for k in range(30):
        for sign in (-1, 1):
            parts, _ = ndimage.label(stimulus.spec.mask(k) == sign)
            for rows, columns in ndimage.find_objects(parts):
                sides.append((rows.stop - rows.start, columns.stop - columns.start))
    height, width = np.median(sides, axis=0) * DISPLAY.degrees_per_pixel
    assert (height, width) == pytest.approx((11, 11), abs=DISPLAY.degrees_per_pixel[0])


def test_the_grid_is_in_the_middle_of_the_screen():
    stimulus = sparse_noise(size_deg=25, density=1, n_presentations=1)
    seen = stimulus.spec.mask(0) != 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert abs(rows[0] - (143 - rows[-1])) <= 1
    assert abs(columns[0] - (255 - columns[-1])) <= 1


@pytest.mark.parametrize("density", [0.05, 0.3])
def test_density_and_balance(density):
    stimulus = sparse_noise(density=density, n_presentations=400)
    signs = np.stack([stimulus.spec.signs(k) for k in range(400)])
    assert (signs != 0).mean() == pytest.approx(density, abs=2 / 390)
    assert signs.sum() == 0
    # Each square is as likely as any other, bright or dark
    for sign in (-1, 1):
        per_square = (signs == sign).mean(0)
        p = density / 2
        assert per_square.mean() == pytest.approx(p, abs=1 / 390)
        assert np.abs(per_square - p).max() < 5 * np.sqrt(p / 400)
    assert len({one.tobytes() for one in signs}) == 400


def test_presentations_that_are_not_there():
    spec = sparse_noise(n_presentations=5).spec
    with pytest.raises(StimulusError, match="presentation is 5"):
        spec.signs(5)
    with pytest.raises(StimulusError, match="presentation is -1"):
        spec.mask(-1)


def test_a_receptive_field_is_found():
    """Presentations weighted by a unit that counts light in one place."""
    stimulus = sparse_noise(n_presentations=300, density=0.1)
    signs = np.stack([stimulus.spec.signs(k) for k in range(300)]).astype(float)
    shown = [stimulus.frames(6 * k + 15, 6 * k + 16)[0, 40, 200] for k in range(300)]
    response = np.array(shown, float) - 128
    field = np.tensordot(response, signs, 1)
    row, column = np.unravel_index(field.argmax(), field.shape)
    # Pixel (40, 200) in squares of 8 degrees about the middle of the screen
    side = 8 / DISPLAY.degrees_per_pixel[0]
    assert (row, column) == (
        int((40 - 71.5) / side + 7.5),
        int((200 - 127.5) / side + 13),
    )
