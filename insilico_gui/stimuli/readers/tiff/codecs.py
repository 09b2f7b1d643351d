"""Decoding the pages of a TIFF file: by tifffile, or by Pillow where that lacks a codec."""

from __future__ import annotations

import io
import zlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import COMPRESSION_INFO

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.pixels import Picture

if TYPE_CHECKING:
    from insilico_gui.stimuli.readers.tiff.samples import Samples

_NONE, _DEFLATE, _PACKBITS = 1, (8, 32946), 32773
_ALONE_BITS = (1, 8, 16, 32, 64)  # what numpy reads without the codecs
_FAX = (2, 3, 4)
_PREDICTORS = (1, 2)  # none, and differences of neighbours
_LARGE_STRIP = 2**19  # Deflate expands a thousandfold at most: to half a gigabyte

IN_8_BITS = "its colours of 16 bits a sample are read in 8"


class ByTifffile:
    """Decodes pages with tifffile."""

    reasons: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(
        self, page: Any, place: int, samples: Samples, size: tuple[int, int]
    ) -> Picture:
        """The picture of a page."""
        if not all(page.dataoffsets) or not all(page.databytecounts):
            raise ValueError("the page has gaps")  # tifffile would fill them with zeros
        _refuse_bombs(page)
        pixels = np.asarray(page.asarray(maxworkers=1))
        return samples.picture(pixels, size, self._name)


class ByPillow:
    """Decodes pages with Pillow, which has libtiff with it.

    Pillow turns pictures upright, looks colours up and makes 8-bit grey whose white is
    zero right; 16-bit grey it leaves as it is.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        self._image = Image.open(file, formats=["TIFF"])
        self.reasons: tuple[str, ...] = ()

    def __call__(
        self, page: Any, place: int, samples: Samples, size: tuple[int, int]
    ) -> Picture:
        """The picture of a page."""
        self._image.seek(place)
        image: Image.Image = self._image.copy()
        alpha = samples.alpha != "none"
        if image.mode in ("P", "PA", "YCbCr", "RGBX", "La", "RGBa") or (
            alpha and image.mode != "LA"
        ):
            image = image.convert("RGBA" if alpha else "RGB")
        elif image.mode not in ("1", "L", "LA", "RGB", "F") and (
            not image.mode.startswith("I;16")
        ):
            raise StimulusError(f"{self._name} has pixels of a kind that is not read.")
        if page.bitspersample > 8 and image.mode in ("RGB", "RGBA", "LA"):
            self.reasons = (IN_8_BITS,)
        pixels = np.asarray(image)
        return Picture(
            pixels,
            self._name,
            has_samples=pixels.ndim == 3,
            alpha="straight" if image.mode in ("RGBA", "LA") else "none",
            white_is_zero=samples.white_is_zero and pixels.dtype.itemsize > 1,
            white=2**page.bitspersample - 1 if image.mode.startswith("I;16") else None,
        )


def decoder_of(
    page: Any, file: BinaryIO, name: str, samples: Samples, size: tuple[int, int]
) -> ByTifffile | ByPillow:
    """What decodes the pages of a file.

    Parameters
    ----------
    page : tifffile.TiffPage
        The first.
    file : binary file
    name : str
    samples : Samples
    size : (int, int)
        Height and width as stored.

    Raises
    ------
    StimulusError
        If there is none, naming the codec.
    """
    if _has_codecs() or (
        int(page.compression) in (_NONE, *_DEFLATE, _PACKBITS)
        and int(page.predictor or 1) in _PREDICTORS
        and page.bitspersample in _ALONE_BITS
    ):
        return ByTifffile(name)
    compression = getattr(page.compression, "name", str(page.compression))
    try:
        decoder = ByPillow(file, name)
        decoder(page, 0, samples, size)
    except Exception as error:
        if _pillow_decodes(int(page.compression)):
            raise StimulusError(
                f"The first picture of {name} cannot be decoded: it is damaged, or stored "
                f"as a variety of {compression} that is not read; save it again."
            ) from error
        what = (
            f"{page.bitspersample} bits a sample"
            if int(page.compression) == _NONE
            else f"the compression {compression}"
        )
        raise StimulusError(
            f"{name} is stored with {what}, for which no decoder is installed; install "
            "the package imagecodecs, or save the file without compression."
        ) from error
    return decoder


def _pillow_decodes(compression: int) -> bool:
    """Whether Pillow's libtiff has a codec: it packs a small picture with it."""
    if compression == _NONE or compression not in COMPRESSION_INFO:
        return False
    mode = "1" if compression in _FAX else "L"
    try:
        packed = COMPRESSION_INFO[compression]
        Image.new(mode, (8, 8)).save(io.BytesIO(), "TIFF", compression=packed)
    except Exception:  # of any type, by the version of Pillow
        return False
    return True


def _has_codecs() -> bool:
    return find_spec("imagecodecs") is not None


def _refuse_bombs(page: Any) -> None:
    """Raise if a strip expands to more than its pixels: few bytes can fill the memory."""
    if int(page.compression) not in _DEFLATE:
        return
    handle = page.parent.filehandle
    limit = page.nbytes + 2**16
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        if count <= _LARGE_STRIP:
            continue
        handle.seek(offset)
        data, unpacker, total = io.BytesIO(handle.read(count)), zlib.decompressobj(), 0
        while block := data.read(2**12):
            total += len(unpacker.decompress(block))
            if total > limit:
                raise ValueError("a strip expands to more than the page")
