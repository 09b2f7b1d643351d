"""Opening anything that is a stimulus: by what it holds, then by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.files import settle
from insilico_gui.stimuli.core.base import Origin, Stimulus
from insilico_gui.stimuli.readers.animation_times import is_animated
from insilico_gui.stimuli.readers.arrays import FrameArray, NpyFile
from insilico_gui.stimuli.readers.picture_file import (
    TIFF_MAGIC,
    image_format,
    read_head,
)
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES, named_path
from insilico_gui.stimuli.readers.plain_array import plain_array
from insilico_gui.stimuli.spec.files import SPEC_SUFFIXES, load_spec
from insilico_gui.untrusted.door import check_input, open_input

VIDEO_SUFFIXES = frozenset({".avi", ".gif", ".mkv", ".mov", ".mp4", ".webm"})
TIFF_SUFFIXES = frozenset({".tif", ".tiff"})
ANIMATION_SUFFIXES = frozenset({".apng", ".png", ".webp"})
SUPPORTED_SUFFIXES = (
    VIDEO_SUFFIXES | ANIMATION_SUFFIXES | TIFF_SUFFIXES | {".npy"} | SPEC_SUFFIXES
)

_NPY_MAGIC = b"\x93NUMPY"
_OTHER_MAGIC = {
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"\x89HDF": "an HDF5 file; save its frames as .npy",
}


def open_stimulus(
    source: str | os.PathLike[str] | NDArray[Any],
    *,
    frame_rate: float | None = None,
) -> Stimulus:
    """Open a video, images, an array or a saved specification as a stimulus.

    Nothing but headers is read now; frames are read when they are asked for.

    Parameters
    ----------
    source : path or array
        A video (.mp4, .mov, .avi, .mkv, .webm, .gif), an animated .png or .webp, a TIFF
        stack, a .npy file, a folder of images, a saved specification (.yaml, .yml,
        .json; see :func:`.spec_files.save_spec`), or an array, also of torch or xarray;
        arrays are [T, H, W] or [T, H, W, 1] grey, [T, H, W, 3] RGB or [T, H, W, 4] RGB
        and alpha.
    frame_rate : float, optional
        Frames per second (Hz) of a source that has no rate of its own (all but videos
        and specifications); 30 if not given, and then marked in
        ``attrs["frame_rate_assumed"]``.

    Returns
    -------
    Stimulus
        Its ``attrs`` say what the source is, and in ``attrs["warning"]`` what was
        dropped or assumed; ``dict(stimulus.attrs)`` also works out
        the hash of a source file.

    Raises
    ------
    StimulusError
        If there is nothing there, it is of another kind, or it is damaged; also if
        `frame_rate` is given for a video or specification, which have their own.
    """
    if isinstance(source, Stimulus):
        raise StimulusError(
            f"{quoted(source.name, marks='')} is a stimulus that is open already; use it "
            "as it is."
        )
    if not isinstance(source, str | os.PathLike):
        return FrameArray(plain_array(source), frame_rate)
    path, is_folder = named_path(source)
    opened = _open_path(path, is_folder, frame_rate)
    opened.origin = Origin((path.absolute(),), frame_rate)
    return opened


def _open_path(path: Path, is_folder: bool, frame_rate: float | None) -> Stimulus:
    """The frames of a file, or of the images in a folder."""
    if is_folder:
        from insilico_gui.stimuli.readers.image_folder import ImageFolder

        return ImageFolder(path, frame_rate)
    settle(path.parent)
    kind = kind_of(path)
    if kind == "still":
        raise StimulusError(
            f"{quoted(path.name, marks='')} is a single picture, not a video; put it in "
            "a folder and open the folder."
        )
    if kind == "npy":
        return NpyFile(path, frame_rate)
    if kind == "tiff":
        from insilico_gui.stimuli.readers.tiff.file import TiffStack

        return TiffStack(path, frame_rate)
    if frame_rate is not None:
        what = "specification" if kind == "spec" else "video"
        raise StimulusError(
            f"{quoted(path.name, marks='')} is a {what} and has its own frame rate; open "
            "it without frame_rate."
        )
    if kind == "spec":
        return load_spec(path).stimulus()
    if kind == "animation":
        from insilico_gui.stimuli.readers.animation import Animation

        return Animation(path)
    from insilico_gui.stimuli.readers.video.file import Video

    return Video(path)


def kind_of(path: Path) -> str:
    """Kind of a file: what its first bytes say, else what its suffix says.

    Returns
    -------
    {"npy", "tiff", "spec", "video", "animation", "still"}

    Raises
    ------
    StimulusError
        If it cannot be read, or is no stimulus.
    """
    name = quoted(path.name, marks="")
    check_input(path, StimulusError)
    suffix = path.suffix.lower()
    if suffix not in SUPPORTED_SUFFIXES | IMAGE_SUFFIXES:
        raise StimulusError(
            f"{name} is not a stimulus that can be read; use one of "
            f"{', '.join(sorted(SUPPORTED_SUFFIXES))}, or a folder of images."
        )
    head = read_head(path)
    if not head:
        raise StimulusError(f"{name} is empty; choose another file.")
    if head.startswith(_NPY_MAGIC):
        return "npy"
    if head.startswith(TIFF_MAGIC):
        return "tiff"
    if suffix not in SPEC_SUFFIXES and image_format(head) is not None:
        with open_input(path, StimulusError) as file:
            if not is_animated(file):
                return "still"
        return "animation" if head.startswith(b"RIFF") else "video"
    for magic, what in _OTHER_MAGIC.items():
        if head.startswith(magic):
            raise StimulusError(f"{name} is not a {suffix} file but {what}.")
    if suffix in SPEC_SUFFIXES:
        return "spec"
    if suffix in VIDEO_SUFFIXES:
        return "video"
    raise StimulusError(
        f"{name} is not a {suffix} file, whatever its name says; save it again, "
        "or give it the suffix of what it is."
    )
