"""What is looked at in an experiment, and the commands that change it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import ExperimentError, SelectionError
from insilico_gui.experiment.document import (
    Lasso,
    Reference,
    RunEntry,
    SelectionEntry,
)
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.playback import Playback
from insilico_gui.experiment.responding import Responding
from insilico_gui.experiment.session_input import input_of
from insilico_gui.experiment.unit_tables import listed_rule
from insilico_gui.stimuli import Drive
from insilico_gui.units.filters import Conditions
from insilico_gui.units.selection import (
    Combine,
    Selection,
    arguments_of,
    select_units,
    without_conditions,
)

RESPONSE = "response"
"""What units are coloured by that are coloured by the response at the current time."""


class Viewing(Responding):
    """The view of an experiment: one run is on show, with a selection of its units.

    Attributes
    ----------
    playback : Playback
        The clock of the run on show.
    """

    def __init__(self, library: Library | str | os.PathLike[str] | None) -> None:
        super().__init__(library)
        self.playback = Playback()
        self._recordings: dict[str, xr.DataArray] = {}
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
    ) -> Selection:
        """Select units of the session on show, and work with that selection.

        Parameters and errors as of :meth:`select`.
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

    def lasso(
        self, layout: str, polygon: NDArray[np.floating[Any]], indices: ArrayLike
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
        """
        corners = np.round(np.asarray(polygon, float), 3).tolist()
        drawn = self._entry(Lasso, layout=layout, polygon=corners)
        return self.pick(indices=indices, lasso=drawn)

    def plan_run(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        *,
        selected_only: bool = False,
    ) -> tuple[str, str]:
        """Declare a run with all units, or with those that are selected now.

        The selected units are kept under a name of their own, so that the run does not
        change with the selection.

        Parameters
        ----------
        session, stimulus : str, optional
            Names in the document; default those on show.
        selected_only : bool

        Returns
        -------
        session, stimulus : str

        Raises
        ------
        InsilicoError
            Without a session or a stimulus on show, or with an empty selection.
        """
        shown = self.on_show()
        session = self._only("session", session or shown[0], self.document.sessions)
        stimulus = self._only("stimulus", stimulus or shown[1], self.document.stimuli)
        selections, name = dict(self.document.selections), None
        if selected_only:
            chosen = self._picked_of(session)
            if len(chosen) == 0:
                raise SelectionError(
                    "No unit is selected; select some, or encode all units."
                )
            given = arguments_of(chosen.rule)
            if given is None or given.get("where"):
                # Values may be results of this very run, which then has others
                given = {"indices": chosen.indices.tolist()}
            rule = given
            name = self._encoded_name(session, stimulus)
            selections[name] = self._entry(SelectionEntry, session=session, rule=rule)
        declared = self.document.run(session, stimulus)
        run = declared or RunEntry(session=session, stimulus=stimulus)
        run = run.model_copy(update={"selection": name})
        document = self.document.replace(selections=selections).with_run(run)
        self._replace(
            "plan_run",
            {"runs", "selections"},
            runs=document.runs,
            selections=selections,
        )
        return session, stimulus

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

    def _encoded_name(self, session: str, stimulus: str) -> str:
        """Name of the selection whose units are encoded of a run."""
        base = f"encoded of {stimulus}"[:90]
        name, k, known = base, 2, self.document.selections
        while name in known and known[name].session != session:
            name, k = f"{base} ({k})", k + 1
        return name

    def add_drive(
        self, drive: Drive, session: str | None = None, *, with_control: bool = True
    ) -> list[str]:
        """Add a drive and look at it, compared with the same one without its events.

        Parameters
        ----------
        drive : Drive
        session : str, optional
            Which is driven; default the only one.
        with_control : bool
            Whether a drive that has events is added without them as well.

        Returns
        -------
        list of str
            Names of the drives that are to be encoded, the control first.

        Raises
        ------
        InsilicoError
            If it is none that the session can be driven with.
        """
        session = self._only("session", session, self.document.sessions)
        input_of(self.session(session)).accept(drive)
        wanted = [drive]
        if with_control and drive.is_perturbed:
            wanted.insert(0, drive.control())
        stimuli, names = dict(self.document.stimuli), list[str]()
        for each in wanted:
            entry, _ = self.open_entry(each, session=session)
            known = [name for name, other in stimuli.items() if other == entry]
            if not known:
                known = [self._new_name("stimulus", None, each.name, stimuli)]
                stimuli[known[0]] = entry
            names.append(known[0])
        reference = None
        if len(names) > 1:
            reference = self._entry(Reference, session=session, stimulus=names[0])
        view = self._view_on(session, names[-1])
        self._replace(
            "add_drive",
            {"stimuli", "view"},
            stimuli=stimuli,
            view=view.model_copy(update={"reference": reference}),
        )
        return names

    # -- comparison --------------------------------------------------------------------

    def compare_with(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        *,
        file: str | None = None,
    ) -> None:
        """Compare the run on show with another run or with a file; by default, stop."""
        if session is None and stimulus is None and file is None:
            self.look(reference=None)
            return
        if file is None:
            session = self._only("session", session, self.document.sessions)
            stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        reference = self._entry(
            Reference, session=session, stimulus=stimulus, file=file
        )
        self.look(reference=reference)

    def put_recording(self, file: str, responses: xr.DataArray) -> None:
        """Keep the responses of a file that has been read."""
        self._recordings[file] = responses

    def reference(self) -> xr.DataArray | None:
        """Responses that are compared with; None if there are none, or not at hand."""
        chosen = self.document.view.reference
        if chosen is None:
            return None
        if chosen.file is not None:
            return self._recordings.get(chosen.file)
        if chosen.session is None or chosen.stimulus is None:
            return None
        return self.at_hand(chosen.session, chosen.stimulus)

    def _session_on_show(self) -> str:
        session, _ = self.on_show()
        if session is None:
            raise SelectionError("No session is loaded; load one before selecting.")
        if not self._live.is_open(self.document.sessions[session]):
            raise ExperimentError(
                f"The session {session} is not open yet; wait until it is."
            )
        return session
