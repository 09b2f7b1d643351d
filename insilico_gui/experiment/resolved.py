"""What is on show, resolved once after each change into one frozen object.

A window draws nothing else: each of its parts says which attributes it draws, and draws
again when one of them is another. Attributes are the same objects as before where nothing
that they depend on has changed; resolving opens nothing, reads nothing from disk and
computes no analysis.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.conditions import ConditionSession, is_condition_session
from insilico_gui.drive import DriveSession, is_drive_session
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.document import Frozen, ViewState
from insilico_gui.experiment.session_input import Shown, input_of, response_times
from insilico_gui.session import ImageSession, is_image_session
from insilico_gui.stimuli import ConvertedStimulus
from insilico_gui.units.results import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.document import SelectionEntry
    from insilico_gui.experiment.encoded import Beside, Encoded
    from insilico_gui.experiment.experiment import Experiment
    from insilico_gui.experiment.live import AnyStimulus
    from insilico_gui.experiment.runs import State
    from insilico_gui.session import Session
    from insilico_gui.stimuli import Fit
    from insilico_gui.stimuli.readers.images import ImageSet
    from insilico_gui.stimuli.readers.seen_images import SeenImages
    from insilico_gui.units.selection import Selection


NO_UNITS, NOTHING_MEASURED = pd.DataFrame(), Measured()
"""Without a session; the same objects each time, so that nothing has changed."""


@dataclass(frozen=True)
class RunLine:
    """One run as a list shows it.

    Attributes
    ----------
    session, stimulus : str
        Names in the document.
    state : {"new", "encoding", "done", "stale", "failed"}
    n_analyses : int
    """

    session: str
    stimulus: str
    state: State
    n_analyses: int = 0


@dataclass(frozen=True, eq=False)
class Resolved:
    """What is on show.

    Attributes
    ----------
    view : ViewState
    session_name, stimulus_name : str or None
        Names in the document.
    session : Session or None
        None also while it is not open yet.
    stimulus : Stimulus, ImageSet, ConditionTable, Drive or None
        As opened or rendered, in its own size and rate; None also while it is not open.
    fit : {"crop", "pad", "stretch"}
    shown : Shown or None
        The stimulus as the session gets it; None if it does not take it.
    misfit : str
        Why the session does not take the stimulus; one sentence.
    state : str or None
        State of the run on show.
    encoded : Encoded or None
        Its responses by moment of playback, which may be coming in.
    responses : xarray.DataArray or None
        Its responses when they are complete.
    behavior : mapping of str to float32 array [T, K]
        Its traces of behaviour.
    units : pandas.DataFrame
        Unit table with the columns of results; not to be written to.
    measured : Measured
        Which analyses added which of them.
    selection : Selection or None
        Units that are worked with; None without a session.
    selections : mapping of str to SelectionEntry
        All of the session's, by name.
    conditions : mapping
        Conditions on columns in the rule of the selection.
    results : mapping of str to Result
        Of the run on show, by what they are called.
    computing : frozenset of str
        Names of its analyses that are being computed.
    reference : xarray.DataArray or None
        Responses that those on show are compared with.
    reference_results : mapping of str to Result
        Of the run that these are of.
    beside : tuple of Beside
        Further sessions whose units are on the map.
    sessions, stimuli : tuple of str
        Names of all that the document holds.
    runs : tuple of RunLine
        All pairs of sessions and stimuli that go together as far as that is known.
    can_undo, can_redo, is_saved : bool
    path : str or None
        File of the experiment.
    """

    view: ViewState = field(default_factory=ViewState)
    session_name: str | None = None
    stimulus_name: str | None = None
    session: Session | None = None
    stimulus: AnyStimulus | None = None
    fit: Fit = "crop"
    shown: Shown | None = None
    misfit: str = ""
    state: State | None = None
    encoded: Encoded | None = None
    responses: xr.DataArray | None = None
    behavior: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    units: pd.DataFrame = field(default_factory=lambda: NO_UNITS)
    measured: Measured = field(default_factory=lambda: NOTHING_MEASURED)
    selection: Selection | None = None
    selections: Mapping[str, SelectionEntry] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    computing: frozenset[str] = frozenset()
    reference: xr.DataArray | None = None
    reference_results: Mapping[str, Result] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()
    sessions: tuple[str, ...] = ()
    stimuli: tuple[str, ...] = ()
    runs: tuple[RunLine, ...] = ()
    can_undo: bool = False
    can_redo: bool = False
    is_saved: bool = True
    path: str | None = None

    @property
    def frames(self) -> ConvertedStimulus | SeenImages | None:
        """The pictures that the session sees; None if it is shown none."""
        return None if self.shown is None else self.shown.frames

    @property
    def images(self) -> ImageSet | None:
        """What the session is shown, if it answers single images."""
        return None if self.shown is None else self.shown.images

    @property
    def conversion(self) -> ConvertedStimulus | None:
        """How a video reaches the session, and in what frames."""
        frames = self.frames
        return frames if isinstance(frames, ConvertedStimulus) else None

    @property
    def image_session(self) -> ImageSession | None:
        """The session if it answers single images."""
        session = self.session
        return session if session is not None and is_image_session(session) else None

    @property
    def condition_session(self) -> ConditionSession | None:
        """The session if it answers named conditions."""
        session = self.session
        if session is not None and is_condition_session(session):
            return session
        return None

    @property
    def drive_session(self) -> DriveSession | None:
        """The session if it is driven."""
        session = self.session
        return session if session is not None and is_drive_session(session) else None

    @property
    def may_see(self) -> bool:
        """Whether the session, or one that may be loaded, is shown pictures."""
        return self.condition_session is None and self.drive_session is None

    @property
    def may_see_video(self) -> bool:
        """Whether the session, or one that may be loaded, is shown trials of video."""
        return self.may_see and self.image_session is None

    @property
    def n_times(self) -> int:
        """Moments of playback for each frame: those of the response to one image."""
        if self.shown is not None:
            return self.shown.n_times
        times = None if self.session is None else response_times(self.session)
        return 1 if times is None else len(times)

    def moment(self, moment: int) -> str:
        """A moment of playback in words, where a time in the stimulus does not say it."""
        return "" if self.shown is None else self.shown.words(moment)

    def response_at(self, moment: int) -> NDArray[np.float32] | None:
        """Responses of every unit at a moment of playback, float32 [U].

        NaN for units that were not encoded; None if the moment has not been yet.
        """
        if self.encoded is None:
            return None
        return self.encoded.row_of_all(moment, len(self.units))

    @cached_property
    def encoded_rows(self) -> NDArray[np.int64]:
        """Rows of the unit table that the responses are of."""
        return np.empty(0, np.int64) if self.encoded is None else self.encoded.indices

    @cached_property
    def selected_columns(self) -> NDArray[np.int64]:
        """Columns of the responses whose units are selected."""
        chosen = () if self.selection is None else self.selection.indices
        return np.flatnonzero(np.isin(self.encoded_rows, chosen))

    @cached_property
    def encoded_areas(self) -> tuple[NDArray[np.int64], list[str]]:
        """Code of the area of each unit that responses are of, and names of the areas."""
        if "area" not in self.units:
            return np.zeros(len(self.encoded_rows), np.int64), []
        own = self.units["area"].iloc[self.encoded_rows]
        codes, names = own.astype(str).factorize(sort=True)
        return codes.astype(np.int64), [str(name) for name in names]

    def is_current(self, column: str) -> bool:
        """Whether a column of the unit table is the session's, or of the run on show."""
        origin = self.measured.origin(column)
        if origin is None:
            return True
        return origin[0].removesuffix(f" of {self.stimulus_name}") in self.results

    def columns_of(self, result: str) -> list[str]:
        """Columns of the unit table that one of :attr:`results` made."""
        of_run = self.measured.columns(f"{result} of {self.stimulus_name}")
        return of_run or self.measured.columns(result)

    def changed_since(self, before: Resolved) -> frozenset[str]:
        """Attributes that are not those of `before`; of the view, ``view.<name>``."""
        names = {
            name
            for name in (*(each.name for each in fields(self)), "frames")
            if not _same(getattr(self, name), getattr(before, name))
        }
        views = {
            f"view.{name}"
            for name in ViewState.model_fields
            if not _same(getattr(self.view, name), getattr(before.view, name))
        }
        return frozenset(names | views)


class Resolver:
    """Resolves an experiment; keeps what has not changed."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._of: tuple[object, object, object] = (None, None, None)
        self._shown: tuple[Shown | None, str] = (None, "")
        self._beside: dict[str, Beside] = {}

    def resolve(self) -> Resolved:
        """What is on show now."""
        experiment = self._experiment
        document, live = experiment.document, experiment.live
        session_name, stimulus_name = experiment.on_show()
        session = stimulus = None
        fit: Fit = "crop"
        if session_name is not None:
            entry = document.sessions[session_name]
            session = live.session(entry) if live.is_open(entry) else None
        if stimulus_name is not None:
            given = document.stimuli[stimulus_name]
            fit = given.fit
            stimulus = live.stimulus(given) if live.has_stimulus(given) else None
        shown, misfit = self._show(stimulus, session, fit)
        found: dict[str, Any] = {}
        if session is not None and session_name is not None:
            found = {
                "units": experiment.table(session_name),
                "measured": experiment.measured(session_name),
                "selections": {
                    name: selection
                    for name, selection in document.selections.items()
                    if selection.session == session_name
                },
                "conditions": experiment.conditions,
                "selection": self._selection(),
                "results": experiment.results(session_name, None),
                "beside": self._others(session_name, stimulus_name),
            }
        if session_name is not None and stimulus_name is not None:
            pair = session_name, stimulus_name
            found["state"] = experiment.state(*pair)
            found["computing"] = experiment.computing(*pair)
            found["behavior"] = experiment.behavior(*pair)
            if shown is not None:
                responses = experiment.at_hand(*pair)
                found |= {
                    "encoded": experiment.encoded(*pair),
                    "responses": responses,
                }
                if responses is not None:
                    found["results"] = experiment.results(*pair)
        return Resolved(
            view=document.view,
            session_name=session_name,
            stimulus_name=stimulus_name,
            session=session,
            stimulus=stimulus,
            fit=fit,
            shown=shown,
            misfit=misfit,
            reference=experiment.reference(),
            reference_results=self._reference_results(),
            sessions=tuple(document.sessions),
            stimuli=tuple(document.stimuli),
            runs=self._runs(),
            can_undo=experiment.can_undo,
            can_redo=experiment.can_redo,
            is_saved=experiment.is_saved,
            path=None if experiment.path is None else str(experiment.path),
            **found,
        )

    def _show(
        self, stimulus: AnyStimulus | None, session: Session | None, fit: Fit
    ) -> tuple[Shown | None, str]:
        """The stimulus as the session gets it, made once; or why it does not take it."""
        if stimulus is None or session is None:
            return None, ""
        if all(a is b for a, b in zip(self._of, (stimulus, session, fit), strict=True)):
            return self._shown
        self._of = (stimulus, session, fit)
        try:
            presented = input_of(session)
            if presented.takes(stimulus):
                self._shown = presented.shown(stimulus, fit), ""
            else:
                presented.accept(stimulus)  # says why it does not
                self._shown = None, ""
        except InsilicoError as error:
            self._shown = None, str(error)
        return self._shown

    def _others(self, session: str, stimulus: str | None) -> tuple[Beside, ...]:
        """Sessions that share the map with the one on show, as far as they are open."""
        names = [n for n in self._experiment.document.view.map.sessions if n != session]
        given = {name: self._experiment.beside(name, stimulus) for name in names}
        found = {name: other for name, other in given.items() if other is not None}
        for name, known in self._beside.items():  # the same objects if nothing changed
            if name in found and found[name].is_as(known):
                found[name] = known
        self._beside = found
        return tuple(found.values())

    def _selection(self) -> Selection:
        """The selection worked with; without conditions whose columns are not there."""
        experiment = self._experiment
        try:
            return experiment.picked()
        except InsilicoError:
            # A result that a condition is on is still being computed, or was undone
            return experiment.picked(conditions=False)

    def _reference_results(self) -> Mapping[str, Result]:
        chosen = self._experiment.document.view.reference
        if chosen is None or chosen.session is None or chosen.stimulus is None:
            return {}
        return self._experiment.results(chosen.session, chosen.stimulus)

    def _runs(self) -> tuple[RunLine, ...]:
        """Every session with every stimulus that it takes, as far as that is known."""
        experiment = self._experiment
        document = experiment.document
        declared = {(run.session, run.stimulus) for run in document.runs}
        lines = []
        for session in document.sessions:
            for stimulus in document.stimuli:
                pair = session, stimulus
                if pair not in declared and experiment.takes(*pair) is False:
                    continue
                n_analyses = sum(
                    (a.session, a.stimulus) == pair for a in document.analyses
                )
                lines.append(RunLine(*pair, experiment.state(*pair), n_analyses))
        return tuple(lines)


def _same(one: Any, other: Any) -> bool:
    """Whether two attributes are the same object, or equal plain data."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(
            _same(one[name], other[name]) for name in one
        )
    plain = (str, int, float, bool, tuple, list, frozenset, type(None), Frozen)
    return isinstance(one, plain) and type(one) is type(other) and bool(one == other)
