"""The demo's unit table, with tuning indices in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_demo.filters import grating_amplitude, half_wave_mean, null_energy
from insilico_demo.reference import COLUMNS, read_reference
from insilico_demo.screen import CALCIUM_TAU, FRAME_RATE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_demo.filters import Filters
    from insilico_demo.population import Population

SESSION, SCAN_IDX = 1, 1  # no scan of a published data set has these numbers
N_DIRECTIONS = 16


def steady_responses(population: Population, filters: Filters) -> NDArray[np.float64]:
    """Time-averaged responses to drifting gratings in 16 directions, in closed form.

    Full-screen gratings of contrast 1 at the unit's preferred spatial and temporal
    frequency, after the onset has died away and before adaptation::

        D = m P + (1 - m) (S(theta) + kappa S(theta + 180))
        r = r0 + (peak - r0) (1 + c50^n) D^(n/2) / (c50^n + P(theta)^(n/2))
        P = (1 + s cos 2 (theta - preferred)) / (1 + s)

    where S is the squared gain of the unit's own spatial filter, kappa the share of
    energy in the null direction, m the unselective share and s the tuning of the
    surround. Untuned units answer every such grating with their peak.

    Returns
    -------
    float64 array, [U, 16]
        At 0, 22.5, .. 337.5 degrees.
    """
    tuned, n = population.tuned, population.exponent[:, None]
    steps = np.arange(N_DIRECTIONS) * 360 / N_DIRECTIONS
    energy = np.stack(
        [
            grating_amplitude(population, filters, np.full(tuned.sum(), step)) ** 2
            for step in steps
        ],
        axis=1,
    )
    opposite = np.roll(energy, -N_DIRECTIONS // 2, axis=1)
    kappa, rest = null_energy(population), population.unselective[tuned, None]
    away = np.deg2rad(steps - np.nan_to_num(population.direction)[:, None])
    tuning = population.surround_tuning[:, None]
    pool = (1 + tuning * np.cos(2 * away)) / (1 + tuning)
    drive = np.ones((len(population), N_DIRECTIONS))
    selective = energy + kappa[tuned, None] * opposite
    drive[tuned] = rest * pool[tuned] + (1 - rest) * selective
    half = population.c50[:, None] ** n
    evoked = (1 + half) * drive ** (n / 2) / (half + pool ** (n / 2))
    baseline, peak = population.baseline[:, None], population.peak[:, None]
    curves: NDArray[np.float64] = baseline + (peak - baseline) * evoked
    return curves


def tuning_indices(responses: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Raw OSI and DSI and global gOSI and gDSI of direction curves.

    OSI and DSI compare the largest response with those at +-90 and at 180 degrees from
    it; gOSI and gDSI are the moduli of the second and first circular moment.

    Parameters
    ----------
    responses : float64 array, [U, D]
        At D equal steps from 0, D a multiple of 4.

    Returns
    -------
    dict of str to float64 array, [U]
        ``OSI``, ``DSI``, ``gOSI`` and ``gDSI``.
    """
    n = responses.shape[1]
    rows, best = np.arange(len(responses)), responses.argmax(1)

    def away(steps: int) -> NDArray[np.float64]:
        values: NDArray[np.float64] = responses[rows, (best + steps) % n]
        return values

    preferred, null = away(0), away(n // 2)
    orthogonal = (away(n // 4) + away(-n // 4)) / 2
    theta = 2 * np.pi * np.arange(n) / n
    total = responses.sum(1)
    return {
        "OSI": (preferred - orthogonal) / (preferred + orthogonal),
        "DSI": (preferred - null) / (preferred + null),
        "gOSI": np.abs(responses @ np.exp(2j * theta)) / total,
        "gDSI": np.abs(responses @ np.exp(1j * theta)) / total,
    }


def optimal_diameter(population: Population) -> NDArray[np.float64]:
    """Diameter (degrees) of the round grating patch that drives each unit most, [U].

    For a hard-edged patch of radius a on the centre, far from the screen's edges, the
    energy is (1 - exp(-a^2 / 2 sigma^2))^2 (not squared for local contrast) and the pool
    1 - exp(-a^2 / 2 (surround sigma)^2); the best radius is looked up on a grid.
    """
    radius = np.linspace(0.25, 8, 1551)  # in sigma
    filled = 1 - np.exp(-(radius**2) / 2)
    rest = np.where(population.tuned, population.unselective, 1.0)[:, None]
    drive = rest * filled + (1 - rest) * filled**2
    pool = 1 - np.exp(-((radius / population.surround[:, None]) ** 2) / 2)
    n = population.exponent[:, None]
    evoked = drive ** (n / 2) / (population.c50[:, None] ** n + pool ** (n / 2))
    best = radius[evoked.argmax(1)]
    return np.asarray(2 * best * population.sigma)


def modulation(population: Population) -> NDArray[np.float64]:
    """F1/F0 of the response to the optimal grating above the baseline, [U].

    Of max(0, cos)^n it is twice the ratio of the means of the powers n + 1 and n; what
    calcium smooths away of the first harmonic is taken off. 0 for complex cells.
    """
    n = population.exponent
    linear = 2 * half_wave_mean(n + 1) / half_wave_mean(n)
    rate = 1 - np.exp(-1 / (FRAME_RATE * CALCIUM_TAU))
    turn = 2 * np.pi * np.nan_to_num(population.tf) / FRAME_RATE
    passed = rate / np.abs(1 - (1 - rate) * np.exp(-1j * turn))
    return np.where(population.simple, linear * passed, 0.0)


def unit_table(population: Population, filters: Filters) -> pd.DataFrame:
    """One row a unit in response order; the columns are listed in the docs page."""
    import pandas as pd

    indices = tuning_indices(steady_responses(population, filters))
    _, measured = read_reference()
    measured = measured.reindex(population.unit_id)
    cells = np.where(population.simple, "simple", "complex")
    return pd.DataFrame(
        {
            "unit_id": population.unit_id,
            "session": SESSION,
            "scan_idx": SCAN_IDX,
            "area": population.area,
            "field": population.field,
            "x": population.x,
            "y": population.y,
            "z": population.z,
            "rf_x": population.rf_x,
            "rf_y": population.rf_y,
            **{name: measured[name].to_numpy(float) for name in COLUMNS},
            "true_class": population.kind,
            "true_direction": population.direction,
            "true_orientation": population.direction % 180,
            "true_dsi": population.dsi,
            **{f"true_{name}": values.round(4) for name, values in indices.items()},
            "true_sf": population.sf,
            "true_tf": population.tf,
            "true_rf_x": population.rf_x,
            "true_rf_y": population.rf_y,
            "true_sigma": population.sigma,
            "true_size": optimal_diameter(population).round(2),
            "true_c50": population.c50,
            "true_baseline": population.baseline,
            "true_peak": population.peak,
            "true_contrast_exponent": population.exponent,
            "true_cell": np.where(population.tuned, cells, "untuned"),
            "true_phase": population.phase,
            "true_f1_f0": modulation(population).round(3),
            "true_unselective": population.unselective,
            "true_surround_tuning": population.surround_tuning,
            "true_adaptation": population.adaptation,
            "true_adaptation_tau_s": population.adaptation_tau,
        }
    )
