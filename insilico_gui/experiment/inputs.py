"""Sessions and stimuli of an experiment: adding, opening, removing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from insilico_gui.experiment.document import SessionEntry, ViewState
from insilico_gui.experiment.live import Live, entry_of
from insilico_gui.experiment.state import DocumentState, without
from insilico_gui.opening import open_session
from insilico_gui.session import Session
from insilico_gui.stimuli import ConditionTable, Fit, Stimulus
from insilico_gui.stimuli.readers.images import ImageSet


class Inputs(DocumentState):
    """The sessions and stimuli of an experiment."""

    def __init__(self) -> None:
        super().__init__()
        self._live = Live()

    def add_session(
        self,
        session: str,
        directory: str | os.PathLike[str] | None = None,
        device: str = "auto",
        precision: str = "float32",
        *,
        name: str | None = None,
    ) -> str:
        """Open a session and add it.

        Parameters
        ----------
        session : str
            Id, such as ``"demo"``; see :func:`insilico_gui.open_session`.
        directory : path, optional
        device, precision : str
        name : str, optional
            What it is called in the experiment; default its id.

        Returns
        -------
        str
            Its name in the document.

        Raises
        ------
        InsilicoError
            If it cannot be opened, or the name is taken.
        """
        opened = open_session(session, directory, device, precision)
        folder = None if directory is None else str(Path(directory).absolute())
        entry = SessionEntry(
            id=session, directory=folder, device=device, precision=precision
        )
        return self.put_session(entry, opened, name=name)

    def put_session(
        self, entry: SessionEntry, session: Session, *, name: str | None = None
    ) -> str:
        """:meth:`add_session` of a session that is open already."""
        known = self._live.put_session(entry, session)
        for present, other in self.document.sessions.items():
            if other == known and name in (None, present):
                return present
        name = self._new_name("session", name, session.id, self.document.sessions)
        sessions = {**self.document.sessions, name: known}
        self._replace("add_session", {"sessions"}, sessions=sessions)
        return name

    def session(self, name: str | None = None) -> Session:
        """A session of the experiment, opened if it is not yet; default the only one."""
        name = self._only("session", name, self.document.sessions)
        return self._live.session(self.document.sessions[name])

    def remove_session(self, name: str) -> None:
        """Remove a session with its runs, selections and analyses."""
        self._known("session", name, self.document.sessions)
        document, view = self.document, self.document.view
        self._replace(
            "remove_session",
            {"sessions", "selections", "runs", "analyses", "view"},
            sessions=without(document.sessions, name),
            selections={
                key: entry
                for key, entry in document.selections.items()
                if entry.session != name
            },
            runs=tuple(run for run in document.runs if run.session != name),
            analyses=tuple(a for a in document.analyses if a.session != name),
            view=ViewState() if view.session == name else self._viewwithout(name),
        )

    def _viewwithout(self, session: str) -> ViewState:
        """The view without a selection of a session that goes."""
        view = self.document.view
        selection = self.document.selections.get(view.selection or "")
        gone = selection is not None and selection.session == session
        return view.model_copy(update={"selection": None}) if gone else view

    def add_stimulus(
        self,
        source: str
        | os.PathLike[str]
        | Stimulus
        | ImageSet
        | np.ndarray[Any, Any]
        | ConditionTable
        | pd.DataFrame
        | Sequence[str | os.PathLike[str]]
        | Sequence[Mapping[str, Any]],
        *,
        fit: Fit = "crop",
        frame_rate: float | None = None,
        interval_s: float | None = None,
        session: str | None = None,
        name: str | None = None,
    ) -> str:
        """Open a stimulus and add it.

        Parameters
        ----------
        source : path, several paths of images, stimulus, image set or array
            See :func:`insilico_gui.open_stimulus`. Also a table of conditions: a
            DataFrame, a list of dicts, a :class:`.ConditionTable`, or, for sessions that
            answer conditions, its file.
        fit : {"crop", "pad", "stretch"}
            How another aspect ratio is brought to that of a session.
        frame_rate : float, optional
            Hz, of what has no rate of its own.
        interval_s : float, optional
            Seconds between images that are taken from a video.
        session : str, optional
            Session that decides whether files are opened as a video or as images; by
            default that of all sessions if they agree, else as a video.
        name : str, optional
            What it is called in the experiment; default the name of its file or family.

        Returns
        -------
        str
            Its name in the document.

        Raises
        ------
        InsilicoError
            If it cannot be opened, or the name is taken.
        """
        entry = entry_of(
            source,
            self._live,
            session=self._session_for_opening(session),
            fit=fit,
            frame_rate=frame_rate,
            interval_s=interval_s,
        )
        wanted = self._live.stimulus(entry).name
        name = self._new_name("stimulus", name, wanted, self.document.stimuli)
        stimuli = {**self.document.stimuli, name: entry}
        self._replace("add_stimulus", {"stimuli"}, stimuli=stimuli)
        return name

    def _session_for_opening(self, name: str | None) -> Session | None:
        """The session whose kind of input a stimulus is opened for."""
        if name is not None:
            return self.session(name)
        found = [self.session(each) for each in self.document.sessions]
        kinds = {session.input_kind for session in found}
        return found[0] if len(kinds) == 1 else None

    def stimulus(self, name: str | None = None) -> Stimulus | ImageSet | ConditionTable:
        """A stimulus of the experiment, opened if it is not yet; default the only one."""
        name = self._only("stimulus", name, self.document.stimuli)
        return self._live.stimulus(self.document.stimuli[name])

    def set_fit(self, stimulus: str, fit: Fit) -> None:
        """Bring a stimulus to the aspect ratio of sessions in another way."""
        self._known("stimulus", stimulus, self.document.stimuli)
        entry = self.document.stimuli[stimulus]
        changed = {**entry.model_dump(), "fit": fit}
        stimuli = {**self.document.stimuli, stimulus: changed}
        self._replace("set_fit", {"stimuli"}, stimuli=stimuli)

    def remove_stimulus(self, name: str) -> None:
        """Remove a stimulus with its runs and analyses."""
        self._known("stimulus", name, self.document.stimuli)
        document, view = self.document, self.document.view
        self._replace(
            "remove_stimulus",
            {"stimuli", "runs", "analyses", "view"},
            stimuli=without(document.stimuli, name),
            runs=tuple(run for run in document.runs if run.stimulus != name),
            analyses=tuple(a for a in document.analyses if a.stimulus != name),
            view=view.model_copy(update={"stimulus": None, "time_s": 0.0})
            if view.stimulus == name
            else view,
        )
