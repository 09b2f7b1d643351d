"""Receptive fields from static noise images: response-weighted means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.image_sums import (
    Images,
    PresentedImages,
    weighted_sums,
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
    total, _, n = weighted_sums(windowed, shown, np.arange(n_rows), mapping)
    if n == 0:
        raise AnalysisError(
            "No presentation has an image and a response; check latency and burn-in."
        )
    values = windowed.to_numpy()[shown.used]
    weight = np.where(np.isfinite(values), values, 0).sum(axis=0)[:, None]
    rf = np.full(total.shape, np.nan, np.float32)
    np.divide(total, weight, out=rf, where=weight > 0, casting="same_kind")
    grid = ScreenGrid(shown.shape, display or Display())
    return map_dataset(
        {"rf": (("unit", "row", "column"), rf.reshape(-1, *shown.shape))},
        windowed,
        grid,
        {
            "variant": "noise",
            **windowed.attrs["windows"],
            "background": float(background),
            "n_presentations": n,
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
    """The frame in the middle of each trial, int64 [K].

    Raises
    ------
    AnalysisError
        If there is no trial table, or a trial lies outside the stimulus.
    """
    table = stimulus.trials if trials is None else trials
    if table is None:
        raise AnalysisError(
            f"{stimulus.name} has no trial table; give one with onset and duration."
        )
    table = windows.check_trials(table)
    middle = table["onset"].to_numpy(float) + table["duration"].to_numpy(float) / 2
    index = np.floor(middle * stimulus.frame_rate + TOLERANCE_S).astype(int)
    if index.min() < 0 or index.max() >= stimulus.n_frames:
        raise AnalysisError(
            f"The trial table goes beyond the {stimulus.duration:g} s of "
            f"{stimulus.name}; give the table that belongs to it."
        )
    return index
