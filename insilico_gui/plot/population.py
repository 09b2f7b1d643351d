"""How a column of the unit table is distributed over units, area by area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.colors import column_values
from insilico_gui.drawing.histograms import bin_edges, in_octaves
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.plot.figures import (
    axes_for,
    bare,
    column_ticks,
    ink,
    line_colors,
    plain,
    small_legend,
)
from insilico_gui.plot.sources import check_column, table_of, with_columns
from insilico_gui.units.columns import facts
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def population(
    source: Any,
    column: str,
    *,
    by: str | None = "area",
    columns: pd.DataFrame | None = None,
    session: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a histogram of a column of the unit table, with a line for each area.

    Parameters
    ----------
    source : Session, pandas.DataFrame, responses, results or Experiment
        Whose unit table it is; that of an experiment has the columns of its results.
    column : str
        A column of numbers; angles are drawn over one turn, frequencies in octaves.
    by : str or None
        Column of names that tells the lines apart; None, or one that the table lacks:
        one line of all units.
    columns : pandas.DataFrame, optional
        Table of results with further columns, joined by ``unit_id``.
    session, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there is no such column, or it holds no numbers.
    """
    table = with_columns(table_of(source, session), columns)
    check_column(table, column)
    if not is_measure(table[column]):
        raise AnalysisError(
            f"The column {quoted(column)} names something and measures nothing; choose a "
            "column of numbers."
        )
    values = table[column].to_numpy(float)
    known = np.isfinite(values)
    if not known.any():
        raise AnalysisError(f"No unit has a value of {quoted(column)}.")
    is_log = in_octaves(column, table[column].astype(float)[known])
    edges = bin_edges(column, np.log2(values[known]) if is_log else values[known])
    edges = 2.0**edges if is_log else edges
    if is_log:  # the ends of the range, without the rounding of the logarithm
        edges[0], edges[-1] = values[known].min(), values[known].max()
    ax = axes_for(ax)
    if is_log:
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    with small_legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0)):
        for label, members, color in _groups(table, by, known):
            counts = np.histogram(values[members], edges)[0]
            ax.stairs(
                counts,
                edges,
                color=color,
                linewidth=1.5,
                label=f"{plain(label)} ({int(members.sum()):,})",
            )
    column_ticks(ax, column)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(facts(column).label)
    ax.set_ylabel("units")
    bare(ax)
    return ax


def _groups(
    table: pd.DataFrame, by: str | None, known: Any
) -> list[tuple[str, Any, Any]]:
    """Name, members with a value and colour of each line."""
    if by is None or by not in table:
        return [("all", known, ink("points"))]
    codes, names = column_values(table[by])
    if names is None or len(names) < 2:
        return [("all", known, ink("points"))]
    # The colours are those of a map coloured by the same column
    colors = line_colors(len(names))
    groups = [(name, known & (codes == k), colors[k]) for k, name in enumerate(names)]
    return [group for group in groups if group[1].any()]
