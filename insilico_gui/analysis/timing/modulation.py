"""F1, F0 and phase: how responses follow the temporal frequency of a grating.

In the window of a presentation ``r(t) = F0 + F1 cos(2 pi f t - phase) + ...`` is fitted by
least squares, with the second and third harmonic as far as the frames determine them: a
window of any number of cycles then gives the mean and the amplitude of a periodic
response, which a Fourier coefficient does for whole cycles only (over 1.3 cycles it takes
a constant response to be modulated by 0.4 of its mean). Components are averaged over the
presentations of a condition as complex numbers, as a histogram over the cycle averages.
F1 / F0 above 1 tells simple from complex cells (Skottun et al. 1991, Vision Res. 31:1079).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import FLAT
from insilico_gui.analysis.timing.aligned import Aligned, align, trial_length
from insilico_gui.analysis.trials.bootstrap import interval, resamples
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.kept import frame_interval, result_dataset
from insilico_gui.analysis.trials.window_checks import check_window
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

FREQUENCY = "temporal_frequency"
HARMONICS = 3
MOST_CONDITION = 6.0
"""Condition number of the regression beyond which frames do not tell F0 from F1: reached
below about half a cycle."""


def grating_modulation(
    responses: xr.DataArray,
    *,
    over: str = "condition",
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """F1, F0, their ratio and the phase of each unit at its best condition.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials with a ``temporal_frequency`` (Hz). If there is a column ``phase``
        (degrees, of the stimulus at its onset), phases are relative to it.
    over : str
        Column of the trial table whose levels are the conditions.
    n_draws : int
        If positive, bootstrap intervals over presentations; see
        :mod:`insilico_gui.analysis.trials.bootstrap`.
    confidence, seed
    latency_s : float
        Time after the onset at which the window begins; phases count from the onset.
    window_s : float, optional
        Length of the window. Default: up to the end of the shortest trial.
    burn_in_frames : int
    on_progress : callable(done, total), optional

    Returns
    -------
    dataset : xarray.Dataset
        ``f0``, ``f1`` and ``f1_phase_deg`` (``condition``, ``unit``).
    columns : pandas.DataFrame
        At the condition with the largest F0 + F1: ``F0``, ``F1``, ``F1_F0`` (no
        spontaneous response is taken away; NaN where F0 is not above 0) and
        ``F1_phase_deg``, the lag of the peak after the onset in degrees of a cycle, NaN
        where F1 is rounding; with draws ``F1_F0_low`` and so on. With n presentations of
        T frames and noise of variance s**2 in each, F1**2 is larger by 4 s**2 / (n T).

    Raises
    ------
    AnalysisError
        If no trial has a temporal frequency that its frames determine.
    """
    check_window(latency_s, window_s, burn_in_frames)
    table = trial_table(responses)
    if FREQUENCY not in table:
        raise AnalysisError(
            "The trial table has no temporal_frequency; show drifting gratings."
        )
    length = trial_length(responses) - latency_s if window_s is None else window_s
    aligned = align(
        responses,
        latency_s,
        latency_s + length,
        over=over,
        burn_in_frames=burn_in_frames,
    )
    weights, known = _weights(aligned, 1 / frame_interval(responses))
    condition = aligned.condition[known]
    present, condition = np.unique(condition, return_inverse=True)
    reading, drawing = parts(on_progress, 2)
    mean = np.empty((int(known.sum()), responses.sizes["unit"]))
    first: Complex = np.empty(mean.shape, np.complex128)
    for units, block in aligned.blocks(reading):
        found = np.einsum("nkt,ntu->knu", weights, block[known])
        mean[:, units], first[:, units] = found[0], found[1] + 1j * found[2]
    made = _Components(mean, first, condition.ravel().astype(np.int64), len(present))
    columns = made.columns(made.curves(), made.best())
    if n_draws:
        columns |= made.intervals(columns, n_draws, confidence, seed, drawing)
    attrs: dict[str, Any] = {
        "parameters": ["condition"],
        "variant": "least squares with up to 3 harmonics, no spontaneous rate taken away",
        "latency_s": float(latency_s),
        "window_s": float(length),
        "burn_in_frames": int(burn_in_frames),
        "n_presentations": int(known.sum()),
        "n_without": int(aligned.shown - known.sum()),
        "n_draws": n_draws,
    }
    return _result(responses, made, aligned.levels[present], columns, attrs)


def _result(
    responses: xr.DataArray,
    made: _Components,
    levels: NDArray[Any],
    columns: dict[str, Floats],
    attrs: dict[str, Any],
) -> tuple[xr.Dataset, pd.DataFrame]:
    f0, z = made.curves()
    dataset = result_dataset(
        responses,
        {
            "f0": (("condition", "unit"), f0),
            "f1": (("condition", "unit"), np.abs(z)),
            "f1_phase_deg": (("condition", "unit"), _phase(f0, z)),
            **{k: ("unit", v) for k, v in columns.items()},
        },
        {"condition": levels},
        attrs,
    )
    table = result_table(columns, of_result(dataset))
    table.attrs.update(attrs)
    return dataset, table


class _Components:
    """F0 and complex F1 of presentations [n, U], and what follows from their means."""

    def __init__(
        self, mean: Floats, first: Complex, condition: NDArray[np.int64], n: int
    ) -> None:
        self._mean, self._first, self._condition, self._n = mean, first, condition, n

    def curves(
        self,
        rows: NDArray[np.int64] | slice = slice(None),
        of_cell: NDArray[np.int64] | None = None,
    ) -> tuple[Floats, Complex]:
        """Means of F0 and F1 of each condition, [C, U], over all presentations or some."""
        cell = self._condition if of_cell is None else of_cell
        first = self._first[rows]
        parts_of = (self._mean[rows], first.real, first.imag)
        f0, real, imaginary = (cell_means(one, cell, self._n) for one in parts_of)
        return f0, real + 1j * imaginary

    def best(self) -> NDArray[np.int64]:
        """The condition with the largest F0 + F1 of each unit, [U]."""
        f0, z = self.curves()
        peak = f0 + np.abs(z)
        found: NDArray[np.int64] = np.where(np.isnan(peak), -np.inf, peak).argmax(
            axis=0
        )
        return found

    def columns(
        self, curves: tuple[Floats, Complex], best: NDArray[np.int64]
    ) -> dict[str, Floats]:
        """What there is to say of each unit, [U]."""
        at = best, np.arange(len(best))
        f0, z = curves[0][at], curves[1][at]
        ratio = np.abs(z) / np.where(f0 > FLAT * np.abs(z), f0, np.nan)
        return {
            "F0": f0,
            "F1": np.abs(z),
            "F1_F0": ratio,
            "F1_phase_deg": _phase(f0, z),
        }

    def intervals(
        self,
        observed: dict[str, Floats],
        n_draws: int,
        confidence: float,
        seed: int,
        on_progress: OnProgress | None,
    ) -> dict[str, Floats]:
        """Low and high ends of the columns, from presentations drawn again."""
        best = self.best()
        drawn: dict[str, list[Floats]] = {name: [] for name in observed}
        for draw in resamples(self._condition, n_draws, seed, on_progress):
            for name, values in self.columns(self.curves(*draw), best).items():
                drawn[name].append(values)
        ends: dict[str, Floats] = {}
        for name, value in observed.items():
            period = 360.0 if name.endswith("_deg") else None
            low, high = interval(
                np.stack(drawn[name]), confidence, around=value, period=period
            )
            ends |= {f"{name}_low": low, f"{name}_high": high}
        return ends


def _phase(f0: Floats, z: Complex) -> Floats:
    """Degrees, 0 to 360; NaN where F1 is the rounding of responses."""
    small = np.abs(z) <= FLAT * np.abs(f0)
    return np.where(small, np.nan, np.degrees(np.angle(z)) % 360)


def _weights(aligned: Aligned, rate: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Weights [m, 3, T] of frames that give F0, and F1 by cosine and sine, and which [n].

    Presentations without a frequency, or whose frames do not determine it, have none.
    """
    frequency = aligned.table[FREQUENCY].to_numpy(float)
    shift = np.zeros(len(frequency))
    if "phase" in aligned.table:
        shift = np.nan_to_num(aligned.table["phase"].to_numpy(float))
    found: dict[tuple[float, ...], Floats | None] = {}
    weights, known = [], np.zeros(len(frequency), bool)
    for row, (f, seconds) in enumerate(zip(frequency, aligned.seconds, strict=True)):
        key = (f, shift[row], round(float(seconds[0]), 9))
        if key not in found:
            found[key] = _regression(f, seconds, rate, shift[row])
        if (one := found[key]) is not None:
            known[row] = True
            weights.append(one)
    if not weights:
        raise AnalysisError(
            "No trial lasts long enough for a cycle of its temporal frequency (half of "
            "one at least), or none drifts; show longer or faster gratings."
        )
    return np.stack(weights), known


def _regression(f: float, seconds: Floats, rate: float, shift: float) -> Floats | None:
    """Weights [3, T] of one presentation; None if they are not determined."""
    if not 0 < f < rate / 2 * (1 - 1e-6):
        return None
    for harmonics in range(HARMONICS, 0, -1):
        if harmonics > 1 and harmonics * f >= rate / 2 * (1 - 1e-6):
            continue
        turns = 2 * np.pi * f * np.outer(seconds, np.arange(1, harmonics + 1))
        waves = np.sqrt(2) * np.stack([np.cos(turns), np.sin(turns)], axis=2)
        matrix = np.hstack(
            [np.ones((len(seconds), 1)), waves.reshape(len(seconds), -1)]
        )
        if matrix.shape[1] > len(seconds):
            continue
        if np.linalg.cond(matrix) <= MOST_CONDITION:
            inverse = np.linalg.pinv(matrix)[:3] * np.array([[1], [2**0.5], [2**0.5]])
            # the lag less that of the stimulus
            cos, sin = np.cos(np.radians(shift)), np.sin(np.radians(shift))
            turn = np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
            weights: Floats = turn @ inverse
            return weights
    return None
