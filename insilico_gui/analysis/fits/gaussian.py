"""A rotated two-dimensional Gaussian on an offset, for many units at once.

It is written with the Cholesky factor of the inverse covariance::

    f(x, y) = offset + amplitude * exp(-(u^2 + v^2) / 2)
    u = a (x - x0),     v = b (x - x0) + c (y - y0)

which, unlike two widths and an angle, has no parameter without effect where the
Gaussian is round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

X0, Y0, A, B, C, AMPLITUDE, OFFSET = range(7)


def values(p: Floats, x: Floats, y: Floats) -> Floats:
    """The Gaussian at places [P] for parameters [n, 7]; returns [n, P]."""
    bell, _, _, _, _ = _bell(p, x, y)
    result: Floats = p[:, OFFSET, None] + p[:, AMPLITUDE, None] * bell
    return result


def jacobian(p: Floats, x: Floats, y: Floats) -> Floats:
    """Derivatives of :func:`values` by the parameters, [n, P, 7]."""
    bell, dx, dy, u, v = _bell(p, x, y)
    high = p[:, AMPLITUDE, None] * bell
    high_u, high_v = high * u, high * v
    derivatives = np.empty((*bell.shape, 7))
    derivatives[..., X0] = high_u * p[:, A, None] + high_v * p[:, B, None]
    derivatives[..., Y0] = high_v * p[:, C, None]
    derivatives[..., A] = -high_u * dx
    derivatives[..., B] = -high_v * dx
    derivatives[..., C] = -high_v * dy
    derivatives[..., AMPLITUDE] = bell
    derivatives[..., OFFSET] = 1
    return derivatives


def covariance(p: Floats) -> Floats:
    """Covariance of the Gaussians, [n, 2, 2]."""
    a, b, c = p[:, A], p[:, B], p[:, C]
    matrix = np.empty((len(p), 2, 2))
    matrix[:, 0, 0] = 1 / a**2
    matrix[:, 0, 1] = matrix[:, 1, 0] = -b / (a**2 * c)
    matrix[:, 1, 1] = (a**2 + b**2) / (a * c) ** 2
    return matrix


def factor(covariance: Floats) -> tuple[Floats, Floats, Floats]:
    """The parameters a, b, c of covariances [n, 2, 2]."""
    xx, xy, yy = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    a = 1 / np.sqrt(xx)
    c = np.sqrt(xx / (xx * yy - xy**2))
    return a, -xy / xx * c, c


def axes(covariance: Floats) -> tuple[Floats, Floats, Floats]:
    """Standard deviations along the axes of covariances [n, 2, 2] (y up), and the angle.

    Long and short axis, [n] each, and the angle of the long one, degrees counter-
    clockwise from the right, 0 to 180. Rows of NaN stay NaN.
    """
    xx, xy, yy = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    long = np.sqrt(mean + half)
    # determinant over the large eigenvalue: no difference of nearly equal numbers
    short = np.sqrt(np.maximum(xx * yy - xy**2, 0)) / long
    angle = np.degrees(np.arctan2(2 * xy, xx - yy)) / 2 % 180
    return long, short, np.where(angle >= 180, 0, angle)


def _bell(
    p: Floats, x: Floats, y: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    dx, dy = x - p[:, X0, None], y - p[:, Y0, None]
    u = p[:, A, None] * dx
    v = p[:, B, None] * dx + p[:, C, None] * dy
    return np.exp(-(u * u + v * v) / 2), dx, dy, u, v
