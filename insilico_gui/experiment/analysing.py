"""Analyses of an experiment: declaring, computing and reading results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment.analyses import (
    Result,
    RunData,
    find_analysis,
)
from insilico_gui.experiment.document import AnalysisEntry
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.unit_tables import label_of
from insilico_gui.experiment.viewing import Viewing
from insilico_gui.progress import OnProgress


@dataclass(frozen=True)
class AnalysisTask:
    """An analysis of a run with all that computing it needs; for any thread.

    Attributes
    ----------
    entry : AnalysisEntry
    key : str
        Of what its result depends on.
    data : RunData
    """

    entry: AnalysisEntry
    key: str
    data: RunData

    @property
    def title(self) -> str:
        """What is computed, in words."""
        return label_of(self.entry)

    def compute(self, on_progress: OnProgress | None = None) -> Result:
        """The result.

        Raises
        ------
        InsilicoError
            If the analysis does not apply to the run.
        """
        declared = find_analysis(self.entry.analysis)
        given = declared.check(dict(self.entry.parameters))
        return declared.run(self.data, on_progress, given)


class Analysing(Viewing):
    """The analyses of an experiment and their results.

    Attributes
    ----------
    computes_when_asked : bool
        Whether unit tables and selections compute results that are declared and not at
        hand, as after opening a file. A window computes them in the background instead.
    """

    computes_when_asked = True

    def __init__(self, library: Library | str | os.PathLike[str] | None) -> None:
        super().__init__(library)
        self._computing: dict[str, AnalysisEntry] = {}
        self._asked: set[str] = set()

    def analyse(
        self,
        analysis: str,
        session: str | None = None,
        stimulus: str | None = None,
        *,
        on_progress: OnProgress | None = None,
        **parameters: Any,
    ) -> xr.Dataset:
        """Run an analysis; its columns join the unit table of the session.

        Parameters
        ----------
        analysis : str
            Name in :mod:`insilico_gui.experiment.analyses`, such as
            ``"direction tuning"``.
        session, stimulus : str, optional
            The run that is analysed, which is encoded if it is not; default the only one,
            or no stimulus if the analysis needs no responses.
        **parameters
            Those of the analysis.

        Returns
        -------
        xarray.Dataset

        Raises
        ------
        InsilicoError
            If there is no such analysis or parameter, or it does not apply.
        """
        session = self._only("session", session, self.document.sessions)
        if stimulus is not None or find_analysis(analysis).needs_run(parameters):
            stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        entry = self._analysis_entry(analysis, session, stimulus, parameters)
        if stimulus is not None and self._known_responses(session, stimulus) is None:
            self.encode(session, stimulus)
        result = self.compute(entry, on_progress)
        self._add_analysis(entry)
        return result.dataset

    def analysis_task(
        self,
        analysis: str,
        session: str | None = None,
        stimulus: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> AnalysisTask:
        """An analysis to be computed in any thread; for :meth:`finish_analysis`.

        Parameters and errors as of :meth:`analyse`; the run has to be encoded. Session
        and stimulus are by default those on show.
        """
        shown = self.on_show()
        session = self._only("session", session or shown[0], self.document.sessions)
        given = parameters or {}
        if stimulus is not None or find_analysis(analysis).needs_run(given):
            stimulus = stimulus or shown[1]
            stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        return self.analysis_task_of(
            self._analysis_entry(analysis, session, stimulus, given)
        )

    def analysis_task_of(self, entry: AnalysisEntry) -> AnalysisTask:
        """:meth:`analysis_task` of an analysis of the document."""
        data = self.run_data(entry.session, entry.stimulus)
        return AnalysisTask(entry, self._result_key(entry), data)

    def start_analysis(self, task: AnalysisTask) -> None:
        """Tell that a task is being computed."""
        self._computing[task.key] = task.entry
        self._tell({"state"}, "start_analysis")

    def stop_analysis(self, task: AnalysisTask) -> None:
        """Tell that a task failed or was cancelled; of one that was finished, nothing."""
        if self._computing.pop(task.key, None) is not None:
            self._tell({"state"}, "stop_analysis")

    def computing(self, session: str, stimulus: str) -> frozenset[str]:
        """Names of the analyses of a run that are being computed."""
        return frozenset(
            entry.analysis
            for entry in self._computing.values()
            if entry.session == session and entry.stimulus in (stimulus, None)
        )

    def finish_analysis(self, task: AnalysisTask, result: Result) -> None:
        """Take the result of a task; its columns join the unit table of the session.

        Raises
        ------
        ExperimentError
            If the responses that were analysed are gone, or others by now.
        """
        entry = task.entry
        self._computing.pop(task.key, None)
        pair = entry.session, entry.stimulus
        is_there = entry.session in self.document.sessions and (
            pair[1] is None or self.document.run(pair[0], pair[1]) is not None
        )
        if not is_there or self._result_key(entry) != task.key:
            raise ExperimentError(
                f"The {entry.analysis} belongs to other responses; compute it again."
            )
        self._results[task.key] = result
        self._add_analysis(entry)

    def _analysis_entry(
        self,
        analysis: str,
        session: str,
        stimulus: str | None,
        parameters: Mapping[str, Any],
    ) -> AnalysisEntry:
        declared = find_analysis(analysis)
        entry: AnalysisEntry = self._entry(
            AnalysisEntry,
            analysis=declared.name,
            session=session,
            stimulus=stimulus,
            parameters=declared.check(parameters),
        )
        return entry

    def _add_analysis(self, entry: AnalysisEntry) -> None:
        """Put an analysis last, in place of the one that it replaces."""
        before = self.document.analyses
        others = tuple(
            e
            for e in before
            if label_of(e) != label_of(entry) or (e.session != entry.session)
        )
        if entry in before:
            self._tell({"results"}, "analyse")
            return
        self._replace("analyse", {"analyses", "results"}, analyses=(*others, entry))

    def remove_analysis(
        self, analysis: str, session: str | None = None, stimulus: str | None = None
    ) -> None:
        """Remove an analysis of a run, or of a session alone, with its columns."""
        session = self._only("session", session, self.document.sessions)
        alone = (analysis, session, None)
        found = {(e.analysis, e.session, e.stimulus) for e in self.document.analyses}
        if stimulus is not None or alone not in found:
            stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        kept = tuple(
            e
            for e in self.document.analyses
            if (e.analysis, e.session, e.stimulus) != (analysis, session, stimulus)
        )
        if kept == self.document.analyses:
            raise ExperimentError(
                f"There is no {quoted(analysis)} of {quoted(session)} and "
                f"{quoted(stimulus)} in the experiment."
            )
        self._replace("remove_analysis", {"analyses"}, analyses=kept)

    def compute(
        self, entry: AnalysisEntry, on_progress: OnProgress | None = None
    ) -> Result:
        """The result of an analysis; computed once for the same responses."""
        key = self._result_key(entry)
        if key not in self._results:
            self._results[key] = self.analysis_task_of(entry).compute(on_progress)
        return self._results[key]

    def result(self, analysis: str, session: str | None = None) -> xr.Dataset:
        """The latest result of an analysis, computed again if the file was just opened."""
        session = self._only("session", session, self.document.sessions)
        for entry in reversed(self.document.analyses):
            if (entry.analysis, entry.session) == (analysis, session):
                return self.compute(entry).dataset
        raise ExperimentError(
            f"There is no result of {quoted(analysis)} for {quoted(session)}; run it "
            "first."
        )

    def results(self, session: str, stimulus: str | None) -> dict[str, Result]:
        """Results at hand of the analyses of a run, by what they are called.

        Those of its session alone are among them; without a stimulus, there are no others.
        """
        return {
            label_of(entry).removesuffix(f" of {stimulus}"): result
            for entry in self.document.analyses
            if entry.session == session
            and entry.stimulus in (stimulus, None)
            and (result := self._results.get(self._result_key(entry))) is not None
        }

    def not_at_hand(self) -> list[AnalysisEntry]:
        """Analyses whose responses are at hand and whose results are not."""
        return [
            entry
            for entry in self.document.analyses
            if self._results.get(self._result_key(entry)) is None
            and self._is_at_hand(entry)
        ]

    def _is_at_hand(self, entry: AnalysisEntry) -> bool:
        """Whether what is analysed is at hand."""
        if entry.stimulus is None:
            return self._live.is_open(self.document.sessions[entry.session])
        return self.at_hand(entry.session, entry.stimulus) is not None

    def _result_of(self, entry: AnalysisEntry) -> Result | None:
        """The result of an analysis; computed if it may be and responses are known."""
        known = super()._result_of(entry)
        if not self.computes_when_asked or known is not None:
            return known
        if entry.stimulus is None:
            return self.compute(entry)
        run = self.document.run(entry.session, entry.stimulus)
        key = self._result_key(entry)
        if run is None or run.key is None or key in self._asked:
            return None  # a run whose units depend on its own results has none
        self._asked.add(key)
        try:
            if self._known_responses(entry.session, entry.stimulus) is None:
                return None
            return self.compute(entry)
        finally:
            self._asked.discard(key)

    def run_data(self, session: str, stimulus: str | None) -> RunData:
        """What analyses of a run, or of a session alone, may use."""

        def known(analysis: str, parameters: Mapping[str, Any]) -> Result | None:
            entry = self._analysis_entry(analysis, session, stimulus, parameters)
            return self._results.get(self._result_key(entry))

        if stimulus is None:
            opened = self.session(session)
            rows = np.arange(len(opened.units))
            return RunData(opened, rows, None, self._computed, known)
        task = self.task(session, stimulus)
        rows = np.arange(len(task.session.units))
        if task.units is not None:
            rows = task.units.indices
        run = self._computed(session, stimulus), task.stimulus
        return RunData(task.session, rows, run, self._computed, known)
