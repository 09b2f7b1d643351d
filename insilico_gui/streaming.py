"""Base class of sessions whose network has a state that is carried from frame to frame.

A twin defines two pure functions, :meth:`StreamingSession.initial_state` and
:meth:`StreamingSession.advance`. The base class implements
:meth:`insilico_gui.session.VideoSession.stream` with them: batches, behaviour traces
cut to each chunk, and smaller chunks when device memory runs out.
"""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from insilico_gui.device import free_memory
from insilico_gui.errors import EncodingMemoryError

State = TypeVar("State")

ADVICE_ON_VIDEOS = "encode fewer videos at once, select fewer units"
"""How to use less memory in a session driven by video."""

ADVICE_ON_IMAGES = "select fewer units"
"""How to use less memory in a session driven by images."""

logger = logging.getLogger(__name__)


class StreamingSession(ABC, Generic[State]):
    """Implements ``stream`` by a pure ``advance``; a twin implements the other members."""

    @abstractmethod
    def initial_state(self, n_videos: int) -> State:
        """State before the first frame of `n_videos` videos."""

    @abstractmethod
    def advance(
        self,
        state: State,
        frames: NDArray[np.uint8],
        behavior: Mapping[str, NDArray[np.float32]],
        units: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], State]:
        """Encode frames without changing `state`, so that a failed step can be repeated.

        Parameters
        ----------
        state
            From :meth:`initial_state` or the previous call.
        frames : uint8 array, [N, n, H, W]
            Next n frames of N videos.
        behavior : mapping of str to float32 array, [N, n, K]
            Traces at these frames, of the inputs that were given.
        units : int64 array or None
            Response columns to compute; None = all.

        Returns
        -------
        responses : float32 array, [N, n, U]
        state
            State after the last frame.
        """

    def stream(
        self,
        chunks: Iterable[NDArray[np.uint8]],
        behavior: Mapping[str, NDArray[np.floating]] | None = None,
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """See :meth:`insilico_gui.session.VideoSession.stream`."""
        columns = None if units is None else np.asarray(units, dtype=np.int64)
        state: State | None = None
        largest: int | None = None  # frames per step that are known to fit; None = any
        done = 0
        for chunk in chunks:
            single = chunk.ndim == 3
            videos = chunk[None] if single else chunk
            pieces: list[NDArray[np.float32]] = []
            start, n = 0, videos.shape[1]
            while start < n or not pieces:
                stop = n if largest is None else min(n, start + largest)
                traces = {
                    name: _cut(trace, len(videos), done + start, done + stop)
                    for name, trace in (behavior or {}).items()
                }
                try:
                    if state is None:
                        state = self.initial_state(len(videos))
                    piece, state = self.advance(
                        state, videos[:, start:stop], traces, columns
                    )
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    largest = (stop - start) // 2
                    if largest < 1:
                        what = "a single frame"
                        if len(videos) > 1:
                            what += f" of {len(videos)} videos side by side"
                        device = getattr(self, "device", "cpu")
                        raise memory_error(error, what, device) from error
                    logger.warning("Out of memory: going on with %d frames", largest)
                    # The failed call's frames hold its tensors alive.
                    error.__traceback__ = None
                    release_memory()
                    continue
                pieces.append(piece)
                start = stop
            done += n
            responses = pieces[0] if len(pieces) == 1 else np.concatenate(pieces, 1)
            yield responses[0] if single else responses


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` means that host or device memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # torch's CPU allocator and the CUDA libraries raise a bare RuntimeError
    return isinstance(error, RuntimeError) and any(
        sign in str(error)
        for sign in ("DefaultCPUAllocator", "_STATUS_ALLOC_FAILED", "out of memory")
    )


@contextmanager
def telling_of_memory(
    what: str, device: str, advice: str = ADVICE_ON_VIDEOS
) -> Iterator[None]:
    """Turn errors of memory into an EncodingMemoryError; see :func:`memory_error`."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise memory_error(error, what, device, advice) from error


def memory_error(
    error: Exception, what: str, device: str, advice: str = ADVICE_ON_VIDEOS
) -> EncodingMemoryError:
    """An error to raise from `error`, for which :func:`is_out_of_memory` holds.

    `what` needed the memory, e.g. ``"a single frame"``; `advice` is
    :data:`ADVICE_ON_VIDEOS` or :data:`ADVICE_ON_IMAGES`.
    """
    on_host = isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)
    if on_host or not device.startswith("cuda"):
        device = "cpu"
    known = f"{free_memory(device) / 2**30:.2f} GiB are free"
    asked = re.search(r"(?i)(?:tried|unable) to allocate ([\d.]+ \w+)", str(error))
    if asked:
        known = f"{asked[1]} more were needed, {known}"
    elsewhere = "" if device == "cpu" else ", or choose the device 'cpu'"
    return EncodingMemoryError(
        f"The device {device!r} ran out of memory with {what} ({known}); close other "
        f"programs that use it, {advice}{elsewhere}."
    )


def release_memory() -> None:
    """Release device memory that torch keeps in its cache."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _cut(
    trace: NDArray[np.floating], n_videos: int, start: int, stop: int
) -> NDArray[np.float32]:
    part = np.asarray(trace[..., start:stop, :], dtype=np.float32)
    return np.broadcast_to(part, (n_videos, *part.shape[-2:]))
