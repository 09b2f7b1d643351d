"""The demo's unit table, with tuning indices that follow from the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_demo.filters import grating_transfer, half_wave_mean, opposite_gain
from insilico_demo.reference import COLUMNS, STEADY, read_reference
from insilico_demo.screen import CALCIUM_TAU, FRAME_RATE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_demo.filters import Filters
    from insilico_demo.population import Population

SESSION, SCAN_IDX = 1, 1  # no scan of a published data set has these numbers
N_DIRECTIONS = 16
N_PHASES = 48  # of a cycle, for means over it


def steady_responses(population: Population, filters: Filters) -> NDArray[np.float64]:
    """Time-averaged responses to drifting gratings in 16 directions.

    Full-screen gratings of contrast 1 at the unit's preferred spatial and temporal
    frequency, after the onset has died away and before adaptation, the mean over a
    cycle::

        D = (m P + (1 - m) (E+ - w E-) / (1 - w leak)) gate^2
        r = r0 + (peak - r0) (1 + c50^n) D^(n/2) / (c50^n + P(theta)^(n/2))
        P = (1 + s cos 2 (theta - preferred)) / (1 + s)

    where E+ and E- are the energies that the unit's own spatial and temporal filters
    pass, m is the unselective share and s the tuning of the surround. The gate is that
    of simple cells. Untuned units answer every such grating with their peak.

    Returns
    -------
    float64 array, [U, 16]
        At 0, 22.5, .. 337.5 degrees.
    """
    tuned, n = population.tuned, population.exponent[:, None]
    steps = np.arange(N_DIRECTIONS) * 360 / N_DIRECTIONS
    away = np.deg2rad(steps - np.nan_to_num(population.direction)[:, None])
    tuning = population.surround_tuning[:, None]
    pool = (1 + tuning * np.cos(2 * away)) / (1 + tuning)
    transfer = np.stack(
        [
            grating_transfer(population, filters, np.full(tuned.sum(), step))
            for step in steps
        ],
        axis=1,
    )
    driven = np.ones((len(population), N_DIRECTIONS))
    mean = np.zeros_like(transfer, dtype=np.float64)
    for phase in np.arange(N_PHASES) * 2 * np.pi / N_PHASES:
        drive = _drive_at(phase, transfer, filters, pool[tuned])
        mean += drive ** (n[tuned] / 2) / N_PHASES
    driven[tuned] = mean / filters.gate[tuned, None]
    half = population.c50[:, None] ** n
    evoked = (1 + half) * driven / (half + pool ** (n / 2))
    baseline, peak = population.baseline[:, None], population.peak[:, None]
    curves: NDArray[np.float64] = baseline + (peak - baseline) * evoked
    return curves


def _drive_at(
    phase: float,
    transfer: NDArray[np.complex128],
    filters: Filters,
    pool: NDArray[np.float64],
) -> NDArray[np.float64]:
    """D at a phase (radians) of the carrier in the steady state, [M, 16].

    A cosine has a part that turns as the preferred direction does, with the filter's
    gain at its wave vector, and one that turns the other way, with that at the opposite
    one; each leaks into the channel of the other.
    """

    def of_tuned(values: NDArray[Any]) -> NDArray[Any]:
        return values[filters.tuned, None]

    leak = of_tuned(opposite_gain(filters.frequency, 1 - filters.rate))
    turn = np.exp(1j * phase)
    with_it, against = transfer, np.roll(transfer, -N_DIRECTIONS // 2, axis=1)
    first = with_it + against * leak * turn**2
    second = with_it * np.conj(leak) / turn**2 + against
    energy = np.abs(first) ** 2 - of_tuned(filters.null_weight) * np.abs(second) ** 2
    drive = of_tuned(filters.selective) * np.maximum(energy, 0)
    drive = drive + of_tuned(filters.unselective) * pool
    carrier = turn / of_tuned(filters.delay)
    signal = first / carrier + second * carrier
    linear = np.maximum((of_tuned(filters.phase) * signal).real, 0) / np.abs(signal)
    simple = of_tuned(filters.simple) > 0
    return np.asarray(drive * np.where(simple, linear**2, 1.0))


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


def unit_table(population: Population) -> pd.DataFrame:
    """One row a unit in response order; the columns are listed in the docs page."""
    import pandas as pd

    _, known = read_reference()
    known = known.reindex(population.unit_id, columns=[*COLUMNS, *STEADY])
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
            **{name: known[name].to_numpy(float) for name in COLUMNS},
            "true_class": population.kind,
            "true_direction": population.direction,
            "true_orientation": population.direction % 180,
            "true_dsi": population.dsi,
            **{name: known[name].to_numpy(float) for name in STEADY},
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
