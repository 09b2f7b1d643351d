"""Measured columns held against published ones of the same units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import AnalysisError
from insilico_gui.units.columns import facts
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.identity import UnitMatch, match_units

Floats = NDArray[np.float64]


TOLERANCES = {
    **dict.fromkeys(("OSI", "DSI", "gOSI", "gDSI"), 0.05),
    **dict.fromkeys(("cc_abs", "cc_max", "cc_norm"), 0.01),
    **dict.fromkeys(("pref_dir", "pref_ori"), 5.0),
}
"""Released columns, and the difference (for angles in degrees) that passes as none."""

QUANTILE = 0.95
"""Share of units that must be within the tolerance."""


def compare_with_released(
    measured: pd.DataFrame,
    released: pd.DataFrame,
    tolerances: Mapping[str, float] = TOLERANCES,
) -> pd.DataFrame:
    """How far measured columns are from released ones, and whether they reproduce them.

    How the released OSI and DSI were computed is not published, so they are compared
    with every variant that was measured.

    Parameters
    ----------
    measured : pandas.DataFrame
        A row per unit with ``unit_id`` (and ``session``, ``scan_idx`` if units of
        several scans are in it), and columns such as ``gOSI``, ``OSI_fit``,
        ``pref_dir``, ``cc_abs``. A column ``gOSI_measured`` counts as ``gOSI``.
    released : pandas.DataFrame
        The published table: the same names of units; any of the columns in
        `tolerances`.
    tolerances : mapping of str to float
        Released columns to compare, and what difference is allowed for 95 % of units.

    Returns
    -------
    pandas.DataFrame
        A row for each pair of columns, indexed by the measured one: ``released`` (name
        of the other), ``n`` (units with both values), ``n_missing`` (measured units
        with one value or none), ``median_difference``, ``p95_difference`` (absolute;
        angles around the circle), ``tolerance``, and ``reproduced``.
        ``attrs["warning"]`` says so where units were matched by less than session, scan
        and unit id.

    Raises
    ------
    AnalysisError
        If units have no names in common, or a name occurs twice, or there is no column
        to compare.
    """
    own = {c.removesuffix(MEASURED_AGAIN): measured[c] for c in _measured(measured)}
    pairs = [
        (column, str(name))
        for name in tolerances
        if name in released
        for column in own
        if column == name or column.startswith(f"{name}_")
    ]
    if not pairs:
        raise AnalysisError(
            "The released table has none of the measured columns; it needs some of "
            f"{', '.join(tolerances)}, and the measured table the same."
        )
    rows, warning = _rows(measured, released)
    table = pd.DataFrame(
        [
            _compared(own[column], released[name], rows, name, tolerances[name])
            for column, name in pairs
        ],
        index=pd.Index([column for column, _ in pairs], name="measured"),
    )
    if warning:
        table.attrs["warning"] = warning
    return table


def _measured(table: pd.DataFrame) -> list[str]:
    """Columns, without those that a measured one of the same name stands beside."""
    names = [str(name) for name in table.columns]
    return [name for name in names if f"{name}{MEASURED_AGAIN}" not in names]


def _rows(measured: pd.DataFrame, released: pd.DataFrame) -> UnitMatch:
    """Row of `released` for each of `measured`; -1 where it lacks the unit."""
    match = match_units(
        measured, released, ("the measured table", "the released table")
    )
    if (match.rows < 0).all():
        raise AnalysisError(
            "The released table has none of the measured units; take the table of the "
            "same session and scan."
        )
    return match


def _compared(
    measured: pd.Series[float],
    released: pd.Series[float],
    rows: NDArray[np.int64],
    name: str,
    tolerance: float,
) -> dict[str, object]:
    ours = measured.to_numpy(float)
    theirs = np.where(rows >= 0, released.to_numpy(float)[rows], np.nan)
    difference = ours - theirs
    period = facts(name).period
    if period is not None:
        difference = (difference + period / 2) % period - period / 2
    known = np.abs(difference[np.isfinite(difference)])
    median, high = (
        np.quantile(known, (0.5, QUANTILE)) if len(known) else (np.nan, np.nan)
    )
    return {
        "released": name,
        "n": len(known),
        "n_missing": len(rows) - len(known),
        "median_difference": float(median),
        "p95_difference": float(high),
        "tolerance": tolerance,
        "reproduced": bool(high <= tolerance),
    }


def report(table: pd.DataFrame) -> list[str]:
    """:func:`compare_with_released` in words, a sentence for each pair of columns."""
    return [
        f"{name} {'reproduces' if row['reproduced'] else 'does not reproduce'} the "
        f"released {row['released']}: median difference "
        f"{row['median_difference']:.3g}, 95 % of {row['n']} units within "
        f"{row['p95_difference']:.3g} (tolerance {row['tolerance']:g})"
        for name, row in table.iterrows()
    ]
