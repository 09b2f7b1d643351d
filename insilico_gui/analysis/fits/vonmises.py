"""Fit of two opposite von Mises peaks to direction tuning curves, many units at once.

The curve, its bounds and its start values are those of the pipeline behind the released
MICrONS twins (``foundation/tuning/compute/direction.py``)::

    f(theta) = b + A * (phi * exp(kappa * (cos(theta - mu) - 1))
                        + (1 - phi) * exp(kappa * (-cos(theta - mu) - 1)))

with ``0 <= phi <= 1`` and ``kappa, A, b >= 0``. A search from these start values ends
in the nearest minimum, which is on purpose: the lowest one of a noisy curve is often a
peak that is narrower than the step between directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.contrast_index import contrast_index
from insilico_gui.analysis.fits.directions import check_curve, largest_gap
from insilico_gui.analysis.fits.tuning_model import (
    RADIANS,
    CurveFit,
    TuningModel,
    columns_of,
    is_fittable,
    start_at,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_DIRECTIONS = 5
"""As many as the curve has parameters."""

_MU, _KAPPA, _PHI, _AMPLITUDE, _BASELINE = range(5)


@dataclass(frozen=True)
class VonMisesFit:
    """Parameters of the fitted curve, one per unit; all arrays are float64 [U].

    Attributes
    ----------
    mu : array
        Preferred direction in degrees, 0 to 360; NaN where there is none.
    kappa : array
        Concentration of both peaks.
    phi : array
        Weight of the peak at `mu`, 0.5 to 1; the opposite peak has ``1 - phi``.
    amplitude, baseline : array
        A and b, in the units of the responses.
    mse : array
        Mean squared error over directions.
    success : bool array
        False where the curve is flat (it varies by 1.5e-5 of its largest value or less,
        which is the rounding of float32 responses), not finite or without a positive
        value (then the parameters are NaN, but for the amplitude 0 and the baseline of
        a flat curve), and where the solver did not converge (then they are its last
        estimate, with `mu` NaN).

    Notes
    -----
    If both peaks weigh the same (`phi` = 0.5), `mu` is either of them, and
    only its orientation means something. A `kappa` far above ``1 / (1 - cos(step))``,
    with `step` the angle between directions, says that the peak is narrower than what
    was sampled: its height is then extrapolated, and indices of the fit are near 1.
    """

    mu: Floats
    kappa: Floats
    phi: Floats
    amplitude: Floats
    baseline: Floats
    mse: Floats
    success: NDArray[np.bool_]

    @property
    def osi(self) -> Floats:
        """``(R_pref - R_orth) / (R_pref + R_orth)`` of the fitted curve, [U].

        0 for a flat curve, NaN for one that was not fitted.
        """
        return self._contrast(90)

    @property
    def dsi(self) -> Floats:
        """``(R_pref - R_null) / (R_pref + R_null)`` of the fitted curve, [U].

        0 for a flat curve, NaN for one that was not fitted.
        """
        return self._contrast(180)

    def _contrast(self, offset: float) -> Floats:
        parameters = self._parameters()
        parameters[:, _MU] = 0
        preferred, other = _values(parameters, np.radians([0, offset])).T
        known = self.success | (self.amplitude == 0)
        return np.where(known, contrast_index(preferred, other), np.nan)

    def curve(self, directions: ArrayLike) -> Floats:
        """The fitted curve at other directions (degrees, [K]), float64 [K, U]."""
        theta = np.radians(np.asarray(directions, np.float64))
        return _values(self._parameters(), theta).T

    def _parameters(self) -> Floats:
        """Parameters [U, 5]; where only the baseline is known, of a flat curve."""
        parameters = VON_MISES.searched_for(self)
        parameters[self.amplitude == 0, _MU : _PHI + 1] = 0
        return parameters


def fit_von_mises(
    curve: ArrayLike, directions: ArrayLike, *, on_progress: OnProgress | None = None
) -> VonMisesFit:
    """Fit the two-peak von Mises curve to each unit by least squares.

    Parameters
    ----------
    curve : array, [K] or [K, U]
        Mean response to each direction.
    directions : array, [K]
        Degrees, each once; they need not be evenly spaced.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    VonMisesFit
        One entry per unit (one in all for a single curve).

    Raises
    ------
    AnalysisError
        With fewer than five directions, or if they leave half of the circle unseen, so
        that the curve is not determined.
    """
    return VON_MISES.fit(curve, directions, on_progress=on_progress)


def _check(
    curve: ArrayLike, directions: ArrayLike
) -> tuple[Floats, tuple[Floats, ...]]:
    """Curves [U, K] and directions modulo 360, if they determine the curve."""
    values, degrees = check_curve(curve, directions)
    if len(degrees) < MIN_DIRECTIONS:
        raise AnalysisError(
            f"A von Mises curve has {MIN_DIRECTIONS} parameters and cannot be fitted "
            f"to {len(degrees)} directions; show more, or use the variant 'raw'."
        )
    if largest_gap(degrees) >= 180:
        raise AnalysisError(
            "The directions leave half of the circle unseen, so a von Mises curve over "
            "directions is not determined; show all directions, or use the variant "
            "'folded'."
        )
    return values.reshape(len(degrees), -1).T, (degrees,)


def _result(found: CurveFit) -> VonMisesFit:
    """The heavier peak first, and of flat curves their height."""
    parameters, mse = found.parameters.copy(), found.mse.copy()
    weak = parameters[:, _PHI] < 0.5
    parameters[weak, _MU] += np.pi
    parameters[weak, _PHI] = 1 - parameters[weak, _PHI]
    flat = is_fittable(VON_MISES, found.curves) & np.isnan(mse)
    rates = found.curves[flat]
    parameters[flat, _AMPLITUDE] = 0
    parameters[flat, _BASELINE] = np.maximum(rates.mean(axis=1), 0)
    mse[flat] = ((rates - parameters[flat, _BASELINE, None]) ** 2).mean(axis=1)
    mu = np.degrees(parameters[:, _MU]) % 360
    # the modulo of a tiny negative angle rounds up to 360
    mu = np.where(found.success, np.where(mu == 360, 0, mu), np.nan)
    _, kappa, phi, amplitude, baseline = parameters.T
    return VonMisesFit(mu, kappa, phi, amplitude, baseline, mse, found.success)


def _starts(rates: Floats, theta: Floats) -> list[Floats]:
    """Start values of the source, for curves [n, K]."""
    peak = rates.max(axis=1)
    baseline = np.maximum(rates.min(axis=1), peak / 100)
    best = theta[rates.argmax(axis=1)]
    return [start_at(best, 1.0, 0.5, 2 * (peak - baseline), baseline)]


def _values(p: Floats, theta: Floats) -> Floats:
    """The curve at angles [K] (radians) for parameters [n, 5]; returns [n, K]."""
    mu, kappa, phi, amplitude, baseline = columns_of(p)
    cosine = np.cos(theta - mu)
    near, far = np.exp(kappa * (cosine - 1)), np.exp(kappa * (-cosine - 1))
    values: Floats = baseline + amplitude * (phi * near + (1 - phi) * far)
    return values


def _jacobian(p: Floats, theta: Floats) -> Floats:
    """Derivatives of :func:`_values` by the parameters, [n, K, 5]."""
    mu, kappa, phi, amplitude, _ = columns_of(p)
    cosine, sine = np.cos(theta - mu), np.sin(theta - mu)
    near, far = np.exp(kappa * (cosine - 1)), np.exp(kappa * (-cosine - 1))
    heavy, light = phi * near, (1 - phi) * far
    # Written row by row, and then seen with the parameters last.
    rows = np.empty((len(p), 5, len(theta)))
    rows[:, _MU] = amplitude * kappa * sine * (heavy - light)
    rows[:, _KAPPA] = amplitude * (heavy * (cosine - 1) - light * (cosine + 1))
    rows[:, _PHI] = amplitude * (near - far)
    rows[:, _AMPLITUDE] = heavy + light
    rows[:, _BASELINE] = 1
    return rows.transpose(0, 2, 1)


VON_MISES = TuningModel(
    name="von Mises",
    of=("direction",),
    parameters=("mu", "kappa", "phi", "amplitude", "baseline"),
    responses=("baseline", "amplitude"),
    searched={"mu": RADIANS},
    axes=lambda directions: (np.radians(directions),),
    bounds=lambda theta: (
        [-np.inf, 0, 0, 0, 0],
        [np.inf, np.inf, 1, np.inf, np.inf],
    ),
    starts=_starts,
    predict=_values,
    jacobian=_jacobian,
    check=_check,
    result=_result,
    between=lambda directions: np.arange(0.0, 361.0, 3.0),
    below_zero=False,
)
"""Its columns are made with others, by ``direction_tuning``."""
