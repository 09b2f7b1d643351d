"""Image sets: what sessions that answer pictures one by one are shown."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.attrs import source_attrs
from insilico_gui.stimuli.base import Stimulus
from insilico_gui.stimuli.grey import check_frame_shape, rgb
from insilico_gui.stimuli.image_file import (
    IMAGE_SUFFIXES,
    image_files,
    image_shape,
    read_pixels,
)
from insilico_gui.stimuli.opening import open_stimulus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Paths = Sequence[str | os.PathLike[str]]
    ImageSource = str | os.PathLike[str] | Paths | NDArray[Any] | Stimulus


class ImageSet(ABC):
    """Images in colour, read one by one, each in its own size.

    Attributes
    ----------
    name : str
        For people: a folder, a file, or ``"array"``.
    labels : tuple of str
        Name of each image, all different.
    attrs : mapping of str to Any
        Provenance, JSON-able.
    """

    name: str
    labels: tuple[str, ...]
    attrs: Mapping[str, Any] = MappingProxyType({})

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.labels)

    @abstractmethod
    def image(self, k: int) -> NDArray[np.uint8]:
        """Image `k`, uint8 [H, W, 3], RGB.

        Raises
        ------
        StimulusError
            If it cannot be read.
        """

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.n_images} images>"


class ImageFiles(ImageSet):
    """Image files, which may differ in size; their headers are read now."""

    def __init__(self, files: Sequence[Path], name: str) -> None:
        self.name = name
        self.labels = tuple(file.name for file in files)
        if len(set(self.labels)) < len(self.labels):
            raise StimulusError(
                f"{name} holds two files of the same name; images are told apart by "
                "their file names, so rename one of them."
            )
        self._files = tuple(files)
        shapes = [image_shape(file) for file in files]
        self.attrs = source_attrs(
            list(files),
            {
                "kind": "images",
                "file": name,
                "n_images": len(files),
                "smallest": list(min(shapes)),
                "largest": list(max(shapes)),
            },
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of each image."""
        return self._files

    def image(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`ImageSet.image`."""
        pixels = read_pixels(self._files[k])
        return rgb(pixels, self.labels[k], color=pixels.ndim == 3)


class ImageArray(ImageSet):
    """Images in memory.

    Parameters
    ----------
    array : array, [n, 3, H, W] or [n, H, W, 3] (RGB), [n, H, W] (grey), or one image
        uint8, uint16, bool or floating point 0..1 as for other stimuli; other integers
        if they lie within 0..255.
    """

    def __init__(self, array: NDArray[Any], name: str = "array") -> None:
        self._array, self._color = _channels_last(_in_8_bits(array, name), name)
        self.name = name
        check_frame_shape(self._array.shape[1:3], name)
        self.labels = tuple(f"image {k}" for k in range(len(self._array)))
        self.attrs = {
            "kind": "image array",
            "n_images": len(self.labels),
            "shape": list(array.shape),
            "source_dtype": str(array.dtype),
        }

    def image(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`ImageSet.image`."""
        return rgb(np.array(self._array[k]), self.name, color=self._color)


class FrameImages(ImageSet):
    """Frames of a stimulus, taken at an interval.

    Parameters
    ----------
    stimulus : Stimulus
    interval_s : float, optional
        Seconds between two images; default every frame.
    """

    def __init__(self, stimulus: Stimulus, interval_s: float | None = None) -> None:
        if interval_s is not None and not (np.isfinite(interval_s) and interval_s > 0):
            raise StimulusError(
                f"Images cannot be taken every {interval_s} s; give a positive number "
                "of seconds."
            )
        times = stimulus.frame_times
        if interval_s is None:
            frames = np.arange(stimulus.n_frames)
        else:
            wanted = np.arange(0.0, stimulus.duration, interval_s)
            # The frame on show at each time; one that stays on is taken once
            shown = (
                np.searchsorted(times, wanted + stimulus.time_precision, "right") - 1
            )
            frames = np.unique(shown)
        self._stimulus, self._frames = stimulus, frames
        self.name = stimulus.name
        self.labels = tuple(f"frame {k} ({times[k]:.3f} s)" for k in frames)
        self.attrs = {
            **stimulus.attrs,
            "images": "frames",
            "interval_s": interval_s,
            "n_images": len(frames),
        }

    @property
    def stimulus(self) -> Stimulus:
        """What the frames are taken from."""
        return self._stimulus

    def image(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`ImageSet.image`."""
        return self._stimulus.color_frame(int(self._frames[k]))


def open_images(source: ImageSource, *, interval_s: float | None = None) -> ImageSet:
    """Open images: a folder, files, an array, or the frames of a video.

    Parameters
    ----------
    source : path, sequence of paths, array or Stimulus
        A folder of images of any sizes, one image file, several of them in this order,
        an array (see :class:`ImageArray`), or anything that :func:`.open_stimulus`
        opens.
    interval_s : float, optional
        Of a video, take a frame every so many seconds; default every frame.

    Returns
    -------
    ImageSet
        Images in colour, in the natural order of their file names, as given, or in that
        of time.

    Raises
    ------
    StimulusError
        If there is nothing there, it is of another kind, or still images are to be
        taken at an interval.
    """
    if interval_s is not None and are_stills(source):
        raise StimulusError(
            f"An interval of {interval_s:g} s is for videos, and still images have no "
            "times; leave it out to show every image."
        )
    if isinstance(source, np.ndarray):
        return ImageArray(source)
    if not isinstance(source, Stimulus | str | os.PathLike):
        files = [Path(file).expanduser() for file in source]
        if not files:
            raise StimulusError("No image files were given; choose at least one.")
        return ImageFiles(
            files, f"{len(files)} files of {files[0].resolve().parent.name}"
        )
    if not isinstance(source, Stimulus):
        path = Path(source).expanduser()
        if path.is_dir():
            return ImageFiles(image_files(path), path.resolve().name)
        if are_stills(path):
            return ImageFiles([path], path.name)
        source = open_stimulus(path)
    return FrameImages(source, interval_s)


def are_stills(source: ImageSource) -> bool:
    """Whether a source holds still images, so that an interval means nothing.

    Parameters
    ----------
    source : path, sequence of paths, array or Stimulus
        See :func:`open_images`.

    Returns
    -------
    bool
        True of a folder, of image files but for stacks of them, and of arrays in memory.
    """
    if isinstance(source, Stimulus):
        return False
    if not isinstance(source, str | os.PathLike):
        return True
    path = Path(source).expanduser()
    is_stack = path.suffix.lower() in {".tif", ".tiff"}
    is_image = path.suffix.lower() in IMAGE_SUFFIXES and not is_stack
    return path.is_dir() or (is_image and path.is_file())


def _in_8_bits(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Integers of other types, which numpy makes by default, as uint8."""
    if array.dtype.kind not in "iu" or array.dtype.newbyteorder("=") in (
        np.uint8,
        np.uint16,
    ):
        return array
    if array.size and not (array.min() >= 0 and array.max() <= 255):
        raise StimulusError(
            f"{name} holds {array.dtype} values outside 0..255; images are 0 (black) to "
            "255 (white)."
        )
    return array.astype(np.uint8)


def _channels_last(array: NDArray[Any], name: str) -> tuple[NDArray[Any], bool]:
    """Images [n, H, W, 3] or [n, H, W], and whether they are in colour."""
    if array.ndim == 3 and array.shape[0] == 3 and array.shape[-1] != 3:
        raise StimulusError(
            f"{name} of shape {list(array.shape)} may be one image in colour or three in "
            "grey; give [1, 3, H, W] or [3, H, W, 1]."
        )
    if array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 3):
        array = array[None]  # one image
    if array.ndim == 4 and array.shape[1] == 3:
        return np.moveaxis(array, 1, -1), True
    if array.ndim == 4 and array.shape[-1] == 3:
        return array, True
    if array.ndim == 3:
        return array, False
    if array.ndim == 4 and array.shape[-1] == 1:
        return array[..., 0], False
    raise StimulusError(
        f"{name} has the shape {list(array.shape)}; images are [n, 3, H, W], "
        "[n, H, W, 3] or, in grey, [n, H, W]."
    )
