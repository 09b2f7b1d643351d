"""Bounded nonlinear least squares for many small problems at once.

All problems share one model and differ in their data, as the tuning curves of a
population do. Every step is taken for all unfinished problems together, so there is no
Python loop over problems.

The method is Levenberg-Marquardt with damping by the gain ratio (H. B. Nielsen 1999,
"Damping parameter in Marquardt's method"), second-order correction along the step
(geodesic acceleration; Transtrum & Sethna 2012, arXiv:1201.5885), which narrow curved
valleys need, and projection on the bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Model = Callable[[Floats], Floats]

MAX_STEPS = 500
COST_TOLERANCE = 1e-10
"""Default of `tolerance` in :func:`solve`."""

FIRST_DAMPING = 1.0
PROBE = 0.1
"""Length, in steps, over which the curvature along a step is measured."""

MAX_BEND = 0.75
"""Longest correction, relative to the step, that is trusted."""


class Solution(NamedTuple):
    """Best parameters [n, P], half the summed squares [n], and convergence [n]."""

    parameters: Floats
    cost: Floats
    converged: NDArray[np.bool_]


def solve(
    values: Model,
    jacobian: Model,
    target: Floats,
    start: Floats,
    lower: Floats,
    upper: Floats,
    tolerance: float = COST_TOLERANCE,
    first_damping: float = FIRST_DAMPING,
) -> Solution:
    """Minimise ``0.5 * sum((values(p) - target) ** 2)`` for each row within bounds.

    `values` and `jacobian` take parameters [n, P] to [n, K] and [n, K, P]; `target` is
    [n, K], `start` [n, P] within `lower` and `upper` [P]. Data and parameters should be
    of the order of one. `tolerance` is the relative decrease of the cost by a well-
    predicted step that ends the search; with a small `first_damping`, where the start
    is good, the first steps are close to Newton's. ``converged`` is False where the
    steps ran out.
    """
    n = len(start)
    found = Solution(start.copy(), np.full(n, np.inf), np.zeros(n, bool))
    left = np.arange(n)  # problems in work; the arrays below have their rows
    p = start
    fitted, slope = values(p), jacobian(p)
    cost = _half_squares(fitted - target)
    damping, growth = np.full(n, first_damping), np.full(n, 2.0)

    for _ in range(MAX_STEPS):
        residual = fitted - target
        gradient = np.einsum("nkp,nk->np", slope, residual)
        held = ((p <= lower) & (gradient > 0)) | ((p >= upper) & (gradient < 0))
        step, expected = _step(values, p, fitted, slope, residual, held, damping)
        trial = np.clip(p + step, lower, upper)
        trial_fitted = values(trial)
        trial_cost = _half_squares(trial_fitted - target)

        gain = cost - trial_cost
        better = gain > 0
        moved = np.abs(trial - p).max(axis=1)
        pull = np.abs(np.where(held, 0, gradient)).max(axis=1)
        done = (
            (pull < 1e-12)
            | (better & (gain <= tolerance * cost) & (gain >= expected / 4))
            | (~better & (moved < 1e-10))  # only rounding is left
            | (np.minimum(cost, trial_cost) < 1e-26)
        )

        taken = np.flatnonzero(better)
        p = np.where(better[:, None], trial, p)
        fitted = np.where(better[:, None], trial_fitted, fitted)
        cost = np.where(better, trial_cost, cost)
        slope[taken] = jacobian(p[taken])
        ratio = np.clip(gain / np.maximum(expected, 1e-300), -1, 2)
        eased = damping * np.clip(1 - (2 * ratio - 1) ** 3, 0.2, 2)
        damping = np.where(better, np.maximum(eased, 1e-12), damping * growth)
        growth = np.where(better, 2.0, growth * 2)

        found.parameters[left], found.cost[left] = p, cost
        found.converged[left[done]] = True
        keep = ~done
        if not keep.any():
            break
        left, p, fitted, slope = left[keep], p[keep], fitted[keep], slope[keep]
        target, cost = target[keep], cost[keep]
        damping, growth = damping[keep], growth[keep]
    return found


def _step(
    values: Model,
    p: Floats,
    fitted: Floats,
    slope: Floats,
    residual: Floats,
    held: NDArray[np.bool_],
    damping: Floats,
) -> tuple[Floats, Floats]:
    """Damped steps [n, P], zero where held, and the gain a linear model expects [n]."""
    slope = slope * ~held[:, None, :]
    transposed = slope.transpose(0, 2, 1)
    normal = transposed @ slope
    scale = np.einsum("npp->np", normal).copy()
    # The floor keeps the system solvable where a parameter has no effect at all.
    scale = np.maximum(scale, np.maximum(1e-9 * scale.max(1, keepdims=True), 1e-30))
    index = np.arange(p.shape[1])
    normal[:, index, index] += damping[:, None] * scale + held

    first = -np.linalg.solve(normal, transposed @ residual[..., None])[..., 0]
    change = np.einsum("nkp,np->nk", slope, first)
    expected = -(change * (residual + change / 2)).sum(axis=1)

    # A probe beyond a bound may overflow; its correction is then not trusted.
    with np.errstate(invalid="ignore", over="ignore"):
        probe = values(p + PROBE * first)
        bend = (2 / PROBE) * ((probe - fitted) / PROBE - change)
        second = -np.linalg.solve(normal, transposed @ bend[..., None])[..., 0] / 2
        length = np.sqrt((scale * first**2).sum(axis=1))
        trusted = np.sqrt((scale * second**2).sum(axis=1)) <= MAX_BEND / 2 * length
    return np.where(trusted[:, None], first + second, first), expected


def _half_squares(residual: Floats) -> Floats:
    half: Floats = 0.5 * (residual**2).sum(axis=1)
    return half
