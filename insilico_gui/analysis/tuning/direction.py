"""Direction tuning of every unit, from responses and a trial table with directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.directions import modulo
from insilico_gui.analysis.fits.vonmises import VON_MISES, fit_von_mises
from insilico_gui.analysis.trials.design import Other, make_design
from insilico_gui.analysis.trials.grouping import GroupMeans
from insilico_gui.analysis.tuning.indices import OsiVariant, dsi, gdsi, gosi, osi
from insilico_gui.analysis.tuning.presentations import (
    Shown,
    Summary,
    TuningOptions,
    tuning_dataset,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

MODELS = (VON_MISES,)

FIT_PARAMETERS = (*VON_MISES.parameters, "mse", "success")

VARIANTS = {
    "pref_dir": "von Mises fit",
    "pref_ori": "von Mises fit",
    "gOSI": "vector sum",
    "gDSI": "vector sum",
    "p_gOSI": "permutation",
    "p_gDSI": "permutation",
    "OSI_raw": "raw, rectified at 0",
    "OSI_folded": "folded, rectified at 0",
    "DSI_raw": "raw, rectified at 0",
}
"""How columns are computed whose name does not say it."""

_ABOUT = {
    "pref_dir": "preferred direction, degrees: 0 moves right, 90 moves up",
    "pref_ori": "preferred orientation, pref_dir modulo 180",
    "gOSI": "|sum r exp(2i theta)| / sum r",
    "gDSI": "|sum r exp(i theta)| / sum r",
    "OSI_raw": "(pref - orth) / (pref + orth) of the curve, rectified at 0",
    "OSI_folded": "(pref - orth) / (pref + orth) of the curve, rectified at 0, averaged "
    "over opposite directions",
    "OSI_fit": "(pref - orth) / (pref + orth) of the von Mises fit",
    "DSI_raw": "(pref - null) / (pref + null) of the curve, rectified at 0",
    "DSI_fit": "(pref - null) / (pref + null) of the von Mises fit",
}


def direction_tuning(
    responses: xr.DataArray,
    trials: pd.DataFrame | None = None,
    *,
    osi_variant: OsiVariant = "fit",
    **options: Unpack[TuningOptions],
) -> xr.Dataset:
    """Direction tuning curves, preferences and selectivity of every unit.

    Parameters
    ----------
    responses, trials
        See :func:`insilico_gui.analysis.trial_responses`. The trial table needs a
        column ``direction`` (degrees; 0 moves right, 90 up). Rows where it is NaN
        (blanks) are left out.
    osi_variant : {"raw", "folded", "fit"}
        The variant that :func:`tuning_columns` reports and that must be computable.
    latency_s, window_s, burn_in_frames, units, other, other_columns, seed, on_progress
        See :func:`parameter_tuning`: `other` says what becomes of the spatial
        frequencies, contrasts and so on at which directions were shown.
    n_permutations : int
        If positive, ``p_gOSI`` and ``p_gDSI`` are added.

    Returns
    -------
    xarray.Dataset
        ``curve``, ``sem`` and ``count`` (``direction``, ``unit``), ``trial_response``
        (``trial``, ``unit``) with ``trial_direction`` (with ``other="best"`` also
        ``trial_<column>`` of the combinations), and per unit: ``gOSI``,
        ``gDSI``, ``OSI_raw``, ``OSI_folded``, ``OSI_fit``, ``DSI_raw``, ``DSI_fit``,
        ``pref_dir``, ``pref_ori``, the fit's ``mu``, ``kappa``, ``phi``, ``amplitude``,
        ``baseline``, ``mse`` and ``success``, and with ``other="best"``
        ``best_<column>``. ``pref_dir`` and ``pref_ori`` are NaN where the curve varies by
        the rounding of float32 at most (1.5e-5 of its largest value). A quantity
        that the directions do not determine is absent; ``attrs["absent"]`` says why.
        ``attrs["analysis"]`` holds the parameters.

    Raises
    ------
    AnalysisError
        If the table has no directions, the variant asked for cannot be computed, the
        window is longer than from trial to trial, or `units` do not exist.
    """
    if osi_variant not in get_args(OsiVariant):
        raise AnalysisError(
            f"There is no OSI variant {osi_variant!r}; choose raw, folded or fit."
        )

    def summarise(
        curves: GroupMeans, shown: Shown, on_progress: OnProgress | None
    ) -> Summary:
        directions = shown.design.directions
        columns, absent = _indices(curves.mean, directions, osi_variant, on_progress)
        tested = {
            f"p_{k}": f for k, f in (("gOSI", gosi), ("gDSI", gdsi)) if k in columns
        }
        return Summary(columns, tested, absent, {"osi_variant": osi_variant}, _ABOUT)

    return tuning_dataset(responses, trials, _read, summarise, **options)


def tuning_columns(dataset: xr.Dataset) -> pd.DataFrame:
    """The columns that a direction tuning adds to the unit table.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`direction_tuning`.

    Returns
    -------
    pandas.DataFrame
        One row per unit in the order of the responses, indexed by ``unit_id``, with
        ``session`` and ``scan_idx`` where they are known: ``pref_dir``,
        ``pref_ori``, ``OSI_<variant>`` as asked for, ``DSI_raw``, ``DSI_fit``,
        ``gOSI``, ``gDSI``, ``p_gOSI`` and ``p_gDSI``, as far as the tuning has them.
        ``attrs`` holds the analysis parameters.

    Raises
    ------
    AnalysisError
        If the dataset is not from :func:`direction_tuning`.
    """
    analysis: dict[str, Any] | None = dataset.attrs.get("analysis")
    if analysis is None or "osi_variant" not in analysis:
        raise AnalysisError(
            "This dataset is not a direction tuning; compute one first."
        )
    names = [
        "pref_dir",
        "pref_ori",
        f"OSI_{analysis['osi_variant']}",
        "DSI_raw",
        "DSI_fit",
        "gOSI",
        "gDSI",
        "p_gOSI",
        "p_gDSI",
    ]
    table = result_table(
        {name: dataset[name].to_numpy() for name in names if name in dataset.data_vars},
        of_result(dataset),
    )
    table.attrs.update(analysis)
    table.attrs["variants"] = {k: v for k, v in VARIANTS.items() if k in table}
    return table


def _read(
    table: pd.DataFrame,
    values: Floats,
    other: Other,
    other_columns: Sequence[str] | None,
) -> Shown:
    """Presentations of a direction; all other rows are left out."""
    if "direction" not in table:
        raise AnalysisError(
            "The trial table has no column 'direction' (degrees), so there is no "
            "direction tuning; show a stimulus that varies direction."
        )
    column = table["direction"]
    degrees = pd.to_numeric(column, errors="coerce").to_numpy(float)
    if (np.isnan(degrees) & ~column.isna().to_numpy()).any():
        raise AnalysisError("The column 'direction' of the trial table is not numeric.")
    rows = np.isfinite(degrees)
    if not rows.any():
        raise AnalysisError("No row of the trial table has a direction.")
    directions, index = np.unique(modulo(degrees[rows], 360), return_inverse=True)
    index = index.astype(np.int64)
    design = make_design(table[rows], directions, index, other, other_columns)
    axes = {"direction": directions}
    return Shown(rows, axes, (index,), design, np.zeros_like(rows))


def _indices(
    curve: Floats,
    directions: Floats,
    variant: OsiVariant,
    on_progress: OnProgress | None,
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Per-unit columns [U], and why others are absent."""
    columns: dict[str, NDArray[Any]] = {}
    absent: dict[str, str] = {}

    def attempt(name: str, compute: Callable[[], Floats]) -> None:
        try:
            columns[name] = compute()
        except AnalysisError as error:
            if name == f"OSI_{variant}":
                raise
            absent[name] = str(error)

    attempt("gOSI", lambda: gosi(curve, directions))
    attempt("gDSI", lambda: gdsi(curve, directions))
    attempt("OSI_raw", lambda: osi(curve, directions, "raw"))
    attempt("OSI_folded", lambda: osi(curve, directions, "folded"))
    attempt("DSI_raw", lambda: dsi(curve, directions, "raw"))
    try:
        fit = fit_von_mises(curve, directions, on_progress=on_progress)
    except AnalysisError as error:
        if variant == "fit":
            raise
        fitted = ("OSI_fit", "DSI_fit", "pref_dir", "pref_ori", *FIT_PARAMETERS)
        absent |= dict.fromkeys(fitted, str(error))
        return columns, absent
    columns["OSI_fit"], columns["DSI_fit"] = fit.osi, fit.dsi
    columns["pref_dir"], columns["pref_ori"] = fit.mu, fit.mu % 180
    columns |= {name: getattr(fit, name) for name in FIT_PARAMETERS}
    return columns, absent
