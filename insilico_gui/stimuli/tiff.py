"""TIFF stacks as stimuli."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.attrs import file_attrs
from insilico_gui.stimuli.grey import check_dtype, check_frame_shape, grey
from insilico_gui.stimuli.stack import ImageStack

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What tifffile and its decoders raise on damaged content
_BROKEN = (
    tifffile.TiffFileError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    RuntimeError,
    ArithmeticError,
    struct.error,
)


class TiffStack(ImageStack):
    """The first series of a TIFF file, one page a frame, read page by page."""

    def __init__(self, path: Path, frame_rate: float | None) -> None:
        try:
            self._file = tifffile.TiffFile(path)
            series = self._file.series[0]
            axes, shape, dtype = series.axes, series.shape, series.dtype
        except _BROKEN as error:
            raise StimulusError(
                f"{path.name} is not a TIFF file that can be read; it is damaged or cut "
                "short, so save it again."
            ) from error
        self._series = series
        self._color = axes.endswith("YXS")
        picture = 3 if self._color else 2
        stack = [
            (axis, n)
            for axis, n in zip(axes[:-picture], shape[:-picture], strict=True)
            if n > 1
        ]
        if not axes.endswith(("YX", "YXS")) or len(stack) > 1:
            raise StimulusError(
                f"{path.name} has the axes {axes} ({' x '.join(map(str, shape))}); a "
                "stimulus has one axis of frames besides height, width and RGB."
            )
        check_dtype(np.dtype(dtype), path.name)
        n_frames = stack[0][1] if stack else 1
        frame_shape = tuple(shape[-picture:][:2])
        super().__init__(path.name, n_frames, frame_shape, frame_rate)
        samples = shape[-1] if self._color else 1
        self._page_shape = (*frame_shape, samples) if self._color else frame_shape
        self.attrs = file_attrs(
            path,
            {
                "kind": "tiff",
                "source_dtype": str(dtype),
                "source_samples": samples,
                **self._rate_attrs,
            },
        )

    def _read(self, k: int) -> NDArray[np.uint8]:
        try:
            pixels = self._page(k)
        except _BROKEN as error:
            raise StimulusError(
                f"Frame {k} of {self.name} cannot be read; the file is damaged, was cut "
                "short or removed, so restore it and open it again."
            ) from error
        return grey(pixels.reshape(self._page_shape), self.name, color=self._color)

    def _page(self, k: int) -> NDArray[Any]:
        series = self._series
        if series.dataoffset is None:
            return np.asarray(series.pages[k].asarray())
        # One block of pixels, as ImageJ writes it: possibly with a header for page 0 only
        dtype = np.dtype(self._file.byteorder + series.dtype.char)
        count = int(np.prod(self._page_shape))
        offset = series.dataoffset + k * count * dtype.itemsize
        pixels = self._file.filehandle.read_array(dtype, count, offset)
        return np.asarray(pixels.astype(dtype.newbyteorder("=")))
