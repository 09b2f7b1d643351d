"""The monitor in front of the eye: pixels, centimetres and degrees of visual angle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import StimulusError, echoed, listed
from insilico_gui.stimuli.core.checks import one_of
from insilico_gui.untrusted.limits import refuse_above

Floats = NDArray[np.float64]

Angles = Literal["flat", "per axis", "spherical"]
"""How degrees are measured on the screen; see :class:`Display`."""

FORMER_NAMES = {"exact": "per axis"}
"""Of `Angles`, in specifications that were saved before."""


def check_angles(value: str) -> Angles:
    """`value` by its present name.

    Raises
    ------
    StimulusError
        If it is none of them.
    """
    named = FORMER_NAMES.get(value, value)
    one_of(named, "angles", get_args(Angles))
    return cast("Angles", named)


@dataclass(frozen=True)
class Display:
    """A flat monitor, seen head-on by an eye opposite its centre.

    Positions on it are pixels (row, column; rows down), stimulus coordinates (x, y in
    -1..1; x to the right, y **up**; +-1 are the centres of the outermost pixels, as in
    a session's unit table), or degrees of visual angle from the centre (azimuth to the
    right, elevation up).

    Three kinds of degrees are offered (`angles` in calls). *Spherical* are those of a
    sphere around the eye: with X and Y the distances from the centre of the screen and D
    that of the eye, azimuth is ``atan2(X, D)`` and elevation, the altitude above the
    horizontal plane, ``atan2(Y, hypot(X, D))``; distances are great circles (Marshel et
    al. 2011, Neuron 72:1040). *Per axis* is ``atan(X / D)`` and ``atan(Y / D)``, each
    axis by itself, which off the axes is no altitude, nor are its distances angles.
    *Flat* takes the centre's degrees per pixel for the whole screen; spatial
    frequencies in the literature are mostly meant so.

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

    def pixel_degrees(self, *, angles: Angles = "flat") -> tuple[Floats, Floats]:
        """Degrees from the centre of the screen of all pixel centres.

        Parameters
        ----------
        angles : {"flat", "per axis", "spherical"}

        Returns
        -------
        azimuth : float64 array, [W]
            To the right.
        elevation : float64 array, [H], spherical [H, W]
            **Up**, so it descends with the row.
        """
        height, width = self.pixels
        x, y = self.to_stimulus(np.arange(height), np.arange(width))
        if check_angles(angles) == "spherical":
            y = y[:, None]
        return self.to_degrees(x, y, angles=angles)

    def to_degrees(
        self, x: ArrayLike, y: ArrayLike, *, angles: Angles = "spherical"
    ) -> tuple[Floats, Floats]:
        """Azimuth and elevation in degrees of stimulus coordinates (-1..1, y up).

        Spherical elevation depends on both coordinates.
        """
        right, up = self._edges
        across, above = np.asarray(x, float) * right, np.asarray(y, float) * up
        kind = check_angles(angles)
        if kind == "spherical":
            above = np.arctan2(above, np.hypot(across, 1))
        elif kind == "per axis":
            above = np.arctan(above)
        if kind != "flat":
            across = np.arctan(across)
        return np.degrees(across), np.degrees(above)

    def from_degrees(
        self, azimuth: ArrayLike, elevation: ArrayLike, *, angles: Angles = "spherical"
    ) -> tuple[Floats, Floats]:
        """Stimulus coordinates x, y of angles in degrees: inverse of `to_degrees`."""
        across, above = np.radians(azimuth), np.radians(elevation)
        kind = check_angles(angles)
        if kind != "flat":
            across, above = np.tan(across), np.tan(above)
        if kind == "spherical":
            above = above * np.hypot(across, 1)
        right, up = self._edges
        return np.asarray(across / right), np.asarray(above / up)

    def rays(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Directions in which stimulus coordinates are seen.

        Parameters
        ----------
        x, y : arrays
            -1..1, y up; of one shape, or of shapes that broadcast.

        Returns
        -------
        float64 array, [..., 3]
            Unit vectors to the right, up and towards the screen.
        """
        right, up = self._edges
        across, above = np.broadcast_arrays(
            np.asarray(x, float) * right, np.asarray(y, float) * up
        )
        ray = np.stack([across, above, np.ones_like(across)], axis=-1)
        seen: Floats = ray / np.linalg.norm(ray, axis=-1, keepdims=True)
        return seen

    def pixel_rays(self) -> Floats:
        """:meth:`rays` of all pixel centres, [H, W, 3]."""
        height, width = self.pixels
        x, y = self.to_stimulus(np.arange(height), np.arange(width))
        return self.rays(x, y[:, None])

    def spherical_jacobian(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """What a pixel to the right and a pixel up are in degrees of the sphere.

        Parameters
        ----------
        x, y : arrays, [n]
            Stimulus coordinates, -1..1, y up.

        Returns
        -------
        float64 array, [n, 2, 2]
            Degrees of great circle (first axis: towards larger azimuth, towards larger
            altitude) for a pixel to the right and up (second axis).
        """
        right, up = self._edges
        across, above = np.asarray(x, float) * right, np.asarray(y, float) * up
        level = np.hypot(across, 1)
        square = level**2 + above**2
        zero = np.zeros_like(across * above)
        rows = [
            np.stack([1 / (np.sqrt(square) * level), zero], axis=-1),
            np.stack([-above * across / (level * square), level / square], axis=-1),
        ]
        jacobian: Floats = np.stack(rows, axis=-2) * np.array(self.degrees_per_pixel)
        return jacobian

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
