"""Encoding in one call: the job for a session and a stimulus, run to its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, cast, overload

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding.conditions import ConditionJob
from insilico_gui.encoding.drive import DriveJob
from insilico_gui.encoding.engine import EncodingJob
from insilico_gui.encoding.images import ImageJob
from insilico_gui.encoding.inputs import as_image_set, open_for
from insilico_gui.errors import EncodingCancelled, EncodingError
from insilico_gui.progress import OnProgress, reporting
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

Path = str | os.PathLike[str]
Video = Stimulus | NDArray[np.uint8]
Pictures = Video | ImageSet | Sequence[Video]
Opened = Pictures | ConditionTable | pd.DataFrame | Drive
Stimuli = Opened | Path | Sequence[Path]


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


def encode(
    session: Session,
    stimulus: Stimuli,
    units: Selection | ArrayLike | None = None,
    behavior: Mapping[str, ArrayLike] | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
    store: str | os.PathLike[str] | None = None,
    *,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
    progress: bool = False,
    fit: Fit = "crop",
    overwrite: bool = False,
) -> xr.DataArray:
    """Predict the responses of a session's units to a stimulus.

    Parameters
    ----------
    session : Session
    stimulus : Stimulus, path, uint8 array [T, H, W] or [N, T, H, W], or list of them
        An array has the session's frame rate; a last axis of 1, 3 or 4 holds samples
        (grey, RGB, or RGB and alpha). N videos, or equally long stimuli in a list, are
        encoded side by side, each from a fresh state. A session driven by images takes
        an :class:`.ImageSet`, a folder or files of images, an array of images
        [n, 3, H, W], or the frames of a stimulus. A session driven by conditions takes
        a DataFrame, a :class:`.ConditionTable` or a file of one. A session of the kind
        ``"drive"`` takes a :class:`.Drive` or a file of one. Files that need options
        are opened by :func:`.open_stimulus` or :func:`.open_images` first.
    units : Selection or 0/1 array [U], optional
        Units to compute; by default all. Other whole numbers, which could be ids or
        positions, are refused; use `unit_ids` or `indices`.
    behavior : mapping of str to array [T, K] or [N, T, K], optional
        Traces at the session's frame rate, by the names in ``session.behavior``; zeros
        by default.
    on_progress : callable(done, total), optional
        Called after every chunk with numbers of frames.
    cancel : threading.Event, optional
        When set, encoding stops within one chunk.
    store : path ending in ``.zarr``, optional
        Write the responses to this folder during encoding; the result reads from it.
    unit_ids : sequence, optional
        Units to compute, by ``unit_id`` of the unit table.
    indices : sequence of int, optional
        Units to compute, by position in response order.
    progress : bool
        Show a progress bar.
    fit : {"crop", "pad", "stretch"}
        How a stimulus of another aspect ratio is fitted; see
        :func:`insilico_gui.stimuli.convert`.
    overwrite : bool
        Replace an existing `store`.

    Returns
    -------
    xarray.DataArray
        float32 with dims (``time``, ``unit``), or (``trial``, ``time``, ``unit``) for a
        batch; ``time`` in seconds, the unit table as coordinates of ``unit``, provenance
        and trial table in ``attrs``. Responses to images have (``trial``, ...) with the
        dims of the session's response; those to conditions have (``trial``, ``time``,
        ``unit``) with the parameters as coordinates of ``trial``.

    Raises
    ------
    EncodingCancelled
        If `cancel` was set; no responses are kept.
    InsilicoError
        If an input does not fit, or memory or disk run out.
    """
    _stop_if(cancel, "Encoding was cancelled before it began.")
    job = encoding_job(
        session,
        stimulus,
        units,
        behavior,
        unit_ids=unit_ids,
        indices=indices,
        fit=fit,
        store=store,
        overwrite=overwrite,
    )
    doing = f"Encoding {job.stimulus.name}"
    unit = {
        ImageJob: " images",
        ConditionJob: " conditions",
        DriveJob: " windows",
    }.get(type(job), " frames")
    # Also if on_progress raises: closing ends the threads and removes the output
    with (
        closing(job.run()) as steps,
        reporting(progress, on_progress, doing, unit=unit, disable=False) as report,
    ):
        try:
            while True:
                step = next(steps)
                report(step.done, step.total)
                _stop_if(
                    cancel,
                    f"{doing} was cancelled after {step.done} of {step.total} "
                    f"{step.what}.",
                )
        except StopIteration as end:
            responses: xr.DataArray = end.value
            return responses


def _stop_if(cancel: threading.Event | None, sentence: str) -> None:
    if cancel is not None and cancel.is_set():
        raise EncodingCancelled(sentence)
