"""Which part of a picture is seen when it is brought to another size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from insilico_gui.stimuli.core.area import Axis

Fit = Literal["crop", "pad", "stretch"]
"""How a picture of another aspect ratio fills the frame.

``"crop"``: fill it and cut what sticks out, half on each side. ``"pad"``: show the
whole picture between bars. ``"stretch"``: fill it with the whole picture, changing its
proportions.
"""


@dataclass(frozen=True)
class Geometry:
    """Which part of the source is seen in the output.

    Attributes
    ----------
    source_shape, frame_shape : (int, int)
        Height and width in pixels, before and after.
    pixel_aspect : Fraction
        Width of a source pixel over its height; output pixels are square.
    fit : {"crop", "pad", "stretch"}
    """

    source_shape: tuple[int, int]
    frame_shape: tuple[int, int]
    pixel_aspect: Fraction
    fit: Fit

    @property
    def seen(self) -> tuple[Fraction, Fraction]:
        """Height and width of the frame on the source, in source pixels.

        More than the source has means bars, less means that some of it is cut.
        """
        height, width = map(Fraction, self.source_shape)
        if self.fit == "stretch":
            return height, width
        aspect = Fraction(self.frame_shape[1], self.frame_shape[0]) / self.pixel_aspect
        is_too_wide = width > height * aspect
        if is_too_wide == (self.fit == "crop"):
            return height, height * aspect
        return width / aspect, width

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Rows and columns of the output on the source, centred."""
        rows, columns = (
            Axis(n_source, n_output, (n_source - seen) / 2, seen / n_output)
            for n_source, n_output, seen in zip(
                self.source_shape, self.frame_shape, self.seen, strict=True
            )
        )
        return rows, columns

    @property
    def cut(self) -> tuple[float, float]:
        """Fraction of the source's height and width that is cut off."""
        height, width = (
            float(max(1 - seen / n, Fraction(0)))
            for seen, n in zip(self.seen, self.source_shape, strict=True)
        )
        return height, width

    @property
    def bars(self) -> tuple[float, float]:
        """Fraction of the output's height and width that is bars."""
        height, width = (
            float(max(1 - n / seen, Fraction(0)))
            for seen, n in zip(self.seen, self.source_shape, strict=True)
        )
        return height, width

    @property
    def widening(self) -> float:
        """How many times too wide for their height things appear; 1 = true shape."""
        rows, columns = self.axes
        return float(rows.step / (columns.step * self.pixel_aspect))
