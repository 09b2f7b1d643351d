"""An experiment: many sessions, stimuli, runs, selections and analyses, without a window.

The document (:mod:`.document`) is plain data. A command is a method: it checks its
arguments, replaces the document whole and emits ``changed`` once; or it raises and changes
nothing. Slow work is a task outside the document, which may run in any thread; its end is
a command.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment import file, script
from insilico_gui.experiment.analyses import Result, RunData, find_analysis
from insilico_gui.experiment.document import AnalysisEntry
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.live import Live
from insilico_gui.experiment.responding import Responding
from insilico_gui.export import export
from insilico_gui.progress import OnProgress
from insilico_gui.units.results import added_coords


class Experiment(Responding):
    """Sessions, stimuli, their responses, selections and analyses, as one document.

    Parameters
    ----------
    library : Library, path or None, optional
        Where responses are kept; default the user's library. None: only in memory.

    Attributes
    ----------
    document : ExperimentDocument
        Plain data that says all; replaced whole by every command.
    changed : Signal(ChangeSet)
        Emitted once for each command.
    path : Path or None
        The file it was opened from or saved to last.

    Examples
    --------
    >>> experiment = ig.Experiment()
    >>> name = experiment.add_session("demo")
    >>> clip = experiment.add_stimulus("clip.mp4", fit="crop")
    >>> responses = experiment.encode(session=name, stimulus=clip)
    """

    def __init__(
        self, *, library: Library | str | os.PathLike[str] | None = ""
    ) -> None:
        super().__init__(library)
        self.path: Path | None = None

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
            The run that is analysed, which is encoded if it is not; default the only one.
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
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        declared = find_analysis(analysis)
        given = declared.check(parameters)
        entry = self._entry(
            AnalysisEntry,
            analysis=declared.name,
            session=session,
            stimulus=stimulus,
            parameters=given,
        )
        if self._known_responses(session, stimulus) is None:
            self.encode(session, stimulus)
        result = self.compute(entry, on_progress)
        others = tuple(
            e
            for e in self.document.analyses
            if (e.analysis, e.session, e.stimulus)
            != (entry.analysis, session, stimulus)
        )
        self._replace("analyse", {"analyses", "results"}, analyses=(*others, entry))
        return result.dataset

    def compute(
        self, entry: AnalysisEntry, on_progress: OnProgress | None = None
    ) -> Result:
        """The result of an analysis; computed once for the same responses."""
        key = self._result_key(entry)
        if key not in self._results:
            declared = find_analysis(entry.analysis)
            given = declared.check(dict(entry.parameters))
            data = self._run_data(entry.session, entry.stimulus)
            self._results[key] = declared.run(data, on_progress, given)
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

    def _result_of(self, entry: AnalysisEntry) -> Result | None:
        """The result of an analysis; computed if its responses are in the library."""
        known = super()._result_of(entry)
        run = self.document.run(entry.session, entry.stimulus)
        if known is not None or run is None or run.key is None:
            return known
        if self._known_responses(entry.session, entry.stimulus) is None:
            return None
        return self.compute(entry)

    def _run_data(self, session: str, stimulus: str) -> RunData:
        task = self.task(session, stimulus)
        n_units = len(task.session.units)
        rows = np.arange(n_units) if task.units is None else task.units.indices
        return RunData(
            responses=self._computed(session, stimulus),
            session=task.session,
            stimulus=task.stimulus,
            rows=rows,
            other=self._computed,
        )

    def export(
        self,
        path: str | os.PathLike[str],
        session: str | None = None,
        stimulus: str | None = None,
        selection: str | None = None,
        *,
        overwrite: bool = False,
    ) -> Path:
        """Write responses with the columns of results; the suffix is the format."""
        session = self._only("session", session, self.document.sessions)
        responses = self.responses(session, stimulus, selection)
        ids = responses["unit_id"].to_numpy()
        table = self.units(session)
        table = table[np.isin(table["unit_id"].to_numpy(), ids)]
        added = added_coords(table, responses) if len(table) == len(ids) else {}
        return export(responses.assign_coords(added), path, overwrite=overwrite)

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the experiment to a file that ends in ``.insilico.yaml``.

        Parameters
        ----------
        path : path, optional
            Default the file it was opened from or saved to last, which is replaced.

        Raises
        ------
        ExperimentError
            If it cannot be written.
        """
        chosen = path if path is not None else self.path
        if chosen is None:
            raise ExperimentError("The experiment has no file yet; name one.")
        self.path = file.save(self.document, self._live.arrays, chosen)
        self._saved = self.document
        return self.path

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        search: str | os.PathLike[str] | None = None,
        library: Library | str | os.PathLike[str] | None = "",
    ) -> Self:
        """Read an experiment from a file; sessions and stimuli are opened when needed.

        Parameters
        ----------
        path : path
        search : path, optional
            Folder in which files that have moved are looked for.
        library : Library, path or None, optional
            See :class:`Experiment`.

        Raises
        ------
        ExperimentError
            If the file is no experiment, damaged, or of a newer version.
        """
        document, arrays = file.load(path)
        experiment = cls(library=library)
        experiment.document = experiment._saved = document
        experiment.path = Path(path)
        where = None if search is None else Path(search)
        experiment._live = Live(Path(path).absolute().parent, where)
        experiment._live.arrays.update(arrays)
        return experiment

    def on_show(self) -> tuple[str | None, str | None]:
        """Session and stimulus of the run that is looked at, or else of the first."""
        document, view = self.document, self.document.view
        for run in document.runs:
            if view.session in (None, run.session) and (
                view.stimulus in (None, run.stimulus)
            ):
                return run.session, run.stimulus
        session = view.session or next(iter(document.sessions), None)
        return session, view.stimulus or next(iter(document.stimuli), None)

    def to_python(self) -> str:
        """The experiment as a script against the public interface."""
        return script.to_python(self.document, self.path)
