"""The view of an experiment: what runs are planned, and what they are compared with."""

from __future__ import annotations

import os

import xarray as xr

from insilico_gui.errors import SelectionError
from insilico_gui.experiment.document import Reference, RunEntry, SelectionEntry
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.named_selections import NamedSelections
from insilico_gui.experiment.playback import Playback
from insilico_gui.experiment.session_input import input_of
from insilico_gui.stimuli import Drive
from insilico_gui.units.selection import arguments_of

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
