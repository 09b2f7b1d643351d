"""Resizing by exact area averaging.

Every output pixel is the average of the source over the rectangle that it covers;
source pixels that it covers in part count in part. Shrinking therefore neither aliases
nor blurs, and enlarging shows the source pixels as sharp blocks. The rectangle is the
product of an interval of rows and one of columns, so two sparse matrices do the work.

Coverages are kept as whole numbers (multiples of the smallest overlap), which sum
without rounding in float32 for ordinary sizes. Only the final division rounds, so
results do not depend on the machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray
    from scipy import sparse


@dataclass(frozen=True)
class Axis:
    """Where the output pixels lie on the source, along one axis.

    Attributes
    ----------
    n_source, n_output : int
        Number of pixels.
    start : Fraction
        Left (top) edge of output pixel 0, in source pixels; negative = bars.
    step : Fraction
        Size of an output pixel in source pixels.
    """

    n_source: int
    n_output: int
    start: Fraction
    step: Fraction

    @property
    def is_identity(self) -> bool:
        """Whether output pixels are source pixels."""
        same_size = self.n_source == self.n_output
        return same_size and self.start == 0 and self.step == 1

    def coverage(self) -> tuple[sparse.csr_array, int]:
        """Overlap of output pixels with source pixels, in whole units.

        Returns
        -------
        float32 sparse array, [n_output, n_source]
            Overlaps; a row sums to less than the total where bars are.
        int
            Size of an output pixel in the same unit.
        """
        from scipy import sparse  # slow: not at the start

        unit = math.lcm(self.start.denominator, self.step.denominator)
        start, step = int(self.start * unit), int(self.step * unit)
        rows, columns, overlaps = [], [], []
        for row in range(self.n_output):
            left = start + row * step
            right = left + step
            first = max(left // unit, 0)
            last = min(-(-right // unit), self.n_source)
            for column in range(first, last):
                overlap = min(right, (column + 1) * unit) - max(left, column * unit)
                rows.append(row)
                columns.append(column)
                overlaps.append(overlap)
        common = math.gcd(step, *overlaps)
        values = np.array([overlap // common for overlap in overlaps], np.float32)
        shape = (self.n_output, self.n_source)
        return sparse.csr_array((values, (rows, columns)), shape), step // common


class AreaResizer:
    """Resizes pictures of one size to another.

    Parameters
    ----------
    rows, columns : Axis
    background : int
        Grey level where an output pixel reaches beyond the source.
    """

    def __init__(self, rows: Axis, columns: Axis, background: int) -> None:
        self.is_identity = rows.is_identity and columns.is_identity
        self._rows, row_total = rows.coverage()
        self._columns, column_total = columns.coverage()
        total = row_total * column_total
        covered = np.outer(self._rows.sum(axis=1), self._columns.sum(axis=1))
        self._total = np.float32(total)
        self._bars = None
        if (covered < total).any():
            self._bars = ((total - covered) * background).astype(np.float32)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize uint8 [H, W]; halves are rounded to the even level."""
        if self.is_identity:
            return picture
        fewer_rows = self._rows @ picture.astype(np.float32)
        total = (self._columns @ np.ascontiguousarray(fewer_rows.T)).T
        if self._bars is not None:
            total = total + self._bars
        levels: NDArray[np.uint8] = np.rint(total / self._total).astype(np.uint8)
        return levels
