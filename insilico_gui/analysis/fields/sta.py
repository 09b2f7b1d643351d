"""Response-triggered averages of a movie: the mean frame that came before responses.

Or the mean of its squared contrast: units that answer to light and dark alike, such as
complex cells, have no mean frame, but their responses follow the contrast in their field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.image_sums import WeightedMean, check_size
from insilico_gui.analysis.fields.rf_maps import map_dataset
from insilico_gui.analysis.fields.screen_grid import DEFAULT_SHAPE, ScreenGrid
from insilico_gui.analysis.trials import blocks
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.display import Display

Singles = NDArray[np.float32]


Quantity = Literal["luminance", "contrast"]

FRAMES_AT_ONCE = 128


def sta_receptive_fields(
    responses: xr.DataArray,
    stimulus: Stimulus,
    *,
    lags: Sequence[int] | int = (0, 1, 2, 3, 4, 5, 6, 7, 8),
    background: float = 128.0,
    shape: tuple[int, int] = DEFAULT_SHAPE,
    display: Display | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    quantity: Quantity = "luminance",
    centred: bool = False,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Receptive fields ``sum_t r_t (s_{t - lag} - s_0) / sum_t r_t`` at several lags.

    The movie is read a block at a time (ViV1T's ``estimate_spatial_tuning`` has the
    formula for one lag). All lags use the same frames t, those after the burn-in and
    the longest lag.

    Parameters
    ----------
    responses : xarray.DataArray
        (``time``, ``unit``), a value for each frame of the stimulus.
    stimulus : Stimulus
        What was shown, at the frame rate of the responses; frames fill the screen.
    lags : sequence of int, or int
        Frames by which the stimulus comes before the response; 0 is the same frame.
    background : float
        Grey level s_0.
    shape : (int, int)
        Rows h and columns w of the maps.
    display : Display, optional
        Screen that the frames fill. Default: the standard one with the pixels of the
        stimulus.
    burn_in_frames : int
        Frames at the start that are left out.
    quantity : {"luminance", "contrast"}
        What is averaged: ``s - s_0``, or its square (the diagonal of the
        response-triggered covariance), after averaging over cells.
    centred : bool
        Whether the average over the same frames, whatever the responses, is taken away:
        what is left is what goes with responses. Natural movies and contrast need it.
    on_progress : callable(done, total), optional
        In frames; see :mod:`insilico_gui.progress`.

    Returns
    -------
    xarray.Dataset
        ``rf`` float32 (``lag``, ``unit``, ``row``, ``column``) in grey levels, NaN for a
        unit whose responses hold NaN or do not sum to a positive number; ``lag_s``
        (``lag``). Of contrast, in squared grey levels. ``attrs["analysis"]`` holds the
        parameters.

    Raises
    ------
    AnalysisError
        If responses and stimulus differ in length or rate, no frame is left, lags are
        wrong, or the maps would not fit in memory.
    """
    check_responses(responses)
    _check(responses, stimulus)
    frames_back = _check_lags(lags)
    if quantity not in get_args(Quantity):
        raise AnalysisError(
            f"There is no quantity {quantity!r}; average luminance or contrast."
        )
    grid = ScreenGrid(shape, display or Display(pixels=stimulus.frame_shape))
    n_units, n_cells = responses.sizes["unit"], grid.shape[0] * grid.shape[1]
    check_size(n_units, n_cells, 2 * len(frames_back))
    first = _first_frame(stimulus, burn_in_frames, frames_back[-1])
    means = [WeightedMean(n_units, n_cells) for _ in frames_back]
    for rates, contrasts in _aligned(
        responses, stimulus, grid, first, frames_back[-1], on_progress
    ):
        flat = contrasts.reshape(len(contrasts), n_cells) - np.float32(background)
        if quantity == "contrast":
            flat = flat**2
        for mean, lag in zip(means, frames_back, strict=True):
            start = frames_back[-1] - lag
            mean.add(rates, flat[start : start + len(rates)])
    rf = np.stack([mean.by_responses(centred) for mean in means])
    dims = ("lag", "unit", "row", "column")
    analysis = {
        "variant": "sta",
        "burn_in_frames": int(burn_in_frames),
        "latency_s": None,
        "window_s": None,
        "lags": frames_back,
        "background": float(background),
        "quantity": quantity,
        "centred": bool(centred),
        "n_frames": stimulus.n_frames - first,
    }
    lag_s = np.array(frames_back) / stimulus.frame_rate
    return map_dataset(
        {"rf": (dims, rf.reshape(*rf.shape[:2], *grid.shape))},
        responses,
        grid,
        analysis,
        {"lag": frames_back, "lag_s": ("lag", lag_s)},
    )


def _first_frame(stimulus: Stimulus, burn_in_frames: int, longest: int) -> int:
    """The first frame whose response counts: after the burn-in and the longest lag."""
    first = max(burn_in_frames, longest)
    if burn_in_frames < 0 or first >= stimulus.n_frames:
        raise AnalysisError(
            f"A burn-in of {burn_in_frames} frames and a lag of {longest} leave "
            f"nothing of the {stimulus.n_frames} frames of {stimulus.name}; make them "
            "shorter, or the stimulus longer."
        )
    return first


def _aligned(
    responses: xr.DataArray,
    stimulus: Stimulus,
    grid: ScreenGrid,
    first: int,
    longest: int,
    on_progress: OnProgress | None,
) -> Iterator[tuple[Singles, Singles]]:
    """Blocks of responses [n, U] with the frames that led to them [longest + n, h, w]."""
    before = grid.average(stimulus.frames(first - longest, first))
    for block in in_blocks(stimulus.n_frames - first, FRAMES_AT_ONCE, on_progress):
        start, stop = first + block.start, first + block.stop
        shown = grid.average(stimulus.frames(start, stop))
        frames = np.concatenate([before, shown])
        yield blocks.read(responses, start, stop).astype(np.float32), frames
        before = frames[len(frames) - longest :]


def _check(responses: xr.DataArray, stimulus: Stimulus) -> None:
    blocks.check_layout(responses)
    if "trial" in responses.dims:
        raise AnalysisError(
            "The responses are a batch of videos and the stimulus is one; take the "
            "responses to one video, e.g. with isel(trial=0)."
        )
    if responses.sizes["time"] != stimulus.n_frames:
        raise AnalysisError(
            f"The responses have {responses.sizes['time']} frames and {stimulus.name} "
            f"has {stimulus.n_frames}; convert the stimulus to the session's rate."
        )
    rate = responses.attrs.get("frame_rate", stimulus.frame_rate)
    if not np.isclose(rate, stimulus.frame_rate, rtol=1e-6):
        raise AnalysisError(
            f"The responses have {rate:g} frames per second and {stimulus.name} has "
            f"{stimulus.frame_rate:g}; convert the stimulus to the session's rate."
        )


def _check_lags(lags: Sequence[int] | int) -> list[int]:
    values = np.atleast_1d(np.asarray(lags))
    if values.ndim != 1 or len(values) == 0 or values.dtype.kind not in "iu":
        raise AnalysisError("lags must be a list of whole numbers of frames.")
    if values.min() < 0:
        raise AnalysisError(
            f"A lag of {values.min()} frames would let responses come before the "
            "stimulus; lags start at 0."
        )
    ordered: list[int] = np.unique(values).tolist()
    return ordered
