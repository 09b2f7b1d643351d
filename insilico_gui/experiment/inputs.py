"""Sessions and stimuli of an experiment: adding, opening, removing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment.analyses import named_by
from insilico_gui.experiment.document import (
    AnalysisEntry,
    FileStimulus,
    SessionEntry,
    ViewState,
)
from insilico_gui.experiment.live import AnyStimulus, AnyStimulusEntry, Live, entry_of
from insilico_gui.experiment.session_input import input_of
from insilico_gui.experiment.state import DocumentState, without
from insilico_gui.opening import open_session
from insilico_gui.session import Session
from insilico_gui.stimuli import ConditionTable, Drive, Fit, Stimulus
from insilico_gui.stimuli.readers.images import FrameImages, ImageSet

SELECTION = "selection"
"""Name of a selection that is given none."""


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
        return self.put_session(entry, opened, name=name, opens_again=True)

    def put_session(
        self,
        entry: SessionEntry,
        session: Session,
        *,
        name: str | None = None,
        show: bool = False,
        opens_again: bool = False,
    ) -> str:
        """:meth:`add_session` of a session that is open already.

        With `show` it is looked at from now on. With `opens_again`, its entry opens an
        equal one, so that it can be let go when it is removed.
        """
        known = self._live.put_session(entry, session, opens_again=opens_again)
        sessions = dict(self.document.sessions)
        for present, other in sessions.items():
            if other == known and name in (None, present):
                name = present
                break
        else:
            name = self._new_name("session", name, session.id, sessions)
            sessions[name] = known
        changes: dict[str, Any] = {"sessions": sessions}
        if show:
            changes["view"] = self._view_on(session=name)
        self._replace("add_session", set(changes), **changes)
        return name

    def _view_on(
        self, session: str | None = None, stimulus: str | None = None
    ) -> ViewState:
        """The view of another session, with the selection it had, or stimulus."""
        view, changes = self.document.view, dict[str, Any]()
        if stimulus is not None and stimulus != view.stimulus:
            changes |= {"stimulus": stimulus, "time_s": 0.0}
        if session is not None and session != view.session:
            named = self._working_selection(session)
            known = self.document.selections.get(named)
            own = known is not None and known.session == session
            selection = named if own else None
            changes |= {"session": session, "selection": selection, "unit_id": None}
            changes["traces"] = view.traces.but(units=())
        return view.model_copy(update=changes)

    def _working_selection(self, session: str) -> str:
        """Name of the selection that is changed when units of a session are picked.

        Those that are kept under other names stay as they are.
        """
        known = self.document.selections.get(SELECTION)
        if known is None or known.session == session:
            return SELECTION
        return f"{SELECTION} of {session}"[:100]

    @property
    def live(self) -> Live:
        """The opened sessions and stimuli."""
        return self._live

    def tell_opened(self) -> None:
        """Tell that sessions or stimuli of the document were opened in another thread."""
        self._tell({"sessions", "stimuli"}, "open")

    def takes(self, session: str, stimulus: str) -> bool | None:
        """Whether a session answers a stimulus; None while one of them is not open."""
        entries = self.document.sessions[session], self.document.stimuli[stimulus]
        if not self._live.is_open(entries[0]) or not self._live.has_stimulus(
            entries[1]
        ):
            return None
        return input_of(self._live.session(entries[0])).takes(
            self._live.stimulus(entries[1])
        )

    def session(self, name: str | None = None) -> Session:
        """A session of the experiment, opened if it is not yet; default the only one."""
        name = self._only("session", name, self.document.sessions)
        return self._live.session(self.document.sessions[name])

    def remove_session(self, name: str) -> None:
        """Remove a session with its runs, selections and analyses."""
        self._known("session", name, self.document.sessions)
        document, view = self.document, self.document.view
        kept = {k: s for k, s in document.selections.items() if s.session != name}
        gone = document.selections.keys() - kept.keys()
        self._replace(
            "remove_session",
            {"sessions", "selections", "runs", "analyses", "view"},
            sessions=without(document.sessions, name),
            selections=kept,
            runs=tuple(run for run in document.runs if run.session != name),
            analyses=_not_naming(document.analyses, "session", name),
            view=view.without(session=name, selections=gone),
        )
        self._live.drop(document.sessions[name], self.document.sessions.values())

    def add_stimulus(
        self,
        source: str
        | os.PathLike[str]
        | Stimulus
        | ImageSet
        | np.ndarray[Any, Any]
        | ConditionTable
        | Drive
        | pd.DataFrame
        | Sequence[str | os.PathLike[str]]
        | Sequence[Mapping[str, Any]],
        *,
        fit: Fit = "crop",
        frame_rate: float | None = None,
        interval_s: float | None = None,
        session: str | None = None,
        name: str | None = None,
        show: bool = False,
    ) -> str:
        """Open a stimulus and add it.

        Parameters
        ----------
        source : path, several paths of images, stimulus, image set or array
            See :func:`insilico_gui.open_stimulus`. Also a table of conditions: a
            DataFrame, a list of dicts, a :class:`.ConditionTable`, or, for sessions that
            answer conditions, its file. Also a :class:`.Drive`, or, for sessions that
            are driven, its file.
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
        show : bool
            Whether it is looked at from now on.

        Returns
        -------
        str
            Its name in the document.

        Raises
        ------
        InsilicoError
            If it cannot be opened, or the name is taken.
        """
        entry, opened = self.open_entry(
            source,
            session=session,
            fit=fit,
            frame_rate=frame_rate,
            interval_s=interval_s,
        )
        return self.put_stimulus(entry, opened, name=name, show=show)

    def open_entry(
        self,
        source: Any,
        *,
        session: str | None = None,
        fit: Fit = "crop",
        frame_rate: float | None = None,
        interval_s: float | None = None,
    ) -> tuple[AnyStimulusEntry, AnyStimulus]:
        """Open a stimulus for :meth:`put_stimulus`, in any thread; adds nothing yet.

        Arguments and errors as of :meth:`add_stimulus`.
        """
        entry = entry_of(
            source,
            self._live,
            session=self._session_for_opening(session),
            fit=fit,
            frame_rate=frame_rate,
            interval_s=interval_s,
        )
        return entry, self._live.stimulus(entry)

    def put_stimulus(
        self,
        entry: AnyStimulusEntry,
        stimulus: AnyStimulus,
        *,
        name: str | None = None,
        show: bool = False,
    ) -> str:
        """:meth:`add_stimulus` of a stimulus that is open already.

        One that is there already, with the same name or without any, is not added twice.
        """
        self._live.put_stimulus(entry, stimulus)
        stimuli = dict(self.document.stimuli)
        same = [k for k, e in stimuli.items() if e == entry] if name is None else []
        if same and show:
            name = same[0]
        else:
            name = self._new_name("stimulus", name, stimulus.name, stimuli)
            stimuli[name] = entry
        changes: dict[str, Any] = {"stimuli": stimuli}
        if show:
            changes["view"] = self._view_on(stimulus=name)
        self._replace("add_stimulus", set(changes), **changes)
        return name

    def duplicate_stimulus(self, name: str, *, show: bool = False) -> str:
        """Add a stimulus once more, so that it can be fitted in another way.

        Returns
        -------
        str
            The name of the new one.

        Raises
        ------
        ExperimentError
            If there is no such stimulus.
        """
        self._known("stimulus", name, self.document.stimuli)
        entry, stimuli = self.document.stimuli[name], dict(self.document.stimuli)
        copy = self._new_name("stimulus", None, name, stimuli)
        stimuli[copy] = entry
        changes: dict[str, Any] = {"stimuli": stimuli}
        if show:
            changes["view"] = self._view_on(stimulus=copy)
        self._replace("duplicate_stimulus", set(changes), **changes)
        return copy

    def _session_for_opening(self, name: str | None) -> Session | None:
        """The session whose kind of input a stimulus is opened for."""
        if name is not None:
            return self.session(name)
        found = [self.session(each) for each in self.document.sessions]
        kinds = {session.input_kind for session in found}
        return found[0] if len(kinds) == 1 else None

    def stimulus(self, name: str | None = None) -> AnyStimulus:
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

    def set_interval(self, stimulus: str, interval_s: float | None) -> None:
        """Take other frames of a video whose frames are shown as images.

        Parameters
        ----------
        stimulus : str
        interval_s : float or None
            Seconds between two images; None for every frame.

        Raises
        ------
        InsilicoError
            If its images are not from a video, or there would be too many.
        """
        self._known("stimulus", stimulus, self.document.stimuli)
        entry = self.document.stimuli[stimulus]
        opened = self._live.stimulus(entry)
        if not isinstance(entry, FileStimulus) or not isinstance(opened, FrameImages):
            raise ExperimentError(
                f"{quoted(stimulus)} is no set of images from the file of a video, so "
                "there is no interval between them to set."
            )
        changed = entry.model_copy(update={"interval_s": interval_s})
        self._live.put_stimulus(changed, FrameImages(opened.stimulus, interval_s))
        stimuli = {**self.document.stimuli, stimulus: changed}
        self._replace("set_interval", {"stimuli"}, stimuli=stimuli)

    def set_frame_rate(
        self, stimulus: str, frame_rate: float, opened: Stimulus | None = None
    ) -> None:
        """Show frames from files without a rate of their own at another one.

        Parameters
        ----------
        stimulus : str
        frame_rate : float
            Hz.
        opened : Stimulus, optional
            The same files, opened with that rate; default they are opened now.

        Raises
        ------
        InsilicoError
            If it has a rate of its own, or the rate is none.
        """
        self._known("stimulus", stimulus, self.document.stimuli)
        entry = self.document.stimuli[stimulus]
        known = self._live.stimulus(entry)
        if not isinstance(entry, FileStimulus) or (
            entry.frame_rate is None and not known.attrs.get("frame_rate_assumed")
        ):
            raise ExperimentError(
                f"{quoted(stimulus)} has a frame rate of its own, which stays."
            )
        changed = entry.model_copy(update={"frame_rate": float(frame_rate)})
        if opened is None:
            self._live.stimulus(changed)  # refuses what is no rate
        else:
            self._live.put_stimulus(changed, opened)
        stimuli = {**self.document.stimuli, stimulus: changed}
        self._replace("set_frame_rate", {"stimuli"}, stimuli=stimuli)

    def remove_stimulus(self, name: str) -> None:
        """Remove a stimulus with its runs and analyses."""
        self._known("stimulus", name, self.document.stimuli)
        document, view = self.document, self.document.view
        self._replace(
            "remove_stimulus",
            {"stimuli", "runs", "analyses", "view"},
            stimuli=without(document.stimuli, name),
            runs=tuple(run for run in document.runs if run.stimulus != name),
            analyses=_not_naming(document.analyses, "stimulus", name),
            view=view.without(stimulus=name),
        )
        self._live.drop(document.stimuli[name], self.document.stimuli.values())


def _not_naming(
    entries: tuple[AnalysisEntry, ...], kind: str, name: str
) -> tuple[AnalysisEntry, ...]:
    """Analyses that are neither of a session or stimulus, nor compare with it."""
    return tuple(
        entry
        for entry in entries
        if getattr(entry, kind) != name
        and named_by(entry.analysis, entry.parameters).get(kind) != name
    )
