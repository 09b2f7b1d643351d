"""The engine for video: frames are passed through a session in chunks.

An :class:`EncodingJob` checks its arguments when it is created and computes nothing; its
:meth:`~EncodingJob.run` is a generator that yields after every chunk, so that the caller
can show progress or stop.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.encoding.behavior import check_behavior
from insilico_gui.encoding.inputs import as_videos, stimulus_warning
from insilico_gui.encoding.precision import ATTRIBUTE, PrecisionCheck
from insilico_gui.encoding.prefetch import ahead
from insilico_gui.encoding.provenance import chosen_units, provenance, unit_coords
from insilico_gui.encoding.store import ResponseStore, open_store
from insilico_gui.encoding.trial_labels import labels_of_videos
from insilico_gui.errors import EncodingError, StimulusError
from insilico_gui.progress import Progress
from insilico_gui.responses import BURN_IN_FRAMES, SECONDS, with_unit_index
from insilico_gui.session import is_reduced, is_video_session
from insilico_gui.settings import most_at_once
from insilico_gui.stimuli import Stimulus, convert
from insilico_gui.stimuli.core.conversion import CONVERSION, grey_wanted
from insilico_gui.streaming import telling_of_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator, Mapping, Sequence

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import Session, VideoSession
    from insilico_gui.stimuli import Fit
    from insilico_gui.units.selection import Selection

CHUNK_FRAMES = 16
"""Frames in one step: enough for efficient batches, few enough to cancel and draw between.

A session with the attribute ``chunk_frames`` gets chunks of that length instead.
"""

FIRST_CHUNK_FRAMES = 4
"""The first step is short, so that the first responses appear soon; then it doubles."""


class EncodingJob:
    """One stimulus (or a batch of videos) through one session.

    Parameters are those of :func:`.encode`; they are all checked here. `chunk_frames`
    sets the length of all steps; by default the first ones are short, and the others
    have the length that the session prefers.

    Attributes
    ----------
    session : Session
    stimulus : Stimulus
        The frames that the session receives (of a batch, those of the first video).
    selection : Selection
        Units that are computed.
    n_frames : int
        Frames of each video.
    store : ResponseStore
        Filled while the job runs.
    """

    n_times = 1
    """Moments of response to one frame."""

    def __init__(
        self,
        session: Session,
        stimulus: Stimulus | NDArray[np.uint8] | Sequence[Stimulus | NDArray[np.uint8]],
        units: Selection | ArrayLike | None = None,
        behavior: Mapping[str, ArrayLike] | None = None,
        *,
        fit: Fit = "crop",
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
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
        videos, self._batched = as_videos(stimulus, session.frame_rate)
        self._listed = isinstance(stimulus, list | tuple)
        self._videos = [_as_frames(video, session, fit) for video in videos]
        self.stimulus = self._videos[0]
        self.n_frames = _common_length(self._videos)
        self.selection = chosen_units(session, units, unit_ids, indices)
        self._everything = len(self.selection) == len(session.units)
        self._n_videos = len(videos) if self._batched else None
        self.behavior = check_behavior(session, behavior, self.n_frames, self._n_videos)
        preferred: int = getattr(session, "chunk_frames", CHUNK_FRAMES)
        preferred = min(preferred, most_at_once() or preferred)
        self._largest_chunk = chunk_frames or preferred
        self._first_chunk = chunk_frames or FIRST_CHUNK_FRAMES
        self._check: PrecisionCheck | None = None
        if is_reduced(session):
            self._check = PrecisionCheck(session, self.n_frames, self._n_videos)
        self._precision_error: dict[str, Any] | None = None
        # One hash for each video: the chunks of a batch take turns between the videos
        self._hashes = [hashlib.sha256() for _ in self._videos]
        shape: tuple[int, ...] = (self.n_frames, len(self.selection))
        if self._n_videos is not None:
            shape = (self._n_videos, *shape)
        self.store = open_store(shape, store, overwrite=overwrite)

    @property
    def moments(self) -> ResponseStore:
        """Responses at each moment of playback, [moments, U]; filled during the run."""
        return self.store

    def run(self) -> Generator[Progress, None, xr.DataArray]:
        """Encode, yielding after every chunk; returns the labelled responses.

        Closing the generator stops the job within one chunk and removes what was
        written.
        """
        complete = False
        try:
            with telling_of_memory("one chunk of frames", self.session.device):
                yield from self._fill()
            responses = self.store.finish(self._coords(), self._attrs())
            responses = with_unit_index(responses)
            complete = True
            return responses
        finally:
            # An error, close(), or what the caller threw into the generator
            if not complete:
                self.store.discard()

    def _fill(self) -> Iterator[Progress]:
        started = time.perf_counter()
        # While the session computes, the next frames are decoded and converted. Closed
        # here, not when it is collected: no thread outlives the job.
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
                if self._check is not None:
                    self._check.see(block)
                self.store.write(block)
                elapsed = time.perf_counter() - started
                yield Progress(self.store.n_done, self.n_frames, elapsed, "frames")
        if self.store.n_done != self.n_frames:
            raise EncodingError(
                f"{self.session.id} answered {self.store.n_done} of {self.n_frames} "
                "frames; its plugin needs mending."
            )
        if self._check is not None:
            for found in self._compare(self._check):
                self._precision_error = found
                elapsed = time.perf_counter() - started
                yield Progress(self.n_frames, self.n_frames, elapsed, "frames")

    def _compare(self, check: PrecisionCheck) -> Iterator[dict[str, Any] | None]:
        """Encode the first frames again, in float32."""
        # In chunks of full size: of these frames nothing is shown while they come
        videos = self._videos[: check.n_videos]
        ends = chunk_ends(check.n_frames, self._largest_chunk, self._largest_chunk)
        edges = pairwise([0, *ends])
        chunks = (np.stack([v.frames(a, b) for v in videos]) for a, b in edges)
        units = None if self._everything else self.selection.indices
        yield from check.compare(chunks, self.behavior or None, units)

    def _chunks(self) -> Iterator[NDArray[np.uint8]]:
        start = 0
        for stop in chunk_ends(self.n_frames, self._first_chunk, self._largest_chunk):
            chunk = np.stack([video.frames(start, stop) for video in self._videos])
            for digest, video in zip(self._hashes, chunk, strict=True):
                digest.update(video)
            yield chunk if self._batched else chunk[0]
            start = stop
        for video in self._videos:
            dict(video.attrs)  # has files hashed now, while the session is busy

    def _coords(self) -> dict[str, Any]:
        time = np.arange(self.n_frames) / self.session.frame_rate
        units = unit_coords(self.session, self.selection, "unit")
        trials = labels_of_videos(self._videos) if self._batched else {}
        return {
            "time": ("time", time, SECONDS),
            **{name: labels for name, labels in trials.items() if name not in units},
            **units,
        }

    def _stimulus_hash(self) -> str:
        """Hash of size, rate and every frame of every video; independent of chunks."""
        height, width = self.session.frame_shape
        whole = hashlib.sha256(
            f"{self.n_frames}x{height}x{width}@{self.session.frame_rate!r}".encode()
        )
        for digest in self._hashes:
            whole.update(digest.digest())
        return f"sha256:{whole.hexdigest()}"

    def _attrs(self) -> dict[str, Any]:
        attrs: dict[str, Any] = {
            **provenance(self.session, self.selection),
            "frame_rate": self.session.frame_rate,
            "stimulus": ", ".join(dict.fromkeys(video.name for video in self._videos)),
            "stimulus_hash": self._stimulus_hash(),
            "stimulus_attrs": dict(self.stimulus.attrs),
            "behavior": {name: _digest(trace) for name, trace in self.behavior.items()}
            or "no behaviour (zeros)",
            "burn_in_frames": BURN_IN_FRAMES,
        }
        if warning := stimulus_warning(*self._videos):
            attrs["warning"] = warning
        if self._precision_error is not None:
            attrs[ATTRIBUTE] = self._precision_error
        if self._listed:
            each = [dict(video.attrs) for video in self._videos]
            attrs["stimulus_attrs"] = {"each": each}
        tables = [
            None if video.trials is None else video.trials.to_dict(orient="list")
            for video in self._videos
        ]
        if any(table != tables[0] for table in tables):
            attrs["trials_of_each"] = tables
        elif tables[0] is not None:
            attrs["trials"] = tables[0]
        return attrs


def chunk_ends(n_frames: int, first: int, largest: int) -> Iterator[int]:
    """Ends of chunks: `first` frames, then twice as many each, up to `largest`."""
    size, stop = min(first, largest), 0
    while stop < n_frames:
        stop = min(stop + size, n_frames)
        yield stop
        size = min(2 * size, largest)


def lengths_of(session: VideoSession, stimuli: Sequence[Any], fit: Fit) -> list[int]:
    """Frames that a session gets of each of several videos or arrays."""
    if not stimuli:
        return []
    videos, _ = as_videos([*stimuli], session.frame_rate)
    return [_as_frames(video, session, fit).n_frames for video in videos]


def _common_length(videos: Sequence[Stimulus]) -> int:
    n_frames = videos[0].n_frames
    for video in videos:
        if video.n_frames != n_frames:
            raise StimulusError(
                f"The videos of a batch must be equally long, but {videos[0].name} has "
                f"{n_frames} frames and {video.name} {video.n_frames}; cut them, or "
                "encode them one by one."
            )
    return n_frames


def _as_frames(video: Stimulus, session: VideoSession, fit: Fit) -> Stimulus:
    """The video in the session's size and rate; a converted video is not changed."""
    has_shape = video.frame_shape == session.frame_shape
    if video.attrs.get("kind") == CONVERSION and (
        has_shape and video.frame_rate == session.frame_rate
    ):
        return video
    grey = grey_wanted(session)
    return convert(video, session.frame_shape, session.frame_rate, fit, grey=grey)


def _digest(trace: NDArray[np.float32]) -> str:
    return f"sha256:{hashlib.sha256(np.ascontiguousarray(trace).tobytes()).hexdigest()}"
