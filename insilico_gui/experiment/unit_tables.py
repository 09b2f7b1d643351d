"""Units of an experiment: tables with the columns of results, and named selections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from insilico_gui.experiment.analyses import Result, named_by
from insilico_gui.experiment.document import (
    MEAN,
    AnalysisEntry,
    Lasso,
    SelectionEntry,
)
from insilico_gui.experiment.inputs import SELECTION, Inputs
from insilico_gui.experiment.state import without
from insilico_gui.units.filters import Conditions
from insilico_gui.units.results import Measured
from insilico_gui.units.selection import Combine, Selection, select_units

COLORS = ("#ff8800", "#3399ff", "#33bb55", "#cc44cc", "#ddcc22", "#dd4444")
"""Of selections that are not given one, in turn."""

ALONE = "the session"
"""What an analysis is of that needs no stimulus."""


class Units(Inputs):
    """The unit tables and selections of an experiment."""

    def __init__(self) -> None:
        super().__init__()
        self._results: dict[str, Result] = {}
        self._tables: dict[str, tuple[list[object], pd.DataFrame, Measured]] = {}
        self._selected: dict[str, tuple[pd.DataFrame, SelectionEntry, Selection]] = {}

    def remove_session(self, name: str) -> None:
        """Remove a session with its runs, selections and analyses."""
        super().remove_session(name)
        self._tables.pop(name, None)  # it holds the session
        present = self.document.selections
        self._selected = {k: v for k, v in self._selected.items() if k in present}

    def units(self, session: str | None = None) -> pd.DataFrame:
        """Unit table of a session with the columns of results, a row per unit."""
        return self.table(session).copy()

    def table(self, session: str | None = None) -> pd.DataFrame:
        """:meth:`units`, the same object until it changes; not to be written to."""
        return self._table_of(self._only("session", session, self.document.sessions))[0]

    def measured(self, session: str | None = None) -> Measured:
        """Which analyses added which columns to the unit table of a session."""
        return self._table_of(self._only("session", session, self.document.sessions))[1]

    def _table_of(self, session: str) -> tuple[pd.DataFrame, Measured]:
        """Unit table and origin of its columns, made once for equal results."""
        opened = self.session(session)
        found: list[tuple[AnalysisEntry, pd.DataFrame, Result]] = []
        for entry in self.document.analyses:
            result = self._result_of(entry) if entry.session == session else None
            if result is not None and result.columns is not None:
                found.append((entry, result.columns, result))
        known = self._tables.get(session)
        made_of = [opened, *(result for *_, result in found)]
        if known is not None and list(map(id, known[0])) == list(map(id, made_of)):
            return known[1], known[2]
        table, measured = opened.units.copy(), Measured()
        for entry, columns, result in found:
            table = measured.put(
                table,
                label_of(entry),
                columns,
                result.rows,
                own=opened.units.columns,
                parameters={
                    **columns.attrs,
                    "stimulus": entry.stimulus or ALONE,
                    "stimulus_hash": result.dataset.attrs.get("stimulus_hash"),
                },
            )
        self._tables[session] = (made_of, table, measured)
        return table, measured

    def select(
        self,
        areas: str | Sequence[str] | None = None,
        fields: int | Sequence[int] | None = None,
        units: ArrayLike | None = None,
        combine: Combine = "all",
        where: Conditions | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        session: str | None = None,
        name: str = SELECTION,
        color: str | None = None,
        lasso: Lasso | None = None,
        show: bool = False,
        look_at: int | str | None = None,
        also: Mapping[str, SelectionEntry] | None = None,
    ) -> Selection:
        """Select units, under a name; one of that name is replaced.

        Parameters
        ----------
        areas, fields, units, combine, where, unit_ids, indices
            As of :func:`insilico_gui.select`; conditions are on :meth:`units`, with the
            columns of results.
        session : str, optional
            Default the only one.
        name : str
        color : str, optional
            ``#rrggbb``; default that of the selection replaced, or the next one.
        lasso : Lasso, optional
            What was drawn to find `indices`; kept with the selection.
        show : bool
            Whether it is the selection worked with from now on.
        look_at : int or str, optional
            A unit of it to look at, if it is shown.
        also : mapping of str to SelectionEntry, optional
            Further selections, of other sessions, that the same command makes.

        Raises
        ------
        InsilicoError
            If a choice does not exist, or the colour is none.
        """
        session = self._only("session", session, self.document.sessions)
        selection = select_units(
            self.table(session),
            self.session(session).id,
            areas,
            fields,
            units,
            combine,
            where,
            unit_ids=unit_ids,
            indices=indices,
        )
        present = self.document.selections
        if color is None:
            known = present.get(name)
            color = known.color if known else COLORS[len(present) % len(COLORS)]
        rule = {} if selection.rule.get("all") else dict(selection.rule)
        entry = self._entry(
            SelectionEntry, session=session, rule=rule, color=color, lasso=lasso
        )
        changes: dict[str, Any] = {
            "selections": {**present, **(also or {}), name: entry}
        }
        if show:
            view = self._view_on(session=session)
            looked = view.unit_id if present.get(name) == entry else None
            if view.unit_id == MEAN:
                looked = MEAN
            if look_at is not None:
                looked = look_at
            update = {"selection": name, "unit_id": looked}
            changes["view"] = view.model_copy(update=update)
        self._replace("select", set(changes), **changes)
        return self.selection(name)

    def selection(self, name: str) -> Selection:
        """A selection by its name, made again by its rule."""
        self._known("selection", name, self.document.selections)
        entry = self.document.selections[name]
        if entry.rule.get("where"):
            table = self.table(entry.session)
        else:  # results, which may be of the run of these very units, do not matter
            table = self.session(entry.session).units
        known = self._selected.get(name)
        if known is not None and known[0] is table and known[1] == entry:
            return known[2]
        owner = self.session(entry.session).id
        made = select_units(table, owner, **listed_rule(entry))
        if entry.lasso is not None:
            made = Selection(made.indices, drawn_rule(entry.lasso), made.session)
        self._selected[name] = (table, entry, made)
        return made

    def remove_selection(self, name: str) -> None:
        """Remove a selection; runs of its units alone are removed with it."""
        self._known("selection", name, self.document.selections)
        document, view = self.document, self.document.view
        gone = {
            (run.session, run.stimulus)
            for run in document.runs
            if run.selection == name
        }
        self._replace(
            "remove_selection",
            {"selections", "runs", "analyses", "view"},
            selections=without(document.selections, name),
            runs=tuple(r for r in document.runs if r.selection != name),
            analyses=tuple(
                a for a in document.analyses if (a.session, a.stimulus) not in gone
            ),
            view=view.without(selections=[name]),
        )

    def _result_of(self, entry: AnalysisEntry) -> Result | None:
        """The result of an analysis if it is known; computes nothing."""
        return self._results.get(self._result_key(entry))

    def _result_key(self, entry: AnalysisEntry) -> str:
        """Responses and parameters that a result depends on."""
        pairs = []
        if entry.stimulus is not None:
            pairs.append((entry.session, entry.stimulus))
        other = named_by(entry.analysis, entry.parameters)
        if "session" in other and "stimulus" in other:
            pairs.append((other["session"], other["stimulus"]))
        runs = [self.document.run(*pair) for pair in pairs]
        keys = [None if run is None else run.key for run in runs]
        if not pairs:
            keys = [self.document.sessions[entry.session].model_dump_json()]
        return f"{' '.join(map(str, keys))} {entry.model_dump_json()}"


def label_of(entry: AnalysisEntry) -> str:
    """What the result of an analysis is called: it, what it is to, and the stimulus."""
    what = entry.parameters.get("parameter")
    named = f"{entry.analysis} to {what}" if what else entry.analysis
    return f"{named} of {entry.stimulus or ALONE}"


def listed_rule(entry: SelectionEntry) -> dict[str, Any]:
    """Arguments of a selection, with lists: a tuple would be a range of values."""
    rule: dict[str, Any] = _listed(entry.rule)
    return rule


def drawn_rule(drawn: Lasso) -> dict[str, Any]:
    """Rule of a selection that was drawn around, as it is stored with responses."""
    rule: dict[str, Any] = {"lasso": drawn.polygon, "layout": drawn.layout}
    if drawn.mode != "replace":
        rule |= {
            "mode": drawn.mode,
            "start": drawn.start,
            "earlier": [stroke.model_dump() for stroke in drawn.earlier],
        }
    listed: dict[str, Any] = _listed(rule)
    return listed


def _listed(value: Any) -> Any:
    """Plain data with lists for tuples, as it is stored with responses."""
    if isinstance(value, dict):
        return {name: _listed(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(entry) for entry in value]
    return value
