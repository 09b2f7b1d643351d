"""Chunks of PNG and WebP files, and how long each frame of an animated WebP is shown.

Decoders tell the time of a frame once it is decoded; here the headers of the frames are
read, and what they hold is passed over.
"""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_WEBP_HEAD = 12  # "RIFF", size, "WEBP"
_BEGIN = {b"acTL": "PNG", b"ANIM": "WebP"}
_PIXELS = (b"IDAT", b"VP8 ", b"VP8L", b"ANMF")
_READ_BYTES = 26  # of a chunk: what is told of a frame

_SHORTEST_S = 0.0105  # what is shorter is no time that anybody means
_USUAL_S = 0.1  # in its place, as browsers do

QUICK = "frames that are to last for 10 ms or less are shown for 0.1 s, as browsers do"


def is_animated(file: BinaryIO) -> bool:
    """Whether an image file declares an animation, before its pixels."""
    for kind, _ in read_chunks(file):
        if kind in _BEGIN:
            return True
        if kind in _PIXELS:
            return False
    return False


def frame_seconds(file: BinaryIO, name: str) -> NDArray[np.float64]:
    """Seconds for which each frame of an animated WebP is to be shown, as the file says.

    Raises
    ------
    StimulusError
        If there are more frames than are believed.
    """
    ticks = array("q")  # ms
    for kind, content in read_chunks(file):
        if kind == b"ANMF" and len(content) >= 15:
            ticks.append(int.from_bytes(content[12:15], "little"))
            refuse_above("frames", len(ticks), name, StimulusError)
    return np.array(ticks, np.float64) / 1000


def as_shown(seconds: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """The times with those that nobody means replaced, and whether there were any."""
    quick = seconds < _SHORTEST_S
    return np.where(quick, _USUAL_S, seconds), bool(quick.any())


def read_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Kind and first bytes of each chunk that is whole."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    is_png = file.read(8) == PNG_MAGIC
    place = len(PNG_MAGIC) if is_png else _WEBP_HEAD
    while place + 8 <= size:
        file.seek(place)
        head = file.read(8)
        if is_png:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            end = place + 12 + length  # and a checksum
        else:
            length, kind = int.from_bytes(head[4:], "little"), head[:4]
            end = place + 8 + length + length % 2
        if end - (0 if is_png else length % 2) > size:
            return
        yield kind, file.read(min(length, _READ_BYTES))
        place = end
