"""What is on show in an experiment, and which of its units are selected."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import ExperimentError, SelectionError
from insilico_gui.experiment.document import (
    MOST_STROKES,
    Lasso,
    Mode,
    SelectionEntry,
    Stroke,
)
from insilico_gui.experiment.inputs import SELECTION
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.responding import Responding
from insilico_gui.experiment.unit_tables import listed_rule
from insilico_gui.units.filters import Conditions
from insilico_gui.units.selection import (
    Combine,
    Selection,
    select_units,
    without_conditions,
)

How = Literal["alone", "add", "toggle"]
"""What picking one unit does to the selection that there is."""


class Picking(Responding):
    """One run of an experiment is on show, with a selection of its units."""

    def __init__(self, library: Library | str | os.PathLike[str] | None) -> None:
        super().__init__(library)
        self._everything: Selection | None = None

    def on_show(self) -> tuple[str | None, str | None]:
        """Session and stimulus that are looked at: those of the view, or the first."""
        document, view = self.document, self.document.view
        for run in document.runs:
            if view.session in (None, run.session) and (
                view.stimulus in (None, run.stimulus)
            ):
                return run.session, run.stimulus
        session = view.session or next(iter(document.sessions), None)
        return session, view.stimulus or next(iter(document.stimuli), None)

    def show(self, session: str | None = None, stimulus: str | None = None) -> None:
        """Look at a session, a stimulus, or the run of both."""
        if session is not None:
            self._known("session", session, self.document.sessions)
        if stimulus is not None:
            self._known("stimulus", stimulus, self.document.stimuli)
        # Whatever is not named stays as it is on show, also if no view named it
        now = self.on_show()
        view = self._view_on(session or now[0], stimulus or now[1])
        self._replace("show", {"view"}, view=view)

    # -- units -------------------------------------------------------------------------

    def pick(
        self,
        areas: str | Sequence[str] | None = None,
        fields: int | Sequence[int] | None = None,
        units: ArrayLike | None = None,
        combine: Combine = "all",
        where: Conditions | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        lasso: Lasso | None = None,
        look_at: int | str | None = None,
        also: Mapping[str, SelectionEntry] | None = None,
    ) -> Selection:
        """Select units of the session on show, and work with that selection.

        Parameters and errors as of :meth:`select`; a unit to look at is looked at.
        """
        session = self._session_on_show()
        return self.select(
            areas,
            fields,
            units,
            combine,
            where,
            unit_ids=unit_ids,
            indices=indices,
            session=session,
            name=self._working_selection(session),
            lasso=lasso,
            show=True,
            look_at=look_at,
            also=also,
        )

    def picked(self, *, conditions: bool = True) -> Selection:
        """The selection that is worked with; all units if there is none.

        Without `conditions`, those of its rule are left out.
        """
        session = self._session_on_show()
        name = self.document.view.selection
        entry = self.document.selections.get(name or "")
        if name is not None and entry is not None and entry.session == session:
            if conditions:
                return self.selection(name)
            rule = listed_rule(entry)
            for condition in ("where", "combine"):
                rule.pop(condition, None)
            return select_units(self.table(session), self.session(session).id, **rule)
        opened = self.session(session)
        known, n_units = self._everything, len(opened.units)
        if known is None or (known.session, len(known)) != (opened.id, n_units):
            known = Selection(np.arange(n_units), {"all": True}, opened.id)
            self._everything = known
        return known

    def pick_others(self) -> Selection:
        """Select the units that are not selected."""
        chosen = self.picked()
        n_units = len(self.table(self._session_on_show()))
        return self.pick(indices=np.setdiff1d(np.arange(n_units), chosen.indices))

    def pick_none(self) -> Selection:
        """Select nothing."""
        return self.pick(indices=[])

    @property
    def conditions(self) -> Conditions:
        """Conditions on columns that the selection worked with fulfils by its rule."""
        entry = self.document.selections.get(self.document.view.selection or "")
        if entry is None:
            return {}
        conditions: Conditions = listed_rule(entry).get("where", {})
        return conditions

    def narrow(self, where: Conditions) -> Selection:
        """Narrow the selection by conditions, in place of those it has; {} for none."""
        return self.pick(**without_conditions(self.picked()), where=where)

    def pick_unit(
        self, row: int, how: How = "alone", *, look_at: int | str | None = None
    ) -> Selection:
        """Select one unit, add it, or take it in or out; and look at it.

        Where no selection has been made, which counts as all units, the unit is the
        first of one.

        Parameters
        ----------
        row : int
            Of the unit table.
        how : {"alone", "add", "toggle"}
        look_at : int or str, optional
            What the unit is called; default its id. Where it leaves the selection, no
            unit is looked at.

        Raises
        ------
        InsilicoError
            If there is no such row, or no session.
        """
        session = self._session_on_show()
        (row,) = select_units(self.table(session), session, indices=[row]).indices
        rows = {int(row)}
        before = self._picked_by_hand() if how != "alone" else set[int]()
        leaves = how == "toggle" and row in before
        chosen = before - rows if leaves else before | rows
        if look_at is None:
            look_at = self.table(session)["unit_id"].iloc[[row]].tolist()[0]
        return self.pick(indices=sorted(chosen), look_at=None if leaves else look_at)

    def _picked_by_hand(self) -> set[int]:
        """Rows that are selected; none where no selection has been made."""
        chosen = self.picked()
        return set() if chosen.rule.get("all") else set(chosen.indices.tolist())

    def lasso(
        self,
        layout: str,
        polygon: NDArray[np.floating[Any]],
        indices: ArrayLike,
        mode: Mode = "replace",
        beside: Mapping[str, ArrayLike] | None = None,
    ) -> Selection:
        """Select the units that were drawn around on the map.

        Parameters
        ----------
        layout : str
            Of the map.
        polygon : float array [n, 2]
            Corners (row, column) in the plane of the layout.
        indices : sequence of int
            Rows of the unit table inside.
        mode : {"replace", "add", "subtract", "intersect"}
            What becomes of the units that are selected. Where no selection has been
            made, all units are, but adding starts with none.
        beside : mapping of str to sequence of int, optional
            Rows inside of further sessions on the map, by their names. Each has a
            selection of its own, and one command makes all.
        """
        corners = np.round(np.asarray(polygon, float), 3).tolist()
        session = self._session_on_show()
        inside = select_units(self.table(session), session, indices=indices).indices
        chosen = _after(mode, self.picked(), inside)
        drawn = self._entry(
            Lasso, layout=layout, polygon=corners, mode=mode, **self._drawn_on(mode)
        )
        also: dict[str, SelectionEntry] = {}
        taken = self._working_selection(session)
        for other, rows in (beside or {}).items():
            self._known("session", other, self.document.sessions)
            name = self._working_selection(other)
            if name == taken:
                name = f"{SELECTION} of {other}"[:100]
            found = select_units(self.table(other), other, indices=rows).indices
            found = _after(mode, self._picked_of(other), found)
            color = self.document.selections.get(
                name, SelectionEntry(session=other)
            ).color
            also[name] = self._entry(
                SelectionEntry,
                session=other,
                rule={"indices": found.tolist()},
                color=color,
            )
        return self.pick(indices=chosen, lasso=drawn, also=also)

    def _drawn_on(self, mode: Mode) -> dict[str, Any]:
        """What a stroke changes: the rule it starts from, and the strokes before it."""
        name = self.document.view.selection
        entry = self.document.selections.get(name or "")
        if mode == "replace" or entry is None or not entry.rule:
            return {"start": {"indices": []} if mode == "add" else {}}
        drawn, rule = entry.lasso, listed_rule(entry)
        if drawn is None or len(drawn.earlier) + 1 >= MOST_STROKES:
            return {"start": rule}
        last = Stroke(layout=drawn.layout, polygon=drawn.polygon, mode=drawn.mode)
        return {"start": drawn.start, "earlier": (*drawn.earlier, last)}

    def _session_on_show(self) -> str:
        session, _ = self.on_show()
        if session is None:
            raise SelectionError("No session is loaded; load one before selecting.")
        if not self._live.is_open(self.document.sessions[session]):
            raise ExperimentError(
                f"The session {session} is not open yet; wait until it is."
            )
        return session

    def _picked_of(self, session: str) -> Selection:
        """The units of a session that are selected when it is on show."""
        if session == self.on_show()[0]:
            return self.picked()
        if not self._live.is_open(self.document.sessions[session]):
            raise ExperimentError(
                f"The session {session} is not open yet; wait until it is."
            )
        name = self._working_selection(session)
        entry = self.document.selections.get(name)
        if entry is not None and entry.session == session:
            return self.selection(name)
        every = np.arange(len(self.table(session)))
        return Selection(every, {"all": True}, self.session(session).id)


def _after(
    mode: Mode, before: Selection, inside: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows that are selected after a stroke of the lasso around `inside`."""
    chosen = before.indices
    if mode == "add":
        return inside if before.rule.get("all") else np.union1d(chosen, inside)
    if mode == "subtract":
        return np.setdiff1d(chosen, inside)
    return np.intersect1d(chosen, inside) if mode == "intersect" else inside
