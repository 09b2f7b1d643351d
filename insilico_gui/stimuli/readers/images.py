"""Image sets: what sessions that answer pictures one by one are shown."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import InsilicoError, StimulusError, quoted
from insilico_gui.notebook import card, picture, smaller
from insilico_gui.stimuli.core.attrs import LazyAttrs, source_attrs
from insilico_gui.stimuli.core.base import STRIP_FRAMES, STRIP_PIXELS, Origin, Stimulus
from insilico_gui.stimuli.core.layout import image_layout
from insilico_gui.stimuli.core.pixels import check_frame_shape
from insilico_gui.stimuli.core.stack import said
from insilico_gui.stimuli.readers.arrays import NpyFile, PictureArray
from insilico_gui.stimuli.readers.opening import kind_of, open_stimulus
from insilico_gui.stimuli.readers.picture_files import PictureFiles
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES, image_files, named_path
from insilico_gui.stimuli.readers.plain_array import plain_array
from insilico_gui.untrusted.limits import refuse_above

Paths = Sequence[str | os.PathLike[str]]
ImageSource = str | os.PathLike[str] | Paths | NDArray[Any] | Stimulus


_WITH_FRAMES = frozenset({".gif", ".tif", ".tiff"})  # stacks and videos


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
    origin : Origin or None
        The files or the folder they were opened from.
    """

    name: str
    labels: tuple[str, ...]
    attrs: Mapping[str, Any] = MappingProxyType({})
    origin: Origin | None = None

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

    def _repr_html_(self) -> str:
        """In a notebook: the first images, and how many there are."""
        drawn = []
        try:
            for k in range(min(STRIP_FRAMES, self.n_images)):
                small = smaller(self.image(k), *STRIP_PIXELS)
                drawn.append(picture(small, self.labels[k]))
        except (InsilicoError, MemoryError):
            drawn = []
        rows = {"images": f"{self.n_images:,}"}
        title = f"{type(self).__name__} {self.name}"
        return card(title, rows, pictures="".join(drawn))


class ImageFiles(ImageSet):
    """Image files, which may differ in size; their headers are read now.

    Of a file with several pictures, each is an image.
    """

    def __init__(self, files: Sequence[Path], name: str) -> None:
        self.name = name
        if len({file.name for file in files}) < len(files):
            raise StimulusError(
                f"{name} holds two files of the same name; images are told apart by "
                "their file names, so rename one of them."
            )
        self._pictures = pictures = PictureFiles(files, name)
        self.labels = pictures.labels
        self.attrs = source_attrs(
            list(files),
            {
                "kind": "images",
                "file": name,
                "n_images": len(pictures),
                "smallest": list(min(pictures.shapes)),
                "largest": list(max(pictures.shapes)),
                **said(name, *pictures.reasons),
            },
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order of their images."""
        return self._pictures.files

    def image(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`ImageSet.image`."""
        return self._pictures.rgb(k)


class ImageArray(ImageSet):
    """Images in memory.

    Parameters
    ----------
    array : array, [n, 3, H, W] or [n, H, W, 3] (RGB), [n, H, W] (grey), or one image
        See :class:`.arrays.PictureArray` for the types; a fourth sample is opacity.
    """

    def __init__(self, array: NDArray[Any], name: str = "array") -> None:
        layout = image_layout(array.shape, name)
        check_frame_shape((layout.height, layout.width), name)
        refuse_above("images", layout.n_pictures, name, StimulusError)
        if layout.n_pictures < 1:
            raise StimulusError(f"{name} holds no images; give at least one.")
        self._pictures = PictureArray(array, layout, name)
        self.name = name
        self.labels = tuple(f"image {k}" for k in range(layout.n_pictures))
        self.attrs = {
            "kind": "image array",
            "n_images": len(self.labels),
            "shape": list(array.shape),
            "source_dtype": str(array.dtype),
            **said(name, layout.warning),
        }

    def image(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`ImageSet.image`."""
        return self._pictures[k].rgb()


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
        if interval_s is None:
            refuse_above("images", stimulus.n_frames, stimulus.name, StimulusError)
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
        refuse_above("images", len(frames), stimulus.name, StimulusError)
        self._stimulus, self._frames = stimulus, frames
        self.name = stimulus.name
        self.labels = tuple(f"frame {k} ({times[k]:.3f} s)" for k in frames)
        more = {
            "images": "frames",
            "interval_s": interval_s,
            "n_images": len(frames),
        }
        known = stimulus.attrs
        # The hash of a long file is left for when somebody asks
        self.attrs = (
            known.extended(more) if isinstance(known, LazyAttrs) else {**known, **more}
        )

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
    if isinstance(source, ImageSet):
        return source
    if isinstance(source, Stimulus):
        return FrameImages(source, interval_s)
    if isinstance(source, list | tuple):
        several: ImageSet = _several(source)
        paths = tuple(Path(path).expanduser().absolute() for path in source)
        several.origin = Origin(paths)
        return several
    if not isinstance(source, str | os.PathLike):
        return ImageArray(plain_array(source))
    path, is_folder = named_path(source)
    opened = _open_path(path, is_folder, interval_s)
    opened.origin = Origin((path.absolute(),), interval_s=interval_s)
    return opened


def _open_path(path: Path, is_folder: bool, interval_s: float | None) -> ImageSet:
    """The images in a folder or a file, or frames of a video."""
    name = quoted(path.resolve().name, marks="")
    if is_folder:
        return ImageFiles(image_files(path), name)
    if are_stills(path):
        return ImageFiles([path], name)
    kind = kind_of(path)
    if kind in ("still", "animation"):  # whatever its name says
        return ImageFiles([path], name)
    if kind == "npy":
        return FrameImages(NpyFile(path, None, of_images=True), interval_s)
    return FrameImages(open_stimulus(path), interval_s)


def _several(sources: Paths) -> ImageFiles:
    if not isinstance(sources, list | tuple):
        raise StimulusError(
            f"A {type(sources).__name__} is not images; give a file, a folder, a list of "
            "files, or an array [n, 3, H, W]."
        )
    if not all(isinstance(source, str | os.PathLike) for source in sources):
        raise StimulusError(
            "Several images at once are given as paths, or as one array [n, 3, H, W]; "
            "give one of them."
        )
    places = [named_path(source) for source in sources]
    if not places:
        raise StimulusError("No image files were given; choose at least one.")
    for path, is_folder in places:
        if is_folder:
            raise StimulusError(
                f"{quoted(path.name)} is a folder among files; open it alone."
            )
    files = [path for path, _ in places]
    folder = quoted(files[0].resolve().parent.name, marks="")
    return ImageFiles(files, f"{len(files)} files of {folder}")


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
    try:
        path = Path(source).expanduser()
        suffix, is_folder, is_file = path.suffix.lower(), path.is_dir(), path.is_file()
    except (OSError, ValueError, RuntimeError):  # opening it will say what is wrong
        return False
    return is_folder or (is_file and suffix in IMAGE_SUFFIXES - _WITH_FRAMES)
