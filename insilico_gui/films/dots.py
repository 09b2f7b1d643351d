"""Discs of units, coloured anew for every frame, without a toolkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINE, MANY = 2, 20_000
"""Discs are drawn so many times finer than the page, unless they are as many as this."""

RIM = 0.14
"""Width of a rim, as a part of the radius."""


class Dots:
    """Discs in a box of the page; stronger ones lie over weaker ones.

    Parameters
    ----------
    centres : float array [U, 2]
        Columns and rows of the box, in pixels of the page; NaN for those without a place.
    diameters : float array [U]
        In pixels of the page.
    on_top : uint16 array [U]
        Those with a higher number lie over all with a lower one.
    rims : uint8 array [U, 3]
    shape : (int, int)
        Height and width of the box in pixels.

    Attributes
    ----------
    fine : int
        Pixels of a box for one of the page, along a side.
    """

    def __init__(
        self,
        centres: NDArray[np.float64],
        diameters: NDArray[np.float64],
        on_top: NDArray[np.uint16],
        rims: NDArray[np.uint8],
        shape: tuple[int, int],
    ) -> None:
        known = np.flatnonzero(np.isfinite(centres).all(axis=1))
        self.fine = 1 if len(known) > MANY else FINE
        self._units, self._rims = known, rims
        self._on_top = on_top[known].astype(np.int64)
        radii = np.maximum(np.round(diameters[known] * self.fine / 2), 1).astype(int)
        largest = int(radii.max(initial=1))
        margin = 2 * largest + 2
        height, width = (side * self.fine for side in shape)
        self._padded = height + 2 * margin, width + 2 * margin
        places = np.round(centres[known][:, ::-1] * self.fine).astype(np.int64)
        # Discs beside the box are not drawn, and those at its edge are cut
        ends = [height + largest, width + largest]
        inside = ((places >= -largest) & (places < ends)).all(axis=1)
        places += margin
        self._flat = places[:, 0] * self._padded[1] + places[:, 1]
        self._groups = [
            (np.flatnonzero((radii == r) & inside), *_disc(int(r), self._padded[1]))
            for r in np.unique(radii)
        ]
        self._flat = self._flat.astype(np.int32)
        self._buffer = np.zeros(self._padded[0] * self._padded[1], np.int32)
        for members, offsets, _ in self._groups:
            for offset in offsets:
                self._buffer[self._flat[members] + offset] = 1
        covered = np.flatnonzero(self._buffer)
        row, column = np.divmod(covered, self._padded[1])
        row, column = row - margin, column - margin
        in_box = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        self._covered = covered[in_box]
        self._in_box = (row * width + column)[in_box]

    def draw(
        self,
        below: NDArray[np.uint8],
        colors: NDArray[np.uint8],
        strength: NDArray[np.uint16],
    ) -> NDArray[np.uint8]:
        """The box with all discs.

        Parameters
        ----------
        below : uint8 array [H * fine, W * fine, 3]
            What is seen between them; it is drawn into.
        colors : uint8 array [U, 3]
        strength : uint16 array [U]

        Returns
        -------
        uint8 array [H, W, 3]
        """
        rank = (self._on_top << 16) | strength[self._units]
        order = np.argsort(rank, kind="stable")
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order))
        buffer = self._buffer
        buffer.fill(-1)
        for members, offsets, is_rim in self._groups:
            # In ascending order: of equal places, the last is written
            chosen = members[np.argsort(place[members], kind="stable")]
            at, keys = self._flat[chosen], place[chosen] << 1
            for offset, rim in zip(offsets, is_rim, strict=True):
                spots = at + offset
                buffer[spots] = np.maximum(buffer[spots], keys | rim)
        of = self._units[order]
        palette = np.stack([colors[of], self._rims[of]], axis=1).reshape(-1, 3)
        below.reshape(-1, 3)[self._in_box] = palette[buffer[self._covered]]
        return _smaller(below, self.fine)


def _disc(radius: int, row: int) -> tuple[list[int], list[int]]:
    """Offsets of the pixels of a disc in a flat picture, and which are of its rim."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    away = np.hypot(y, x)
    inside = away <= radius
    rim = away > radius - max(RIM * radius, 0.6 if radius > 2 else 0.0)
    offsets = (y * row + x)[inside]
    return offsets.tolist(), rim[inside].astype(int).tolist()


def _smaller(picture: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Means over blocks of times x times pixels."""
    if times == 1:
        return picture
    total = picture[::times, ::times].astype(np.uint16)
    for dy in range(times):
        for dx in range(times):
            if dy or dx:
                total += picture[dy::times, dx::times]
    return (total // times**2).astype(np.uint8)
