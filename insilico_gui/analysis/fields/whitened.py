"""Whitened response-triggered averages, and linear-nonlinear models made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.image_sums import check_size
from insilico_gui.analysis.fields.lagged_regression import (
    LaggedFrames,
    Regression,
    uses_of_frames,
)
from insilico_gui.analysis.fields.nonlinearity import (
    N_BINS,
    Nonlinearity,
    correlation,
    fit_nonlinearity,
)
from insilico_gui.analysis.fields.nonlinearity_draws import nonlinearity_intervals
from insilico_gui.analysis.fields.rf_maps import map_dataset
from insilico_gui.analysis.fields.rf_table import (
    best_lags,
    receptive_field_fit,
    rf_columns,
)
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.analysis.fields.sta import Quantity, check_lags, check_movie
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.display import Display
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

SHAPE = (12, 20)
"""Rows and columns of cells; all lags of all cells are weighted at once."""

MOST_WEIGHTS = 4096
"""Of a filter: their covariance is as many numbers squared."""

UNITS_AT_ONCE = 256
FRAMES_AT_ONCE = 256
GREY, SPAN = 128.0, 127.0

FIELD_COLUMNS = {
    "rf_azimuth_deg": "sta_azimuth_deg",
    "rf_elevation_deg": "sta_elevation_deg",
    "rf_sigma_long_deg": "sta_sigma_long_deg",
    "rf_sigma_short_deg": "sta_sigma_short_deg",
    "rf_theta_deg": "sta_theta_deg",
    "rf_r2": "sta_r2",
    "rf_lag_s": "sta_lag_s",
}
"""Columns of a fitted field, and what they are called here."""


def whitened_sta(
    responses: xr.DataArray,
    stimulus: Stimulus,
    *,
    lags: Sequence[int] = (0, 1, 2, 3, 4, 5, 6, 7),
    shape: tuple[int, int] = SHAPE,
    burn_in_frames: int = BURN_IN_FRAMES,
    quantity: Quantity = "luminance",
    ridge: float | None = None,
    n_bins: int = N_BINS,
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Filters by ridge regression, and the nonlinearity that follows them.

    ``r_t = f(g_t)`` with ``g_t = sum_lag sum_x k(lag, x) (s_{t - lag}(x) - mean)`` and
    ``f(g) = b + a max(g / sd(g) - c, 0)**p`` (Chichilnisky 2001, Network 12:199, with
    a power law in place of bins). Stretches of frames take turns: of five, three are
    for filters, one is for the choice of the ridge, and the last is held out; filters
    and nonlinearity are then fitted to the first four.

    Parameters
    ----------
    responses : xarray.DataArray
        (``time``, ``unit``), a value for each frame of the stimulus.
    stimulus : Stimulus
        What was shown, at the frame rate of the responses; frames fill the screen.
    lags : sequence of int
        Frames by which the stimulus comes before the response.
    shape : (int, int)
        Rows h and columns w of the cells over which frames are averaged.
    burn_in_frames : int
        Frames at the start that are left out.
    quantity : {"luminance", "contrast"}
        What is weighted: ``s``, or ``(s - 128)**2``, for units that answer to light and
        dark alike; both in units of 127 grey levels.
    ridge : float, optional
        Relative to the mean variance of the stimulus; default: for each unit the one
        of :data:`.RIDGES` with the smallest error on frames kept for it.
    n_bins : int
        Of the generator signal, equally full, that the nonlinearity is fitted to.
    n_draws, confidence, seed
        Bootstrap of stretches of 30 frames, for intervals of the nonlinearity and of the
        correlations, given the filter; 0 draws give none.
    on_progress : callable(done, total), optional

    Returns
    -------
    xarray.Dataset
        ``rf`` float32 (``lag``, ``unit``, ``row``, ``column``); ``generator``, in
        standard deviations, and ``response``, their means in each bin (``bin``,
        ``unit``), and ``nonlinearity``, the fitted curve there; of each unit ``ridge``,
        ``baseline`` b, ``gain`` a, ``threshold`` c, ``exponent`` p,
        ``linear_correlation`` and ``correlation``, Pearson's, of the filter alone and
        of the model with held-out responses. NaN where responses are not finite, and
        where they do not vary.

    Raises
    ------
    AnalysisError
        If responses and stimulus do not belong together, frames are too few or do not
        vary, or lags and cells are more than can be weighted.
    """
    check_responses(responses)
    check_movie(responses, stimulus)
    frames_back = tuple(check_lags(lags))
    grid = ScreenGrid(shape, Display(pixels=stimulus.frame_shape))
    first = max(burn_in_frames, frames_back[-1])
    uses = uses_of_frames(stimulus.n_frames, first, frames_back[-1])
    check_weights(len(frames_back), grid)
    n_units, n_cells = responses.sizes["unit"], grid.shape[0] * grid.shape[1]
    check_size(n_units, n_cells, 2 * len(frames_back))
    reading, preparing, solving = parts(on_progress, 3)
    cells = _cells(stimulus, grid, quantity, reading)
    shown = LaggedFrames(cells, frames_back)
    regression = Regression(shown, uses, ridge, preparing)
    found = [
        _solve(regression, responses[:, units], n_bins, (n_draws, confidence, seed))
        for units in in_blocks(n_units, UNITS_AT_ONCE, solving)
    ]
    rf = np.concatenate([one.filters for one in found], axis=1)
    dims = ("lag", "unit", "row", "column")
    maps = rf.reshape(len(frames_back), *grid.shape, n_units).transpose(0, 3, 1, 2)
    analysis = {
        "variant": "ridge regression",
        "burn_in_frames": int(burn_in_frames),
        "lags": list(frames_back),
        "quantity": quantity,
        "ridge": "chosen for each unit" if ridge is None else float(ridge),
        "n_frames": len(regression.both),
        "n_held_out": len(regression.held_out),
    }
    lag_s = np.array(frames_back) / stimulus.frame_rate
    arrays = {"rf": (dims, maps.astype(np.float32)), **_arrays(found)}
    labels = {"lag": list(frames_back), "lag_s": ("lag", lag_s)}
    return map_dataset(arrays, responses, grid, analysis, labels)


def check_weights(n_lags: int, grid: ScreenGrid) -> None:
    """Refuse more lags and cells than can be weighted at once."""
    n_weights = n_lags * grid.shape[0] * grid.shape[1]
    if n_weights > MOST_WEIGHTS:
        raise AnalysisError(
            f"{n_lags} lags of {grid.shape[0]} x {grid.shape[1]} cells are {n_weights} "
            f"weights, more than the {MOST_WEIGHTS} that are fitted at once; take fewer "
            "rows and columns, or a shorter window."
        )


@dataclass(frozen=True)
class _Solved:
    """Of a block of units: filters [D, U], ridges [U], and the nonlinearity."""

    filters: Floats
    ridge: Floats
    linear: Floats
    model: Nonlinearity
    correlation: Floats
    ends: dict[str, Floats]


def _solve(
    regression: Regression,
    responses: xr.DataArray,
    n_bins: int,
    draws: tuple[int, float, int],
) -> _Solved:
    values = responses.to_numpy().astype(np.float64)
    fitted = regression.solve(values)
    model = fit_nonlinearity(fitted.fitted, values[regression.both], n_bins)
    held_out = values[regression.held_out]
    ends: dict[str, Floats] = {}
    if draws[0]:
        ends = nonlinearity_intervals(
            (fitted.fitted, values[regression.both]),
            (fitted.held_out, held_out),
            n_bins,
            draws,
        )
    return _Solved(
        fitted.filters,
        fitted.ridge,
        correlation(fitted.held_out, held_out),
        model,
        correlation(model.predict(fitted.held_out), held_out),
        ends,
    )


def _arrays(found: Sequence[_Solved]) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Variables over units and bins of all blocks."""
    of_bins = {
        "generator": [one.model.generator for one in found],
        "response": [one.model.response for one in found],
        "nonlinearity": [one.model.curve for one in found],
    }
    of_units = {
        "ridge": [one.ridge for one in found],
        "baseline": [one.model.baseline for one in found],
        "gain": [one.model.gain for one in found],
        "threshold": [one.model.threshold for one in found],
        "exponent": [one.model.exponent for one in found],
        "linear_correlation": [one.linear for one in found],
        "correlation": [one.correlation for one in found],
        **{name: [one.ends[name] for one in found] for name in found[0].ends},
    }
    return {
        **{k: (("bin", "unit"), np.concatenate(v, axis=1)) for k, v in of_bins.items()},
        **{k: (("unit",), np.concatenate(v)) for k, v in of_units.items()},
    }


def _cells(
    stimulus: Stimulus,
    grid: ScreenGrid,
    quantity: Quantity,
    on_progress: OnProgress | None,
) -> NDArray[np.float32]:
    """Frames averaged over cells, about 0 and in units of full contrast, [T, C]."""
    blocks = []
    for block in in_blocks(stimulus.n_frames, FRAMES_AT_ONCE, on_progress):
        shown = grid.average(stimulus.frames(block.start, block.stop))
        contrast = (shown.reshape(len(shown), -1) - np.float32(GREY)) / np.float32(SPAN)
        blocks.append(contrast**2 if quantity == "contrast" else contrast)
    return np.concatenate(blocks)


def sta_columns(
    dataset: xr.Dataset, on_progress: OnProgress | None = None
) -> pd.DataFrame:
    """Centre and widths of a Gaussian fitted to each whitened field, a row per unit.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`whitened_sta`.

    Returns
    -------
    pandas.DataFrame
        ``sta_azimuth_deg``, ``sta_elevation_deg``, ``sta_sigma_long_deg``,
        ``sta_sigma_short_deg``, ``sta_theta_deg`` (spherical degrees), ``sta_r2`` of
        the Gaussian, ``sta_lag_s`` of the map, ``sta_ridge`` and ``sta_correlation`` of
        the filter with held-out responses.
    """
    fit = receptive_field_fit(dataset, on_progress=on_progress)
    fields = rf_columns(dataset, fit)
    columns = {name: fields[of].to_numpy() for of, name in FIELD_COLUMNS.items()}
    columns["sta_ridge"] = dataset["ridge"].to_numpy()
    columns["sta_correlation"] = dataset["linear_correlation"].to_numpy()
    table = result_table(columns, of_result(dataset))
    table.attrs.update(fields.attrs)
    return table


def ln_columns(dataset: xr.Dataset) -> pd.DataFrame:
    """Nonlinearity and quality of the linear-nonlinear model, a row per unit.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`whitened_sta`.

    Returns
    -------
    pandas.DataFrame
        ``ln_correlation`` and ``ln_linear_correlation`` with held-out responses;
        ``ln_exponent``; ``ln_threshold`` in standard deviations of the generator
        signal; ``ln_gain`` and ``ln_baseline`` in the unit of responses;
        ``ln_lag_s``, at which the filter varies most over the screen. ``_low`` and
        ``_high`` of all but the last if there were draws.
    """
    names = ("correlation", "linear_correlation", "exponent", "threshold", "gain")
    columns: dict[str, NDArray[np.generic]] = {}
    for name in (*names, "baseline"):
        for k in (name, f"{name}_low", f"{name}_high"):
            if k in dataset:
                columns[f"ln_{k}"] = dataset[k].to_numpy()
    columns["ln_lag_s"] = dataset["lag_s"].to_numpy()[best_lags(dataset)]
    table = result_table(columns, of_result(dataset))
    table.attrs.update(dataset.attrs["analysis"])
    return table
