"""Checking that a session can be encoded to a stimulus, and the job that does it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding.conditions import ConditionJob
from insilico_gui.encoding.drive import DriveJob
from insilico_gui.encoding.engine import EncodingJob
from insilico_gui.encoding.images import ImageJob
from insilico_gui.encoding.inputs import as_image_set, open_for
from insilico_gui.errors import EncodingError
from insilico_gui.session import Session, check_session, is_image_session
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    Fit,
    Stimulus,
    open_conditions,
    open_drive,
    open_stimulus,
)
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.units.selection import Selection

FilePath = str | os.PathLike[str]
Video = Stimulus | NDArray[np.uint8]
Pictures = Video | ImageSet | Sequence[Video]
Opened = Pictures | ConditionTable | pd.DataFrame | Drive
Stimuli = Opened | FilePath | Sequence[FilePath]
One = Video | ImageSet | ConditionTable | pd.DataFrame | Drive
Job = EncodingJob | ImageJob | ConditionJob | DriveJob


@overload
def encoding_job(
    session: Session, stimulus: Pictures, *arguments: Any, **options: Any
) -> EncodingJob | ImageJob: ...
@overload
def encoding_job(
    session: Session, stimulus: Stimuli, *arguments: Any, **options: Any
) -> EncodingJob | ImageJob | ConditionJob | DriveJob: ...
def encoding_job(
    session: Session,
    stimulus: Stimuli,
    units: Selection | ArrayLike | None = None,
    behavior: Mapping[str, ArrayLike] | None = None,
    *,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
    fit: Fit = "crop",
    store: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> EncodingJob | ImageJob | ConditionJob | DriveJob:
    """Check that encoding can start, and make the job that does it.

    Parameters and errors as of :func:`encode`.
    """
    check_session(session)
    options: dict[str, Any] = {
        "unit_ids": unit_ids,
        "indices": indices,
        "store": store,
        "overwrite": overwrite,
    }
    if is_condition_session(session):
        if behavior:
            raise EncodingError(
                f"{session.id} answers conditions and takes no behaviour; leave it out."
            )
        return ConditionJob(
            session, _as_conditions(session, stimulus), units, **options
        )
    if is_drive_session(session):
        if behavior:
            raise EncodingError(
                f"{session.id} is driven and takes no behaviour; leave it out."
            )
        return DriveJob(session, _as_drive(session, stimulus), units, **options)
    if isinstance(stimulus, Drive):
        raise EncodingError(
            f"{session.id} takes {session.input_kind}, and {stimulus.name} is a drive; "
            "show it a stimulus of that kind."
        )
    stimulus = _opened(session, stimulus)
    if isinstance(stimulus, ConditionTable | pd.DataFrame):
        raise EncodingError(
            f"{session.id} is driven by {session.input_kind}, and a table of conditions "
            "was given; show it a stimulus of that kind."
        )
    if is_image_session(session):
        if behavior:
            raise EncodingError(
                f"{session.id} answers single images and takes no behaviour; leave it "
                "out."
            )
        images = as_image_set(cast("Any", stimulus))
        return ImageJob(session, images, units, **options)
    if isinstance(stimulus, ImageSet):
        raise EncodingError(
            f"{session.id} is driven by {session.input_kind}, and {stimulus.name} is a "
            "set of images; open it with open_stimulus to show them one after the other."
        )
    videos = cast("Any", stimulus)
    return EncodingJob(session, videos, units, behavior, fit=fit, **options)


def _as_drive(session: Session, stimulus: Any) -> Drive:
    """A drive, its file, or its plain data; another stimulus is an EncodingError."""
    if isinstance(stimulus, Stimulus | ImageSet | ConditionTable | np.ndarray):
        raise EncodingError(
            f"{session.id} is driven with values of channels and events; give an "
            "insilico_gui.stimuli.Drive, or a file of one."
        )
    return open_drive(stimulus)


def _as_conditions(session: Session, stimulus: Any) -> ConditionTable:
    """A table of conditions, its file, or rows; another stimulus is an EncodingError."""
    if isinstance(stimulus, Stimulus | ImageSet | Drive | np.ndarray):
        raise EncodingError(
            f"{session.id} answers tables of conditions, not pictures; give a DataFrame "
            "with a row for each condition."
        )
    return open_conditions(stimulus)


def _opened(session: Session, stimulus: Stimuli) -> Opened:
    """The stimulus; paths are opened in the form that the session takes."""
    if isinstance(stimulus, str | os.PathLike):
        return open_for(session, stimulus)
    if not isinstance(stimulus, list | tuple):
        return cast("Opened", stimulus)
    paths = [each for each in stimulus if isinstance(each, str | os.PathLike)]
    if not paths:
        return cast("Opened", stimulus)
    if len(paths) < len(stimulus):
        raise EncodingError(
            "The list mixes paths with opened stimuli; open all of them, or none."
        )
    if is_image_session(session):
        return open_for(session, paths)
    return [open_stimulus(path) for path in paths]
