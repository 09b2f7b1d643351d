"""What is known of the runs of an experiment: their state, and responses at hand."""

from __future__ import annotations

import os

import xarray as xr

from insilico_gui.errors import InsilicoError
from insilico_gui.experiment import runs
from insilico_gui.experiment.document import RunEntry
from insilico_gui.experiment.encoded import Encoded, stored
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.session_input import input_of
from insilico_gui.experiment.unit_tables import Units


class RunStates(Units):
    """Tasks, states and responses at hand of the runs of an experiment."""

    def __init__(self, library: Library | str | os.PathLike[str] | None) -> None:
        super().__init__()
        self._library = library
        self._uses_settings = library == ""
        self._responses: dict[str, xr.DataArray] = {}
        self._states: dict[tuple[str, str], runs.State] = {}
        self._before: dict[tuple[str, str], runs.State | None] = {}
        self._running: dict[tuple[str, str], tuple[str, Encoded]] = {}
        self._encoded: dict[str, Encoded] = {}

    def task(
        self, session: str | None = None, stimulus: str | None = None
    ) -> runs.Task:
        """A run with all that computing it needs; for :meth:`finish`.

        Raises
        ------
        InsilicoError
            If the session does not take the stimulus, or something cannot be opened.
        """
        session = self._only("session", session, self.document.sessions)
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        run = self.document.run(session, stimulus) or RunEntry(
            session=session, stimulus=stimulus
        )
        entry = self.document.stimuli[stimulus]
        opened = self.session(session)
        presented = input_of(opened).accept(self.stimulus(stimulus))
        units = None if run.selection is None else self.selection(run.selection)
        return runs.task_of(
            run,
            opened,
            entry,
            presented,
            {name: self._live.array(trace) for name, trace in run.behavior.items()},
            units,
            self.document.sessions[session].precision,
        )

    def state(self, session: str, stimulus: str) -> runs.State:
        """State of a run: new, encoding, done, stale or failed.

        A run is stale if its responses were computed with other settings, such as
        another fit of the stimulus. Asking opens no session.
        """
        busy = self._states.get((session, stimulus))
        return self._known_state(session, stimulus) if busy is None else busy

    def _known_state(self, session: str, stimulus: str) -> runs.State:
        """State of a run apart from what is being done, or failed."""
        run = self.document.run(session, stimulus)
        if run is None or run.key is None:
            return "new"
        if run.fit != self.document.stimuli[stimulus].fit:
            return "stale"
        task = self._known_task(session, stimulus)
        return "done" if task is None or task.key == run.key else "stale"

    def _are_there(self, session: str, stimulus: str) -> bool:
        """Whether a session and a stimulus are in the document."""
        document = self.document
        return session in document.sessions and stimulus in document.stimuli

    def is_open(self, session: str, stimulus: str) -> bool:
        """Whether session and stimulus have been opened."""
        return self._live.is_open(
            self.document.sessions[session]
        ) and self._live.has_stimulus(self.document.stimuli[stimulus])

    def at_hand(self, session: str, stimulus: str) -> xr.DataArray | None:
        """Responses of a run with its present settings, if they are at hand.

        Opens nothing and reads nothing from disk.
        """
        run = self.document.run(session, stimulus)
        if run is None or run.key not in self._responses:
            return None
        if self._known_state(session, stimulus) != "done":
            return None
        return self._responses[run.key]

    def to_recall(self) -> list[runs.Task]:
        """Runs that were computed with the present settings and are not at hand.

        As after opening a file; :meth:`recall` looks for their responses in the library.
        """
        found = []
        for run in self.document.runs:
            pair = run.session, run.stimulus
            if run.key is None or run.key in self._responses or pair in self._states:
                continue
            task = self._known_task(*pair)
            if task is not None and task.key == run.key:
                found.append(task)
        return found

    def outdated(self) -> list[runs.Task]:
        """Runs that were computed on another device or with other versions.

        As after opening a file of another computer; nothing else makes them stale.
        """
        found = []
        for run in self.document.runs:
            pair = run.session, run.stimulus
            fit = self.document.stimuli[run.stimulus].fit
            if run.key is None or pair in self._states or run.fit != fit:
                continue
            task = self._known_task(*pair)
            if task is None or task.key == run.key:
                continue
            if run.computed_on != runs.platform_text(task):
                found.append(task)
        return found

    def _known_task(self, session: str, stimulus: str) -> runs.Task | None:
        """The task of a run; None while it is not known: opens and computes nothing."""
        if not self.is_open(session, stimulus):
            return None
        try:
            return self.task(session, stimulus)
        except InsilicoError:
            # Its selection has a condition on a result that is still to be computed
            return None

    def recall(self, task: runs.Task) -> xr.DataArray | None:
        """Responses of a task if they have been computed before; in any thread."""
        known = self._responses.get(task.key)
        if known is not None or self.library is None:
            return known
        return self.library.get(task.key)

    def forget(self, task: runs.Task) -> None:
        """Tell that the responses of a run are not in the library any more."""
        self._states[task.run.session, task.run.stimulus] = "stale"
        self._tell({"state"}, "forget")

    def encoded(self, session: str, stimulus: str) -> Encoded | None:
        """Responses by moment of playback, as far as they are there; opens nothing."""
        running = self._running.get((session, stimulus))
        if running is not None and running[0] == self.task(session, stimulus).key:
            return running[1]
        responses, run = self.at_hand(session, stimulus), None
        if responses is not None:
            run = self.document.run(session, stimulus)
        if responses is None or run is None or run.key is None:
            return None
        found = self._encoded.pop(run.key, None)
        if found is None:
            task = self.task(session, stimulus)
            found = stored(responses, task.session, task.units)
        # Those used last: of the run on show, and of sessions that share its map
        n_before = len(self.document.view.map.sessions)
        lately = list(self._encoded.items())[max(0, len(self._encoded) - n_before) :]
        self._encoded = {**dict(lately), run.key: found}
        return found

    def _known_responses(self, session: str, stimulus: str) -> xr.DataArray | None:
        """Responses with the present settings, from memory or the library."""
        key = self.task(session, stimulus).key
        responses = self._responses.get(key)
        if responses is None and self.library is not None:
            responses = self.library.get(key)
            if responses is not None:
                self._responses[key] = responses
        return responses

    def renew_library(self) -> None:
        """Take up the user's settings of the library, unless another one was given."""
        if self._uses_settings:
            self._library = ""

    @property
    def library(self) -> Library | None:
        """Where responses are kept."""
        if isinstance(self._library, str | os.PathLike):
            self._library = Library(self._library or None)
        return self._library
