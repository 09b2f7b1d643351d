"""The document itself, and what is looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from insilico_gui.experiment.document.entries import (
    AnalysisEntry,
    RunEntry,
    SelectionEntry,
    SessionEntry,
    StimulusEntry,
)
from insilico_gui.experiment.document.map_view import MapView
from insilico_gui.experiment.document.plain import (
    MAX_ENTRIES,
    Finite,
    Frozen,
    Name,
    Plain,
    Text,
)
from insilico_gui.experiment.document.strip import RasterView, TraceView, TrialView

FORMAT: Literal["insilico_gui experiment"] = "insilico_gui experiment"
VERSION: Literal[1] = 1
"""Of the document; an older one is migrated when it is read, a newer one is refused."""

MEAN = "mean"
"""In place of the id of the unit looked at: the mean of the selected ones."""


class Reference(Frozen):
    """Responses that those on show are compared with: of a run, or from a file.

    Attributes
    ----------
    session, stimulus : str or None
        Names in the document.
    file : str or None
        Path of exported responses.
    """

    session: Name | None = None
    stimulus: Name | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        names = (self.session, self.stimulus)
        if (self.file is None) == (None in names) or names.count(None) == 1:
            raise ValueError("a reference is a session and a stimulus, or a file")
        return self


class ViewState(Frozen):
    """What is looked at, and how the window works.

    Attributes
    ----------
    session, stimulus : str or None
        The run on show.
    time_s : float
    layout : str
    color_by : str
    limits : (float, float) or None
    unit_id : int, str or None
        The unit looked at; ``"mean"`` for the mean of the selected ones.
    selection : str or None
        The selection worked with; None for all units.
    reference : Reference or None
    outlines_min_r2 : float or None
        Outlines of receptive fields that are fitted this well are drawn; None for none.
    only_selected : bool
        Whether the unit table leaves out units that are not selected.
    encode_at_once : bool
        Whether a stimulus is encoded as soon as it is added in the window.
    encode_selected : bool
        Whether only the selected units are encoded in the window.
    draft : tuple of mapping
        Specifications that are being put together to a sequence.
    traces : TraceView
    raster : RasterView
    trials : TrialView
    map : MapView
    """

    session: Name | None = None
    stimulus: Name | None = None
    time_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    layout: Text = "retinotopic"
    color_by: Text = "response"
    limits: tuple[Finite, Finite] | None = None
    unit_id: int | Text | None = None
    selection: Name | None = None
    reference: Reference | None = None
    outlines_min_r2: Annotated[float, Field(ge=0, le=1)] | None = None
    only_selected: bool = False
    encode_at_once: bool = True
    encode_selected: bool = False
    draft: Annotated[tuple[Plain, ...], Field(max_length=1000)] = ()
    traces: TraceView = Field(default_factory=TraceView)
    raster: RasterView = Field(default_factory=RasterView)
    trials: TrialView = Field(default_factory=TrialView)
    map: MapView = Field(default_factory=MapView)

    def without(
        self,
        *,
        session: str | None = None,
        stimulus: str | None = None,
        selections: Collection[str] = (),
    ) -> ViewState:
        """The view without names that go from the document."""
        changes: dict[str, Any] = {}
        if session is not None and self.session == session:
            changes |= {"session": None, "unit_id": None, "time_s": 0.0}
            changes["traces"] = self.traces.but(units=())
        if session in self.map.sessions:
            kept = tuple(name for name in self.map.sessions if name != session)
            changes["map"] = self.map.but(sessions=kept)
        if stimulus is not None and self.stimulus == stimulus:
            changes |= {"stimulus": None, "time_s": 0.0}
        if self.selection in selections:
            changes["selection"] = None
        reference = self.reference
        if reference is not None and (
            (session is not None and reference.session == session)
            or (stimulus is not None and reference.stimulus == stimulus)
        ):
            changes["reference"] = None
        return self.model_copy(update=changes)


class ExperimentDocument(Frozen):
    """Sessions, stimuli, runs, selections, analyses and view of an experiment.

    Raises
    ------
    pydantic.ValidationError
        If a value has the wrong type or a key is not known, or an entry names a session,
        stimulus or selection that is not in the document.
    """

    format: Literal["insilico_gui experiment"] = FORMAT
    version: Literal[1] = VERSION
    sessions: Annotated[dict[Name, SessionEntry], Field(max_length=MAX_ENTRIES)] = (
        Field(default_factory=dict)
    )
    stimuli: Annotated[dict[Name, StimulusEntry], Field(max_length=MAX_ENTRIES)] = (
        Field(default_factory=dict)
    )
    selections: Annotated[dict[Name, SelectionEntry], Field(max_length=MAX_ENTRIES)] = (
        Field(default_factory=dict)
    )
    runs: Annotated[tuple[RunEntry, ...], Field(max_length=MAX_ENTRIES)] = ()
    analyses: Annotated[tuple[AnalysisEntry, ...], Field(max_length=MAX_ENTRIES)] = ()
    view: ViewState = Field(default_factory=ViewState)
    versions: Annotated[dict[Name, Text], Field(max_length=100)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _names_are_there(self) -> Self:
        for run in self.runs:
            self._check(run.session, run.stimulus, run.selection)
        for selection in self.selections.values():
            self._check(selection.session, None, None)
        for analysis in self.analyses:
            self._check(analysis.session, analysis.stimulus, None)
        self._check(self.view.session, self.view.stimulus, self.view.selection)
        for session in self.view.map.sessions:
            self._check(session, None, None)
        if self.view.reference is not None:
            self._check(self.view.reference.session, self.view.reference.stimulus, None)
        keys = [(run.session, run.stimulus) for run in self.runs]
        if len(set(keys)) < len(keys):
            raise ValueError("a session and a stimulus have two runs; keep one of them")
        return self

    def _check(
        self, session: str | None, stimulus: str | None, selection: str | None
    ) -> None:
        for kind, name, known in (
            ("session", session, self.sessions),
            ("stimulus", stimulus, self.stimuli),
            ("selection", selection, self.selections),
        ):
            if name is not None and name not in known:
                raise ValueError(f"there is no {kind} {name[:80]!r} in the document")

    def run(self, session: str, stimulus: str) -> RunEntry | None:
        """The run of a session and a stimulus, if there is one."""
        for entry in self.runs:
            if (entry.session, entry.stimulus) == (session, stimulus):
                return entry
        return None

    def with_run(self, run: RunEntry) -> ExperimentDocument:
        """The document with `run` in place of an earlier one of the same two."""
        key = (run.session, run.stimulus)
        others = tuple(r for r in self.runs if (r.session, r.stimulus) != key)
        position = next(
            (k for k, r in enumerate(self.runs) if (r.session, r.stimulus) == key),
            len(others),
        )
        return self.replace(runs=(*others[:position], run, *others[position:]))

    def replace(self, **changes: Any) -> ExperimentDocument:
        """A checked copy with other values.

        Raises
        ------
        pydantic.ValidationError
        """
        return type(self)(**{**dict(self), **changes})


def json_schema() -> dict[str, Any]:
    """JSON Schema of the document."""
    return ExperimentDocument.model_json_schema()
