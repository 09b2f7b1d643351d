"""What the samples of a pixel in a TIFF file mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.orientation import BY_TAG, UPRIGHT, Orientation
from insilico_gui.stimuli.core.pixels import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.pixels import Alpha

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_PHOTOMETRIC = {
    _WHITE_IS_ZERO: "grey, white is zero",
    _BLACK_IS_ZERO: "grey",
    _RGB: "RGB",
    _PALETTE: "palette",
    _YCBCR: "YCbCr",  # of JPEG; the decoder returns RGB
}
_ASSOCIATED, _UNASSOCIATED = (
    1,
    2,
)  # kinds of an extra sample; 0 = of no declared meaning
_SEPARATE = 2  # planar configuration
_ORIENTATION = 274

LEFT_OUT = "an extra sample of no declared meaning in each pixel is left out"
SHORT_COLORS = "its colour map holds 8-bit levels, and is read as such"


@dataclass(frozen=True)
class Samples:
    """How the samples of a page become a picture.

    Attributes
    ----------
    photometric : str
        For people.
    stored : int
        Samples a pixel in the file.
    kept : tuple of int
        Those that are used: the colours, then the opacity if there is one.
    alpha : {"none", "straight", "premultiplied"}
    planar : bool
        Whether each sample has a plane of its own.
    white_is_zero : bool
    white : int or None
        The level that is white, if it is not the largest of the type.
    palette : uint8 array [n, 3] or None
    orientation : Orientation
    reasons : tuple of str
        What is dropped or assumed.
    """

    photometric: str
    stored: int
    kept: tuple[int, ...]
    alpha: Alpha
    planar: bool
    white_is_zero: bool
    white: int | None
    palette: NDArray[np.uint8] | None
    orientation: Orientation
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, page: Any, name: str) -> Samples:
        """Of a ``tifffile.TiffPage``.

        Raises
        ------
        StimulusError
            If its colours cannot be read.
        """
        photometric = int(page.photometric)
        if photometric not in _PHOTOMETRIC or int(page.imagedepth) != 1:
            raise StimulusError(
                f"{name} stores colours in a way that cannot be read "
                f"(photometric interpretation {photometric}); save it as grey or RGB."
            )
        stored = int(page.samplesperpixel)
        n_colors = 3 if photometric in (_RGB, _YCBCR) else 1
        if stored < n_colors:
            raise StimulusError(
                f"{name} is damaged: it declares {_PHOTOMETRIC[photometric]} and has "
                f"{stored} samples a pixel; save it again."
            )
        kept, alpha, reasons = _extra(page, n_colors, stored)
        if alpha == "premultiplied" and photometric == _WHITE_IS_ZERO:
            raise StimulusError(
                f"{name} has premultiplied opacity where white is zero, which has no "
                "agreed meaning; save it with black as zero."
            )
        palette = None
        if photometric == _PALETTE:
            palette, more = _palette(page, name)
            reasons += more
        bits = page.bitspersample
        integer = page.dtype is not None and page.dtype.kind == "u"
        white = 2**bits - 1 if integer and bits not in (8, 16) else None
        tag = page.tags.get(_ORIENTATION)
        return cls(
            photometric=_PHOTOMETRIC[photometric],
            stored=stored,
            kept=kept,
            alpha=alpha,
            planar=int(page.planarconfig or 1) == _SEPARATE and stored > 1,
            white_is_zero=photometric == _WHITE_IS_ZERO,
            white=white,
            palette=palette,
            orientation=BY_TAG.get(tag.value if tag else 1, UPRIGHT),
            reasons=tuple(reasons),
        )

    def picture(
        self, pixels: NDArray[Any], size: tuple[int, int], name: str
    ) -> Picture:
        """The picture of a page's pixels as they are stored."""
        if self.stored == 1:
            pixels = pixels.reshape(size)
        elif self.planar:
            pixels = np.moveaxis(pixels.reshape(self.stored, *size), 0, -1)
        else:
            pixels = pixels.reshape(*size, self.stored)
        if self.stored > 1 and len(self.kept) < self.stored:
            pixels = pixels[..., list(self.kept)]
        white = self.white
        has_samples = self.stored > 1
        if self.palette is not None:
            pixels, white = _looked_up(pixels, self.palette, has_samples, name), None
            has_samples = True
        return Picture(
            pixels,
            name,
            has_samples=has_samples,
            alpha=self.alpha,
            white_is_zero=self.white_is_zero,
            white=white,
            orientation=self.orientation,
        )


def _extra(
    page: Any, n_colors: int, stored: int
) -> tuple[tuple[int, ...], Alpha, list[str]]:
    """Samples that are kept, what the last of them is, and what was left out."""
    declared = [int(kind) for kind in page.extrasamples]
    declared = (declared + [0] * stored)[: stored - n_colors]
    colors = tuple(range(n_colors))
    for place, kind in enumerate(declared):
        if kind in (_ASSOCIATED, _UNASSOCIATED):
            alpha: Alpha = "premultiplied" if kind == _ASSOCIATED else "straight"
            left = [LEFT_OUT] if len(declared) > 1 else []
            return (*colors, n_colors + place), alpha, left
    return colors, "none", [LEFT_OUT] if declared else []


def _palette(page: Any, name: str) -> tuple[NDArray[np.uint8], list[str]]:
    colors = np.asarray(page.colormap)
    if page.colormap is None or colors.ndim != 2 or colors.shape[0] != 3:
        raise StimulusError(
            f"{name} is damaged: it has no colour map of red, green and blue; save it "
            "again."
        )
    # Levels of 8 bits are written times 256 or times 257; the upper byte is right for both
    short = bool(colors.size) and 0 < colors.max() <= 255  # libtiff reads such maps too
    levels = (colors if short else colors >> 8).astype(np.uint8)
    return np.ascontiguousarray(levels.T), [SHORT_COLORS] if short else []


def _looked_up(
    pixels: NDArray[Any], palette: NDArray[np.uint8], has_samples: bool, name: str
) -> NDArray[np.uint8]:
    index = pixels[..., 0] if has_samples else pixels
    if index.size and int(index.max()) >= len(palette):
        raise StimulusError(
            f"{name} is damaged: it uses colour {quoted(index.max(), marks='')} of a map "
            f"of {len(palette)}; save it again."
        )
    colors: NDArray[np.uint8] = palette[index]
    if has_samples and pixels.shape[-1] == 2:  # index and opacity
        opacity = pixels[..., 1:] >> (8 * (pixels.itemsize - 1))
        colors = np.concatenate([colors, opacity.astype(np.uint8)], -1)
    return colors
