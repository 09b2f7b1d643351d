"""The document of an experiment: all that is needed to do it again, as plain data.

Everything is frozen and every unknown key is refused, so two documents that are equal
are the same experiment. Commands replace the document whole; see
:class:`insilico_gui.Experiment`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from keyword import iskeyword
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from insilico_gui.stimuli import Fit

FORMAT: Literal["insilico_gui experiment"] = "insilico_gui experiment"
VERSION: Literal[1] = 1
"""Of the document; an older one is migrated when it is read, a newer one is refused."""

MAX_ENTRIES = 10_000
MAX_TEXT = 10_000
MAX_ROWS = 2_000
MAX_DEPTH = 20

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f/\\]{1,100}$")]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Hash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_. -]{1,200}$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _plain(value: Any, depth: int = 0) -> Any:
    """Plain data with tuples for lists: texts, numbers, truth values, None, mappings."""
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if value is None or isinstance(value, bool | int | str):
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValueError("a text is too long")
        if isinstance(value, int) and abs(value) > 2**64:
            raise ValueError("a number is too large")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is not finite")
        return value
    if isinstance(value, list | tuple):
        return tuple(_plain(entry, depth + 1) for entry in value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key is not a text")
        return {key: _plain(entry, depth + 1) for key, entry in value.items()}
    raise ValueError(f"a {type(value).__name__} is not plain data")


Plain = Annotated[dict[str, Any], AfterValidator(_plain)]
"""A mapping of plain data, such as the parameters of an analysis."""


RULE = frozenset({"areas", "fields", "unit_ids", "indices", "combine", "where"})
"""Arguments of :func:`insilico_gui.select` that a rule may have."""

_TAKEN = frozenset({"analysis", "session", "stimulus", "on_progress", "self"})


def _rule(values: dict[str, Any]) -> dict[str, Any]:
    """A rule without a key that is no argument of a selection."""
    for name in values:
        if name not in RULE:
            raise ValueError(f"{name[:80]!r} is no argument of a selection")
    where = values.get("where")
    if isinstance(where, dict):
        # a tuple would be taken for a range, which names do not have
        lists = {k: list(v) if isinstance(v, tuple) else v for k, v in where.items()}
        return {**values, "where": lists}
    return values


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Parameters whose names can be those of arguments: they become code in scripts."""
    for name in values:
        if not name.isidentifier() or iskeyword(name) or name in _TAKEN:
            raise ValueError(f"{name[:80]!r} is no name of a parameter")
    return values


Rule = Annotated[Plain, AfterValidator(_rule)]
Parameters = Annotated[Plain, AfterValidator(_named)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SessionEntry(_Frozen):
    """A session: arguments of :func:`insilico_gui.open_session`.

    Attributes
    ----------
    id : str
    directory : str or None
        Folder with the weights.
    device : str
    precision : str
    weights_hash : str or None
        Of the weights it was opened with; another one is refused when it is opened again.
    """

    id: Text
    directory: Text | None = None
    device: Text = "auto"
    precision: Text = "float32"
    weights_hash: Text | None = None


class FileStimulus(_Frozen):
    """Frames or images from files.

    Attributes
    ----------
    paths : tuple of str
        One, or several images.
    sha256 : str or None
        Of the contents of the files, one after the other.
    frame_rate : float or None
        Hz, of what has no rate of its own.
    images : bool
        Whether it is a set of images, not a video.
    interval_s : float or None
        Seconds between images taken from a video.
    fit : {"crop", "pad", "stretch"}
        How another aspect ratio is brought to that of the session.
    """

    kind: Literal["file"] = "file"
    paths: Annotated[tuple[Text, ...], Field(min_length=1, max_length=100_000)]
    sha256: Hash | None = None
    frame_rate: Finite | None = None
    images: bool = False
    interval_s: Finite | None = None
    fit: Fit = "crop"


class ParametricStimulus(_Frozen):
    """A parametric stimulus by its specification; rendered again when it is needed."""

    kind: Literal["parametric"] = "parametric"
    specification: Plain
    fit: Fit = "crop"


class ArrayStimulus(_Frozen):
    """Frames or images from memory, saved in a folder beside the file of the experiment.

    Attributes
    ----------
    sha256 : str
        Of type, shape and values; names the array.
    frame_rate : float or None
        Hz; None for a set of images.
    """

    kind: Literal["array"] = "array"
    sha256: Hash
    frame_rate: Finite | None = None
    images: bool = False
    fit: Fit = "crop"


class ConditionStimulus(_Frozen):
    """A table of conditions, row by row.

    Attributes
    ----------
    columns : tuple of str
        Names of the parameters.
    rows : tuple of tuple of float or str
        Cells of each condition.
    units : mapping of str to str
    """

    fit: ClassVar[Fit] = "crop"  # pictures have one, tables need none

    kind: Literal["conditions"] = "conditions"
    columns: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]
    rows: Annotated[
        tuple[tuple[Finite | Text, ...], ...], Field(min_length=1, max_length=MAX_ROWS)
    ]
    units: Annotated[dict[Name, Text], Field(default_factory=dict, max_length=100)]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        for name in self.columns:
            if not name.isidentifier():
                raise ValueError(f"{name[:80]!r} is no name of a parameter")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has more or fewer cells than there are columns")
        return self


StimulusEntry = Annotated[
    FileStimulus | ParametricStimulus | ArrayStimulus | ConditionStimulus,
    Field(discriminator="kind"),
]


class SelectionEntry(_Frozen):
    """A named, coloured set of units of a session and the rule that makes it again.

    Attributes
    ----------
    session : str
        Name of the session in the document.
    rule : mapping
        Arguments of :func:`insilico_gui.select`.
    color : str
        ``#rrggbb``.
    """

    session: Name
    rule: Rule = Field(default_factory=dict)
    color: Color = "#ff8800"


class RunEntry(_Frozen):
    """The responses of one session to one stimulus.

    Attributes
    ----------
    session, stimulus : str
        Names in the document.
    selection : str or None
        Name of the selection whose units are computed; None for all.
    behavior : mapping of str to str
        Traces by the hash of their array, which is saved like that of a stimulus.
    key : str or None
        Key in the library of the responses that were computed last.
    fit : {"crop", "pad", "stretch"} or None
        That they were computed with.
    responses_hash : str or None
        Of their values, to compare a rerun with.
    computed_on : str or None
        Device and versions that they were computed with.
    """

    session: Name
    stimulus: Name
    selection: Name | None = None
    behavior: Annotated[dict[Name, Hash], Field(max_length=100)] = Field(
        default_factory=dict
    )
    key: Hash | None = None
    fit: Fit | None = None
    responses_hash: Hash | None = None
    computed_on: Text | None = None


class AnalysisEntry(_Frozen):
    """An analysis of a run, by its name in the registry.

    Attributes
    ----------
    analysis : str
        Name in :mod:`insilico_gui.experiment.analyses`.
    session, stimulus : str
        The run that is analysed.
    parameters : mapping
        Those that differ from the defaults.
    """

    analysis: Name
    session: Name
    stimulus: Name
    parameters: Parameters = Field(default_factory=dict)


class ViewState(_Frozen):
    """What is looked at.

    Attributes
    ----------
    session, stimulus : str or None
        The run on show.
    time_s : float
    layout : str
    color_by : str
    limits : (float, float) or None
    unit_id : int, str or None
        The unit looked at.
    selection : str or None
    """

    session: Name | None = None
    stimulus: Name | None = None
    time_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    layout: Text = "retinotopic"
    color_by: Text = "response"
    limits: tuple[Finite, Finite] | None = None
    unit_id: int | Text | None = None
    selection: Name | None = None


class ExperimentDocument(_Frozen):
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


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=1))
