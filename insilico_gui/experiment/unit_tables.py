"""Units of an experiment: tables with the columns of results, and named selections."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from numpy.typing import ArrayLike

from insilico_gui.experiment.analyses import Result
from insilico_gui.experiment.document import AnalysisEntry, SelectionEntry
from insilico_gui.experiment.inputs import Inputs
from insilico_gui.experiment.state import without
from insilico_gui.units.filters import Conditions
from insilico_gui.units.results import Measured
from insilico_gui.units.selection import Combine, Selection, select_units

COLORS = ("#ff8800", "#3399ff", "#33bb55", "#cc44cc", "#ddcc22", "#dd4444")
"""Of selections that are not given one, in turn."""


class Units(Inputs):
    """The unit tables and selections of an experiment."""

    def __init__(self) -> None:
        super().__init__()
        self._results: dict[str, Result] = {}

    def units(self, session: str | None = None) -> pd.DataFrame:
        """Unit table of a session with the columns of results, a row per unit."""
        session = self._only("session", session, self.document.sessions)
        opened = self.session(session)
        table, measured = opened.units.copy(), Measured()
        for entry in self.document.analyses:
            if entry.session != session:
                continue
            result = self._result_of(entry)
            if result is None or result.columns is None:
                continue
            table = measured.put(
                table,
                f"{entry.analysis} of {entry.stimulus}",
                result.columns,
                result.rows,
                own=table.columns,
                parameters=result.columns.attrs,
            )
        return table

    def select(
        self,
        areas: Sequence[str] | None = None,
        fields: Sequence[int] | None = None,
        units: ArrayLike | None = None,
        combine: Combine = "all",
        where: Conditions | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        session: str | None = None,
        name: str = "selection",
        color: str | None = None,
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

        Raises
        ------
        InsilicoError
            If a choice does not exist, or the colour is none.
        """
        session = self._only("session", session, self.document.sessions)
        selection = select_units(
            self.units(session),
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
        entry = self._entry(SelectionEntry, session=session, rule=rule, color=color)
        selections = {**present, name: entry}
        self._replace("select", {"selections"}, selections=selections)
        return selection

    def selection(self, name: str) -> Selection:
        """A selection by its name, made again by its rule."""
        self._known("selection", name, self.document.selections)
        entry = self.document.selections[name]
        return select_units(
            self.units(entry.session), self.session(entry.session).id, **entry.rule
        )

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
            view=view.model_copy(update={"selection": None})
            if view.selection == name
            else view,
        )

    def _result_of(self, entry: AnalysisEntry) -> Result | None:
        """The result of an analysis if it is known."""
        return self._results.get(self._result_key(entry))

    def _result_key(self, entry: AnalysisEntry) -> str:
        """Responses and parameters that a result depends on."""
        run = self.document.run(entry.session, entry.stimulus)
        key = None if run is None else run.key
        return f"{key} {entry.model_dump_json()}"
