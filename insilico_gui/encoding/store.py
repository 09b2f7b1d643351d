"""Storage of responses while they are computed, in memory that does not grow with them.

Both stores take blocks in order of time and return rows at any time, so that the map can
show results during encoding. A small result is kept in memory. A larger one is written to
a temporary file, which the system removes with the last reference to it, or to a zarr
folder, which gets its name when it is complete.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.encoding.background_writer import Behind
from insilico_gui.errors import EncodingError
from insilico_gui.export import load_responses, zarr_folder
from insilico_gui.export.record import describe
from insilico_gui.files import (
    check_target,
    claim,
    require_space,
    settle,
    shown,
    writing,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

IN_MEMORY_BYTES = 32 * 2**20
"""Results up to this size are kept in memory; larger ones are on disk."""


class ResponseStore(ABC):
    """Responses [T, U], or [N, T, U] for N videos, filled in order of time."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.n_done = 0

    @abstractmethod
    def write(self, block: NDArray[np.float32]) -> None:
        """Append a block, [n, U] or [N, n, U]; a full disk is an EncodingError."""

    @abstractmethod
    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Responses of frames that have been written, [n, U] or [N, n, U]."""

    def row(self, frame: int) -> NDArray[np.float32]:
        """Responses at one frame that has been written, [U] or [N, U]."""
        row: NDArray[np.float32] = self.rows(frame, frame + 1)[..., 0, :]
        return row

    @abstractmethod
    def finish(
        self, coords: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> xr.DataArray:
        """Make the complete responses available as a labelled array."""

    @abstractmethod
    def discard(self) -> None:
        """Remove what has been written so far."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes of :attr:`shape`."""
        return ("trial", "time", "unit")[-len(self.shape) :]


class ScratchStore(ResponseStore):
    """Responses in memory if small, else in an unnamed temporary file."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        size = int(np.prod(shape)) * 4
        self._file = None
        self._array: NDArray[np.float32]
        if size <= IN_MEMORY_BYTES:
            self._array = np.full(shape, np.nan, dtype=np.float32)
            return
        require_space(Path(tempfile.gettempdir()), size, EncodingError)
        self._file = tempfile.TemporaryFile()
        weakref.finalize(self, self._file.close)
        # Of full size at once, so that one map shows all that will be written; the file
        # is sparse and takes space only as it fills
        self._file.truncate(size)
        self._array = np.memmap(self._file, np.float32, mode="r", shape=shape)

    def write(self, block: NDArray[np.float32]) -> None:
        """See :meth:`ResponseStore.write`."""
        start, stop = self.n_done, self.n_done + block.shape[-2]
        if self._file is None:
            self._array[..., start:stop, :] = block
        else:
            # Through the file, not the map: pages dirtied through a map count as ours.
            n_time, n_units = self.shape[-2:]
            videos = block[None] if block.ndim == 2 else block
            for i, video in enumerate(videos):
                offset = (i * n_time + start) * n_units * 4
                with writing("the temporary file", EncodingError):
                    self._file.seek(offset)
                    self._file.write(np.ascontiguousarray(video, np.float32).data)
                    self._file.flush()  # the map shows no more than the system has
        # Last: threads that draw read every row below n_done
        self.n_done = stop

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """See :meth:`ResponseStore.rows`."""
        return np.array(self._array[..., start:stop, :])

    def finish(
        self, coords: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> xr.DataArray:
        """See :meth:`ResponseStore.finish`."""
        if self._file is not None:
            self._file.close()  # the map stays, and with it the space on disk
        return xr.DataArray(
            self._array, coords, self.dims, name="responses", attrs=dict(attrs)
        )

    def discard(self) -> None:
        """See :meth:`ResponseStore.discard`."""
        # Readers in other threads keep what they have; it goes with the last of them.
        if self._file is not None:
            self._file.close()


class ZarrStore(ResponseStore):
    """Responses in a zarr folder, which gets its name when it is complete.

    The folder is one that :func:`insilico_gui.export.load_responses` reads. Its name
    belongs to this store from the beginning: nobody else may write there meanwhile.
    """

    def __init__(
        self, shape: tuple[int, ...], path: Path, *, overwrite: bool = False
    ) -> None:
        super().__init__(shape)
        self.path = path
        settle(path.parent)
        check_target(path, overwrite, EncodingError)
        self._claim = claim(path.parent, [path.name], EncodingError)
        try:
            with writing(path, EncodingError):
                zarr_folder.check_replaced(path, EncodingError)
                require_space(path.parent, int(np.prod(shape)) * 4, EncodingError)
                self._partial = self._claim.new / path.name
                self._array = zarr_folder.begin(self._partial, shape, self.dims)
        except BaseException:
            self._claim.close()
            raise
        self._rows = zarr_folder.chunk_shape(shape)[-2]
        self._behind = Behind()
        self._lock = threading.Lock()
        # Guarded by the lock: frames on disk, and blocks that are not, from there on
        self._n_written = 0
        self._unwritten: list[NDArray[np.float32]] = []
        self._n_handed_over = 0

    def write(self, block: NDArray[np.float32]) -> None:
        """See :meth:`ResponseStore.write`."""
        with self._lock:
            self._unwritten.append(block)
        # After the block can be read: threads that draw read every row below n_done
        self.n_done += block.shape[-2]
        while self.n_done - self._n_handed_over >= self._rows:
            self._hand_over(self._rows)

    def _hand_over(self, n: int) -> None:
        """Have the next frames written: whole zarr chunks only, each once.

        A chunk that was written in part would be read, unpacked and packed again.
        """
        start = self._n_handed_over
        self._n_handed_over += n
        frames = self.rows(start, start + n)
        self._behind.call(partial(self._write_rows, start, frames))

    def _write_rows(self, start: int, frames: NDArray[np.float32]) -> None:
        stop = start + frames.shape[-2]
        with writing(str(self.path), EncodingError):
            self._array[..., start:stop, :] = frames
        # On disk first, then dropped from memory: a reader finds them in one of both
        with self._lock:
            first = self._n_written
            self._unwritten = _between(self._unwritten, first, stop, self.n_done)
            self._n_written = stop

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """See :meth:`ResponseStore.rows`."""
        with self._lock:
            first, unwritten = self._n_written, list(self._unwritten)
        # Without the lock from here on: frames on disk change no more, nor do blocks
        parts = _between(unwritten, first, max(start, first), stop)
        if start < first or not parts:
            stored = self._array[..., start : min(stop, first), :]
            parts.insert(0, np.asarray(stored, dtype=np.float32))
        return np.concatenate(parts, axis=-2)

    def finish(
        self, coords: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> xr.DataArray:
        """See :meth:`ResponseStore.finish`; the array returned reads from the folder."""
        if self.n_done > self._n_handed_over:
            self._hand_over(self.n_done - self._n_handed_over)
        self._behind.finish()
        # The labels are described by an array of the full shape that takes no memory
        no_values = np.broadcast_to(np.float32(0), self.shape)
        labels = xr.DataArray(no_values, coords, self.dims, attrs=dict(attrs))
        with writing(str(self.path), EncodingError):
            zarr_folder.label(self._partial, describe(labels))
        self._claim.publish([self.path.name])
        self._claim.close()
        responses = load_responses(self.path)
        self._array = zarr_folder.values(self.path)  # the folder has moved
        return responses

    def discard(self) -> None:
        """See :meth:`ResponseStore.discard`."""
        self._behind.abandon()
        self._claim.close()


def _between(
    blocks: list[NDArray[np.float32]], first: int, start: int, stop: int
) -> list[NDArray[np.float32]]:
    """Frames `start` to `stop` of consecutive blocks that begin at frame `first`."""
    parts = []
    for block in blocks:
        part = block[..., max(0, start - first) : max(0, stop - first), :]
        if part.shape[-2]:
            parts.append(part)
        first += block.shape[-2]
    return parts


def zarr_path(path: str | os.PathLike[str]) -> Path:
    """The path of a zarr folder for responses; another suffix is an EncodingError."""
    target = Path(path)
    if target.suffix.lower() != ".zarr":
        raise EncodingError(
            f"{shown(target.name)} is not a .zarr path; give one that ends in .zarr, or "
            "export the responses to another format afterwards."
        )
    return target


def open_store(
    shape: tuple[int, ...],
    path: str | os.PathLike[str] | None = None,
    *,
    overwrite: bool = False,
) -> ResponseStore:
    """Make the store for responses of `shape`: at `path` (``.zarr``), else temporary."""
    if path is None:
        return ScratchStore(shape)
    return ZarrStore(shape, zarr_path(path), overwrite=overwrite)
