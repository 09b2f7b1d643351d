"""Arrays in memory and .npy files as stimuli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.attrs import file_attrs
from insilico_gui.stimuli.core.layout import Layout, image_layout, video_layout
from insilico_gui.stimuli.core.pixels import Picture, check_picture_bytes
from insilico_gui.stimuli.core.stack import ImageStack, said
from insilico_gui.untrusted.npy_rows import NpyRows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class PictureArray:
    """Pictures of an array in memory or in a file, one by one.

    Parameters
    ----------
    array : array or NpyRows
        uint8, uint16, bool or floating point 0..1; other integers if they lie within
        0..255, as numpy makes them by default.
    layout : Layout
    name : str
    """

    def __init__(
        self, array: NDArray[Any] | NpyRows, layout: Layout, name: str
    ) -> None:
        if array.dtype.kind not in "biuf":
            raise StimulusError(
                f"{name} holds {quoted(array.dtype, marks='')} values; grey levels must "
                "be uint8, uint16, bool, floating point between 0 and 1, or other whole "
                "numbers of 0 to 255."
            )
        size = (layout.height, layout.width, layout.samples)
        check_picture_bytes(size, array.dtype.itemsize, name)
        self._array, self._layout, self._name = array, layout, name

    def __getitem__(self, k: int) -> Picture:
        """Picture `k`."""
        array, layout = self._array, self._layout
        if not layout.is_one:
            pixels = array[k]
        else:
            pixels = array.whole() if isinstance(array, NpyRows) else array
        return Picture(
            _in_levels(layout.arranged(pixels), self._name),
            self._name,
            has_samples=layout.has_samples,
            alpha=layout.alpha,
        )


class FrameArray(ImageStack):
    """An array [T, H, W] or [T, H, W, S], in memory or in a file.

    Parameters
    ----------
    array : array or NpyRows
        Grey levels, or S = 1 (grey), 3 (RGB) or 4 (RGB and alpha) samples a pixel; see
        :class:`PictureArray` for the types.
    frame_rate : float or None
        Frames per second (Hz); None = 30 Hz, recorded as assumed.
    name : str
    of_images : bool
        Whether the axes are those of a set of images; see :func:`.image_layout`.
    """

    kind = "array"

    def __init__(
        self,
        array: NDArray[Any] | NpyRows,
        frame_rate: float | None,
        name: str = "array",
        *,
        of_images: bool = False,
    ) -> None:
        layout = (image_layout if of_images else video_layout)(array.shape, name)
        shape = (layout.height, layout.width)
        super().__init__(name, layout.n_pictures, shape, frame_rate)
        self._pictures = PictureArray(array, layout, name)
        self.attrs = {
            "kind": self.kind,
            "source_dtype": str(array.dtype),
            "source_samples": layout.samples,
            **self._rate_attrs,
            **said(name, layout.warning),
        }

    def _read(self, k: int) -> NDArray[np.uint8]:
        return self._pictures[k].grey()

    def _read_color(self, k: int) -> NDArray[np.uint8]:
        return self._pictures[k].rgb()


class NpyFile(FrameArray):
    """A .npy file, of which only the frames asked for are read."""

    kind = "npy"

    def __init__(
        self, path: Path, frame_rate: float | None, *, of_images: bool = False
    ) -> None:
        name = quoted(path.name, marks="")
        rows = NpyRows(path, name, StimulusError)
        super().__init__(rows, frame_rate, name, of_images=of_images)
        self.attrs = file_attrs(path, self.attrs)


def _in_levels(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    """Whole numbers of types without a range of levels, as uint8."""
    if pixels.dtype.kind not in "iu" or pixels.dtype.newbyteorder("=") in (
        np.uint8,
        np.uint16,
    ):
        return pixels
    if pixels.size and not (pixels.min() >= 0 and pixels.max() <= 255):
        raise StimulusError(
            f"{name} holds {pixels.dtype} values outside 0..255; levels are 0 (black) to "
            "255 (white)."
        )
    return pixels.astype(np.uint8)
