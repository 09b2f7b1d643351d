"""One file with one picture or several: a reader for each format, whoever asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.readers.animation_times import is_animated
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
GIF_MAGIC = (b"GIF87a", b"GIF89a")


class PictureFile(ABC):
    """A file of pictures of one size.

    Attributes
    ----------
    name : str
    shape : (int, int)
        Height and width as displayed.
    n_pictures : int
    reasons : tuple of str
        What is dropped or assumed, each as part of a sentence.
    """

    name: str
    shape: tuple[int, int]
    n_pictures: int = 1
    reasons: tuple[str, ...] = ()

    @abstractmethod
    def grey(self, k: int) -> NDArray[np.uint8]:
        """Grey levels of picture `k`, uint8 [H, W]."""

    @abstractmethod
    def rgb(self, k: int) -> NDArray[np.uint8]:
        """Colours of picture `k`, uint8 [H, W, 3]."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""


def open_pictures(path: Path) -> PictureFile:
    """Open a file of pictures by what it holds, whatever its name says.

    Raises
    ------
    StimulusError
        If it is none of the formats that are read, or damaged.
    """
    head = read_head(path)
    if head.startswith(TIFF_MAGIC):
        from insilico_gui.stimuli.readers.tiff.file import TiffPictures

        return TiffPictures(path)
    if head.startswith(GIF_MAGIC) or _is_animated_png(path, head):
        from insilico_gui.stimuli.readers.video.pictures import VideoPictures

        return VideoPictures(path)
    from insilico_gui.stimuli.readers.image_file import ImagePictures

    return ImagePictures(path)


def _is_animated_png(path: Path, head: bytes) -> bool:
    if image_format(head) != "PNG":
        return False
    with open_input(path, StimulusError) as file:
        return is_animated(file)


def image_format(head: bytes) -> str | None:
    """Pillow's name of the format of an image file that begins so, if it is one."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"BM"):
        return "BMP"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    return None


def read_head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises
    ------
    StimulusError
        If it cannot be read, or is no regular file.
    """
    with open_input(path, StimulusError) as file:
        try:
            return file.read(64)
        except OSError as error:
            raise unreadable(quoted(path.name, marks="")) from error


def unreadable(name: str) -> StimulusError:
    """The error of a file that cannot be decoded."""
    return StimulusError(
        f"{name} is not an image that can be read; it is damaged, cut short or of "
        "another kind, so save it again or remove it."
    )
