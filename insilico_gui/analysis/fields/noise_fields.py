"""Receptive fields from static noise images: response-weighted means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.image_sums import (
    Images,
    PresentedImages,
    presentation_mean,
)
from insilico_gui.analysis.fields.rf_maps import map_dataset
from insilico_gui.analysis.fields.screen_grid import DEFAULT_SHAPE, ScreenGrid
from insilico_gui.analysis.trials import windows
from insilico_gui.analysis.trials.window_checks import TOLERANCE_S
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.display import Display


def noise_receptive_fields(
    responses: xr.DataArray,
    images: Images,
    trials: pd.DataFrame | None = None,
    *,
    background: float = 128.0,
    shape: tuple[int, int] | None = None,
    display: Display | None = None,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    centred: bool = False,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Receptive fields as response-weighted means of static noise images.

    ``RF(x) = sum_k r_k (s_k(x) - s_0) / sum_k r_k`` over presentations, as in ViV1T's
    ``predict_noise``; s_0 only moves the zero of the map.

    Parameters
    ----------
    responses, trials, latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`.
    images : array, [K, h, w], or callable
        What each row of the trial table showed, in grey levels, or a function from the
        row's position to it; see :func:`presentation_images`. NaN marks blanks, which
        are left out.
    background : float
        Grey level s_0.
    shape : (int, int), optional
        Rows and columns of the maps: images with more are averaged over the cells.
        Default: as they are. Dots need no more than a few cells between two of them.
    display : Display, optional
        Screen that the images cover. Default: the standard one.
    centred : bool
        Whether the mean of the same images, whatever the responses, is taken away: what
        is left is what goes with responses. Pictures other than noise need it.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.progress`.

    Returns
    -------
    xarray.Dataset
        ``rf`` float32 (``unit``, ``row``, ``column``) in grey levels, NaN for a unit
        whose responses do not sum to a positive number. ``attrs["analysis"]`` holds the
        parameters.

    Raises
    ------
    AnalysisError
        If the table or the images do not fit, or no presentation has a response.
    """
    check_responses(responses)
    reading, mapping = parts(on_progress, 2)
    windowed = windows.trial_responses(
        responses, trials, latency_s, window_s, burn_in_frames, reading
    )
    n_rows = windowed.sizes["trial"]
    shown = PresentedImages(images, n_rows, "image", shape, background)
    mean = presentation_mean(windowed, shown, np.arange(n_rows), mapping)
    if mean.n == 0:
        raise AnalysisError(
            "No presentation has an image and a response; check latency and burn-in."
        )
    rf = mean.by_responses(centred)
    grid = ScreenGrid(shown.shape, display or Display())
    return map_dataset(
        {"rf": (("unit", "row", "column"), rf.reshape(-1, *shown.shape))},
        windowed,
        grid,
        {
            "variant": "noise",
            **windowed.attrs["windows"],
            "background": float(background),
            "quantity": "luminance",
            "centred": bool(centred),
            "n_presentations": mean.n,
        },
    )


def presentation_images(
    stimulus: Stimulus,
    trials: pd.DataFrame | None = None,
    shape: tuple[int, int] = DEFAULT_SHAPE,
) -> NDArray[np.float32]:
    """The frame in the middle of each trial, averaged over the cells of a grid.

    Parameters
    ----------
    stimulus : Stimulus
        Whose frames fill the screen.
    trials : pandas.DataFrame, optional
        Default: the stimulus's own.
    shape : (int, int)
        Rows h and columns w of the images.

    Returns
    -------
    float32 array, [K, h, w]
        Grey levels.

    Raises
    ------
    AnalysisError
        If there is no trial table, or a trial lies outside the stimulus.
    """
    index = middle_frames(stimulus, trials)
    grid = ScreenGrid(shape, Display(pixels=stimulus.frame_shape))
    return np.concatenate(
        [grid.average(stimulus.frames(i, i + 1)) for i in index.tolist()]
    )


def middle_frames(
    stimulus: Stimulus, trials: pd.DataFrame | None = None
) -> NDArray[np.int64]:
    """The frame in the middle of each trial, int64 [K]; see :func:`frames_at`."""
    table = stimulus.trials if trials is None else trials
    if table is None:
        raise AnalysisError(
            f"{stimulus.name} has no trial table; give one with onset and duration."
        )
    return frames_at(stimulus, windows.check_trials(table), 0.5)


def frames_at(
    stimulus: Stimulus, table: pd.DataFrame, share: float
) -> NDArray[np.int64]:
    """The frame after a share of each trial, int64 [K], if all lie in the stimulus."""
    onset, duration = (table[name].to_numpy(float) for name in ("onset", "duration"))
    at = (onset + share * duration) * stimulus.frame_rate
    index = np.floor(at + TOLERANCE_S).astype(np.int64)
    if index.min() < 0 or index.max() >= stimulus.n_frames:
        raise AnalysisError(
            f"The trial table goes beyond the {stimulus.duration:g} s of "
            f"{stimulus.name}; give the table that belongs to it."
        )
    return index


SHARES = (0.25, 0.5, 0.75)
"""Of a trial, where its frames are compared."""

LOOKED_AT = 8
"""Trials that are looked at: others are taken to be like them."""


def shows_images(stimulus: Stimulus | None, trials: pd.DataFrame) -> bool:
    """Whether trials show different images that stand still and are not all grey."""
    if stimulus is None or len(trials) < 2:
        return False
    some = trials.iloc[np.linspace(0, len(trials) - 1, LOOKED_AT).astype(int)]
    try:
        places = np.stack(
            [frames_at(stimulus, some, share) for share in SHARES], axis=1
        )
    except AnalysisError:  # the table of another stimulus
        return False
    images = []
    for trial in places.tolist():
        first, *others = (stimulus.frames(k, k + 1) for k in dict.fromkeys(trial))
        if any(not np.array_equal(first, other) for other in others):
            return False
        images.append(first)
    differ = any(not np.array_equal(images[0], image) for image in images)
    return differ and any(np.ptp(image) > 0 for image in images)
