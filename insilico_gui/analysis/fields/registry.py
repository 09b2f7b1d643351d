"""Which ways to map receptive fields responses allow, and each by its name.

Window and command line offer what is listed here; a script may as well call the functions
behind it, which have more options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fields.dot_mapping import (
    dot_angles,
    dot_sigma,
    has_dots,
    map_receptive_fields,
)
from insilico_gui.analysis.fields.noise_fields import (
    middle_frames,
    noise_receptive_fields,
    shows_images,
)
from insilico_gui.analysis.fields.rf_table import receptive_field_fit, rf_columns
from insilico_gui.analysis.fields.screen_grid import DEFAULT_SHAPE
from insilico_gui.analysis.fields.square_fields import has_squares, square_fields
from insilico_gui.analysis.fields.sta import sta_receptive_fields
from insilico_gui.analysis.trials.sequence_parts import (
    PART,
    part_tables,
    part_that,
    parts_where,
)
from insilico_gui.analysis.trials.window_checks import check_window
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.stimuli.core.display import Display

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
    from insilico_gui.progress import OnProgress
    from insilico_gui.stimuli.core.base import Stimulus

    Mapped = tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]

DOTS, SPARSE_NOISE, NOISE = "dots", "sparse noise", "noise images"
CONTRAST_AVERAGE, FRAME_AVERAGE = "contrast average", "frame average (STA)"
AVERAGES = {CONTRAST_AVERAGE: "contrast", FRAME_AVERAGE: "luminance"}

WINDOWS_S = {
    DOTS: (0.2, 0.2),
    SPARSE_NOISE: (0.1, 0.2),
    NOISE: (0.1, 0.2),
    CONTRAST_AVERAGE: (0.0, 0.3),
    FRAME_AVERAGE: (0.0, 0.3),
}
"""Latency and length of the response window to begin with, by method."""

LEAST_FRAMES = 300
"""An average over fewer frames of a movie shows the movie rather than the unit."""

MOST_LAGS = 10
"""More lags than this are thinned out: each is a map of every unit."""


def has_images(trials: pd.DataFrame, stimulus: Stimulus | None) -> bool:
    """Whether trials show images that have no method of their own."""
    special = has_dots(trials) or has_squares(trials)
    return not special and shows_images(stimulus, trials)


USED_BY: dict[str, Callable[[pd.DataFrame, Stimulus | None], bool]] = {
    DOTS: lambda trials, _: has_dots(trials),
    SPARSE_NOISE: lambda trials, stimulus: stimulus is not None and has_squares(trials),
    NOISE: has_images,
}
"""Trials that a method needs; of a sequence, it takes the part that has them."""


NO_P = (
    "Only fields mapped by dots have a significance; leave out the permutations, or show "
    "Gaussian dots."
)


def mapping_methods(
    responses: xr.DataArray, stimulus: Stimulus | None = None
) -> list[str]:
    """Ways to map receptive fields from responses (``time``, ``unit``), the best one first.

    Of a batch only dots can be mapped. Of one part of a sequence (:func:`.take_part`)
    there are no averages, which are of all frames. `stimulus` has the frames that
    responses are to, at their rate; without it, only what the trial table tells can be
    used.
    """
    trials = trial_table(responses) if "trials" in responses.attrs else None
    tables = [] if trials is None else part_tables(trials)
    single = "trial" not in responses.dims
    found = [
        method
        for method, fits in USED_BY.items()
        if (single or method == DOTS) and any(fits(table, stimulus) for table in tables)
    ]
    long = stimulus is not None and stimulus.n_frames >= LEAST_FRAMES
    if long and single and PART not in responses.attrs:
        found += AVERAGES
    # Averages also find the fields of units that answer to light and dark alike.
    return sorted(found, key=lambda method: method == NOISE)


def parts_to_map(
    trials: pd.DataFrame, method: str, stimulus: Stimulus | None = None
) -> list[str]:
    """Parts of a sequence that a method can use; of several, one is chosen.

    Empty if there is no sequence, or the method is of all frames.
    """
    if method not in USED_BY:
        return []
    return parts_where(trials, lambda table: USED_BY[method](table, stimulus))


def map_fields(
    responses: xr.DataArray,
    stimulus: Stimulus | None,
    method: str,
    *,
    latency_s: float | None = None,
    window_s: float | None = None,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Mapped:
    """Map receptive fields by one of :func:`mapping_methods`.

    Parameters
    ----------
    responses, stimulus
        See :func:`mapping_methods`.
    method : str
        ``"dots"``, ``"sparse noise"``, ``"noise images"`` (any images in trials),
        ``"contrast average"`` (for units that answer to light and dark alike) or ``"frame
        average (STA)"``; the last three are centred.
    latency_s, window_s : float, optional
        Window of the response; for averages, the lags are from `latency_s` to
        `latency_s` + `window_s`. Default: :data:`WINDOWS_S`.
    n_permutations, seed : int
        For the significance of fields mapped by dots; see
        :func:`insilico_gui.analysis.dot_receptive_fields`.

    Returns
    -------
    fields : xarray.Dataset
        See :func:`insilico_gui.analysis.dot_receptive_fields`, ``noise_receptive_fields``
        and ``sta_receptive_fields``.
    fit : ReceptiveFieldFit
    columns : pandas.DataFrame
        See :func:`insilico_gui.analysis.rf_columns`.
    """
    responses = _used_part(responses, stimulus, method)
    latency, window = _window(method, latency_s, window_s)
    if n_permutations and method != DOTS:
        raise AnalysisError(NO_P)
    if method == DOTS or stimulus is None:  # nothing else is possible without frames
        return map_receptive_fields(
            responses,
            sigma_deg=dot_sigma(responses),
            angles=dot_angles(responses),
            latency_s=latency,
            window_s=window,
            n_permutations=n_permutations,
            seed=seed,
            on_progress=on_progress,
        )
    mapping, fitting = parts(on_progress, 2)
    if method == SPARSE_NOISE:
        fields = square_fields(responses, stimulus, latency, window, mapping)
        fields.attrs["analysis"]["variant"] = SPARSE_NOISE
    elif method == NOISE:
        fields = _noise_fields(responses, stimulus, latency, window, mapping)
    else:
        fields = sta_receptive_fields(
            responses,
            stimulus,
            lags=lags_between(latency, latency + window, stimulus.frame_rate),
            quantity="contrast" if method == CONTRAST_AVERAGE else "luminance",
            centred=True,
            on_progress=mapping,
        )
    fit = receptive_field_fit(fields, on_progress=fitting)
    return fields, fit, rf_columns(fields, fit)


def _noise_fields(
    responses: xr.DataArray,
    stimulus: Stimulus,
    latency_s: float,
    window_s: float,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    """Maps by the images in the middle of trials, less the mean image."""
    frames = middle_frames(stimulus, trial_table(responses)).tolist()
    return noise_receptive_fields(
        responses,
        lambda row: stimulus.frames(frames[row], frames[row] + 1)[0],
        shape=DEFAULT_SHAPE,
        display=Display(pixels=stimulus.frame_shape),
        latency_s=latency_s,
        window_s=window_s,
        centred=True,
        on_progress=on_progress,
    )


def check_mapping(
    responses: xr.DataArray,
    stimulus: Stimulus | None,
    method: str,
    *,
    latency_s: float | None = None,
    window_s: float | None = None,
    n_permutations: int = 0,
) -> None:
    """Raise what :func:`map_fields` would, on silent responses, and map nothing."""
    if n_permutations and method != DOTS:
        raise AnalysisError(NO_P)
    responses = _used_part(responses, stimulus, method)
    latency, window = _window(method, latency_s, window_s)
    if method in USED_BY:
        trial_responses(responses, latency_s=latency, window_s=window)


def _used_part(
    responses: xr.DataArray, stimulus: Stimulus | None, method: str
) -> xr.DataArray:
    """Responses to the part of a sequence that a method uses."""
    possible = mapping_methods(responses, stimulus)
    if method not in possible:
        raise AnalysisError(
            f"These responses cannot be mapped by {method!r}; "
            + (
                f"possible: {', '.join(possible)}."
                if possible
                else "show dots, sparse noise, images in trials, or a movie of at least "
                f"{LEAST_FRAMES} frames."
            )
        )
    if method not in USED_BY:
        return responses
    fits = USED_BY[method]
    return part_that(responses, lambda table: fits(table, stimulus), f"are {method}")


def _window(
    method: str, latency_s: float | None, window_s: float | None
) -> tuple[float, float]:
    """Latency and length (s) of the response window: as asked for, else as usual."""
    latency, window = WINDOWS_S[method]
    latency = latency if latency_s is None else latency_s
    window = window if window_s is None else window_s
    check_window(latency, window)
    return latency, window


def lags_between(first_s: float, last_s: float, frame_rate: float) -> list[int]:
    """Lags in frames from one time to another, at most :data:`MOST_LAGS`, ascending."""
    first, last = round(first_s * frame_rate), round(last_s * frame_rate)
    n = min(last - first + 1, MOST_LAGS)
    lags: list[int] = np.unique(
        np.linspace(first, last, n).round().astype(int)
    ).tolist()
    return lags


def unit_map(
    fields: xr.Dataset, column: int, polarity: str = "on+off"
) -> tuple[NDArray[np.float64], float | None]:
    """The map [h, w] of the unit at a position, and its lag (s) if there are several.

    Of several lags, the one at which the map varies most over cells. Of averages of
    frames, polarity "on" is the part above zero and "off" that below, turned up;
    averages of contrast do not tell them apart.
    """
    rf = fields["rf"].isel(unit=column)
    if "polarity" in rf.dims:
        rf = rf.sel(polarity=polarity)
        return rf.transpose("row", "column").to_numpy().astype(float), None
    lags = rf if "lag" in rf.dims else rf.expand_dims("lag")
    maps = lags.transpose("lag", "row", "column").to_numpy().astype(float)
    best = int(np.nan_to_num(maps.std(axis=(1, 2))).argmax())
    picture = maps[best]
    if has_polarities(fields) and polarity != "on+off":
        picture = np.maximum(picture if polarity == "on" else -picture, 0)
    return picture, float(fields["lag_s"][best]) if "lag_s" in fields else None


def has_polarities(fields: xr.Dataset) -> bool:
    """Whether on and off can be told apart in maps."""
    return "polarity" in fields["rf"].dims or (
        fields.attrs["analysis"].get("quantity") == "luminance"
    )
