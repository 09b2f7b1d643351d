"""TIFF stacks as stimuli."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.attrs import file_attrs
from insilico_gui.stimuli.grey import check_dtype, grey
from insilico_gui.stimuli.stack import ImageStack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_PHOTOMETRIC = {
    _WHITE_IS_ZERO: "grey, white is zero",
    _BLACK_IS_ZERO: "grey",
    _RGB: "RGB",
    _PALETTE: "palette",
    _YCBCR: "YCbCr",  # of JPEG; the decoder returns RGB
}


class TiffStack(ImageStack):
    """The first series of a TIFF file, one picture a frame, read picture by picture.

    One axis besides height, width and RGB may be longer than 1; whatever the file calls
    it, it is time here.
    """

    def __init__(self, path: Path, frame_rate: float | None) -> None:
        try:
            self._file = tifffile.TiffFile(path)
        except Exception as error:  # of any type: the parser trusts what it reads
            raise _damaged(path.name) from error
        weakref.finalize(self, self._file.close)
        name = path.name
        try:
            self._series = series = self._file.series[0]
            photometric = int(series.keyframe.photometric)
            self._colormap = series.keyframe.colormap
        except Exception as error:
            raise _damaged(name) from error
        axes, shape = series.axes, series.shape
        self._color = axes.endswith("YXS")
        stack_shape = shape[: -3 if self._color else -2]
        n_frames = int(np.prod(stack_shape, dtype=object))
        if not axes.endswith(("YX", "YXS")) or n_frames != max(stack_shape, default=1):
            raise StimulusError(
                f"{name} has the axes {axes} ({' x '.join(map(str, shape))}); a "
                "stimulus has one axis of frames besides height, width and RGB."
            )
        check_dtype(series.dtype, name)
        if photometric not in _PHOTOMETRIC:
            raise StimulusError(
                f"{name} stores colours in a way that cannot be read "
                f"(photometric interpretation {photometric}); save it as grey or RGB."
            )
        self._photometric = photometric
        height, width = shape[len(stack_shape) : len(stack_shape) + 2]
        super().__init__(name, n_frames, (height, width), frame_rate)
        self._picture_shape = shape[len(stack_shape) :]
        if series.dataoffset is not None:
            end = series.dataoffset + series.size * series.dtype.itemsize
            if end > self._file.filehandle.size:
                raise _damaged(name)
        self.attrs = file_attrs(
            path,
            {
                "kind": "tiff",
                "source_dtype": str(series.dtype),
                "photometric": _PHOTOMETRIC[photometric],
                **self._rate_attrs,
            },
        )

    def _read(self, k: int) -> NDArray[np.uint8]:
        try:
            pixels = self._picture(k).reshape(self._picture_shape)
            if self._photometric == _PALETTE:
                colors = np.asarray(self._colormap)  # uint16 [3, 256]
                pixels = np.moveaxis(colors[:, pixels], 0, -1)
        except Exception as error:
            raise StimulusError(
                f"Frame {k} of {self.name} cannot be read; the file is damaged, was "
                "cut short or removed, so restore it and open it again."
            ) from error
        color = self._color or self._photometric == _PALETTE
        levels = grey(pixels, self.name, color=color)
        return 255 - levels if self._photometric == _WHITE_IS_ZERO else levels

    def _picture(self, k: int) -> NDArray[Any]:
        series = self._series
        if series.dataoffset is None:
            page = series.pages[k]
            if page is None:  # a gap that the file declares
                raise ValueError(k)
            return np.asarray(page.asarray())
        # One block of pixels; ImageJ may write a header for the first picture only
        dtype = np.dtype(self._file.byteorder + series.dtype.char)
        count = int(np.prod(self._picture_shape))
        offset = series.dataoffset + k * count * dtype.itemsize
        pixels = self._file.filehandle.read_array(dtype, count, offset)
        return np.asarray(pixels.astype(dtype.newbyteorder("=")))


def _damaged(name: str) -> StimulusError:
    return StimulusError(
        f"{name} is not a TIFF file that can be read; it is damaged or cut short, so "
        "save it again."
    )
