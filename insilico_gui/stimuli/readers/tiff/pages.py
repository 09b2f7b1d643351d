"""The pages of a TIFF file, as the file chains them, and what it says that it holds.

Each page begins with a directory of tags that says where the next one is. Parsers that
guess series of pages believe what descriptions claim (two thousand million frames in
800 bytes), and lose pages that were appended one by one. Here the chain is followed, and
descriptions are read for the names of axes only.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal

from insilico_gui.errors import StimulusError
from insilico_gui.progress import may_go_on
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tags (TIFF 6.0) that must be equal if pages are frames of one stack
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
_LIKENESS = (WIDTH, LENGTH, BITS, PHOTOMETRIC, 274, 277, 284, 338, 339)
_DEFAULTS = {274: 1, 277: 1, 284: 1, 339: 1}
_STRIPS, _STRIP_BYTES = 273, 279
_KIND = 254  # NewSubfileType: bit 0 = a smaller copy of another page, bit 2 = a mask
_COPY_OR_MASK = 0b101
_READ = frozenset({*_LIKENESS, COMPRESSION, _STRIPS, _STRIP_BYTES, _KIND})

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_SIZES |= {13: 4, 16: 8, 17: 8, 18: 8}  # BigTIFF
_MOST_TAGS = 4096
_MOST_BYTES = 64  # of a value that is compared


@dataclass(frozen=True)
class Chain:
    """Pages of a file.

    Attributes
    ----------
    offsets : list of int
        Where each page begins, without smaller copies and masks.
    places : list of int
        Its number among all pages.
    blocks : list of ((int, int) or None)
        Offset and number of bytes of its pixels, if they are one block that is not
        compressed.
    likeness : list of tuple
        What must be equal for pages to be frames of one stack.
    left_out : int
        Smaller copies and masks.
    broken : bool
        Whether the chain ends outside the file.
    """

    offsets: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int] | None] = field(default_factory=list)
    likeness: list[tuple[tuple[int, bytes], ...]] = field(default_factory=list)
    left_out: int = 0
    broken: bool = False


def read_chain(file: BinaryIO, name: str) -> Chain:
    """Follow the pages of a file.

    Raises
    ------
    StimulusError
        If there are more than the limit for frames, or they go in a circle.
    struct.error, ValueError
        If the file is no TIFF file.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    big = struct.unpack_from(f"{order}H", head, 2)[0] == 43
    offset = struct.unpack_from(f"{order}{'Q' if big else 'I'}", head, 8 if big else 4)[
        0
    ]
    offsets: list[int] = []
    likeness: list[tuple[tuple[int, bytes], ...]] = []
    seen: set[int] = set()
    places: list[int] = []
    blocks: list[tuple[int, int] | None] = []
    left_out, broken = 0, False
    while offset:
        may_go_on()
        if offset in seen:
            raise StimulusError(
                f"{name} is damaged: its pages go in a circle; save it again."
            )
        seen.add(offset)
        refuse_above("frames", len(seen), name, StimulusError)
        page = _directory(file, offset, order, big) if offset < size else None
        if page is None:
            broken = True
            break
        tags, following = page
        if int.from_bytes(tags.get(_KIND, b""), _byte_order(order)) & _COPY_OR_MASK:
            left_out += 1
        else:
            offsets.append(offset)
            places.append(len(seen) - 1)
            blocks.append(_block(tags, order))
            likeness.append(tuple((tag, tags.get(tag, b"")) for tag in _LIKENESS))
        offset = following
    return Chain(offsets, places, blocks, likeness, left_out, broken)


def _byte_order(order: str) -> Literal["little", "big"]:
    return "little" if order == "<" else "big"


def _directory(
    file: BinaryIO, offset: int, order: str, big: bool
) -> tuple[dict[int, bytes], int] | None:
    """Values of the tags that matter, and where the next page is; None if cut off."""
    counts, each, pointer = ("Q", 20, "Q") if big else ("H", 12, "I")
    file.seek(offset)
    head = file.read(struct.calcsize(counts))
    if len(head) < struct.calcsize(counts):
        return None
    (n_tags,) = struct.unpack(order + counts, head)
    if not 0 < n_tags <= _MOST_TAGS:
        return None
    body = file.read(n_tags * each)
    tail = file.read(struct.calcsize(pointer))
    if len(body) < n_tags * each or len(tail) < struct.calcsize(pointer):
        return None
    tags = {
        tag: default.to_bytes(8, _byte_order(order))
        for tag, default in _DEFAULTS.items()
    }
    for place in range(0, len(body), each):
        tag, kind, count = struct.unpack_from(
            order + ("HHQ" if big else "HHI"), body, place
        )
        if tag not in _READ:
            continue
        if tag in (_STRIPS, _STRIP_BYTES) and count != 1:
            continue
        n_bytes = _SIZES.get(kind, 0) * count
        value = body[place + each - (8 if big else 4) : place + each]
        if n_bytes > len(value):
            file.seek(struct.unpack(order + pointer, value)[0])
            value = file.read(min(n_bytes, _MOST_BYTES))
        # Short and long hold the same number in other bytes
        tags[tag] = _number_bytes(value[:n_bytes], kind, order)
    return tags, int(struct.unpack(order + pointer, tail)[0])


def _block(tags: dict[int, bytes], order: str) -> tuple[int, int] | None:
    offset, n_bytes, compression = (
        int.from_bytes(tags.get(tag, b""), _byte_order(order))
        for tag in (_STRIPS, _STRIP_BYTES, COMPRESSION)
    )
    return (offset, n_bytes) if offset and n_bytes and compression == 1 else None


def _number_bytes(value: bytes, kind: int, order: str) -> bytes:
    if kind not in (3, 4, 16):
        return value
    size = _SIZES[kind]
    numbers = [
        int.from_bytes(value[k : k + size], _byte_order(order))
        for k in range(0, len(value), size)
    ]
    return b"".join(n.to_bytes(8, _byte_order(order)) for n in numbers)


@dataclass(frozen=True)
class Claims:
    """What the description of a file says about its frames.

    Attributes
    ----------
    axes : dict of str to int
        Length of each axis besides height, width and colour that is longer than 1.
    in_one_block : bool
        Whether all frames follow the first without a gap, if they are not compressed.
    series : int
        Number of image series.
    """

    axes: dict[str, int] = field(default_factory=dict)
    in_one_block: bool = False
    series: int = 1

    @property
    def n_frames(self) -> int:
        """Frames of all series."""
        n = self.series
        for length in self.axes.values():
            n *= length
        return n


def read_claims(
    descriptions: list[str], height: int, width: int, samples: int
) -> Claims:
    """What the descriptions of the first page say, as ImageJ, OME and tifffile write them.

    Parameters
    ----------
    descriptions : list of str
        Values of tag 270 of the first page.
    height, width, samples : int
        Of the first page.
    """
    for text in descriptions:
        if text.startswith("ImageJ="):
            return _of_imagej(text)
        if text.startswith("{") and '"shape"' in text[:200]:
            return _of_shape(text, height, width, samples)
        if "<OME" in text[:2000] and "<Pixels" in text:
            return _of_ome(text, samples)
    return Claims()


def _of_imagej(text: str) -> Claims:
    found = {
        key: int(value)
        for key, value in re.findall(r"^(\w+)=(\d{1,18})$", text, re.MULTILINE)
    }
    axes = {
        axis: found[key]
        for axis, key in (("T", "frames"), ("Z", "slices"), ("C", "channels"))
        if found.get(key, 1) > 1
    }
    product = Claims(axes).n_frames
    if not axes and found.get("images", 1) > 1:
        axes = {"T": found["images"]}
    elif axes and found.get("images", product) > product:
        axes = {**axes, "I": found["images"] // product}
    return Claims(axes, in_one_block=True)


def _of_shape(text: str, height: int, width: int, samples: int) -> Claims:
    try:
        content = json.loads(text)
        shape = [int(n) for n in content["shape"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Claims()
    names = content.get("axes")
    names = names if isinstance(names, str) and len(names) == len(shape) else ""
    left = list(zip(names or "Q" * len(shape), shape, strict=True))
    # The picture's own axes come last: [H, W], [H, W, S] or [S, H, W]
    for picture in (
        [height, width, samples],
        [samples, height, width],
        [height, width],
    ):
        if shape[-len(picture) :] == picture and (len(picture) == 2 or samples > 1):
            left = left[: -len(picture)]
            break
    else:
        return Claims()
    axes = {f"{axis}{k}": n for k, (axis, n) in enumerate(left) if n != 1}
    return Claims(axes, in_one_block=True)


def _of_ome(text: str, samples: int) -> Claims:
    series = 0
    axes: dict[str, int] = {}
    for pixels in _elements(text, "<Pixels"):
        sizes = {
            axis: int(number)
            for axis, number in re.findall(r'\bSize([TZC])\s*=\s*"(\d{1,18})"', pixels)
        }
        if "C" in sizes:
            sizes["C"] = max(1, sizes["C"] // max(1, samples))
        series += 1
        if series == 1:
            axes = {axis: n for axis, n in sizes.items() if n > 1}
    return Claims(axes, series=max(series, 1))


def _elements(text: str, start: str) -> Iterator[str]:
    """The tags of an XML text that begin with `start`."""
    place = text.find(start)
    while place >= 0:
        end = text.find(">", place)
        if end < 0:
            return
        yield text[place:end]
        place = text.find(start, end)
