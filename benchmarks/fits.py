"""Fits of a population's tuning curves against scipy, unit by unit.

    python benchmarks/fits.py [--units 10000] [--scipy-units 200] [--json F]

10,000 units x 16 directions x 20 noisy repeats: the von Mises curve; and the same with
seven contrasts: the Naka-Rushton curve. ``ours`` fits all units, ``scipy`` calls
``scipy.optimize.least_squares`` for some of them, with the same starts and bounds, and
its time is given per unit. It is timed with the Jacobian that we use too and, as it is
mostly called, without. What counts is the ratio; both are timed in one run. ``same`` is
the share of units that end in the same minimum (summed squares within a thousandth),
``lower`` and ``higher`` those where ours is better and worse.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from insilico_gui.analysis.fits import vonmises
from insilico_gui.analysis.tuning import contrast

REPEATS = 20
DIRECTIONS = np.arange(16) * 22.5
CONTRASTS = np.array([0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])

Curve = Callable[[np.ndarray], np.ndarray]


def mean_over_repeats(rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Curves [K, U] of `REPEATS` Poisson counts around rates [K, U]."""
    return rng.poisson(5 * rates, (REPEATS, *rates.shape)).mean(axis=0) / 5


def directions(n: int, rng: np.random.Generator) -> np.ndarray:
    """Noisy direction curves [16, U]."""
    mu, kappa = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.5, 5, n)
    phi = rng.uniform(0.5, 1, n)
    cosine = np.cos(np.radians(DIRECTIONS)[:, None] - mu)
    near, far = np.exp(kappa * (cosine - 1)), np.exp(-kappa * (cosine + 1))
    return mean_over_repeats(0.2 + 2 * (phi * near + (1 - phi) * far), rng)


def contrasts(n: int, rng: np.random.Generator) -> np.ndarray:
    """Noisy contrast responses [7, U]."""
    c50, exponent = rng.uniform(0.1, 0.5, n), rng.uniform(1, 4, n)
    c = CONTRASTS[:, None] ** exponent
    return mean_over_repeats(0.2 + 2 * c / (c + c50**exponent), rng)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def by_scipy(
    curves: np.ndarray,
    starts: list[np.ndarray],
    values: Curve,
    jacobian: Curve | None,
    bounds: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Mean squared error of the best start of each curve [n, K], one after the other."""
    errors = np.empty(len(curves))
    for i, curve in enumerate(curves):
        fits = [
            least_squares(
                lambda p, curve=curve: values(p[None])[0] - curve,
                np.clip(start[i], *bounds),
                "2-point" if jacobian is None else lambda p: jacobian(p[None])[0],
                bounds,
            )
            for start in starts
        ]
        errors[i] = 2 * min(fit.cost for fit in fits) / len(curve)
    return errors


def report(
    name: str,
    ours: Callable[[], object],
    curves: np.ndarray,
    scipy_fit: Callable[[bool], np.ndarray],
    n_scipy: int,
) -> dict[str, object]:
    """Time both, compare what they found, print a line."""
    seconds, fit = timed(ours)
    row: dict[str, object] = {"fit": name, "units": curves.shape[1]}
    row["ours_s"] = round(seconds, 2)
    per_unit = seconds / curves.shape[1]
    for label, with_jacobian in (("", True), ("_no_jacobian", False)):
        scipy_s, errors = timed(partial(scipy_fit, with_jacobian))
        row[f"scipy{label}_ms_per_unit"] = round(1e3 * scipy_s / n_scipy, 2)
        row[f"ratio{label}"] = round(scipy_s / n_scipy / per_unit)
        if with_jacobian:
            mse = fit.mse[:n_scipy]
            shares = {
                "same": np.abs(mse - errors) <= 1e-3 * errors,
                "lower": mse < errors * (1 - 1e-3),
                "higher": mse > errors * (1 + 1e-3),
            }
            row |= {key: round(float(v.mean()), 3) for key, v in shares.items()}
    print(row, flush=True)
    return row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--scipy-units", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    n, some = arguments.units, min(arguments.scipy_units, arguments.units)
    rng = np.random.default_rng(0)

    direction, response = vonmises.VON_MISES, contrast.NAKA_RUSHTON
    theta, curves = np.radians(DIRECTIONS), directions(n, rng)
    subset = curves[:, :some].T
    rows = [
        report(
            "von Mises, 16 directions",
            partial(vonmises.fit_von_mises, curves, DIRECTIONS),
            curves,
            lambda with_jacobian: by_scipy(
                subset,
                direction.starts(subset, theta),
                lambda p: direction.predict(p, theta),
                (lambda p: direction.jacobian(p, theta)) if with_jacobian else None,
                direction.bounds(theta),
            ),
            some,
        )
    ]

    (logs,), responses = response.axes(CONTRASTS), contrasts(n, rng)
    few = responses[:, :some].T
    peaks = few.max(axis=1, keepdims=True)
    starts = [
        start * np.hstack([peaks, peaks, np.ones((some, 2))])
        for start in response.starts(few / peaks, logs)
    ]
    rows.append(
        report(
            "Naka-Rushton, 7 contrasts",
            partial(contrast.fit_naka_rushton, responses, CONTRASTS),
            responses,
            lambda with_jacobian: by_scipy(
                few,
                starts,
                lambda p: response.predict(p, logs),
                (lambda p: response.jacobian(p, logs)) if with_jacobian else None,
                response.bounds(logs),
            ),
            some,
        )
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
