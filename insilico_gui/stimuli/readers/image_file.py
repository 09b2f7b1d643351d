"""PNG, JPEG, BMP and WebP files: headers first, pixels as they are displayed.

Pillow guesses what a file is and can hand it to other programs (a PostScript file to
Ghostscript, whatever its name). It is told which format to read, one of a short list.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import numpy as np
from PIL import Image

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.orientation import BY_TAG, UPRIGHT
from insilico_gui.stimuli.core.pixels import (
    Picture,
    check_frame_shape,
    check_picture_bytes,
)
from insilico_gui.stimuli.readers.picture_file import (
    PictureFile,
    image_format,
    unreadable,
)
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.orientation import Orientation
    from insilico_gui.stimuli.core.pixels import Alpha

_ORIENTATION_TAG = 0x0112  # EXIF

# Pixel formats of Pillow that are read as they are or refused by their data type
_PLAIN_MODES = frozenset({"1", "L", "RGB", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})

# Formats of video frames, big-endian, by samples a pixel
_DEEP = {"gray16be": 1, "ya16be": 2, "rgb48be": 3, "rgba64be": 4}

TIMES_IGNORED = "the frames of an animation are taken without their own times"
OTHER_VIEWS = (
    "only the first of its pictures is shown; the others are views or previews"
)
INKS = "inks for print are turned into RGB without a colour profile"
PROFILE = "its colour profile is not applied, so levels are those that are stored"

_bomb_check = threading.Lock()


class ImagePictures(PictureFile):
    """The picture of an image file, or the frames of an animated WebP."""

    def __init__(self, path: Path) -> None:
        self.name = name = quoted(path.name, marks="")
        with contextlib.ExitStack() as stack:
            self._file: BinaryIO = stack.enter_context(open_input(path, StimulusError))
            with _decoding(name):
                head = self._file.read(64)
                self._kind = kind = _kind(head, name)
                if kind == "WEBP":
                    _check_webp(head, name)
                self._image = _opened(self._file, kind)
                stack.callback(self._image.close)
                image = self._image
                check_frame_shape((image.height, image.width), name)
                self._deep = kind == "PNG" and head[24] == 16  # bits a sample
                n_bytes = 8 if self._deep else 4
                check_picture_bytes((image.height, image.width), n_bytes, name)
                self._describe(kind)
            self._close = stack.pop_all().close

    def _describe(self, kind: str) -> None:
        image = self._image
        self._orientation = _orientation(image)
        size = image.height, image.width
        self.shape = size[::-1] if self._orientation.transposed else size
        n_frames = int(getattr(image, "n_frames", 1))
        reasons = []
        if image.format == "MPO" and n_frames > 1:
            n_frames = 1
            reasons.append(OTHER_VIEWS)
        self.n_pictures = n_frames
        refuse_above("frames", self.n_pictures, self.name, StimulusError)
        if self.n_pictures > 1:
            reasons.append(TIMES_IGNORED)
        if image.mode == "CMYK":
            reasons.append(INKS)
        if _is_other_profile(image.info.get("icc_profile")):
            reasons.append(PROFILE)
        self.reasons = tuple(reasons)

    def picture(self, k: int) -> Picture:
        """Picture `k`.

        Raises
        ------
        StimulusError
            If it cannot be read.
        """
        with _decoding(self.name):
            if self._deep:
                return self._deep_picture()
            if self.n_pictures > 1:
                self._go_to(k)
            image: Image.Image = self._image
            if "transparency" in image.info or image.mode in _WITH_ALPHA:
                image = image.convert("RGBA")
            elif image.mode not in _PLAIN_MODES:
                image = image.convert("RGB")
            pixels = np.asarray(image)
            return self._of(pixels, "straight" if image.mode == "RGBA" else "none")

    def _go_to(self, frame: int) -> None:
        if frame < self._image.tell():  # Pillow rewinds some animations wrongly
            self._image = _opened(self._file, self._kind)
        self._image.seek(frame)

    def _deep_picture(self) -> Picture:
        """A PNG of 16 bits a sample; Pillow would cut its colours to 8."""
        self._file.seek(0)
        decoder = av.CodecContext.create("png", "r")
        frames = [*decoder.decode(av.Packet(self._file.read())), *decoder.decode(None)]
        if not frames or frames[0].format.name not in _DEEP:
            raise unreadable(self.name)
        frame: Any = frames[0]
        if (frame.height, frame.width) != (self._image.height, self._image.width):
            raise unreadable(self.name)
        samples, plane = _DEEP[frame.format.name], frame.planes[0]
        rows = np.frombuffer(plane, ">u2").reshape(-1, plane.line_size // 2)
        pixels = rows[: frame.height, : frame.width * samples]
        if samples > 1:
            pixels = pixels.reshape(frame.height, frame.width, samples)
        return self._of(pixels.astype(np.uint16), "none" if samples % 2 else "straight")

    def _of(self, pixels: NDArray[Any], alpha: Alpha) -> Picture:
        return Picture(
            pixels,
            self.name,
            has_samples=pixels.ndim == 3,
            alpha=alpha,
            orientation=self._orientation,
        )

    def grey(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.grey`."""
        return self.picture(k).grey()

    def rgb(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.rgb`."""
        return self.picture(k).rgb()

    def close(self) -> None:
        """See :meth:`PictureFile.close`."""
        self._close()


@contextlib.contextmanager
def _decoding(name: str) -> Iterator[None]:
    try:
        yield
    except StimulusError:
        raise
    except Exception as error:  # of any type: decoders trust what they read
        raise unreadable(name) from error


def _kind(head: bytes, name: str) -> str:
    kind = image_format(head)
    if kind is None:
        raise unreadable(name)
    return kind


def _opened(file: BinaryIO, kind: str) -> Image.Image:
    file.seek(0)
    with _bomb_check, warnings.catch_warnings():
        # The size is checked against the limits of this project instead
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file, formats=[kind])
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _check_webp(head: bytes, name: str) -> None:
    """Check the size that a WebP file claims: opening it takes memory for it."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
    elif chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width = int.from_bytes(head[26:28], "little") & 0x3FFF
        height = int.from_bytes(head[28:30], "little") & 0x3FFF
    check_frame_shape((height, width), name)


def _orientation(image: Image.Image) -> Orientation:
    if image.format == "PNG" and "exif" not in image.info:
        return UPRIGHT  # Pillow would decode the picture to look behind it
    return BY_TAG.get(image.getexif().get(_ORIENTATION_TAG, 1), UPRIGHT)


def _is_other_profile(profile: bytes | None) -> bool:
    """Whether a colour profile names another space than sRGB, which is taken for all."""
    return bool(profile) and not any(
        name.encode(code) in bytes(profile or b"")
        for name in ("sRGB", "c2ci")
        for code in ("ascii", "utf-16-be")
    )
