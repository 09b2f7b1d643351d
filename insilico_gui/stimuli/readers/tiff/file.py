"""TIFF files: all pages, read page by page, alone or in a folder."""

from __future__ import annotations

import contextlib
import math
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import tifffile

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.attrs import file_attrs
from insilico_gui.stimuli.core.pixels import (
    check_dtype,
    check_frame_shape,
    check_picture_bytes,
)
from insilico_gui.stimuli.core.stack import ImageStack, said
from insilico_gui.stimuli.readers.picture_file import PictureFile
from insilico_gui.stimuli.readers.tiff.codecs import decoder_of
from insilico_gui.stimuli.readers.tiff.pages import Claims, read_chain, read_claims
from insilico_gui.stimuli.readers.tiff.samples import Samples
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.pixels import Picture

# Other files that a set consists of are not followed: the one door does not see them
_ALONE: dict[str, Any] = {"is_ome": False, "is_mmstack": False, "is_ndtiff": False}

_DESCRIPTION, _UIC2 = 270, 33629
_TIME = "TIQ"  # names of axes that mean no other thing than one picture after another


class TiffPictures(PictureFile):
    """The pages of a TIFF file, in the order in which the file chains them.

    Smaller copies of pages and masks are no pictures. Pages that differ are refused.
    One axis may be longer than 1 besides height, width and colour.

    Attributes
    ----------
    samples : Samples
        What the samples of a pixel mean.
    dtype : str
    """

    def __init__(self, path: Path) -> None:
        self.name = quoted(path.name, marks="")
        with contextlib.ExitStack() as stack:
            self._file: BinaryIO = stack.enter_context(open_input(path, StimulusError))
            try:
                self._read_headers(stack)
            except StimulusError:
                raise
            except Exception as error:  # of any type: the parser trusts what it reads
                raise _damaged(self.name) from error
            self.close = stack.pop_all().close  # type: ignore[method-assign]

    def _read_headers(self, stack: contextlib.ExitStack) -> None:
        name = self.name
        self._chain = read_chain(self._file, name)
        if not self._chain.offsets:
            raise _damaged(name)
        self._file.seek(0)
        self._tiff = tifffile.TiffFile(self._file, name=name, **_ALONE)
        stack.callback(self._tiff.close)
        self._first = page = self._page(0)
        self._size = size = int(page.imagelength), int(page.imagewidth)
        check_frame_shape(size, name)
        self.samples = Samples.of(page, name)
        self.dtype = str(page.dtype)
        if page.dtype is None:
            raise StimulusError(
                f"{name} holds {quoted(page.bitspersample, marks='')} bits a sample of a "
                "kind that cannot be read; save it as 8 or 16 bits."
            )
        check_dtype(page.dtype, name)
        check_picture_bytes((*size, page.samplesperpixel), page.dtype.itemsize, name)
        self.shape = size[::-1] if self.samples.orientation.transposed else size
        self._check_likeness()
        self._claims = _claims(page)
        refuse_above("frames", self._claims.n_frames, name, StimulusError)
        self._check_axes()
        self._n_bytes = self._bytes_of_picture(page)
        self._block = self._whole_block(page)
        self.n_pictures = self._count()
        self._decode = decoder_of(page, self._file, name, self.samples, size)
        self.reasons = (*self._reasons(), *self.samples.reasons, *self._decode.reasons)

    def _page(self, k: int) -> Any:
        first = self._tiff.pages.first
        if first.offset == self._chain.offsets[k]:
            return first
        self._tiff.filehandle.seek(self._chain.offsets[k])
        return tifffile.TiffPage(self._tiff, k)

    def _check_likeness(self) -> None:
        likeness = self._chain.likeness
        for k, each in enumerate(likeness):
            if each != likeness[0]:
                raise StimulusError(
                    f"{self.name} holds pages that differ: page 1 is "
                    f"{_described(self._first)} and page {k + 1} "
                    f"{_described(self._page(k))}; save each kind as a file of its own."
                )

    def _check_axes(self) -> None:
        axes = self._claims.axes
        if len(axes) > 1:
            letters = "".join(axis[0] for axis in axes)
            lengths = [*axes.values(), *self._size]
            raise StimulusError(
                f"{self.name} has the axes {letters}YX "
                f"({' x '.join(map(str, lengths))}); a stimulus has one axis of frames "
                "besides height, width and RGB."
            )

    def _whole_block(self, page: Any) -> tuple[int, int, int] | None:
        """Offset, bytes and number of frames that follow each other without pages.

        ImageJ writes a header for the first picture only if a file is long, and of a
        file that was cut short the headers at its end are lost first.
        """
        claimed, n_pages = self._claims.n_frames, len(self._chain.offsets)
        n_bytes = self._n_bytes
        if not (
            n_bytes
            and self._claims.in_one_block
            and claimed > n_pages
            and page.compression == 1
            and page.is_contiguous
        ):
            return None
        offset = int(page.dataoffsets[0])
        if n_pages > 1 and self._page(1).dataoffsets[0] != offset + n_bytes:
            return None
        whole = (self._file.seek(0, 2) - offset) // n_bytes
        n = min(claimed, whole)
        return (offset, n_bytes, n) if n > 0 else None

    def _count(self) -> int:
        """Number of frames whose pixels are all in the file."""
        if self._block is not None:
            return self._block[2]
        end = self._file.seek(0, 2)
        n = len(self._chain.offsets)
        while n and not self._is_whole(n - 1, end):
            n -= 1
        if not n:
            raise _damaged(self.name)
        return n

    def _is_whole(self, k: int, end: int) -> bool:
        if block := self._chain.blocks[k]:
            return sum(block) <= end
        page = self._page(k)
        segments = zip(page.dataoffsets, page.databytecounts, strict=False)
        return all(offset + count <= end for offset, count in segments)

    def _bytes_of_picture(self, page: Any) -> int | None:
        """Bytes of a picture whose pixels numpy reads as they are stored."""
        if page.bitspersample != page.dtype.itemsize * 8 or int(page.fillorder) != 1:
            return None
        return math.prod((*self._size, self.samples.stored)) * int(page.dtype.itemsize)

    def _offset(self, k: int) -> int | None:
        """Where the pixels of picture `k` are, if they lie there as they are."""
        if self._block is not None:
            return self._block[0] + k * self._block[1]
        block = self._chain.blocks[k]
        return block[0] if block is not None and block[1] == self._n_bytes else None

    def _reasons(self) -> list[str]:
        n, axes = self.n_pictures, list(self._claims.axes)
        promised = max(self._claims.n_frames, len(self._chain.offsets))
        reasons = []
        if n < promised:
            reasons.append(
                f"it declares {promised:,} frames and holds {n:,} that are whole, so it "
                "is cut short or part of a set"
            )
        elif self._chain.broken:
            reasons.append(f"it is cut short; {n:,} frames were found that are whole")
        if self._claims.series > 1:
            reasons.append(
                f"its {self._claims.series} series are shown one after the other"
            )
        if axes and axes[0][0] not in _TIME:
            reasons.append(f"its axis {axes[0][0]} is shown as time")
        return reasons

    def picture(self, k: int) -> Picture:
        """Picture `k`.

        Raises
        ------
        StimulusError
            If it cannot be read.
        """
        try:
            offset = self._offset(k)
            if offset is not None:
                self._file.seek(offset)
                dtype = np.dtype(self._tiff.byteorder + self._first.dtype.char)
                pixels = np.frombuffer(self._file.read(self._n_bytes or 0), dtype)
                return self.samples.picture(pixels, self._size, self.name)
            place = self._chain.places[k]
            return self._decode(self._page(k), place, self.samples, self._size)
        except Exception as error:
            raise StimulusError(
                f"Frame {k} of {self.name} cannot be read; the file is damaged, was "
                "cut short or removed, so restore it and open it again."
            ) from error

    def grey(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.grey`."""
        return self.picture(k).grey()

    def rgb(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.rgb`."""
        return self.picture(k).rgb()

    def close(self) -> None:
        """See :meth:`PictureFile.close`."""


class TiffStack(ImageStack):
    """The pages of a TIFF file as frames; see :class:`TiffPictures`."""

    def __init__(self, path: Path, frame_rate: float | None) -> None:
        self._pictures = pictures = TiffPictures(path)
        weakref.finalize(self, pictures.close)
        name = pictures.name
        super().__init__(name, pictures.n_pictures, pictures.shape, frame_rate)
        self.attrs = file_attrs(
            path,
            {
                "kind": "tiff",
                "source_dtype": pictures.dtype,
                "photometric": pictures.samples.photometric,
                **self._rate_attrs,
                **said(name, *pictures.reasons),
            },
        )

    def _read(self, k: int) -> NDArray[np.uint8]:
        return self._pictures.grey(k)

    def _read_color(self, k: int) -> NDArray[np.uint8]:
        return self._pictures.rgb(k)


def _claims(page: Any) -> Claims:
    if _UIC2 in page.tags:  # a stack of MetaMorph: all planes in one page
        n = int(page.tags[_UIC2].count)
        return Claims({"Z": n} if n > 1 else {}, in_one_block=True)
    texts = [tag.value for tag in page.tags if tag.code == _DESCRIPTION]
    return read_claims(
        [text for text in texts if isinstance(text, str)],
        int(page.imagelength),
        int(page.imagewidth),
        int(page.samplesperpixel),
    )


def _described(page: Any) -> str:
    return (
        f"{page.imagewidth} x {page.imagelength} pixels of "
        f"{page.samplesperpixel} x {quoted(page.dtype, marks='')}"
    )


def _damaged(name: str) -> StimulusError:
    return StimulusError(
        f"{name} is not a TIFF file that can be read; it is damaged or cut short, so "
        "save it again."
    )
