"""An experiment: many sessions, stimuli, runs, selections and analyses, without a window.

The document (:mod:`.document`) is plain data. A command is a method: it checks its
arguments, replaces the document whole and emits ``changed`` once; or it raises and changes
nothing. Slow work is a task outside the document, which may run in any thread; its end is
a command.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment import script
from insilico_gui.experiment.analysing import Analysing
from insilico_gui.experiment.document import ExperimentDocument
from insilico_gui.experiment.encoded import copying
from insilico_gui.experiment.library import Library
from insilico_gui.experiment.live import Live
from insilico_gui.experiment.saving import file
from insilico_gui.experiment.state import PARTS, History
from insilico_gui.export import export
from insilico_gui.notebook import card, count_of, table
from insilico_gui.units.selection import Selection


class Experiment(Analysing):
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
        chosen = None if selection is None else self.selection(selection)
        take = self.to_export(session, stimulus, chosen)
        return export(take(), path, overwrite=overwrite)

    def to_export(
        self,
        session: str | None = None,
        stimulus: str | None = None,
        selection: Selection | None = None,
    ) -> Callable[[], xr.DataArray]:
        """Check now, and copy in any thread, what :meth:`export` writes.

        Returns
        -------
        callable() -> xarray.DataArray
            Responses of the selection with the columns of results, and the parameters of
            the analyses in ``attrs``.
        """
        session = self._only("session", session, self.document.sessions)
        stimulus = self._only("stimulus", stimulus, self.document.stimuli)
        responses = self._computed(session, stimulus)
        task = self.task(session, stimulus)
        rows = np.arange(len(task.session.units))
        if task.units is not None:
            rows = task.units.indices
        columns = np.arange(len(rows))
        rule = dict(responses.attrs.get("selection", {}))
        if selection is not None:
            columns = np.flatnonzero(np.isin(rows, selection.indices))
            rule = dict(selection.rule)
        table, measured = self._table_of(session)
        return copying(
            responses, columns, rule, table.iloc[rows[columns]], measured.parameters
        )

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
        document, arrays = self.content()
        written = file.save(document, arrays, chosen)
        self.mark_saved(document, written)
        return written

    def content(self) -> tuple[ExperimentDocument, dict[str, NDArray[Any]]]:
        """What a file of the experiment holds now, to be written in any thread.

        Returns
        -------
        ExperimentDocument
            With the time of the playback.
        dict of str to array
            By their hashes.
        """
        document, playback = self.document, self.playback
        if playback.n_frames:
            view = document.view.model_copy(update={"time_s": playback.time})
            document = document.replace(view=view)
        return document, dict(self._live.arrays)

    def mark_saved(self, document: ExperimentDocument, path: Path) -> None:
        """Tell that a file holds what :meth:`content` returned earlier."""
        self._saved = document
        self.path = path
        parts = {"state"}
        if _at(0.0, self.document) == _at(0.0, document) and self.document != document:
            self.document = document  # but for the time, which has no history
            parts.add("view")
        self._tell(parts, "save")

    @property
    def is_saved(self) -> bool:
        """Whether the file holds all of the document; the time does not count."""
        return _at(0.0, self.document) == _at(0.0, self._saved)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in the experiment that would be missed."""
        document = self.document
        return not (document.sessions or document.stimuli or document.view.draft)

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
        experiment = cls(library=library)
        experiment.put(*file.load(path), Path(path), search=search)
        return experiment

    def load(
        self,
        path: str | os.PathLike[str],
        *,
        search: str | os.PathLike[str] | None = None,
    ) -> None:
        """Replace all of the experiment by that in a file; cannot be undone.

        Parameters and errors as of :meth:`open`.
        """
        self.put(*file.load(path), Path(path), search=search)

    def put(
        self,
        document: ExperimentDocument,
        arrays: Mapping[str, NDArray[Any]],
        path: Path | None,
        *,
        search: str | os.PathLike[str] | None = None,
        saved: bool = True,
    ) -> None:
        """:meth:`load` of what has been read already; cannot be undone.

        Parameters
        ----------
        document, arrays
            As :func:`.file.load` returned them.
        path : Path or None
            The file of the experiment.
        search : path, optional
            Folder in which files that have moved are looked for.
        saved : bool
            Whether the file holds this document; False for one that was recovered.
        """
        self._start_over(document, path)
        self._live = Live(
            None if path is None else path.absolute().parent,
            None if search is None else Path(search),
        )
        self._live.arrays.update(arrays)
        if not saved:
            self._saved = None
        self._tell({*PARTS, "results"}, "load")

    def search_in(self, folder: str | os.PathLike[str]) -> None:
        """Look for files that have moved in a folder as well."""
        self._live.search = Path(folder)
        self._tell({"state"}, "search_in")

    def clear(self) -> None:
        """Replace all of the experiment by an empty one; cannot be undone."""
        self._start_over(ExperimentDocument(), None)
        self._live = Live()
        self._tell({*PARTS, "results"}, "clear")

    def _start_over(self, document: ExperimentDocument, path: Path | None) -> None:
        """Take another document; nothing of the one before stays."""
        self._history = History()
        self.document = self._saved = document
        self.path = path
        for made in (
            *(self._responses, self._states, self._running, self._encoded),
            *(self._results, self._computing, self._tables, self._selected),
            self._recordings,
        ):
            made.clear()
        self._everything = None
        self.playback.set_length(0, self.playback.frame_rate)

    def __repr__(self) -> str:
        document = self.document
        counted = [
            f"{len(part)} {one if len(part) == 1 else many}"
            for part, one, many in (
                (document.sessions, "session", "sessions"),
                (document.stimuli, "stimulus", "stimuli"),
                (document.runs, "run", "runs"),
                (document.selections, "selection", "selections"),
                (document.analyses, "analysis", "analyses"),
            )
        ]
        states = count_of(Counter(state for *_, state in self._run_states()))
        counted[2] += f" ({states})" if states else ""
        where = "" if self.path is None else f", in {quoted(self.path.name)}"
        return f"<Experiment: {', '.join(counted)}{where}>"

    def _repr_html_(self) -> str:
        """In a notebook: runs with their states, selections and analyses."""
        document = self.document
        rows = {
            "file": "" if self.path is None else self.path.name,
            "sessions": ", ".join(document.sessions),
            "stimuli": ", ".join(document.stimuli),
            "selections": ", ".join(document.selections),
        }
        tables = []
        if document.runs:
            tables.append(table(("session", "stimulus", "state"), self._run_states()))
        if document.analyses:
            done = [
                (e.analysis, e.session, e.stimulus or "") for e in document.analyses
            ]
            tables.append(table(("analysis", "session", "stimulus"), done))
        return card("Experiment", rows, tables=tables)

    def _run_states(self) -> list[tuple[str, str, str]]:
        """Session, stimulus and state of each run; opens nothing."""
        return [
            (run.session, run.stimulus, self.state(run.session, run.stimulus))
            for run in self.document.runs
        ]

    def to_python(self, session: str | None = None, stimulus: str | None = None) -> str:
        """The experiment as a script against the public interface.

        With a session, or a session and a stimulus, only what belongs to these and to the
        runs that they are compared with.

        Raises
        ------
        ExperimentError
            If there is no such session or stimulus.
        """
        document = self.document
        for kind, name, known in (
            ("session", session, document.sessions),
            ("stimulus", stimulus, document.stimuli),
        ):
            if name is not None:
                self._known(kind, name, known)
        if session is not None:
            document = script.part_of(document, session, stimulus)
        return script.to_python(document, self.path)


def _at(
    time_s: float, document: ExperimentDocument | None
) -> ExperimentDocument | None:
    """A document with another time."""
    if document is None or document.view.time_s == time_s:
        return document
    view = document.view.model_copy(update={"time_s": time_s})
    return document.model_copy(update={"view": view})
