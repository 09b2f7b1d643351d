"""Two sets of responses, unit by unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.agreement import comparison
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.plot.figures import SMALL, axes_for, bare, ink, mpl
from insilico_gui.plot.sources import check_column, refuse_names, result_of, table_of
from insilico_gui.units.columns import facts
from insilico_gui.units.identity import match_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEANS = ("mean_reference", "mean_response")


def compare(
    source: Any,
    reference: Any = None,
    column: str | None = None,
    *,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a value of each unit in one set of responses against that in another.

    Parameters
    ----------
    source : responses, pandas.DataFrame or Experiment
        Responses, with a `reference` that they are compared with; the table that
        :func:`insilico_gui.analysis.compare` returns; tables of results with the same
        `column`; or an experiment with the analysis ``"comparison"``.
    reference : responses or pandas.DataFrame, optional
        What is on the horizontal axis.
    column : str, optional
        Column that both tables have; default the mean responses.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If no unit is in both.
    """
    title = "mean response"
    if column is not None:
        x, y = _columns(source, reference, column)
        title = column
    else:
        table = _compared(source, reference, session, stimulus)
        x, y = (table[name].to_numpy(float) for name in MEANS)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        raise AnalysisError("No unit has a value in both; compare the same units.")
    x, y = x[known], y[known]
    ax = axes_for(ax, (3.4, 3.4))
    ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
    margin = 0.04 * ((ends[1] - ends[0]) or 1.0)
    ax.axline((ends[0], ends[0]), slope=1, color=ink("guide"), linewidth=0.8)
    ax.scatter(x, y, s=7, color=ink("points"), alpha=0.5, linewidths=0)
    ax.set_xlim(ends[0] - margin, ends[1] + margin)
    ax.set_ylim(ends[0] - margin, ends[1] + margin)
    ax.set_aspect("equal")
    ax.xaxis.set_major_locator(mpl("matplotlib.ticker").MaxNLocator(5))
    ax.yaxis.set_major_locator(mpl("matplotlib.ticker").MaxNLocator(5))
    about = facts(title)
    if title == "mean response":
        about = replace(about, title=title)
    ax.set_xlabel(replace(about, title=f"{about.title}, reference").label)
    ax.set_ylabel(about.label)
    ax.set_title(_summary(x, y, about.period), fontsize=SMALL + 2)
    bare(ax)
    return ax


def _compared(
    source: Any, reference: Any, session: str | None, stimulus: str | None
) -> pd.DataFrame:
    """The table of a comparison: given, computed or looked up."""
    if isinstance(source, Experiment):
        if reference is not None:
            raise AnalysisError(
                "The comparison of an Experiment has its reference; leave it out."
            )
        found = result_of(source, set(MEANS), "comparison", session, stimulus).columns
        assert found is not None  # noqa: S101 - a comparison is a table of columns
        return found
    refuse_names(session, stimulus)
    if isinstance(source, xr.DataArray):
        return comparison.compare(source, reference)
    if isinstance(source, pd.DataFrame) and set(MEANS) <= set(source.columns):
        return source
    raise AnalysisError(
        f"A {type(source).__name__} is no comparison; give two sets of responses, the "
        "table that insilico_gui.analysis.compare returns, or an Experiment."
    )


def _columns(source: Any, reference: Any, column: str) -> tuple[Any, Any]:
    """A column of two tables, matched by the identity of the units: [U] each."""
    if reference is None:
        raise AnalysisError(
            f"{quoted(column)} is compared with that of a reference; give one."
        )
    tables = [table_of(source), table_of(reference)]
    for table in tables:
        check_column(table, column)
    rows = match_units(tables[0], tables[1], ("the table", "the reference")).rows
    theirs = tables[1][column].to_numpy(float)[rows]
    return np.where(rows >= 0, theirs, np.nan), tables[0][column].to_numpy(float)


def _summary(x: Any, y: Any, period: float | None) -> str:
    text = f"{len(x):,} units"
    # Of angles, 359 and 1 degrees are alike, which r does not see
    if period is None and len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
        text += f", r = {np.corrcoef(x, y)[0, 1]:.3f}"
    return text
