"""The engine that every way of encoding goes through: Python, command line, window.

An :class:`EncodingJob` checks everything when it is made and computes nothing; its
:meth:`~EncodingJob.run` is a generator that yields after every chunk, which is where a
caller shows progress, stops, or lets others work. :func:`encode` runs one to the end.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.encoding.ahead import ahead
from insilico_gui.encoding.behavior import check_behavior
from insilico_gui.encoding.store import open_store
from insilico_gui.errors import EncodingCancelled, EncodingError, StimulusError
from insilico_gui.selection import Selection, unit_indices
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import ArrayStimulus, Stimulus, convert
from insilico_gui.stimuli.conversion import CONVERSION

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import Session, VideoSession
    from insilico_gui.stimuli import Fit

CHUNK_FRAMES = 16
"""Frames in one step: enough to batch work, few enough to cancel and draw between.

A session that is faster with another number says so in its attribute ``chunk_frames``.
"""

FIRST_CHUNK_FRAMES = 4
"""The first step is short, so that there is soon something to see; then it doubles."""

BURN_IN_FRAMES = 10
"""Frames after the start that published evaluations of recurrent twins leave out.

The responses keep them; analyses skip them and say so.
"""


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    done, total : int
        Frames.
    elapsed_s : float
        Seconds since the first frame was asked for.
    """

    done: int
    total: int
    elapsed_s: float

    @property
    def frames_per_s(self) -> float:
        """Average rate so far."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at this rate; None before there is a rate."""
        rate = self.frames_per_s
        return (self.total - self.done) / rate if rate > 0 else None


class EncodingJob:
    """One stimulus (or a batch of videos) through one session.

    Parameters are those of :func:`encode`; they are all checked here. One more,
    `chunk_frames`, makes all steps that long, instead of short ones first and then what
    suits the session.

    Attributes
    ----------
    session : Session
    stimulus : Stimulus
        The frames as the session gets them (of a batch, the first video's).
    selection : Selection
        Which units are computed.
    n_frames : int
        Frames of each video.
    store : ResponseStore
        Fills while the job runs.
    """

    def __init__(
        self,
        session: Session,
        stimulus: Stimulus | NDArray[np.uint8],
        units: Selection | ArrayLike | None = None,
        behavior: Mapping[str, ArrayLike] | None = None,
        *,
        fit: Fit = "crop",
        store: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        chunk_frames: int | None = None,
    ) -> None:
        if not is_video_session(session):
            raise EncodingError(
                f"{session.id} is driven by {session.input_kind}, not by video; choose "
                "a stimulus of that kind."
            )
        if chunk_frames is not None and chunk_frames < 1:
            raise EncodingError(
                f"A chunk of {chunk_frames} frames is too small; use 1."
            )
        self.session = session
        videos, self._batched = _as_videos(stimulus, session.frame_rate)
        self._videos = [_as_frames(video, session, fit) for video in videos]
        self.stimulus = self._videos[0]
        self.n_frames = self.stimulus.n_frames
        self.selection = _as_selection(units, len(session.units))
        if len(self.selection) == 0:
            raise EncodingError(
                "The selection holds no unit; select at least one before encoding."
            )
        self._everything = len(self.selection) == len(session.units)
        self._n_videos = len(videos) if self._batched else None
        self.behavior = check_behavior(session, behavior, self.n_frames, self._n_videos)
        preferred: int = getattr(session, "chunk_frames", CHUNK_FRAMES)
        self._largest_chunk = chunk_frames or preferred
        self._first_chunk = chunk_frames or FIRST_CHUNK_FRAMES
        self._hashes = [hashlib.sha256() for _ in self._videos]
        shape: tuple[int, ...] = (self.n_frames, len(self.selection))
        if self._n_videos is not None:
            shape = (self._n_videos, *shape)
        self.store = open_store(shape, store, overwrite=overwrite)

    def run(self) -> Generator[Progress, None, xr.DataArray]:
        """Encode, yielding after every chunk; returns the labelled responses.

        Closing the generator stops the job within one chunk and removes what was
        written.
        """
        complete = False
        try:
            yield from self._fill()
            responses = self.store.finish(self._coords(), self._attrs())
            complete = True
            return responses
        finally:
            if not complete:
                self.store.discard()

    def _fill(self) -> Iterator[Progress]:
        started = time.perf_counter()
        # While the session computes, the next frames are decoded and converted.
        with closing(ahead(self._chunks())) as chunks:
            stream = self.session.stream(
                chunks,
                self.behavior or None,
                None if self._everything else self.selection.indices,
            )
            for block in stream:
                expected = len(self.selection)
                if block.shape[-1] != expected:
                    raise EncodingError(
                        f"{self.session.id} answered with {block.shape[-1]} units where "
                        f"{expected} were asked for; its plugin needs mending."
                    )
                self.store.write(block)
                yield Progress(
                    self.store.n_done, self.n_frames, time.perf_counter() - started
                )
        if self.store.n_done != self.n_frames:
            raise EncodingError(
                f"{self.session.id} answered {self.store.n_done} of {self.n_frames} "
                "frames; its plugin needs mending."
            )

    def _chunks(self) -> Iterator[NDArray[np.uint8]]:
        start = 0
        for stop in chunk_ends(self.n_frames, self._first_chunk, self._largest_chunk):
            chunk = np.stack([video.frames(start, stop) for video in self._videos])
            for digest, video in zip(self._hashes, chunk, strict=True):
                digest.update(video)
            yield chunk if self._batched else chunk[0]
            start = stop

    def _coords(self) -> dict[str, Any]:
        table = self.session.units.iloc[self.selection.indices]
        coords: dict[str, Any] = {
            "time": np.arange(self.n_frames) / self.session.frame_rate
        }
        for name, column in table.items():
            values = column.to_numpy()
            if values.dtype == object or not isinstance(values.dtype, np.dtype):
                values = column.fillna("").to_numpy(dtype=str)
            coords[str(name)] = ("unit", values)
        return coords

    def _stimulus_hash(self) -> str:
        """Hash of size, rate and every frame of every video, however it was chunked."""
        height, width = self.session.frame_shape
        whole = hashlib.sha256(
            f"{self.n_frames}x{height}x{width}@{self.session.frame_rate!r}".encode()
        )
        for digest in self._hashes:
            whole.update(digest.digest())
        return f"sha256:{whole.hexdigest()}"

    def _attrs(self) -> dict[str, Any]:
        session = self.session
        attrs: dict[str, Any] = {
            **session.attrs,
            "session": session.id,
            "device": session.device,
            "dtype": "float32",
            "frame_rate": session.frame_rate,
            "stimulus": self.stimulus.name,
            "stimulus_hash": self._stimulus_hash(),
            "stimulus_attrs": dict(self.stimulus.attrs),
            "behavior": {name: _digest(trace) for name, trace in self.behavior.items()}
            or "no behaviour (zeros)",
            "selection": dict(self.selection.rule),
            "burn_in_frames": BURN_IN_FRAMES,
            "insilico_gui_version": version("insilico-gui"),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        if self.stimulus.trials is not None:
            attrs["trials"] = self.stimulus.trials.to_dict(orient="list")
        return attrs


def encode(
    session: Session,
    stimulus: Stimulus | NDArray[np.uint8],
    units: Selection | ArrayLike | None = None,
    behavior: Mapping[str, ArrayLike] | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    cancel: threading.Event | None = None,
    store: str | os.PathLike[str] | None = None,
    *,
    fit: Fit = "crop",
    overwrite: bool = False,
) -> xr.DataArray:
    """Predict the responses of a session's units to a stimulus.

    Parameters
    ----------
    session : Session
    stimulus : Stimulus or uint8 array, [T, H, W] or [N, T, H, W]
        An array is taken to be at the session's frame rate; N videos are encoded side
        by side, each from a fresh state.
    units : Selection, int array or 0/1 array, optional
        Which units to compute; default all.
    behavior : mapping of str to array [T, K] or [N, T, K], optional
        Traces at the session's frame rate, by the names in ``session.behavior``. Not
        given means zeros.
    on_progress : callable(done, total), optional
        Called after every chunk, in frames.
    cancel : threading.Event, optional
        When set, encoding stops within one chunk.
    store : path ending in ``.zarr``, optional
        Write the responses there as they come; the array returned reads from it.
    fit : {"crop", "pad", "stretch"}
        How another aspect ratio is brought to the session's; see
        :func:`insilico_gui.stimuli.convert`.
    overwrite : bool
        Replace an existing `store`.

    Returns
    -------
    xarray.DataArray
        float32 with dims (``time``, ``unit``), or (``trial``, ``time``, ``unit``) for a
        batch; ``time`` in seconds, the unit table as coordinates of ``unit``, provenance
        and trial table in ``attrs``.

    Raises
    ------
    EncodingCancelled
        If `cancel` was set; nothing is kept.
    InsilicoError
        If an input does not fit, or memory or disk run out.
    """
    _stop_if(cancel, "Encoding was cancelled before it began.")
    job = EncodingJob(
        session,
        stimulus,
        units,
        behavior,
        fit=fit,
        store=store,
        overwrite=overwrite,
    )
    steps = job.run()
    try:
        while True:
            progress = next(steps)
            if on_progress is not None:
                on_progress(progress.done, progress.total)
            _stop_if(
                cancel,
                f"Encoding {job.stimulus.name} was cancelled after {progress.done} of "
                f"{progress.total} frames.",
            )
    except StopIteration as end:
        responses: xr.DataArray = end.value
        return responses
    finally:
        steps.close()


def chunk_ends(n_frames: int, first: int, largest: int) -> Iterator[int]:
    """Where chunks end that begin with `first` frames and double up to `largest`."""
    size, stop = min(first, largest), 0
    while stop < n_frames:
        stop = min(stop + size, n_frames)
        yield stop
        size = min(2 * size, largest)


def _stop_if(cancel: threading.Event | None, sentence: str) -> None:
    if cancel is not None and cancel.is_set():
        raise EncodingCancelled(sentence)


def _as_videos(
    stimulus: Stimulus | NDArray[np.uint8], frame_rate: float
) -> tuple[Sequence[Stimulus], bool]:
    """The videos of a stimulus, and whether they form a batch."""
    if isinstance(stimulus, Stimulus):
        return [stimulus], False
    frames = np.asarray(stimulus)
    if frames.ndim not in (3, 4):
        raise StimulusError(
            f"The stimulus array has shape {list(frames.shape)}; give uint8 frames "
            "[T, H, W], or a batch [N, T, H, W]."
        )
    if frames.ndim == 3:
        return [ArrayStimulus(frames, frame_rate)], False
    if len(frames) == 0:
        raise StimulusError("The batch holds no video; give at least one.")
    return [ArrayStimulus(video, frame_rate) for video in frames], True


def _as_frames(video: Stimulus, session: VideoSession, fit: Fit) -> Stimulus:
    """The video in the session's size and rate; one that was converted stays as is."""
    has_shape = video.frame_shape == session.frame_shape
    if video.attrs.get("kind") == CONVERSION and (
        has_shape and video.frame_rate == session.frame_rate
    ):
        return video
    return convert(video, session.frame_shape, session.frame_rate, fit)


def _as_selection(units: Selection | ArrayLike | None, n_units: int) -> Selection:
    if isinstance(units, Selection):
        unit_indices(units.indices, n_units)  # a selection of another session?
        return units
    if units is None:
        return Selection(np.arange(n_units), {"all": True})
    indices = unit_indices(units, n_units)
    return Selection(indices, {"units": indices.tolist()})


def _digest(trace: NDArray[np.float32]) -> str:
    return f"sha256:{hashlib.sha256(np.ascontiguousarray(trace).tobytes()).hexdigest()}"
