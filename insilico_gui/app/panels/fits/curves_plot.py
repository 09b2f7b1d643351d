"""Curves of a fit: what was found after each round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRAINED, HELD_OUT = ("train", "training"), ("test", "validation")
"""Words in names of columns for data that are learned from, and for other data."""

COUNTS = frozenset({"epoch", "iter"})
"""Columns that only count rounds."""

HEIGHT = 150
MOST_TICKS = 6
FEW = 40
"""As many rounds are drawn as points of their own."""


class FitCurve(ThemedPlot):
    """A number against rounds."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setLabel("bottom", "round")
        self.curve = self.plot(symbolSize=5, symbolPen=None)

    def show_rows(self, rows: Sequence[Mapping[str, float]], name: str) -> None:
        """Draw a column of rows [n], in the colour of training or of test data."""
        values = np.array([row.get(name, np.nan) for row in rows])
        ink = self.plot_colors.mean if _is_held_out(name) else self.plot_colors.trials
        self.curve.setSymbol("o" if len(values) <= FEW else None)
        self.curve.setSymbolBrush(ink)
        rounds = np.arange(len(values))
        self.curve.setData(rounds, values, connect="finite", name=name)
        self.curve.setPen(pg.mkPen(ink, width=2))
        self.getAxis("bottom").setTickSpacing(_step(len(values)), 1)
        self.setTitle(" ".join(_words(name)), size="9pt")
        self.plotItem.vb.autoRange()


def _step(n: int) -> int:
    """Rounds between two ticks of an axis of n rounds: 1, 2 or 5 times a power of ten."""
    step: int = 10 ** max(0, len(str(max(n, 1))) - 2)
    while n > MOST_TICKS * step:
        step = 2 * step if str(step)[0] in "15" else 5 * step // 2
    return step


def pairs(names: Sequence[str]) -> dict[str, list[str]]:
    """What can be drawn of a row: a value of training data with that of test data.

    Names such as ``"train loss total"`` and ``"test loss total"``, or
    ``"training_objective"`` and ``"validation_objective"``, belong together. Columns that
    count rounds are left out.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        words = _words(name)
        what = " ".join(w for w in words if w not in (*TRAINED, *HELD_OUT))
        if what != " ".join(words):
            found.setdefault(what, []).append(name)
    rest = {
        name: [name]
        for name in names
        if name not in COUNTS and not any(name in v for v in found.values())
    }
    first = sorted(found, key=lambda what: "total" not in what)
    return {what: found[what] for what in first} | rest


def _words(name: str) -> list[str]:
    return name.replace("_", " ").split()


def _is_held_out(name: str) -> bool:
    return any(word in HELD_OUT for word in _words(name))
