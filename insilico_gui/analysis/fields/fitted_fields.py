"""Fitted receptive fields: where they are and how large, in pixels and degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from insilico_gui.analysis.fits import gaussian
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli.core.display import Angles, Display, check_angles

Floats = NDArray[np.float64]


Space = Literal["pixels", "stimulus", "degrees"]


@dataclass(frozen=True)
class ReceptiveFieldFit:
    """Parameters of the fitted Gaussians, one per unit; arrays are [U].

    Attributes
    ----------
    display : Display
        Screen whose pixels the parameters are in.
    amplitude, offset : float64 array
        In the units of the maps. A negative amplitude is a field of suppression.
    x0, y0 : float64 array
        Column and row (rows down) of the centre in pixels.
    covariance : float64 array, [U, 2, 2]
        Square pixels; the first axis to the right and the second **up**.
    r2 : float64 array
        Share of the map's variance that the Gaussian explains.
    success : bool array
        False where the map is flat, has too few known cells or is all NaN (then the
        parameters are NaN), and where the search did not converge or ended at a bound.
    """

    display: Display
    amplitude: Floats
    x0: Floats
    y0: Floats
    covariance: Floats
    offset: Floats
    r2: Floats
    success: NDArray[np.bool_]

    @property
    def sigma_x(self) -> Floats:
        """Standard deviation along the long axis, pixels."""
        return gaussian.axes(self.covariance)[0]

    @property
    def sigma_y(self) -> Floats:
        """Standard deviation along the short axis, pixels."""
        return gaussian.axes(self.covariance)[1]

    @property
    def theta(self) -> Floats:
        """Long axis, degrees counter-clockwise from the right, 0 to 180."""
        return gaussian.axes(self.covariance)[2]

    @property
    def on_screen(self) -> NDArray[np.bool_]:
        """Where the fit succeeded and its centre lies on a pixel."""
        height, width = self.display.pixels
        inside = (np.abs(self.x0 - (width - 1) / 2) <= width / 2) & (
            np.abs(self.y0 - (height - 1) / 2) <= height / 2
        )
        return self.success & inside

    @property
    def at_edge(self) -> NDArray[np.bool_]:
        """Where the centre is within a standard deviation of the edge, or beyond it.

        A part of the field is then not on the screen, and its centre rests on the rest.
        """
        height, width = self.display.pixels
        reach = np.sqrt(self.covariance[:, [0, 1], [0, 1]])
        right = width / 2 - np.abs(self.x0 - (width - 1) / 2)
        up = height / 2 - np.abs(self.y0 - (height - 1) / 2)
        return self.success & ((right < reach[:, 0]) | (up < reach[:, 1]))

    def centre(
        self, space: Space, *, angles: Angles = "spherical"
    ) -> tuple[Floats, Floats]:
        """Centres in other coordinates.

        Parameters
        ----------
        space : {"pixels", "stimulus", "degrees"}
            Column and row; x and y in -1..1, y up; azimuth and elevation.
        angles : {"spherical", "per axis", "flat"}
            What degrees are, see :class:`insilico_gui.stimuli.Display`.

        Returns
        -------
        horizontal, vertical : float64 arrays, [U]
        """
        return self._place(self.x0, self.y0, space, angles)

    def axes_deg(
        self, *, angles: Angles = "spherical"
    ) -> tuple[Floats, Floats, Floats]:
        """Standard deviations along the axes and angle of the long one, in degrees.

        Spherical ones are those of the field projected from the screen to a sphere
        around the eye, by the Jacobian at its centre; their angle is counted from the
        parallel of altitude there. Those per axis use the degrees per pixel along each
        direction of the screen at the centre.

        Returns
        -------
        long, short, angle : float64 arrays, [U]
        """
        if angles == "spherical":
            turn = self.display.spherical_jacobian(*self.centre("stimulus"))
            return gaussian.axes(turn @ self.covariance @ turn.transpose(0, 2, 1))
        right, up = self.display.degrees_per_pixel
        scale = np.broadcast_to([right, up], (len(self.x0), 2))
        if check_angles(angles) == "per axis":
            # derivative of atan: cos^2 of the angle
            centre = np.stack(self.centre("degrees", angles=angles), axis=1)
            scale = scale * np.cos(np.radians(centre)) ** 2
        return gaussian.axes(self.covariance * scale[:, :, None] * scale[:, None, :])

    def ellipse(
        self,
        points: int = 64,
        *,
        n_sigma: float = 1.0,
        space: Space = "pixels",
        angles: Angles = "spherical",
    ) -> Floats:
        """Outlines for drawing, float64 [U, points, 2], each closed by its first point.

        Pixels come as (row, column), for napari; other spaces as (horizontal,
        vertical). NaN where there is no fit.

        Raises
        ------
        AnalysisError
            With fewer than four points, or a width that is not positive.
        """
        if points < 4 or not n_sigma > 0:
            raise AnalysisError(
                f"An outline of {points} points at {n_sigma} standard deviations is "
                "not an ellipse; give four points or more and a positive width."
            )
        long, short, theta = gaussian.axes(self.covariance)
        turn = np.linspace(0, 2 * np.pi, points)
        along = n_sigma * long[:, None] * np.cos(turn)
        across = n_sigma * short[:, None] * np.sin(turn)
        cos, sin = np.cos(np.radians(theta)), np.sin(np.radians(theta))
        right = along * cos[:, None] - across * sin[:, None]
        up = along * sin[:, None] + across * cos[:, None]
        columns, rows = self.x0[:, None] + right, self.y0[:, None] - up
        if space == "pixels":
            return np.stack([rows, columns], axis=-1)
        return np.stack(self._place(columns, rows, space, angles), axis=-1)

    def _place(
        self, columns: Floats, rows: Floats, space: Space, angles: Angles
    ) -> tuple[Floats, Floats]:
        if space not in get_args(Space):
            raise AnalysisError(
                f"There is no space {space!r}; choose pixels, stimulus or degrees."
            )
        if space == "pixels":
            return columns, rows
        x, y = self.display.to_stimulus(rows, columns)
        return (
            (x, y)
            if space == "stimulus"
            else self.display.to_degrees(x, y, angles=angles)
        )
