"""Electrodes on a flat picture of the head, and values interpolated between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST_ELECTRODES = 4
"""Fewer do not span a surface."""

GRID = 128
"""Pixels along each side of an interpolated picture."""

MARGIN = 1.12
"""The picture reaches this far beyond the outermost electrode."""


def scalp_positions(points: ArrayLike) -> tuple[Floats, float]:
    """Azimuthal equidistant projection of electrodes [C, 3], seen from above: [C, 2].

    And the radius of the head's outline, the equator of the sphere that fits the
    electrodes best. A place on the picture is as far from its middle as the electrode
    is from the top of that sphere along its surface; ``x`` is to the right, ``y`` to
    the front, ``z`` up, in any unit of length. Rows with NaN are electrodes whose place
    is not known. An error if fewer than four have a place, or all lie in one plane.
    """
    places = np.asarray(points, np.float64)
    known = np.isfinite(places).all(axis=1)
    if known.sum() < LEAST_ELECTRODES:
        raise AnalysisError(
            f"{known.sum()} of {len(places)} electrodes have a place on the head; a "
            f"picture of the scalp needs {LEAST_ELECTRODES}."
        )
    # |p|^2 = 2 p c + (r^2 - |c|^2) is linear in the centre c and the rest
    design = np.column_stack([2 * places[known], np.ones(known.sum())])
    solution, _, rank, _ = np.linalg.lstsq(
        design, (places[known] ** 2).sum(axis=1), rcond=1e-10
    )
    if rank < 4:
        raise AnalysisError(
            "All electrodes lie in one plane, which does not tell the shape of the head; "
            "give their places in three dimensions."
        )
    center = solution[:3]
    radius = float(np.sqrt(solution[3] + center @ center))
    x, y, z = (places - center).T
    from_top = np.arctan2(np.hypot(x, y), z)
    around = np.arctan2(y, x)
    flat = (
        radius * from_top[:, None] * np.column_stack([np.cos(around), np.sin(around)])
    )
    return flat, radius * np.pi / 2


class ScalpPicture:
    """Interpolates values of electrodes over the scalp, fast enough for every frame.

    The thin-plate spline through the values is linear in them, so that a picture is one
    product of a matrix, computed once, with the values. `positions` [C, 2] and
    `outline` are from :func:`scalp_positions`; the picture spans minus to plus
    ``half_side`` along both axes, and ``inside`` [GRID, GRID] is the circle around head
    and electrodes (row 0 is at the back).
    """

    def __init__(self, positions: ArrayLike, outline: float) -> None:
        self._positions = np.asarray(positions, np.float64)
        farthest = float(np.nanmax(np.hypot(*self._positions.T)))
        self.half_side = max(outline, MARGIN * farthest)
        centers = self.half_side * ((2 * np.arange(GRID) + 1) / GRID - 1)
        y, x = np.meshgrid(centers, centers, indexing="ij")
        self.inside = np.hypot(x, y) <= self.half_side
        self._pixels = np.column_stack([x[self.inside], y[self.inside]])
        self._known: NDArray[np.bool_] | None = None
        self._matrix = np.empty((0, 0), np.float32)

    def picture(self, values: ArrayLike) -> NDArray[np.float32] | None:
        """Values between the electrodes, float32 [GRID, GRID]; NaN beside the head.

        `values` [C] are NaN for electrodes without one; with fewer than four there is
        no picture.
        """
        at_electrodes = np.asarray(values, np.float32)
        known = np.isfinite(at_electrodes) & np.isfinite(self._positions).all(axis=1)
        if known.sum() < LEAST_ELECTRODES:
            return None
        if self._known is None or not np.array_equal(known, self._known):
            self._matrix, self._known = self._operator(known), known
        made = np.full(self.inside.shape, np.nan, np.float32)
        made[self.inside] = self._matrix @ at_electrodes[known]
        return made

    def _operator(self, known: NDArray[np.bool_]) -> NDArray[np.float32]:
        """From values to pixels: the splines through a 1 at each electrode in turn."""
        from scipy.interpolate import RBFInterpolator  # slow: not at the start

        places = self._positions[known] / self.half_side
        on_line = np.linalg.matrix_rank(places - places.mean(axis=0), tol=1e-6) < 2
        spline = RBFInterpolator(
            places,
            np.eye(len(places)),
            kernel="linear" if on_line else "thin_plate_spline",
            degree=0 if on_line else 1,
        )
        pixels: NDArray[np.float32] = spline(self._pixels / self.half_side).astype(
            np.float32
        )
        return pixels
