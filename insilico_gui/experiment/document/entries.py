"""Entries of a document: sessions, stimuli, selections, runs and analyses."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.document.plain import (
    MAX_ROWS,
    Color,
    Finite,
    Frozen,
    Hash,
    Name,
    Parameters,
    Plain,
    Rule,
    Text,
)
from insilico_gui.stimuli import Drive, Fit

MOST_STROKES = 100
"""Of a lasso that are kept; the selection that more of them change is kept as a list."""


class SessionEntry(Frozen):
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


class FileStimulus(Frozen):
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


class ParametricStimulus(Frozen):
    """A parametric stimulus by its specification; rendered again when it is needed."""

    kind: Literal["parametric"] = "parametric"
    specification: Plain
    fit: Fit = "crop"


class ArrayStimulus(Frozen):
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


class ConditionStimulus(Frozen):
    """A table of conditions, row by row.

    Attributes
    ----------
    columns : tuple of str
        Names of the parameters.
    rows : tuple of tuple of float or str
        Cells of each condition, in the order of `columns`.
    units : mapping of str to str
        Of some columns.
    """

    fit: ClassVar[Fit] = "crop"  # pictures have one, tables need none

    kind: Literal["conditions"] = "conditions"
    columns: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]
    rows: Annotated[
        tuple[tuple[Finite | Text, ...], ...], Field(min_length=1, max_length=MAX_ROWS)
    ]
    units: Annotated[dict[Name, Text], Field(max_length=100)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        for name in self.columns:
            if not name.isidentifier():
                raise ValueError(f"{name[:80]!r} is no name of a parameter")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has more or fewer cells than there are columns")
        return self


class DriveStimulus(Frozen):
    """A drive, with all that it is made of.

    Attributes
    ----------
    specification : mapping
        What :meth:`insilico_gui.stimuli.Drive.to_dict` gives.
    """

    fit: ClassVar[Fit] = "crop"  # pictures have one, drives need none

    kind: Literal["drive"] = "drive"
    specification: Plain

    @field_validator("specification")
    @classmethod
    def _is_a_drive(cls, values: dict[str, Any]) -> dict[str, Any]:
        try:
            Drive.from_dict(values)
        except InsilicoError as error:
            raise ValueError(str(error)) from error
        return values


StimulusEntry = Annotated[
    FileStimulus
    | ParametricStimulus
    | ArrayStimulus
    | ConditionStimulus
    | DriveStimulus,
    Field(discriminator="kind"),
]


Mode = Literal["replace", "add", "subtract", "intersect"]
"""What a lasso does to the selection that there is."""


class Stroke(Frozen):
    """What was drawn around units on the map, and what that did to the selection.

    Attributes
    ----------
    layout : str
    polygon : tuple of (row, column)
        In the plane of the layout.
    mode : {"replace", "add", "subtract", "intersect"}
    """

    layout: Text
    polygon: Annotated[tuple[tuple[Finite, Finite], ...], Field(max_length=100_000)]
    mode: Mode = "replace"


class Lasso(Stroke):
    """The stroke that was drawn last, and what it changed.

    Attributes
    ----------
    start : mapping
        Rule of the selection before the first stroke; it does not count if that stroke
        replaced it.
    earlier : tuple of Stroke
        The strokes before this one, the first first.
    """

    start: Rule = Field(default_factory=dict)
    earlier: Annotated[tuple[Stroke, ...], Field(max_length=MOST_STROKES)] = ()


class SelectionEntry(Frozen):
    """A named, coloured set of units of a session and the rule that makes it again.

    Attributes
    ----------
    session : str
        Name of the session in the document.
    rule : mapping
        Arguments of :func:`insilico_gui.select`.
    color : str
        ``#rrggbb``.
    lasso : Lasso or None
        How the units of the rule were found, if they were drawn around.
    """

    session: Name
    rule: Rule = Field(default_factory=dict)
    color: Color = "#ff8800"
    lasso: Lasso | None = None


class RunEntry(Frozen):
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


class AnalysisEntry(Frozen):
    """An analysis of a run, by its name in the registry.

    Attributes
    ----------
    analysis : str
        Name in :mod:`insilico_gui.experiment.analyses`.
    session, stimulus : str
        The run that is analysed; no stimulus if it is the session alone.
    parameters : mapping
        Those that differ from the defaults.
    """

    analysis: Name
    session: Name
    stimulus: Name | None = None
    parameters: Parameters = Field(default_factory=dict)
