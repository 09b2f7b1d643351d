"""Arrays in memory and .npy files as stimuli."""

from __future__ import annotations

import tokenize
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.attrs import file_attrs
from insilico_gui.stimuli.grey import check_dtype, grey
from insilico_gui.stimuli.stack import ImageStack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# What numpy raises on damaged headers, which it parses as Python literals
_BROKEN = (
    ValueError,
    EOFError,
    OSError,
    OverflowError,
    RecursionError,
    SyntaxError,
    tokenize.TokenError,
)


class FrameArray(ImageStack):
    """An array [T, H, W] or [T, H, W, 3], in memory.

    Parameters
    ----------
    array : uint8, uint16, bool or float array, [T, H, W] or [T, H, W, S]
        Grey levels, or S = 3 (RGB) or 4 (RGB and alpha) samples a pixel; see
        :func:`insilico_gui.stimuli.grey.grey` for the scaling.
    frame_rate : float or None
        Frames per second (Hz); None = 30 Hz, recorded as assumed.
    """

    kind = "array"

    def __init__(
        self, array: NDArray[Any], frame_rate: float | None, name: str = "array"
    ) -> None:
        check_dtype(array.dtype, name)
        if array.ndim not in (3, 4) or (
            array.ndim == 4 and array.shape[3] not in (3, 4)
        ):
            raise StimulusError(
                f"{name} has the shape {list(array.shape)}; a stimulus is "
                "[time, height, width], or [time, height, width, 3] in colour."
            )
        n_frames, height, width = array.shape[:3]
        super().__init__(name, n_frames, (height, width), frame_rate)
        self._array = array
        self._color = array.ndim == 4
        self.attrs = {
            "kind": self.kind,
            "source_dtype": str(array.dtype),
            "source_samples": array.shape[3] if self._color else 1,
            **self._rate_attrs,
        }

    def _read(self, k: int) -> NDArray[np.uint8]:
        return grey(np.array(self._array[k]), self.name, color=self._color)


class NpyFile(FrameArray):
    """A .npy file, read through a memory map: only the frames asked for."""

    kind = "npy"

    def __init__(self, path: Path, frame_rate: float | None) -> None:
        super().__init__(_memory_map(path), frame_rate, path.name)
        self.attrs = file_attrs(path, self.attrs)
        self._path = path
        self._size = path.stat().st_size

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.base.Stimulus.frames`."""
        # Reading a map of a file that has shrunk would end the process
        try:
            intact = self._path.stat().st_size >= self._size
        except OSError:
            intact = False
        if not intact:
            raise StimulusError(
                f"{self.name} was removed or cut short while it was being read; "
                "restore the file and open it again."
            )
        return super().frames(start, stop)


def _memory_map(path: Path) -> NDArray[Any]:
    try:
        # Checks that the file is as long as its header says, and refuses pickles
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
    except _BROKEN as error:
        if "object" in str(error).lower():
            reason = "it holds Python objects instead of numbers; save a plain array"
        else:
            reason = "it is damaged, cut short, or not a .npy file; save it again"
        raise StimulusError(f"{path.name} cannot be read: {reason}.") from error
