"""Direction tuning of every unit, from responses and a trial table with directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.vonmises import fit_von_mises
from insilico_gui.analysis.trials import windows
from insilico_gui.analysis.trials.design import Other, direction_curves, make_design
from insilico_gui.analysis.trials.significance import check_permutations, permutation_p
from insilico_gui.analysis.trials.unit_mask import take_units
from insilico_gui.analysis.tuning.indices import OsiVariant, dsi, gdsi, gosi, osi
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses, with_unit_index
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]


FIT_PARAMETERS = ("mu", "kappa", "phi", "amplitude", "baseline", "mse", "success")

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
    "curve": "mean response over presentations",
    "sem": "standard error of the mean over presentations",
    "count": "presentations in the mean (density)",
    "trial_response": "mean response in the window of each presentation",
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
    latency_s: float = 0.0,
    burn_in_frames: int = BURN_IN_FRAMES,
    units: ArrayLike | None = None,
    osi_variant: OsiVariant = "fit",
    window_s: float | None = None,
    other: Other = "mean",
    other_columns: Sequence[str] | None = None,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Direction tuning curves, preferences and selectivity of every unit.

    Parameters
    ----------
    responses, trials, latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`. The trial table needs a
        column ``direction`` (degrees; 0 moves right, 90 up). Rows where it is NaN
        (blanks) are left out.
    units : bool or 0/1 array [U], optional
        Mask of the units to analyse; default all. By id, analyse
        ``responses.sel(unit_id=[...])``.
    osi_variant : {"raw", "folded", "fit"}
        The variant that :func:`tuning_columns` reports and that must be computable.
    other : {"mean", "best"}
        If directions were shown at several spatial frequencies, contrasts and so on:
        average over all presentations of a direction, or take each unit's curve at its
        best combination (the one with the largest mean response to any direction).
    other_columns : sequence of str, optional
        Columns that make these combinations; default: those that are crossed with
        direction.
    n_permutations : int
        If positive, ``p_gOSI`` and ``p_gDSI`` are added; see
        :func:`insilico_gui.analysis.trials.significance.permutation_p`.
    seed : int
        Of the permutations.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.progress`.

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
    check_responses(responses)
    if osi_variant not in get_args(OsiVariant):
        raise AnalysisError(
            f"There is no OSI variant {osi_variant!r}; choose raw, folded or fit."
        )
    if units is not None:
        responses = take_units(responses, units)
    reading, fitting, *permuting = parts(on_progress, 2 + (n_permutations > 0))
    windowed = windows.trial_responses(
        responses, trials, latency_s, window_s, burn_in_frames, reading, apart=True
    )
    shown = _presentations(windowed)
    table = windows.trial_table(windowed).iloc[shown]
    windowed = windowed.isel(trial=shown)
    values = windowed.to_numpy()
    design = make_design(table, other, other_columns)
    if n_permutations:  # or a fit that fails would be named as the reason
        check_permutations(n_permutations, len(values), design)
    curves, best = direction_curves(values, design)

    columns, absent = _indices(curves.mean, design.directions, osi_variant, fitting)
    for name in design.combinations:
        columns[f"best_{name}"] = design.combinations[name].to_numpy()[best]
    if n_permutations:
        tested = {
            f"p_{name}": index
            for name, index in (("gOSI", gosi), ("gDSI", gdsi))
            if name in columns
        }
        columns |= permutation_p(
            values, design, tested, n_permutations, seed, *permuting
        )

    arrays = {
        "curve": (("direction", "unit"), curves.mean),
        "sem": (("direction", "unit"), curves.sem),
        "count": (("direction", "unit"), curves.density.astype(np.int64)),
        "trial_response": (("trial", "unit"), values),
        "trial_direction": ("trial", design.directions[design.direction]),
        **design.trial_columns(),
        **{name: ("unit", column) for name, column in columns.items()},
    }
    # The unit table may bring released columns of the same names: other values, which
    # must not stand in for what these directions do not determine either.
    labels = {
        name: coord.variable  # not the DataArray, which brings the others along
        for name, coord in windowed.coords.items()
        if coord.dims == ("unit",) and name not in arrays and name not in absent
    }
    provenance = {
        k: v for k, v in windowed.attrs.items() if k not in ("trials", "windows")
    }
    analysis = {
        **windowed.attrs["windows"],
        "osi_variant": osi_variant,
        "other": other,
        "other_columns": [str(name) for name in design.combinations],
        "n_presentations": int((windowed["n_frames"] > 0).sum()),
        "n_permutations": n_permutations,
        "seed": seed,
    }
    dataset = xr.Dataset(
        arrays,
        {"direction": design.directions, **labels},
        {**provenance, "analysis": analysis, "absent": absent},
    )
    for name in dataset.data_vars.keys() & _ABOUT.keys():
        dataset[name].attrs["long_name"] = _ABOUT[str(name)]
    return with_unit_index(dataset)


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


def _presentations(windowed: xr.DataArray) -> NDArray[np.int64]:
    """Rows of the trial table that show a direction."""
    column = windowed.attrs["trials"].get("direction")
    if column is None:
        raise AnalysisError(
            "The trial table has no column 'direction' (degrees), so there is no "
            "direction tuning; show a stimulus that varies direction."
        )
    values = np.asarray(pd.to_numeric(pd.Series(column), errors="coerce"), float)
    if (np.isnan(values) & ~pd.isna(pd.Series(column)).to_numpy()).any():
        raise AnalysisError("The column 'direction' of the trial table is not numeric.")
    shown = np.flatnonzero(np.isfinite(values))
    if len(shown) == 0:
        raise AnalysisError("No row of the trial table has a direction.")
    return shown


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
