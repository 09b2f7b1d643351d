"""Curves of a fit: what was found after each round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRAIN, TEST = "train", "test"


class FitCurves(ThemedPlot):
    """Numbers of training and test data against rounds.

    Training values may be sums over steps and test values means, so each of several
    curves is divided by its first value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(170)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setLabel("bottom", "round")
        self.curves: dict[str, pg.PlotDataItem] = {}

    def show_rows(
        self, rows: Sequence[Mapping[str, float]], names: Sequence[str]
    ) -> None:
        """Draw columns of rows [n], relative to their first row if there are several."""
        for curve in self.curves.values():
            self.removeItem(curve)
        self.curves = {}
        colors = self.plot_colors
        inks = (colors.trials, colors.mean, colors.fit, colors.line)
        known = [name for name in names if rows and name in rows[0]]
        several = len(known) > 1
        words = []
        for k, name in enumerate(known):
            values = np.array([row.get(name, np.nan) for row in rows])
            if several:
                values = values / (abs(values[0]) or 1.0)
            ink = inks[k % len(inks)]
            x = np.arange(len(values))
            self.curves[name] = self.plot(
                x,
                values,
                pen=pg.mkPen(ink, width=2),
                symbol="o" if len(values) < 40 else None,
                symbolSize=5,
                symbolBrush=ink,
                symbolPen=None,
                connect="finite",
            )
            words.append(f"<span style='color: rgb{ink}'>{name}</span>")
        self.setLabel("left", "relative to round 0" if several else "value")
        self.setTitle(" &nbsp; ".join(words), size="9pt")
        self.plotItem.vb.autoRange()


def pairs(names: Sequence[str]) -> dict[str, list[str]]:
    """What can be drawn of a row: a value of training data with that of test data.

    Names such as ``"train loss total"`` and ``"test loss total"`` belong together.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        what = " ".join(w for w in name.split() if w not in (TRAIN, TEST))
        if what != name:
            found.setdefault(what, []).append(name)
    rest = {
        name: [name] for name in names if not any(name in v for v in found.values())
    }
    first = sorted(found, key=lambda what: "total" not in what)
    return {what: found[what] for what in first} | rest
