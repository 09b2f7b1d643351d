"""Direction tuning curves with known parameters."""

from __future__ import annotations

import numpy as np


def directions(n):
    return np.arange(n) * 360 / n


def formula(degrees, mu, kappa, phi, amplitude, baseline):
    """The curve as the source writes it, angles in degrees; [K, U]."""
    theta = np.radians(np.asarray(degrees, float))[:, None]
    mu = np.radians(mu)
    return baseline + amplitude * (
        phi * np.exp(kappa * (np.cos(theta - mu) - 1))
        + (1 - phi) * np.exp(kappa * (np.cos(theta - mu + np.pi) - 1))
    )


def random_parameters(rng, n):
    return {
        "mu": rng.uniform(0, 360, n),
        "kappa": rng.uniform(0.5, 5, n),
        "phi": rng.uniform(0.55, 1, n),
        "amplitude": rng.uniform(0.2, 5, n),
        "baseline": rng.uniform(0.05, 2, n),
    }


def angle_between(a, b, period=360):
    return np.abs((a - b + period / 2) % period - period / 2)
