"""Runs of an experiment: declaring, computing and reading responses."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.encoding.behavior import check_behavior
from insilico_gui.errors import BehaviorError, ExperimentError, quoted
from insilico_gui.experiment import runs
from insilico_gui.experiment.document import RunEntry
from insilico_gui.experiment.encoded import Encoded
from insilico_gui.experiment.run_states import RunStates
from insilico_gui.experiment.session_input import input_of
from insilico_gui.responses import take_units
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import Stimulus

LARGE_BYTES = 16 * 2**20
"""Responses above this size are worth a search for memory that is free."""


class Responding(RunStates):
    """The runs of an experiment and their responses."""

    def add_run(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        *,
        selection: str | None = None,
        behavior: Mapping[str, ArrayLike] | None = None,
    ) -> RunEntry:
        """Declare a run, without computing it; replaces the one of the same two.

        Parameters
        ----------
        session, stimulus : str, optional
            Names in the document; default the only one.
        selection : str, optional
            Selection whose units are computed; default all units.
        behavior : mapping of str to array [T, K], optional
            Traces at the session's frame rate.
        """
        run = self._new_run(session, stimulus, selection, behavior)
        document = self.document.with_run(run)
        self._replace("add_run", {"runs"}, runs=document.runs)
        return run

    def set_behavior(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        behavior: Mapping[str, ArrayLike] | None = None,
    ) -> RunEntry:
        """Give a run traces of behaviour, or constants, in place of those that it has.

        Parameters
        ----------
        session, stimulus : str, optional
            Names in the document; default the only one.
        behavior : mapping of str to array [T, K] or [K], optional
            Traces at the session's frame rate, or what each column has at all frames;
            none to take the behaviour back.

        Raises
        ------
        BehaviorError
            If the session does not take it, its length is another than that of the
            stimulus, or a value is missing.
        """
        session = self._only("session", session, self.document.sessions)
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        opened, fit = self.session(session), self.document.stimuli[stimulus].fit
        given: dict[str, NDArray[np.float32]] = {}
        if behavior:
            if not is_video_session(opened) or not opened.behavior:
                raise BehaviorError(f"{opened.id} takes no behaviour; leave it out.")
            n = input_of(opened).shown(self.stimulus(stimulus), fit).n_items
            given = check_behavior(opened, _at_all(behavior, n), n, None)
        traces = {name: self._live.put_array(trace) for name, trace in given.items()}
        known = self.document.run(session, stimulus)
        run = known or RunEntry(session=session, stimulus=stimulus)
        run = run.model_copy(update={"behavior": traces})
        document = self.document.with_run(run)
        self._replace("set_behavior", {"runs"}, runs=document.runs)
        return run

    def behavior(self, session: str, stimulus: str) -> dict[str, NDArray[np.float32]]:
        """Traces of behaviour of a run, [T, K] each; none where it has none."""
        run = self.document.run(session, stimulus)
        traces = {} if run is None else run.behavior
        return {name: self._live.array(key) for name, key in traces.items()}

    def _new_run(
        self,
        session: str | None,
        stimulus: str | None,
        selection: str | None,
        behavior: Mapping[str, ArrayLike] | None,
    ) -> RunEntry:
        session = self._only("session", session, self.document.sessions)
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        if selection is not None:
            self._known("selection", selection, self.document.selections)
            owner = self.document.selections[selection].session
            if owner != session:
                raise ExperimentError(
                    f"The selection {quoted(selection)} is of units of {quoted(owner)}, "
                    f"not of {quoted(session)}; select units there."
                )
        traces = {k: self._live.put_array(v) for k, v in (behavior or {}).items()}
        before = self.document.run(session, stimulus)
        run = RunEntry(
            session=session, stimulus=stimulus, selection=selection, behavior=traces
        )
        if before is None:
            return run
        kept = {"key", "fit", "responses_hash", "computed_on"}
        given = before.model_dump(exclude=kept) == run.model_dump(exclude=kept)
        return before if given else run

    def start(self, task: runs.Task, encoded: Encoded | None = None) -> None:
        """Tell that a task is being computed, and where its responses come in."""
        pair = task.run.session, task.run.stimulus
        if encoded is not None:
            self._running[pair] = task.key, encoded
        if self._states.get(pair) != "encoding":
            self._before[pair] = self._states.get(pair)
        self._states[pair] = "encoding"
        self._tell({"state"}, "start")

    def fail(self, task: runs.Task, *, cancelled: bool = False) -> None:
        """Tell that a task failed, or was cancelled and is as before."""
        pair = task.run.session, task.run.stimulus
        self._running.pop(pair, None)
        self._states.pop(pair, None)
        state = self._before.pop(pair, None) if cancelled else "failed"
        if state is not None and self._are_there(*pair):
            self._states[pair] = state
        self._tell({"state"}, "fail")

    def finish(
        self,
        task: runs.Task,
        responses: xr.DataArray,
        responses_hash: str | None = None,
    ) -> None:
        """Take the responses of a task.

        Parameters
        ----------
        task : Task
        responses : xarray.DataArray
        responses_hash : str, optional
            :func:`.runs.responses_hash` of them, which reads all; computed here by default.

        Raises
        ------
        ExperimentError
            If its session or stimulus has been removed meanwhile.
        """
        run = task.run
        pair = run.session, run.stimulus
        self._running.pop(pair, None)
        self._states.pop(pair, None)
        self._before.pop(pair, None)
        if not self._are_there(*pair):
            raise ExperimentError(
                f"The responses of {quoted(run.session)} to {quoted(run.stimulus)} are "
                "no longer wanted: one of the two was removed."
            )
        self._responses[task.key] = responses
        if isinstance(task.stimulus, Stimulus):
            task.stimulus.release()  # many stimuli stay open
        done = run.model_copy(
            update={
                "key": task.key,
                "fit": task.fit,
                "responses_hash": responses_hash or runs.responses_hash(responses),
                "computed_on": runs.platform_text(task),
            }
        )
        before = self.document.run(*pair)
        if before == done:
            self._tell({"results"}, "finish")
            return
        document = self.document.with_run(done)
        self._replace("encode", {"runs", "results"}, runs=document.runs)

    def encode(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        *,
        selection: str | None = None,
        behavior: Mapping[str, ArrayLike] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        cancel: threading.Event | None = None,
        progress: bool = False,
    ) -> xr.DataArray | dict[tuple[str, str], xr.DataArray]:
        """Responses of a session to a stimulus, from the library if they are there.

        Parameters
        ----------
        session, stimulus : str, optional
            Names in the document. If only one is named, the other is the only one there
            is. If none is named, all runs of the document are computed, or, if it has
            none, all sessions with all stimuli that they take.
        selection : str, optional
            Selection whose units are computed; default all units, or those of the run.
        behavior : mapping of str to array [T, K], optional
            Traces at the session's frame rate; default none, or those of the run.
        on_progress, cancel, progress
            See :func:`insilico_gui.encode`.

        Returns
        -------
        xarray.DataArray, or dict of (session, stimulus) to xarray.DataArray
            The dict if nothing is named.

        Raises
        ------
        InsilicoError
            As of :func:`insilico_gui.encode`; the document is then as before.
        """
        if session is None and stimulus is None:
            pairs = self.pairs()
        else:
            pairs = [
                (
                    self._only("session", session, self.document.sessions),
                    self._only("stimulus", stimulus, self.document.stimuli),
                )
            ]
        found = {}
        for pair in pairs:
            if selection is not None or behavior is not None:
                self.add_run(*pair, selection=selection, behavior=behavior)
            task = self.task(*pair)
            try:
                responses = task.compute(
                    self.library, on_progress, cancel, progress=progress
                )
            except BaseException:
                self._states[pair] = "failed"
                raise
            self.finish(task, responses)
            if responses.nbytes > LARGE_BYTES:
                # Arrays that were read and packed hang in cycles: many runs in a row
                # would hold those of the ones before
                gc.collect()
            found[pair] = responses
        return found if session is None and stimulus is None else found[pairs[0]]

    def pairs(self) -> list[tuple[str, str]]:
        """Runs of the document, or all pairs of sessions and stimuli they take."""
        declared = [(run.session, run.stimulus) for run in self.document.runs]
        if declared:
            return declared
        return [
            (session, stimulus)
            for session in self.document.sessions
            for stimulus in self.document.stimuli
            if input_of(self.session(session)).takes(self.stimulus(stimulus))
        ]

    def responses(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        selection: str | None = None,
    ) -> xr.DataArray:
        """Responses that have been computed.

        Parameters
        ----------
        session, stimulus : str, optional
            Names in the document; default the only one.
        selection : str, optional
            Only these units, with the rule of the selection in ``attrs``.

        Raises
        ------
        ExperimentError
            If they have not been computed, or with other settings.
        """
        session = self._only("session", session, self.document.sessions)
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        responses = self._computed(session, stimulus)
        if selection is None:
            return responses
        chosen = self.selection(selection)
        task = self.task(session, stimulus)
        if task.units is None:
            columns = chosen.indices
        else:
            columns = np.flatnonzero(np.isin(task.units.indices, chosen.indices))
        return take_units(responses, columns, chosen.rule)

    def _computed(self, session: str, stimulus: str) -> xr.DataArray:
        responses = self._known_responses(session, stimulus)
        if responses is None:
            raise ExperimentError(
                f"The responses of {quoted(session)} to {quoted(stimulus)} are not "
                "computed; encode them first."
            )
        return responses


def _at_all(
    behavior: Mapping[str, ArrayLike], n_frames: int
) -> dict[str, NDArray[np.float32]]:
    """Traces [T, K], also of what is one value for each column."""
    given = {name: np.asarray(trace, np.float32) for name, trace in behavior.items()}
    return {
        name: np.repeat(trace[None], n_frames, axis=0) if trace.ndim == 1 else trace
        for name, trace in given.items()
    }
