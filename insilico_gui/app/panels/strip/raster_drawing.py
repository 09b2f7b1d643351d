"""Rasters made in the background: of the responses on show, and of those beside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.population.raster import Picture, Raster, Window, Wish
from insilico_gui.app.panels.strip.beside import (
    Beside,
    Pairs,
    in_order,
    restricted,
    translated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from insilico_gui.analysis.trials.traces import Rows

RESPONSE = "response"


@dataclass(frozen=True, eq=False)
class Drawn:
    """A raster as it is drawn.

    Attributes
    ----------
    order : int64 array
        Columns of the responses, those of the upper rows first.
    limits : (float, float)
    picture : Picture
    problem : str
    n_bins, n_done, width : int
    wish : Wish
    """

    order: NDArray[np.int64]
    limits: tuple[float, float]
    picture: Picture
    problem: str
    n_bins: int
    n_done: int
    width: int
    wish: Wish


class RasterDrawing:
    """A raster that follows what is wished and seen, made in the background.

    Parameters
    ----------
    store : Rows
    wish : Wish
    window : Window
    beside : Beside, optional
        Others of which the same units are drawn, in the same order.

    Attributes
    ----------
    wish, window, other_window, other_first, leads
        Are replaced by the panel at any time: what is drawn, which part of it, which
        moments of the responses beside are the burn-in, and whether those on show decide
        the order.
    drawn, other_drawn : Drawn or None
    """

    def __init__(
        self, store: Rows, wish: Wish, window: Window, beside: Beside | None = None
    ) -> None:
        self.wish, self.window = wish, window
        self.beside, self.other_window = beside, window
        self.other_first, self.leads = 0, True
        self.raster = Raster(store, wish)
        self.other = None if beside is None else Raster(beside.store)
        self.drawn: Drawn | None = None
        self.other_drawn: Drawn | None = None
        self._wishes: tuple[Wish, int, Wish, Wish] | None = None

    def n_rows(self, n_units: int) -> int:
        """Units that are drawn, of so many."""
        pairs = None if self.beside is None else self.beside.pairs
        columns = self.wish.columns
        if pairs is not None:
            common = pairs.own
            return len(common if columns is None else np.intersect1d(common, columns))
        return n_units if columns is None else len(columns)

    def update(self) -> Iterator[None]:
        """Bring everything up to date; yields between pieces."""
        wish, window, beside = self.wish, self.window, self.beside
        if beside is None or self.other is None:
            yield from self._bring(self.raster, wish)
            self.drawn = _drawn(self.raster, wish, window)
            return
        pairs, other_window = beside.join(), self.other_window
        yield
        n_other = self.other.store.shape[-1]
        own, other = self._for_both(wish, pairs, n_other)
        if self.leads:
            yield from self._bring(self.raster, own)
            at = np.searchsorted(pairs.own, self.raster.order)
            other = in_order(other, pairs.other[at], n_other)
            yield from self._bring(self.other, other)
        else:
            yield from self._bring(self.other, other)
            back = np.full(n_other, -1, np.int64)
            back[pairs.other] = pairs.own
            n_own = self.raster.store.shape[-1]
            own = in_order(own, back[self.other.order], n_own)
            yield from self._bring(self.raster, own)
        self.drawn = _drawn(self.raster, wish, window)
        drawn = _drawn(self.other, other, other_window)
        if wish.scale != RESPONSE:  # one scale of colours for both
            drawn = replace(drawn, limits=self.drawn.limits)
        self.other_drawn = replace(drawn, problem=pairs.problem or drawn.problem)

    def _for_both(self, wish: Wish, pairs: Pairs, n_other: int) -> tuple[Wish, Wish]:
        """The wish for each of both; the same objects while it is the same wish."""
        first, known = self.other_first, self._wishes
        if known is None or known[0] is not wish or known[1] != first:
            own = restricted(wish, pairs.own)
            known = wish, first, own, translated(own, pairs, n_other, first)
            self._wishes = known
        return known[2], known[3]

    @staticmethod
    def _bring(raster: Raster, wish: Wish) -> Iterator[None]:
        raster.wish = wish
        yield from raster.update()


def _drawn(raster: Raster, wish: Wish, window: Window) -> Drawn:
    return Drawn(
        raster.order,
        raster.limits,
        raster.picture(window),
        raster.problem,
        raster.n_bins,
        raster.n_done,
        raster.width,
        wish,
    )
