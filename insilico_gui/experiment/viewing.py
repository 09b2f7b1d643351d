"""The view of an experiment: what runs are planned, and what they are compared with."""

from __future__ import annotations

import os
from typing import Any

import xarray as xr

from insilico_gui.drawing.palettes import PALETTES
from insilico_gui.errors import (
    ExperimentError,
    InsilicoError,
    SelectionError,
    listed,
    quoted,
)
from insilico_gui.experiment.document import (
    Frozen,
    Reference,
    RunEntry,
    SelectionEntry,
)
from insilico_gui.experiment.encoded import Beside
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.named_selections import NamedSelections
from insilico_gui.experiment.playback import Playback
from insilico_gui.experiment.session_input import input_of
from insilico_gui.stimuli import Drive
from insilico_gui.units.selection import Selection, arguments_of

RESPONSE = "response"
"""What units are coloured by that are coloured by the response at the current time."""


class Viewing(NamedSelections):
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

    # -- runs and drives ---------------------------------------------------------------

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

    # -- the map -----------------------------------------------------------------------

    def color_units(self, column: str | None = None, **changes: Any) -> None:
        """Change how a column is coloured on the map; undone like other commands.

        Parameters
        ----------
        column : str, optional
            Of the unit table, or ``"response"``; default what the units are coloured by.
        **changes
            See :class:`.ColumnScale`; ``limits``, the values at the ends of the colours,
            is one too.

        Raises
        ------
        ExperimentError
            If there is no such colour map or choice.
        """
        view = self.document.view
        column = view.color_by if column is None else column
        known = {name for names in PALETTES.values() for name in names}
        wanted = changes.get("colormap")
        if wanted is not None and wanted not in known:
            raise ExperimentError(
                f"There is no colour map {quoted(wanted)}; choose one of {listed(known)}."
            )
        update: dict[str, Any] = {}
        if "limits" in changes:
            update["limits"] = changes.pop("limits")
        scale = self._but(view.map.scale(column), changes)
        update["map"] = view.map.but(scales={**view.map.scales, column: scale})
        self._replace("color_units", {"view"}, view=self._but(view, update))

    def draw_map(self, **changes: Any) -> None:
        """Change how the map is drawn, see :class:`.MapView`; undone like other commands.

        Raises
        ------
        ExperimentError
            If there is no such choice, or no such session.
        """
        view = self.document.view
        for session in changes.get("sessions", ()):
            self._known("session", session, self.document.sessions)
        drawn = self._but(view.map, changes)
        self._replace("draw_map", {"view"}, view=self._but(view, {"map": drawn}))

    def show_beside(self, session: str) -> None:
        """Look at another session on the map; the one looked at so far stays on it."""
        self._known("session", session, self.document.sessions)
        view, (shown, _) = self._view_on(session=session), self.on_show()
        names = dict.fromkeys(
            [*view.map.sessions, *([shown] if shown else []), session]
        )
        drawn = view.map.but(sessions=tuple(names))
        view = view.model_copy(update={"map": drawn})
        self._replace("show", {"view"}, view=view)

    def beside(self, session: str, stimulus: str | None) -> Beside | None:
        """A session for the map of another one; None while it is not open.

        Opens nothing and reads nothing from disk.
        """
        if not self._live.is_open(self.document.sessions[session]):
            return None
        encoded = None
        if stimulus is not None and self.takes(session, stimulus):
            encoded = self.encoded(session, stimulus)
        return Beside(
            session,
            self.session(session),
            self.table(session),
            self._made_in(session),
            encoded,
        )

    def _made_in(self, session: str) -> Selection | None:
        """The units of a session that is not on show that are selected, if any are."""
        name = self._working_selection(session)
        entry = self.document.selections.get(name)
        if entry is None or entry.session != session:
            return None
        try:
            return self.selection(name)
        except InsilicoError:  # it is by results that are being computed
            return None

    def _but(self, part: Frozen, changes: dict[str, Any]) -> Any:
        """A part of the document with changes that are checked."""
        return self._entry(type(part), **{**dict(part), **changes})

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
