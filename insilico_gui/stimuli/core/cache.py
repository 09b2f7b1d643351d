"""Frames kept on disk once they have been made, for a window that jumps about."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.files import writing
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.grey import BACKGROUND

_BLOCK = 32  # frames made at a time
_WRITE_BYTES = 2**22

# Painted grey by the constructor, in less than a tenth of a second; the rest by the
# first call that makes frames, which is allowed to take time
_GREY_AT_ONCE = 2**26


class CachedFrames(Stimulus):
    """The same stimulus, each frame of which is made once.

    Frames are kept in a temporary file that vanishes with the object. One thread, or
    several, makes them with :meth:`frames`; :meth:`peek`, :meth:`available` and
    :attr:`array` never wait for that, so the window may use them at any time.

    Parameters
    ----------
    stimulus : Stimulus
        Usually one that was converted to a session's size already.
    directory : path, optional
        Folder for the file; default the system's folder for temporary files.

    Attributes
    ----------
    source : Stimulus
    array : uint8 array, [T, H, W], or [T, H, W, 3] in colour
        Read-only view of all frames; grey (128) where they are not made yet (and black
        in the later part of a long stimulus until the first of them are made).

    Raises
    ------
    StimulusError
        If the disk has no room for all frames.
    """

    def __init__(
        self, stimulus: Stimulus, directory: str | os.PathLike[str] | None = None
    ) -> None:
        self.source = stimulus
        self.name = stimulus.name
        self.frame_shape = stimulus.frame_shape
        self.frame_rate = stimulus.frame_rate
        self.n_frames = stimulus.n_frames
        self.channels = stimulus.channels
        self.pixel_aspect = stimulus.pixel_aspect
        self.trials = stimulus.trials
        self.attrs = stimulus.attrs
        self._making = threading.Lock()
        self._using_file = threading.Lock()
        color = () if self.channels == 1 else (self.channels,)
        self._shape = (*self.frame_shape, *color)
        self._frame_bytes = math.prod(self._shape)
        self._n_bytes = self.n_frames * self._frame_bytes
        self._folder = Path(tempfile.gettempdir() if directory is None else directory)
        with self._disk_errors():
            self._require_space()
            # Unbuffered: what is written is seen through the map at once
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)
            weakref.finalize(self, self._file.close)
            self._file.truncate(self._n_bytes)
            self._n_grey = 0
            self._paint_grey(min(self._n_bytes, _GREY_AT_ONCE))
        self._made = np.zeros(self.n_frames, bool)
        self.array: NDArray[np.uint8] = np.memmap(
            self._file, np.uint8, mode="r", shape=(self.n_frames, *self._shape)
        )

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame appears, in seconds from the first; shape [n_frames]."""
        return self.source.frame_times

    @property
    def n_available(self) -> int:
        """How many frames have been made."""
        return int(np.count_nonzero(self._made))

    def available(self, k: int) -> bool:
        """Whether frame `k` has been made."""
        return bool(self._made[k])

    def peek(self, k: int) -> NDArray[np.uint8] | None:
        """Frame `k`, uint8 [H, W] or [H, W, 3], if it has been made; returns at once."""
        return np.array(self.array[k]) if self._made[k] else None

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Frames `start` to `stop`, made if need be, in blocks with their neighbours.

        Raises
        ------
        StimulusError
            If the range is wrong, the source cannot be read, the disk is full, or this
            object was closed.
        """
        self._check_range(start, stop)
        for block in range(start // _BLOCK * _BLOCK, stop, _BLOCK):
            self._make(block, min(block + _BLOCK, self.n_frames))
        frames = np.empty((stop - start, *self._shape), np.uint8)
        # From the file and not from the map, whose pages would count as memory in use
        rest = memoryview(frames.data).cast("B")
        with self._using_file, self._disk_errors():
            self._require_open()
            self._file.seek(start * self._frame_bytes)
            while rest:
                rest = rest[self._file.readinto(rest) :]
        return frames

    def close(self) -> None:
        """Give the disk space back; all frames count as not made from now on."""
        with self._making, self._using_file:
            self._made[:] = False
            self.array = np.broadcast_to(
                np.uint8(BACKGROUND), (self.n_frames, *self._shape)
            )
            self._file.close()

    def _make(self, start: int, stop: int) -> None:
        if self._made[start:stop].all():
            return
        with self._making:
            if self._made[start:stop].all():  # by another thread in the meantime
                return
            with self._using_file, self._disk_errors():
                self._require_open()
                self._paint_grey(self._n_bytes)
            frames = np.ascontiguousarray(self.source.frames(start, stop))
            with self._using_file, self._disk_errors():
                self._write(start * self._frame_bytes, frames.data.cast("B"))
            self._made[start:stop] = True

    def _require_space(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if self._n_bytes > free:
            raise StimulusError(
                f"The frames of {self.name} need {self._n_bytes / 1e9:.2f} GB and "
                f"{self._folder} has {free / 1e9:.2f} GB free; free some space, or "
                "take a shorter stimulus."
            )

    def _require_open(self) -> None:
        if self._file.closed:
            raise StimulusError(
                f"The frames of {self.name} were given up; open it again."
            )

    def _paint_grey(self, n_bytes: int) -> None:
        """Make the first `n_bytes` of the file grey, as far as they are not yet."""
        if self._n_grey < n_bytes:
            grey = memoryview(bytes([BACKGROUND]) * _WRITE_BYTES)
            for start in range(self._n_grey, n_bytes, _WRITE_BYTES):
                self._write(start, grey[: n_bytes - start])
            self._n_grey = n_bytes

    def _write(self, position: int, content: memoryview) -> None:
        self._file.seek(position)
        while content:  # the system may take less than it is given
            content = content[self._file.write(content) :]

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        with writing(f"the frames of {self.name} to {self._folder}", StimulusError):
            yield
