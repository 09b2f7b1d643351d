"""The monitor in front of the eye: pixels, centimetres and degrees of visual angle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import StimulusError, echoed, listed
from insilico_gui.untrusted.limits import refuse_above


@dataclass(frozen=True)
class Display:
    """A flat monitor, seen head-on by an eye opposite its centre.

    Positions on it are pixels (row, column; rows down), stimulus coordinates (x, y in
    -1..1; x to the right, y **up**; +-1 are the centres of the outermost pixels, as in
    a session's unit table), or degrees of visual angle from the centre (azimuth to the
    right, elevation up).

    Two kinds of degrees are offered. *Per axis* (in calls: ``exact=True``) is
    ``atan(distance from centre / viewing distance)`` along each axis by itself. Off the
    axes that is neither the azimuth nor the altitude of a sphere around the eye, nor
    are distances great circles. *Flat* takes the centre's degrees per pixel for the
    whole screen; spatial frequencies in the literature are mostly meant so.

    Attributes
    ----------
    width_cm, height_cm : float
        Size of the picture area. The defaults are those of the mouse recordings of
        the Sensorium data sets.
    distance_cm : float
        From the eye to the centre of the screen.
    pixels : (int, int)
        Rows and columns of the frames that fill the screen.
    """

    width_cm: float = 56.5
    height_cm: float = 31.8
    distance_cm: float = 15.0
    pixels: tuple[int, int] = (144, 256)

    def __post_init__(self) -> None:
        for name in ("width_cm", "height_cm", "distance_cm"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 < value < np.inf:
                raise StimulusError(
                    f"{name} of the display is {echoed(value)}; give a positive number of "
                    "centimetres."
                )
            object.__setattr__(self, name, float(value))
        try:
            height, width = (int(n) for n in self.pixels)
        except (TypeError, ValueError, OverflowError):  # infinity is no int
            height, width = 0, 0
        if not (1 < height <= 10_000 and 1 < width <= 10_000):
            raise StimulusError(
                f"The display has {echoed(self.pixels)} pixels; give rows and columns, "
                "each between 2 and 10000."
            )
        refuse_above("display_pixels", height * width, "The display", StimulusError)
        object.__setattr__(self, "pixels", (height, width))

    @property
    def degrees_per_pixel(self) -> tuple[float, float]:
        """Degrees of visual angle that a pixel spans at the centre, in x and y."""
        height, width = self.pixels
        return (
            float(np.degrees(self.width_cm / width / self.distance_cm)),
            float(np.degrees(self.height_cm / height / self.distance_cm)),
        )

    def pixel_degrees(
        self, *, exact: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Degrees from the centre of the screen of all pixel centres.

        Returns
        -------
        azimuth : float64 array, [W]
            To the right.
        elevation : float64 array, [H]
            **Up**, so it descends with the row.
        """
        height, width = self.pixels
        x, y = self.to_stimulus(np.arange(height), np.arange(width))
        return self.to_degrees(x, y, exact=exact)

    def to_degrees(
        self, x: ArrayLike, y: ArrayLike, *, exact: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Azimuth and elevation in degrees of stimulus coordinates (-1..1, y up)."""
        right, up = self._edges
        azimuth, elevation = np.asarray(x, float) * right, np.asarray(y, float) * up
        if exact:
            azimuth, elevation = np.arctan(azimuth), np.arctan(elevation)
        return np.degrees(azimuth), np.degrees(elevation)

    def from_degrees(
        self, azimuth: ArrayLike, elevation: ArrayLike, *, exact: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Stimulus coordinates x, y of angles in degrees: inverse of `to_degrees`."""
        x, y = np.radians(azimuth), np.radians(elevation)
        if exact:
            x, y = np.tan(x), np.tan(y)
        right, up = self._edges
        return np.asarray(x / right), np.asarray(y / up)

    def to_stimulus(
        self, row: ArrayLike, column: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Stimulus coordinates x, y of pixel positions (0 = centre of the first)."""
        height, width = self.pixels
        x = 2 * np.asarray(column, float) / (width - 1) - 1
        y = 1 - 2 * np.asarray(row, float) / (height - 1)
        return x, y

    def to_pixels(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column, not rounded, of stimulus coordinates."""
        height, width = self.pixels
        row = (1 - np.asarray(y, float)) / 2 * (height - 1)
        column = (1 + np.asarray(x, float)) / 2 * (width - 1)
        return row, column

    @property
    def _edges(self) -> tuple[float, float]:
        """Distance of x = 1 and y = 1 from the centre, in viewing distances."""
        height, width = self.pixels
        return (
            self.width_cm * (width - 1) / width / 2 / self.distance_cm,
            self.height_cm * (height - 1) / height / 2 / self.distance_cm,
        )

    def to_dict(self) -> dict[str, Any]:
        """All values, JSON-able."""
        return {**asdict(self), "pixels": list(self.pixels)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Display:
        """Inverse of :meth:`to_dict`.

        Raises
        ------
        StimulusError
            If a value is wrong or unknown.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise StimulusError(
                f"A display cannot be made from {listed(values)}; it has width_cm, "
                "height_cm, distance_cm and pixels."
            ) from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
