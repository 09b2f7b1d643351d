"""What a plot draws as a table: titles of axes and names of curves are its columns."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyqtgraph as pg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GUIDE = ""
"""Name of a curve that is no data: a diagonal, a circle, a bar for the scale."""

_TAG = re.compile(r"<[^>]*>")


def plain_text(rich: str | None) -> str:
    """Words of a rich text, in one line."""
    return " ".join(unescape(_TAG.sub(" ", rich or "")).split())


def axis_title(plot: pg.PlotWidget, side: str, otherwise: str) -> str:
    """What stands at an axis, with its unit."""
    return plain_text(plot.getAxis(side).labelText) or otherwise


def curves_table(plot: pg.PlotWidget) -> pd.DataFrame:
    """Curves, points and bars of a plot, a column each.

    Those with the same horizontal values share their column; shorter ones end in empty
    cells.
    """
    across, up = axis_title(plot, "bottom", "x"), axis_title(plot, "left", "")
    columns: list[tuple[str, Floats]] = []
    last: Floats | None = None
    for name, x, y in _curves(plot.plotItem.items):
        if last is None or not np.array_equal(x, last, equal_nan=True):
            columns.append((across, x))
            last = x
        columns.append((", ".join(filter(None, (name, up))) or "y", y))
    return table_of(columns)


def table_of(columns: Iterable[tuple[str, Any]]) -> pd.DataFrame:
    """A table of columns that may be of different lengths or have the same title."""
    taken: dict[str, Any] = {}
    for title, values in columns:
        name, k = title, 1
        while name in taken:
            k += 1
            name = f"{title} ({k})"
        taken[name] = pd.Series(values)
    return pd.DataFrame(taken)


def image_table(
    picture: Floats, down: tuple[str, Any], across: tuple[str, Any], value: str
) -> pd.DataFrame:
    """A row for each known pixel of a picture [rows, columns]: its place and its value.

    Places are titles with the values of the rows, and of the columns.
    """
    (row_title, rows), (column_title, columns) = down, across
    known = np.isfinite(picture)
    row, column = np.nonzero(known)
    return table_of(
        [
            (row_title, np.asarray(rows)[row]),
            (column_title, np.asarray(columns)[column]),
            (value, picture[known]),
        ]
    )


def _curves(items: Iterable[Any]) -> Iterator[tuple[str, Floats, Floats]]:
    """Name, x and y of what is drawn; of bars, middle and height."""
    for item in items:
        if not item.isVisible():
            continue
        if isinstance(item, pg.BarGraphItem):
            x, y, name = item.opts["x"], item.opts["height"], item.opts.get("name")
        elif isinstance(item, pg.PlotDataItem):
            x, y = item.getOriginalDataset()
            name = item.name()
        elif isinstance(item, pg.PlotCurveItem | pg.ScatterPlotItem):
            x, y = item.getData()
            name = item.name()
        else:
            continue
        if x is None or y is None or not len(y) or name == GUIDE:
            continue
        yield plain_text(name), np.asarray(x, float), np.asarray(y, float)
