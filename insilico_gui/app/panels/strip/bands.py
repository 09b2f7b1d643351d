"""Trials as bands with names above a plot, in a colour for each condition."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF

from insilico_gui.errors import AnalysisError
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QPainter

    RGB = tuple[int, int, int]

CONDITION = "condition"
NO_PARAMETERS = frozenset(
    {
        *("onset", "duration", CONDITION, "trial", "repeat", "repetition", "block"),
        *("presentation", "seed", "part", "x", "y"),
    }
)
"""Columns of trial tables that do not say what was shown."""

MOST_PARAMETERS = 3
"""Levels of more parameters are no name; conditions then have numbers."""

HEIGHT, FONT = 15, 7.5


@dataclass(frozen=True, eq=False)
class Bands:
    """Trials of a stimulus.

    Attributes
    ----------
    starts, stops : float64 array [n]
        Seconds, ascending.
    group : int64 array [n]
        Condition of each.
    names : tuple of str
        Of the conditions.
    colors : tuple of (int, int, int)
        Of the conditions: red, green, blue.
    title : str
        What the names are levels of.
    """

    starts: NDArray[np.float64]
    stops: NDArray[np.float64]
    group: NDArray[np.int64]
    names: tuple[str, ...]
    colors: tuple[RGB, ...]
    title: str


def parameters_of(trials: pd.DataFrame) -> list[str]:
    """Columns of a trial table that vary, and say what was shown."""
    return [
        str(name)
        for name in trials
        if name not in NO_PARAMETERS and trials[name].nunique() > 1
    ]


def trial_bands(trials: pd.DataFrame | None, by: str = CONDITION) -> Bands | None:
    """Bands of a trial table, whose conditions are the levels of a column.

    Parameters
    ----------
    trials : pandas.DataFrame or None
    by : str
        ``"condition"`` tells all trials apart that the table does.

    Returns
    -------
    Bands or None
        None without trials.

    Raises
    ------
    AnalysisError
        If the table lacks the column, or times are no numbers.
    """
    if trials is None or not len(trials):
        return None
    varied = parameters_of(trials)
    by = by if by in varied else CONDITION
    names = [by] if by != CONDITION else varied
    levels = trials[names] if 0 < len(names) <= MOST_PARAMETERS else None
    if levels is None and CONDITION in trials:
        levels, names = trials[[CONDITION]], [CONDITION]
    if levels is None:
        levels, names = trials[["onset"]], ["onset"]
    try:
        starts = trials["onset"].to_numpy(float)
        stops = starts + trials["duration"].to_numpy(float)
    except (KeyError, TypeError, ValueError):
        raise AnalysisError(
            "The trial table has no onset and duration in seconds; give it both."
        ) from None
    rows = list(levels.itertuples(index=False, name=None))
    kinds = sorted(dict.fromkeys(rows), key=_sorting)
    place = {row: k for k, row in enumerate(kinds)}
    order = np.argsort(starts, kind="stable")
    group = np.array([place[row] for row in rows], np.int64)
    return Bands(
        starts[order],
        stops[order],
        group[order],
        tuple(_name(names, row) for row in kinds),
        tuple(_colors(names, kinds)),
        " / ".join(parameter_facts(name).label for name in names),
    )


def _sorting(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers before texts, so that levels of both kinds have an order."""
    return tuple(
        (1, 0.0, cell) if isinstance(cell, str) else (0, float(cell), "")
        for cell in row
    )


def _name(names: list[str], row: tuple[Any, ...]) -> str:
    cells = []
    for name, cell in zip(names, row, strict=True):
        if isinstance(cell, str):
            cells.append(cell)
        elif pd.isna(cell):
            cells.append("–")
        else:
            degrees = parameter_facts(name).unit == "deg"
            cells.append(f"{cell:.4g}" + "°" * degrees)
    return " / ".join(cells)


def _colors(names: list[str], kinds: list[tuple[Any, ...]]) -> list[RGB]:
    """Angles by where they are in their turn, other conditions by their number."""
    n = len(kinds)
    period = parameter_facts(names[0]).period if len(names) == 1 else None
    colors = []
    for k, row in enumerate(kinds):
        hue = k / max(n, 1) * 0.85
        if period and not isinstance(row[0], str) and np.isfinite(row[0]):
            hue = (float(row[0]) % period) / period
        red, green, blue = colorsys.hsv_to_rgb(hue, 0.72, 0.72)
        colors.append((round(255 * red), round(255 * green), round(255 * blue)))
    return colors


class BandAxis(pg.AxisItem):
    """An axis above a plot that shows trials, with names where there is room.

    Places are those of the plot; :meth:`show_bands` says where trials are.
    """

    def __init__(self) -> None:
        super().__init__("top")
        self.bands: Bands | None = None
        self._ends = np.empty((0, 2))
        self._group = np.empty(0, np.int64)
        self.setStyle(showValues=False)
        self.setHeight(HEIGHT)

    def show_bands(
        self,
        bands: Bands | None,
        ends: NDArray[np.float64] | None = None,
        group: NDArray[np.int64] | None = None,
    ) -> None:
        """Show trials [n] at places [n, 2], default their times; or none."""
        self.bands = bands
        if bands is not None:
            own = np.column_stack([bands.starts, bands.stops])
            self._ends = own if ends is None else ends
            self._group = bands.group if group is None else group
        self.picture = None
        self.update()

    def places(self) -> list[tuple[QRectF, str, RGB]]:
        """Where bands that are seen are drawn, their names and colours."""
        bands, (low, high) = self.bands, self.range
        if bands is None or high <= low:
            return []
        area = self.mapRectFromParent(self.geometry())
        scale = area.width() / (high - low)
        seen = (self._ends[:, 1] > low) & (self._ends[:, 0] < high)
        placed = []
        for (start, stop), k in zip(self._ends[seen], self._group[seen], strict=True):
            left, right = max(start, low), min(stop, high)
            place = QRectF(
                area.left() + (left - low) * scale,
                area.top(),
                max((right - left) * scale - 1, 1.0),
                area.height() - 1,
            )
            placed.append((place, bands.names[k], bands.colors[k]))
        return placed

    def paint(self, painter: QPainter, *_: object) -> None:
        """See Qt."""
        font = QFont(painter.font())
        font.setPointSizeF(FONT)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        placed = self.places()
        free = -np.inf
        for k, (own, name, color) in enumerate(placed):
            place = own
            needed = metrics.horizontalAdvance(name) + 4
            end = placed[k + 1][0].left() - 1 if k + 1 < len(placed) else np.inf
            if name and place.width() < needed:
                # Over the gaps on both sides, if these have the room
                more = (needed - place.width()) / 2
                wider = place.adjusted(-more, 0, more, 0)
                if wider.left() > free and wider.right() < end - more:
                    place = wider
            free = place.right()
            painter.fillRect(place, QColor(*color))
            if name and place.width() >= needed - 0.5:
                is_light = np.dot(color, (0.299, 0.587, 0.114)) > 120
                painter.setPen(QColor(15, 15, 15) if is_light else QColor("white"))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
