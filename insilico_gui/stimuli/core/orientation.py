"""Showing video upright: the display matrix that phones write instead of turning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """How stored frames become frames as they are displayed.

    Attributes
    ----------
    transposed : bool
        Whether rows and columns are swapped, first.
    flipped_rows, flipped_columns : bool
        Whether up and down, left and right are swapped, after that.
    """

    transposed: bool = False
    flipped_rows: bool = False
    flipped_columns: bool = False

    @property
    def degrees(self) -> int:
        """Counter-clockwise rotation: 0, 90, 180 or 270; see also `mirrored`."""
        if self.transposed:
            return 90 if self.flipped_rows else 270
        return 180 if self.flipped_rows else 0

    @property
    def mirrored(self) -> bool:
        """Whether left and right are swapped besides the rotation."""
        return (self.transposed + self.flipped_rows + self.flipped_columns) % 2 == 1

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a stored picture [H, W] or [H, W, 3] into the displayed one (a view)."""
        if self.transposed:
            picture = picture.swapaxes(0, 1)
        return picture[
            :: -1 if self.flipped_rows else 1, :: -1 if self.flipped_columns else 1
        ]


UPRIGHT = Orientation()

# Values 1 to 8 of the tag that EXIF and TIFF share (TIFF 6.0, tag 274)
BY_TAG = {
    1: UPRIGHT,
    2: Orientation(False, False, True),
    3: Orientation(False, True, True),
    4: Orientation(False, True, False),
    5: Orientation(True, False, False),
    6: Orientation(True, False, True),
    7: Orientation(True, True, True),
    8: Orientation(True, True, False),
}


def orientation_of(frame: Any, name: str) -> Orientation:
    """Orientation of an ``av.VideoFrame``.

    Raises
    ------
    StimulusError
        If the frame is to be shown at an angle that is no multiple of 90 degrees.
    """
    data = next(
        (bytes(d) for d in frame.side_data if d.type.name == "DISPLAYMATRIX"), None
    )
    if data is None:
        return Orientation()
    # Rows (a, b, u), (c, d, v), (x, y, w) in fixed point: a stored point (x, y), y
    # down, is displayed at (a x + c y, b x + d y)  (libavutil/display.h)
    a, b, _, c, d = np.frombuffer(data, "<i4")[:5].astype(int)
    if a == d == 0 and b != 0 and c != 0:
        return Orientation(True, bool(b < 0), bool(c < 0))
    if b == c == 0 and a != 0 and d != 0:
        return Orientation(False, bool(d < 0), bool(a < 0))
    raise StimulusError(
        f"{name} is to be displayed at an angle that is no multiple of 90 degrees; "
        "convert it so that its frames are stored upright."
    )
