"""All units on the map: those of the session on show first, then those beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.drawing.layouts import is_upright, unit_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.experiment.playback import Playback
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.session import Session

    Floats = NDArray[np.floating]

SHARED = ("retinotopic", "anatomical", "anatomical 3-D")
"""Layouts that are one space for all sessions: the screen, and the tissue."""


@dataclass(frozen=True)
class Found:
    """A unit on the map.

    Attributes
    ----------
    session : str
        Name of its session in the document.
    units : pandas.DataFrame
        Unit table of the session.
    row : int
        Of the unit table.
    is_beside : bool
        Whether its session is not the one on show.
    """

    session: str
    units: pd.DataFrame
    row: int
    is_beside: bool


class Crowd:
    """The units of all sessions on the map, in the order of the layer's points.

    Parameters
    ----------
    now : Resolved

    Attributes
    ----------
    n_units : int
    """

    def __init__(self, now: Resolved) -> None:
        self._now = now
        self._tables = [now.units, *(other.units for other in now.beside)]
        self._starts = np.cumsum([0, *map(len, self._tables)])
        self.n_units = int(self._starts[-1])

    def has_units_of(self, other: Crowd) -> bool:
        """Whether another one has the same sessions, with as many units."""
        return self._sessions() == other._sessions()

    def _sessions(self) -> list[tuple[int, int]]:
        shown = (self._now.session, *(one.session for one in self._now.beside))
        return [(id(s), len(t)) for s, t in zip(shown, self._tables, strict=True)]

    def find(self, point: int) -> Found | None:
        """The unit of a point of the layer; None if there is none any more."""
        if not 0 <= point < self.n_units:
            return None
        k = int(np.searchsorted(self._starts, point, side="right")) - 1
        now = self._now
        name = now.beside[k - 1].name if k else str(now.session_name)
        return Found(name, self._tables[k], point - int(self._starts[k]), k > 0)

    def by_session(self, points: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Rows of the unit table of each session, for some points of the layer."""
        found = {}
        for k, other in enumerate(self._now.beside, start=1):
            start, stop = self._starts[k : k + 2]
            inside = (points >= start) & (points < stop)
            found[other.name] = points[inside] - start
        first = points[points < self._starts[1]]
        return {str(self._now.session_name): first, **found}

    def positions(self, layout: Layout) -> NDArray[np.float64]:
        """Places of all units, float64 [n, 3]; see :func:`.unit_positions`.

        NaN for units beside in layouts that are of one session alone.
        """
        session = self._now.session
        assert session is not None  # noqa: S101 - nothing is laid out without one
        places = [self._places(session, self._now.units, layout)]
        for other in self._now.beside:
            if layout in SHARED:
                places.append(self._places(other.session, other.units, layout))
            else:
                places.append(np.full((len(other.units), 3), np.nan))
        return np.concatenate(places)

    def _places(
        self, session: Session, units: pd.DataFrame, layout: Layout
    ) -> NDArray[np.float64]:
        on_show = self._now.session
        assert on_show is not None  # noqa: S101 - as above
        # The screen is that of the session on show, whatever the others receive
        shape = on_show.frame_shape
        return unit_positions(units, layout, shape, upright=is_upright(session))

    def column(self, name: str) -> pd.Series | None:
        """A column of all unit tables, [n]; None if the session on show has none.

        NaN, or "" of texts, for units whose table has no such column.
        """
        first = self._tables[0]
        if name not in first:
            return None
        if len(self._tables) == 1:
            return first[name]
        is_text = first[name].dtype.kind not in "fiub"
        parts = [
            table[name].astype(object if is_text else float)
            if name in table and is_text == (table[name].dtype.kind not in "fiub")
            else pd.Series("" if is_text else np.nan, range(len(table)))
            for table in self._tables
        ]
        return pd.concat(parts, ignore_index=True).rename(name)

    def areas(self) -> NDArray[np.object_] | None:
        """The area of each unit, [n], "" for none; None if they are not known."""
        column = self.column("area")
        return (
            None if column is None else column.fillna("").astype(str).to_numpy(object)
        )

    def columns(self) -> list[str]:
        """Names of the columns of the session on show."""
        return [str(name) for name in self._tables[0].columns]

    def responses(self, playback: Playback) -> NDArray[np.float32] | None:
        """Responses of all units at the time of the playback, float32 [n]; NaN unknown.

        None if there are none of any session.
        """
        now = self._now
        first = now.response_at(playback.frame)
        if not now.beside:
            return first
        at = playback.time, playback.frame, now.n_times
        parts = [first, *(other.response_at(*at) for other in now.beside)]
        if all(part is None for part in parts):
            return None
        sizes = map(len, self._tables)
        return np.concatenate(
            [
                np.full(n, np.nan, np.float32) if part is None else part
                for n, part in zip(sizes, parts, strict=True)
            ]
        )

    def selected(self) -> NDArray[np.int64]:
        """Points of the units that are selected; all if no selection was made."""
        now = self._now
        found, is_made = [], False
        chosen = now.selection
        if chosen is not None and not chosen.rule.get("all"):
            found.append(chosen.indices)
            is_made = True
        for start, other in zip(self._starts[1:], now.beside, strict=False):
            if other.selection is not None and not other.selection.rule.get("all"):
                found.append(other.selection.indices + start)
                is_made = True
        if not is_made:
            return np.arange(self.n_units)
        return np.concatenate(found)


def origin_of(found: Found) -> str:
    """Where a unit comes from, in words: session and scan where its table tells them."""
    row = found.units.iloc[found.row]
    told = [
        f"{word} {row[column]}"
        for column, word in (("session", "session"), ("scan_idx", "scan"))
        if column in found.units
    ]
    return ", ".join(told) or found.session
