"""Intervals and q values of receptive fields that were mapped by dots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.dot_mapping import (
    dot_angles,
    dot_sigma,
    has_dots,
    map_receptive_fields,
)
from insilico_gui.analysis.fields.dot_places import dot_places, place_means
from insilico_gui.analysis.fields.dots import polarities
from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.fields.rf_fit import fit_places
from insilico_gui.analysis.trials.bootstrap import interval, q_values, resamples
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

CURVES_AT_ONCE = 4096
"""Units times draws that are fitted together."""


def field_uncertainty(
    responses: xr.DataArray,
    *,
    n_draws: int = 200,
    confidence: float = 0.95,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Bootstrap intervals of centres and widths of receptive fields, and q values.

    Presentations of a dot of one polarity at one place are drawn again, and the Gaussian
    is fitted to the mean responses by place (:func:`.fit_places`), starting at the fit of
    all. A draw whose fit fails, or whose centre is off the screen, has no value.

    Parameters
    ----------
    responses : xarray.DataArray
        To Gaussian dots at a dozen known places or more, each shown twice or more in
        one polarity.
    n_draws, confidence
        See :mod:`insilico_gui.analysis.trials.bootstrap`.
    n_permutations : int
        If positive, ``p_rf`` and ``q_rf``.
    seed : int
    on_progress : callable(done, total), optional
    **options
        ``latency_s``, ``window_s`` and ``burn_in_frames``.

    Returns
    -------
    fields : xarray.Dataset
        See :func:`insilico_gui.analysis.dot_receptive_fields`.
    columns : pandas.DataFrame
        ``rf_x_fit``, ``rf_y_fit``, ``rf_azimuth_deg``, ``rf_elevation_deg``,
        ``rf_sigma_long_deg`` and ``rf_sigma_short_deg`` (spherical degrees) with
        ``_low`` and ``_high``; ``rf_error_deg``, the angle around the centre that holds
        the share `confidence` of the centres drawn; ``rf_r2``; ``p_rf`` and ``q_rf``.

    Raises
    ------
    AnalysisError
        If the trials are no dots, draws are too few, or no dot was shown twice.
    """
    mapping, drawing = parts(on_progress, 2)
    table = trial_table(responses)
    if not has_dots(table):
        raise AnalysisError(
            "The trials are no flashed dots (they have no position and polarity); show "
            "dots to map receptive fields."
        )
    fields, fit, mapped = map_receptive_fields(
        responses,
        sigma_deg=dot_sigma(responses),
        angles=dot_angles(responses),
        n_permutations=n_permutations,
        seed=seed,
        on_progress=mapping,
        **options,
    )
    observed = _measures(fit)
    drawn = _drawn(responses, fit, options, n_draws, seed, drawing)
    columns: dict[str, NDArray[Any]] = {}
    for name, value in observed.items():
        low, high = interval(drawn[name], confidence)
        known = np.isfinite(value)
        columns |= {
            name: value,
            f"{name}_low": np.where(known, low, np.nan),
            f"{name}_high": np.where(known, high, np.nan),
        }
    away = _distance(
        *(observed[k] for k in CENTRE), *(drawn[k] for k in CENTRE)
    )  # [n_draws, U]
    enough = np.isfinite(away).mean(axis=0) >= 0.5
    safe = np.where(enough, away, 0.0)
    columns["rf_error_deg"] = np.where(
        enough, np.nanquantile(safe, confidence, axis=0), np.nan
    )
    columns["rf_r2"] = fit.r2
    if "p_rf" in mapped:
        p = mapped["p_rf"].to_numpy()
        columns |= {"p_rf": p, "q_rf": q_values(p)}
    made = result_table(columns, of_result(fields))
    made.attrs.update(
        {
            **mapped.attrs,
            "variant": "percentile bootstrap over presentations",
            "n_draws": n_draws,
            "confidence": confidence,
        }
    )
    return fields, made


CENTRE = ("rf_azimuth_deg", "rf_elevation_deg")


def _measures(fit: ReceptiveFieldFit) -> dict[str, Floats]:
    """What is drawn again, NaN where the centre is not on the screen, [U]."""
    x, y = fit.centre("stimulus")
    azimuth, elevation = fit.centre("degrees")
    long, short, _ = fit.axes_deg()
    found = {"rf_x_fit": x, "rf_y_fit": y}
    found |= dict(zip(CENTRE, (azimuth, elevation), strict=True))
    found |= {"rf_sigma_long_deg": long, "rf_sigma_short_deg": short}
    return {k: np.where(fit.on_screen, v, np.nan) for k, v in found.items()}


def _drawn(
    responses: xr.DataArray,
    near: ReceptiveFieldFit,
    options: dict[str, Any],
    n_draws: int,
    seed: int,
    on_progress: OnProgress | None,
) -> dict[str, Floats]:
    """Measures [n_draws, U] of presentations drawn again within place and polarity."""
    windowed = trial_responses(responses, **options)
    table, values = trial_table(windowed), windowed.to_numpy()
    display = near.display
    known = dot_places(table, display, dot_angles(responses))
    if known is None:
        raise AnalysisError(
            "Intervals of fields need dots at a dozen known places or more; show more."
        )
    places, place = known
    sign = polarities(table)
    shown = np.flatnonzero(np.isfinite(sign) & (place >= 0))
    cell = (place[shown] * 2 + (sign[shown] > 0)).astype(np.int64)
    where = display.to_pixels(places[:, 0], places[:, 1])
    at_once = max(1, CURVES_AT_ONCE // values.shape[1])
    found: list[dict[str, Floats]] = []
    waiting: list[Floats] = []
    for done, (rows, _) in enumerate(resamples(cell, n_draws, seed, on_progress), 1):
        at = shown[rows]
        waiting.append(place_means(values[at], sign[at], place[at], len(places))[2])
        if len(waiting) == at_once or done == n_draws:
            fit = fit_places(np.concatenate(waiting), *where, display, near=near)
            n = len(waiting)
            found.append({k: v.reshape(n, -1) for k, v in _measures(fit).items()})
            waiting = []
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def _distance(
    azimuth: Floats, elevation: Floats, others: Floats, above: Floats
) -> Floats:
    """Great-circle angle in degrees between directions, by the haversine formula."""
    a, b, c, d = map(np.radians, (azimuth, elevation, others, above))
    half = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(half))))
