"""Responses drawn beside those on show: the same units, joined by their ids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.encoded import StoredRows
from insilico_gui.responses import unit_table
from insilico_gui.units.identity import match_units

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.analysis.population.raster import Wish
    from insilico_gui.app.panels.strip.time_axis import TimeAxis
    from insilico_gui.experiment.resolved import Resolved

    Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Units that two sets of responses have in common.

    Attributes
    ----------
    own, other : int64 arrays, [n]
        Their columns in the responses on show, ascending, and in those beside.
    problem : str
        Why there are none; one sentence.
    """

    own: Ints
    other: Ints
    problem: str = ""


class Beside:
    """Responses beside those on show.

    Parameters
    ----------
    responses : xarray.DataArray, [time, unit] or [trial, unit]
    units : pandas.DataFrame
        Of the responses on show, in the order of their columns.
    session : str or None
        Id of the session on show.

    Attributes
    ----------
    store : Rows
    pairs : Pairs or None
        None until :meth:`join`.
    """

    def __init__(
        self, responses: xr.DataArray, units: pd.DataFrame, session: str | None
    ) -> None:
        self.responses = responses
        self.store = StoredRows(responses)
        self.pairs: Pairs | None = None
        self._units, self._session = units, session

    def join(self) -> Pairs:
        """Join the units by session, scan and unit id; takes a while of many."""
        if self.pairs is None:
            self.pairs = self._join()
        return self.pairs

    def _join(self) -> Pairs:
        nothing = np.empty(0, np.int64)
        other = unit_table(self.responses)
        ids = self._session, self.responses.attrs.get("session")
        try:
            rows = match_units(self._units, other, sessions=ids).rows
        except AnalysisError as error:
            return Pairs(nothing, nothing, str(error))
        own = np.flatnonzero(rows >= 0)
        problem = "" if len(own) else "None of its units is one of those on show."
        return Pairs(own, rows[own], problem)

    def axis(self, axis: TimeAxis) -> TimeAxis:
        """The axis of these responses, in the units of that of the ones on show."""
        n = self.responses.shape[0]
        if axis.of_images:
            return replace(axis, n_moments=n)
        step = self._step_s()
        rate = axis.rate if step is None else 1 / step
        return replace(
            axis, n_moments=n, rate=rate, burn_in=round(axis.burn_in * rate / axis.rate)
        )

    def _step_s(self) -> float | None:
        """Seconds between two responses; None where that is not known."""
        if "time" not in self.responses.coords or self.responses.shape[0] < 2:
            return None
        times = np.asarray(self.responses["time"].to_numpy(), float)
        step = float(np.median(np.diff(times)))
        return step if np.isfinite(step) and step > 0 else None


def may_be_beside(now: Resolved) -> bool:
    """Whether the reference has responses in the same order as those on show."""
    reference = now.reference
    if reference is None or reference.ndim != 2 or now.n_times != 1:
        return False
    in_trials = reference.dims[0] == "trial"
    return in_trials == (now.images is not None)


def named(now: Resolved) -> str:
    """The reference in words."""
    chosen = now.view.reference
    if chosen is None:
        return ""
    if chosen.file is not None:
        return Path(chosen.file).name
    return f"{chosen.stimulus} on {chosen.session}"


def restricted(wish: Wish, columns: Ints) -> Wish:
    """A wish for those of its units alone that are among these columns."""
    if wish.columns is not None:
        columns = columns[np.isin(columns, wish.columns)]
    return replace(wish, columns=columns)


def translated(wish: Wish, pairs: Pairs, n_other: int, first: int) -> Wish:
    """A wish for the responses on show, as one for those beside."""
    own = pairs.own if wish.columns is None else wish.columns
    at = np.searchsorted(pairs.own, own)
    keys = groups = None
    if wish.keys is not None:
        keys = np.full(n_other, np.nan)
        keys[pairs.other] = wish.keys[pairs.own]
    if wish.groups is not None:
        groups = np.zeros(n_other, np.int64)
        groups[pairs.other] = wish.groups[pairs.own]
    return replace(wish, keys=keys, groups=groups, columns=pairs.other[at], first=first)


def in_order(wish: Wish, order: Ints, n_units: int) -> Wish:
    """A wish for exactly these columns in this order."""
    places = np.full(n_units, np.nan)
    places[order] = np.arange(len(order))
    return replace(
        wish, sort="", keys=places, descending=False, groups=None, columns=order
    )
