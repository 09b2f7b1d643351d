"""Whether a video file is as long as it says, from its outermost blocks.

Every container says how long its blocks are. FFmpeg reads what is there and goes on as
if that were all; this module walks over the blocks, without reading what they hold, to
see whether the last one ends within the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.grey import check_frame_shape
from insilico_gui.stimuli.readers.animation_times import PNG_MAGIC, read_chunks
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of ISO base media files (.mp4, .mov): boxes that lead to the table of samples
_OUTER_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex"})

_MAX_BOXES = 1_000_000  # more are damage, or meant to take time

_MAX_EMPTY = 1 << 16  # bytes of a GIF between two blocks

_SEGMENT = 0x18538067  # of Matroska: what follows the EBML header


@dataclass(frozen=True)
class Extent:
    """What the blocks of a file say.

    Attributes
    ----------
    is_cut : bool
        Whether the file ends within a block.
    whole_pictures : int or None
        Pictures that are stored whole, where the container shows that.
    seconds : float or None
        How long the frames last altogether, where a header says it of a file that has
        no table of them.
    """

    is_cut: bool = False
    whole_pictures: int | None = None
    seconds: float | None = None


def measure(path: Path) -> Extent:
    """Walk over the outermost blocks of a file.

    Raises
    ------
    StimulusError
        If it is no regular file, or lists more frames than are believed.
    """
    with open_input(path, StimulusError) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        file.seek(0)
        if head[:6] in (b"GIF87a", b"GIF89a"):
            width, height = head[6:8], head[8:10]
            shape = int.from_bytes(height, "little"), int.from_bytes(width, "little")
            check_frame_shape(shape, quoted(path.name, marks=""))
            return _gif(file, quoted(path.name, marks=""))
        if head[:8] == PNG_MAGIC:
            return _png(file, quoted(path.name, marks=""))
        if head[:4] == b"RIFF":
            return Extent(_riff_is_cut(file, size))
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return Extent(_matroska_is_cut(file, size))
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"):
            return _iso(file, size, quoted(path.name, marks=""))
    return Extent()


# -- ISO base media: boxes of size, type, content (ISO/IEC 14496-12) -------------------


def _iso(file: BinaryIO, size: int, name: str) -> Extent:
    is_cut, scale, ticks, n_boxes = False, 0, 0, 0
    for kind, start, end in _boxes(file, 0, size):
        n_boxes += 1
        if end > size:
            is_cut = True
        if n_boxes > _MAX_BOXES:
            raise StimulusError(
                f"{name} consists of more than {_MAX_BOXES:,} parts, which is damage; "
                "convert it to .mp4 again."
            )
        file.seek(start)
        if kind == b"stsz":
            # Version and flags, size of all samples or 0, how many
            content = file.read(12)
            refuse_above("frames", _number(content[8:]), name, StimulusError)
        elif kind == b"mvhd":
            content = file.read(32)
            wide = content[:1] == b"\1"
            scale = _number(content[20:24] if wide else content[12:16])
        elif kind == b"mehd":
            content = file.read(12)
            ticks = _number(content[4:12] if content[:1] == b"\1" else content[4:8])
    return Extent(is_cut, seconds=ticks / scale if ticks and scale else None)


def _boxes(
    file: BinaryIO, start: int, stop: int, depth: int = 0
) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of the content and end of each box, also of those inside."""
    while start + 8 <= stop:
        file.seek(start)
        head = file.read(16)
        size, content = _number(head[:4]), start + 8
        if size == 1:
            size, content = _number(head[8:16]), start + 16
        elif size == 0:
            size = stop - start  # to the end
        if size < content - start:
            return  # no box: whatever it is, FFmpeg decides
        kind, end = head[4:8], start + size
        yield kind, content, end
        if kind in _OUTER_BOXES and depth < len(_OUTER_BOXES):
            yield from _boxes(file, content, min(end, stop), depth + 1)
        start = end
    if start < stop:
        yield b"", start, stop + 1  # ends within the head of a box


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")


# -- AVI: chunks of type, size, content ------------------------------------------------


def _riff_is_cut(file: BinaryIO, size: int) -> bool:
    start = 0
    while start + 8 <= size:
        file.seek(start)
        head = file.read(8)
        if head[:4] != b"RIFF":
            return False  # something that follows the video
        length = int.from_bytes(head[4:], "little")
        start += 8 + length + length % 2
        # The last byte only fills up
        if start - length % 2 > size:
            return True
    return False


# -- Matroska: elements of id, size, content (RFC 8794) --------------------------------


def _matroska_is_cut(file: BinaryIO, size: int) -> bool:
    start = 0
    while start < size:
        file.seek(start)
        head = file.read(12)
        width = _length(head[0])
        identity = _number(head[:width])
        if not width or len(head) <= width:
            return True
        digits = _length(head[width])
        if not digits:
            return False
        length = _number(head[width : width + digits]) & ~(1 << 7 * digits)
        unknown = length == (1 << 7 * digits) - 1
        if unknown:
            return False  # written while it was recorded, and never finished
        start += width + digits + length
        if start > size:
            return True
        if identity == _SEGMENT:
            return False
    return False


def _length(first: int) -> int:
    """Bytes of a number whose first byte this is."""
    return 9 - first.bit_length() if first else 0


# -- PNG: chunks of length, kind, content, checksum; "fcTL" begins a frame --------------


def _png(file: BinaryIO, name: str) -> Extent:
    frames = 0
    for kind, content in read_chunks(file):
        if kind == b"IHDR":
            check_frame_shape((_number(content[4:8]), _number(content[:4])), name)
        elif kind == b"acTL":
            refuse_above("frames", _number(content[:4]), name, StimulusError)
        frames += kind == b"fcTL"
        if kind == b"IEND":
            return Extent(False, frames)
    # What the last one consists of is not all there
    return Extent(True, max(frames - 1, 0))


# -- GIF: blocks, of which those with data consist of short ones -----------------------


def _gif(file: BinaryIO, name: str) -> Extent:
    pictures = n_empty = 0
    head = file.read(13)
    if len(head) < 13:
        return Extent(True, 0)
    file.seek(_table_bytes(head[10]), os.SEEK_CUR)
    while kind := file.read(1):
        if kind == b";":
            return Extent(False, pictures)
        if kind == b"!":
            whole = bool(file.read(1)) and _skip_data(file)
        elif kind == b",":
            head = file.read(9)
            whole = len(head) == 9
            if whole:
                file.seek(_table_bytes(head[8]), os.SEEK_CUR)
                whole = bool(file.read(1)) and _skip_data(file)
            pictures += whole
        elif kind == b"\0":
            n_empty += 1  # some programs end a block twice
            if n_empty > _MAX_EMPTY:
                raise StimulusError(
                    f"{name} has nothing but zeros where its pictures should go on; it "
                    "is damaged, so use another copy."
                )
            continue
        else:
            return Extent(False, None)  # FFmpeg decides what it is
        if not whole:
            break
    return Extent(True, pictures)


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_data(file: BinaryIO) -> bool:
    """Pass over blocks up to an empty one; whether all are there."""
    while length := file.read(1):
        if length == b"\0":
            return True
        if len(file.read(length[0])) < length[0]:
            return False
    return False
