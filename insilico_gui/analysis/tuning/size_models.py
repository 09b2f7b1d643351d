"""Models of size tuning, as batched functions and their derivatives.

Two models of excitation by a centre and suppression by a wider surround, with
``E(x) = erf(d / w_c)`` and ``S(x) = erf(d / w_s)``, w_s >= w_c, of the diameter d:

``"dog"``
    ``r = b + k_c E - k_s S``, the integral of a difference of Gaussians along a line
    (Sceniak, Ringach, Hawken & Shapley 1999, Nat. Neurosci. 2:733).
``"rog"``
    ``r = b + k_c E**2 / (1 + k_s S**2)``, a ratio of Gaussians (Cavanaugh, Bair &
    Movshon 2002, J. Neurophysiol. 88:2530).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Model = Callable[[Floats, Floats], Floats]

SizeModel = Literal["rog", "dog"]

BASELINE, CENTRE, LOG_WIDTH, SURROUND, LOG_RATIO = range(5)
"""Parameters b, k_c, log w_c, k_s and log (w_s / w_c)."""


def _widths(p: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Diameters in units of both widths, d / w_c and d / w_s, [n, K]."""
    z = sizes * np.exp(-p[:, LOG_WIDTH, None])
    return z, z * np.exp(-p[:, LOG_RATIO, None])


def _parts(p: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """E and S, [n, K]."""
    from scipy.special import erf  # slow: not at the start

    z, w = _widths(p, sizes)
    return erf(z), erf(w)


def _slopes(p: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Minus the derivatives of E and S by the logarithms of their widths, [n, K]."""
    slope = 2 / np.sqrt(np.pi)
    z, w = _widths(p, sizes)
    return slope * z * np.exp(-(z**2)), slope * w * np.exp(-(w**2))


def _difference(p: Floats, sizes: Floats) -> Floats:
    """The model "dog" for parameters [n, 5]; returns [n, K]."""
    centre, surround = _parts(p, sizes)
    values: Floats = (
        p[:, BASELINE, None]
        + p[:, CENTRE, None] * centre
        - p[:, SURROUND, None] * surround
    )
    return values


def _difference_jacobian(p: Floats, sizes: Floats) -> Floats:
    """Derivatives of :func:`_difference`, [n, K, 5]."""
    centre, surround = _parts(p, sizes)
    d_centre, d_surround = _slopes(p, sizes)
    k_c, k_s = p[:, CENTRE, None], p[:, SURROUND, None]
    return np.stack(
        [
            np.ones_like(centre),
            centre,
            -k_c * d_centre + k_s * d_surround,
            -surround,
            k_s * d_surround,
        ],
        axis=2,
    )


def _ratio(p: Floats, sizes: Floats) -> Floats:
    """The model "rog" for parameters [n, 5]; returns [n, K]."""
    centre, surround = _parts(p, sizes)
    values: Floats = p[:, BASELINE, None] + p[:, CENTRE, None] * centre**2 / (
        1 + p[:, SURROUND, None] * surround**2
    )
    return values


def _ratio_jacobian(p: Floats, sizes: Floats) -> Floats:
    """Derivatives of :func:`_ratio`, [n, K, 5]."""
    centre, surround = _parts(p, sizes)
    d_centre, d_surround = _slopes(p, sizes)
    k_c, k_s = p[:, CENTRE, None], p[:, SURROUND, None]
    below = 1 + k_s * surround**2
    by_centre = -2 * k_c * centre * d_centre / below
    by_surround = 2 * k_c * k_s * centre**2 * surround * d_surround / below**2
    return np.stack(
        [
            np.ones_like(centre),
            centre**2 / below,
            by_centre + by_surround,
            -k_c * centre**2 * surround**2 / below**2,
            by_surround,
        ],
        axis=2,
    )


CURVES: dict[SizeModel, tuple[Model, Model]] = {
    "dog": (_difference, _difference_jacobian),
    "rog": (_ratio, _ratio_jacobian),
}
"""Values and Jacobian of each model."""
