"""Encoding in one call: the job for a session and a stimulus, run to its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, cast, overload

import xarray as xr
from numpy.typing import ArrayLike

from insilico_gui.encoding.conditions import ConditionJob
from insilico_gui.encoding.drive import DriveJob
from insilico_gui.encoding.images import ImageJob
from insilico_gui.encoding.provenance import chosen_units
from insilico_gui.encoding.runs import Runs
from insilico_gui.encoding.several import (
    Failure,
    as_list,
    behavior_of,
    several,
    stores_of,
)
from insilico_gui.encoding.shelf import Shelf
from insilico_gui.encoding.starting import Job, One, Stimuli, encoding_job
from insilico_gui.errors import (
    EncodingCancelled,
    EncodingError,
    InsilicoError,
    quoted,
)
from insilico_gui.progress import (
    PER_PART,
    WITHOUT_COUNTS,
    Bar,
    OnProgress,
    parts,
    progress_bar,
    reporting,
)
from insilico_gui.session import Session, check_session
from insilico_gui.stimuli import Fit, Stimulus
from insilico_gui.units.selection import Selection

COUNTED = {ImageJob: " images", ConditionJob: " conditions", DriveJob: " windows"}
"""What the steps of jobs are; of other jobs, frames."""


@overload
def encode(
    session: Session, stimulus: One, *arguments: Any, **options: Any
) -> xr.DataArray: ...
@overload
def encode(
    session: Session, stimulus: Mapping[str, Any], *arguments: Any, **options: Any
) -> Runs: ...
@overload
def encode(
    session: Session, stimulus: Stimuli, *arguments: Any, **options: Any
) -> xr.DataArray | Runs: ...
def encode(
    session: Session,
    stimulus: Stimuli | Mapping[str, Any] | Iterator[Any],
    units: Selection | ArrayLike | None = None,
    behavior: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
    store: str | os.PathLike[str] | None = None,
    *,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
    progress: bool = False,
    fit: Fit = "crop",
    overwrite: bool = False,
) -> xr.DataArray | Runs:
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
        Videos of unequal length in a list, a folder of videos, a pattern such as
        ``"clips/*.mp4"``, and a mapping of names to stimuli of any kind are runs of
        their own, encoded one after the other.
    units : Selection or 0/1 array [U], optional
        Units to compute; by default all. Other whole numbers, which could be ids or
        positions, are refused; use `unit_ids` or `indices`.
    behavior : mapping of str to array [T, K] or [N, T, K], optional
        Traces at the session's frame rate, by the names in ``session.behavior``; zeros
        by default. Of several runs, a mapping of their names to such mappings.
    on_progress : callable(done, total), optional
        Called after every chunk with numbers of frames; of several runs with
        thousandths, 1000 for each run.
    cancel : threading.Event, optional
        When set, encoding stops within one chunk.
    store : path ending in ``.zarr``, optional
        Write the responses to this folder during encoding; the result reads from it.
        Of several runs, a folder in which each run has a ``NAME.zarr``.
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
    xarray.DataArray or Runs
        float32 with dims (``time``, ``unit``), or (``trial``, ``time``, ``unit``) for a
        batch; ``time`` in seconds, the unit table as coordinates of ``unit``, provenance
        and trial table in ``attrs``. Responses to images have (``trial``, ...) with the
        dims of the session's response; those to conditions have (``trial``, ``time``,
        ``unit``) with the parameters as coordinates of ``trial``. Several runs are a
        :class:`.Runs`, a mapping of names to such arrays; a stimulus that fails is in
        its ``failed``, and in a RuntimeWarning.

    Raises
    ------
    EncodingCancelled
        If `cancel` was set; no responses are kept, but those of runs that are complete,
        in its ``runs``.
    InsilicoError
        If an input does not fit, or memory or disk run out; of several runs, if none of
        them could be encoded.
    """
    _stop_if(cancel, "Encoding was cancelled before it began.")
    check_session(session)
    stimulus = as_list(session, stimulus)
    stimuli = several(session, stimulus, fit)
    if stimuli is not None:
        options: dict[str, Any] = {
            "units": chosen_units(session, units, unit_ids, indices),
            "fit": fit,
            "overwrite": overwrite,
        }
        places = stores_of(stimuli, store, overwrite=overwrite)
        given = behavior_of(behavior, stimuli)
        style = {"total": len(stimuli) * PER_PART, "bar_format": WITHOUT_COUNTS}
        shown = progress_bar("Encoding", **style, disable=False)
        with shown if progress else nullcontext() as bar:
            return _encode_each(
                session, stimuli, given, places, options, on_progress, cancel, bar
            )
    job = encoding_job(
        session,
        cast("Stimuli", stimulus),
        units,
        behavior,
        unit_ids=unit_ids,
        indices=indices,
        fit=fit,
        store=store,
        overwrite=overwrite,
    )
    doing = f"Encoding {job.stimulus.name}"
    unit = COUNTED.get(type(job), " frames")
    with reporting(progress, on_progress, doing, unit=unit, disable=False) as report:
        return _finished(job, report, cancel)


def _finished(
    job: Job, report: OnProgress, cancel: threading.Event | None
) -> xr.DataArray:
    """Run a job to its end."""
    # Also if on_progress raises: closing ends the threads and removes the output
    with closing(job.run()) as steps:
        try:
            while True:
                step = next(steps)
                report(step.done, step.total)
                _stop_if(
                    cancel,
                    f"Encoding {job.stimulus.name} was cancelled after {step.done} of "
                    f"{step.total} {step.what}.",
                )
        except StopIteration as end:
            responses: xr.DataArray = end.value
            return responses


def _encode_each(
    session: Session,
    stimuli: Mapping[str, Any],
    behavior: Mapping[str, Any],
    places: Mapping[str, Path],
    options: Mapping[str, Any],
    on_progress: OnProgress | None,
    cancel: threading.Event | None,
    bar: Bar | None,
) -> Runs:
    """One run after the other; what fails is noted, and the others go on."""
    runs, shelf, n = Runs(session.id), Shelf(), len(stimuli)

    def report(done: int, total: int) -> None:
        for tell in (on_progress, bar):
            if tell is not None:
                tell(done, total)

    each = zip(stimuli.items(), parts(report, n), strict=True)
    for k, ((name, stimulus), tell) in enumerate(each):
        if bar is not None:
            bar.describe(f"{quoted(name, '')} ({k + 1} of {n})")
        try:
            _stop_if(cancel, f"Encoding was cancelled before {quoted(name, '')}.")
            if isinstance(stimulus, Failure):
                raise EncodingError(stimulus.why)
            job = encoding_job(
                session,
                stimulus,
                behavior=behavior.get(name),
                store=places.get(name),
                **options,
            )
            responses = _finished(job, tell or report, cancel)
            runs.add(name, responses, shelf.keep(responses))
        except EncodingCancelled as error:
            stopped = EncodingCancelled(f"{error} {k} of {n} stimuli were done before.")
            stopped.runs = runs
            raise stopped from error
        except InsilicoError as error:
            runs.failed[name] = str(error)
        report((k + 1) * PER_PART, n * PER_PART)
        if isinstance(stimulus, Stimulus):
            stimulus.release()
    runs.tell_of_failures()
    return runs


def _stop_if(cancel: threading.Event | None, sentence: str) -> None:
    if cancel is not None and cancel.is_set():
        raise EncodingCancelled(sentence)
