"""What a stimulus is: frames that can be read lazily, with their times."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import InsilicoError, StimulusError
from insilico_gui.notebook import card, folded, picture, smaller, table

STRIP_FRAMES, STRIP_PIXELS = 5, (96, 72)
"""Frames that a notebook shows of a stimulus, and the room for each."""

ROWS_SHOWN = 5
"""Of a trial table, in a notebook."""

Grey = Literal["stored luma", "Rec. 601"]
"""Which grey level of a colour video is meant.

``"stored luma"``: the luma that the file holds, with the weights of its own standard
(mostly Rec. 709). ``"Rec. 601"``: the luma of its red, green and blue with the weights of
Rec. 601, which is what ``cv2.cvtColor`` and Pillow make of decoded frames. Of everything
else, both are the same.
"""


@dataclass(frozen=True)
class Origin:
    """Where a stimulus was opened from, so that it can be opened again.

    Attributes
    ----------
    paths : tuple of Path
        Absolute; one, or several images.
    frame_rate : float or None
        Hz, if it was given.
    interval_s : float or None
        Seconds between images that are taken from a video, if it was given.
    """

    paths: tuple[Path, ...]
    frame_rate: float | None = None
    interval_s: float | None = None


class Stimulus(ABC):
    """Grey frames read lazily, in the source's own size and rate.

    Attributes
    ----------
    name : str
        For people: a file name, or what was rendered.
    frame_shape : (int, int)
        Height and width in pixels.
    frame_rate : float
        Frames per second (Hz); for a variable rate, the average.
    n_frames : int
        Number of frames.
    channels : int
        1, or 3 for frames in colour, which are [n, H, W, 3]; they are there to be looked
        at, no session takes them.
    pixel_aspect : float
        Width of a pixel over its height, as it is meant to be shown; 1 = square.
    time_precision : float
        Seconds by which the times of frames may be off, because the source rounds them.
    trials : pandas.DataFrame or None
        Trial table: ``onset`` and ``duration`` (s), ``condition``, and the condition's
        parameters.
    attrs : mapping of str to Any
        Provenance, JSON-able: where the frames came from and how.
    origin : Origin or None
        The file or folder it was opened from.
    """

    name: str
    frame_shape: tuple[int, int]
    frame_rate: float
    n_frames: int
    channels: int = 1
    pixel_aspect: float = 1.0
    time_precision: float = 1e-6
    trials: pd.DataFrame | None = None
    attrs: Mapping[str, Any] = MappingProxyType({})
    origin: Origin | None = None

    def release(self) -> None:  # noqa: B027 - most keep nothing
        """Give up what is kept to be fast; it is made again when frames are read."""

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.frame_rate

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame appears, in seconds from the first; shape [n_frames]."""
        return np.arange(self.n_frames) / self.frame_rate

    @abstractmethod
    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Frames `start` to `stop` (excluded), uint8 [stop - start, H, W].

        Raises
        ------
        StimulusError
            If the range is not within 0..n_frames, or the source cannot be read.
        """

    def grey_frames(self, start: int, stop: int, grey: Grey) -> NDArray[np.uint8]:
        """:meth:`frames` with the grey levels that are asked for by name."""
        return self.frames(start, stop)

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """Frame `k` in colour, uint8 [H, W, 3] (RGB); grey if the source is.

        Raises
        ------
        StimulusError
            As :meth:`frames`.
        """
        return np.repeat(self.frames(k, k + 1)[0, :, :, None], 3, axis=-1)

    def fingerprint(self) -> str:
        """Hash of size, rate and every frame: equal for equal stimuli (reads all)."""
        digest = hashlib.sha256(
            f"{self.n_frames}x{self.frame_shape}@{self.frame_rate!r}".encode()
        )
        for start in range(0, self.n_frames, 64):
            digest.update(self.frames(start, min(start + 64, self.n_frames)).tobytes())
        return f"sha256:{digest.hexdigest()}"

    def __getitem__(self, frames: slice) -> Stimulus:
        """Consecutive frames, ``stimulus[10:50]``; trials shown as a whole follow.

        Raises
        ------
        StimulusError
            If it is no range, has a step, or no frame is in it.
        """
        from insilico_gui.stimuli.core.parts import StimulusPart

        if not isinstance(frames, slice) or frames.step not in (None, 1):
            raise StimulusError(
                f"{self.name} is cut by a range of frames, such as stimulus[10:50], "
                "without a step; stimulus.frames(10, 11) reads one frame."
            )
        try:
            start, stop, _ = frames.indices(self.n_frames)
        except TypeError as error:
            raise StimulusError(
                "Frames are counted in whole numbers; cut by seconds with "
                "stimulus.between(0.5, 2.0)."
            ) from error
        return StimulusPart(self, start, stop)

    __iter__ = None
    """Frames are read with :meth:`frames`; a stimulus is no sequence of stimuli."""

    def between(self, start_s: float, stop_s: float | None = None) -> Stimulus:
        """The frames that appear from one moment until before another, in seconds.

        Parameters
        ----------
        start_s, stop_s : float
            From the first frame; by default to the end.

        Raises
        ------
        StimulusError
            If no frame appears then.
        """
        times, slack = self.frame_times, max(self.time_precision, 1e-9)
        end = np.inf if stop_s is None else stop_s
        start, stop = np.searchsorted(times, (start_s - slack, end - slack)).tolist()
        if not start < stop:
            raise StimulusError(
                f"No frame of {self.name} appears from {start_s:g} s to before {end:g} s; "
                f"it lasts {self.duration:g} s."
            )
        return self[start:stop]

    def _check_range(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self.n_frames:
            raise StimulusError(
                f"{self.name} has frames 0 to {self.n_frames}; "
                f"{start} to {stop} is not within them."
            )

    def __repr__(self) -> str:
        height, width = self.frame_shape
        return (
            f"<{type(self).__name__} {self.name!r}: {width} x {height} pixels, "
            f"{self.frame_rate:g} Hz, {self.n_frames} frames, {self.duration:.2f} s>"
        )

    def _repr_html_(self) -> str:
        """In a notebook: some of its frames, its size, rate, length and trials."""
        height, width = self.frame_shape
        rows = {
            "frames": f"{width} x {height} pixels, {self.n_frames:,} frames",
            "rate": f"{self.frame_rate:.4g} Hz",
            "duration": f"{self.duration:.4g} s",
            "trials": self._trials_in_words(),
            "warning": self.attrs["warning"] if "warning" in self.attrs else "",
        }
        below = []
        if self.trials is not None:
            few = self.trials.head(ROWS_SHOWN)
            shown = table(list(few.columns), few.itertuples(index=False, name=None))
            below.append(folded(f"the first {len(few)} trials", shown))
        title = f"{type(self).__name__} {self.name}"
        return card(title, rows, pictures=self._strip(), tables=below)

    def _trials_in_words(self) -> str:
        trials = self.trials
        if trials is None:
            return ""
        said = f"{len(trials):,}"
        if "condition" in trials:
            said += f" of {trials['condition'].nunique():,} conditions"
        return said

    def _strip(self) -> str:
        """A few frames side by side, as HTML; empty if they cannot be read."""
        places = np.linspace(0, self.n_frames - 1, min(STRIP_FRAMES, self.n_frames))
        drawn = []
        try:
            for k in np.unique(np.rint(places).astype(int)).tolist():
                small = smaller(self.frames(k, k + 1)[0], *STRIP_PIXELS)
                drawn.append(picture(small, f"frame {k}"))
        except (InsilicoError, MemoryError):
            return ""
        return "".join(drawn)


class ArrayStimulus(Stimulus):
    """Frames that are in memory, or in a memory-mapped array, already.

    Parameters
    ----------
    frames : uint8 array, [T, H, W]
    frame_rate : float
        Frames per second (Hz).
    """

    def __init__(
        self,
        frames: NDArray[np.uint8],
        frame_rate: float,
        *,
        name: str = "array",
        trials: pd.DataFrame | None = None,
        attrs: Mapping[str, Any] | None = None,
    ) -> None:
        if frames.ndim != 3 or frames.dtype != np.uint8:
            raise StimulusError(
                f"{name} is {frames.dtype} {list(frames.shape)}; frames must be uint8 "
                "[T, H, W] grey levels 0-255."
            )
        if 0 in frames.shape:
            raise StimulusError(f"{name} has no frames (shape {list(frames.shape)}).")
        if not np.isfinite(frame_rate) or frame_rate <= 0:
            raise StimulusError(
                f"{name} has a frame rate of {frame_rate} Hz; give a positive one."
            )
        self.name = name
        self.frame_shape = (frames.shape[1], frames.shape[2])
        self.n_frames = frames.shape[0]
        self.frame_rate = float(frame_rate)
        self.trials = trials
        self.attrs = attrs or {"kind": "array"}
        self._frames = frames

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.frames`."""
        self._check_range(start, stop)
        return np.asarray(self._frames[start:stop])
