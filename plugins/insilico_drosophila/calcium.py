"""Import of calcium recordings: fluorescence by region becomes rates.

The steps are those with which the published rates were made; running the model does not
need them.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.folder import rates_name
from insilico_drosophila.files.rates import FRAME_RATE_HZ
from insilico_gui.errors import WeightsError, listed, quoted
from insilico_gui.files import publishing
from insilico_gui.untrusted.door import as_path, reading
from insilico_gui.untrusted.plain_arrays import read_npz
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_DROPPED = 100
"""Frames at the start, during which the high-pass filter settles."""

_HIGH_PASS_HZ = 0.01
_SMOOTHED_FRAMES = 21
_SMOOTHED_ORDER = 2
_DECAY_FRAMES = 0.8 * FRAME_RATE_HZ
_SPARSENESS = 0.01
_FEWEST = 5
_ADVICE = "give a column of numbers for each region, or an .npz with areas and traces"

logger = logging.getLogger(__name__)


def import_calcium(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    recording: str,
    frames: tuple[int, int] | None = None,
) -> Path:
    """Make the file of rates of a recording from its fluorescence.

    Parameters
    ----------
    source : path
        Fluorescence at 1.2 frames a second: ``.npz`` with ``areas`` [1 + P] and ``traces``
        [1 + P, T], or ``.csv`` with a column for each region. The first region is the
        background, which the model leaves out.
    directory : path
        Of the fly; the file goes into its ``spike_rates``.
    recording : str
        Its id, such as ``"2017-10-26_1"``.
    frames : (start, stop), optional
        Frames to use after the high-pass filter; default all but the first 100.

    Returns
    -------
    Path
        ``ito_<recording>_spike_rate.npz``.

    Raises
    ------
    WeightsError
        If the fluorescence is no array of numbers, or too short.
    """
    path = as_path(source, WeightsError)
    areas, traces = _read(path)
    change, rates = calcium_rates(traces, frames)
    if rates.max() >= 1:
        high = [a for a, row in zip(areas, rates, strict=True) if row.max() >= 1]
        logger.warning(
            "Rates of %s reach 1 and more, the maximal rate of a fit; divide the traces "
            "by a baseline that is higher.",
            listed(high),
        )
    target = as_path(directory, WeightsError) / "spike_rates" / rates_name(recording)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsError(
            f"The folder {quoted(target.parent)} cannot be made ({error.strerror}); "
            "choose another one."
        ) from error
    with publishing(target, WeightsError) as new:
        np.savez(new, areas=np.array(areas), rates=rates, dff=change, traces=traces)
    return target


def calcium_rates(
    traces: NDArray[np.floating], frames: tuple[int, int] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smoothed changes of fluorescence and rates, both [R, frames], of traces [R, T].

    Changes are (F - mean) / mean, high-pass filtered (Butterworth of first order, 0.01 Hz,
    causal), cut to `frames`, and smoothed (Savitzky-Golay, at most 21 frames, order 2).
    Rates are their non-negative deconvolution with an exponential of 0.8 s, times 1.2.

    Raises
    ------
    WeightsError
        If a trace is not finite, its mean is not above 0, or too few frames are left.
    """
    from scipy import signal

    traces = np.asarray(traces, dtype=np.float64)
    mean = traces.mean(axis=1, keepdims=True)
    if not np.isfinite(traces).all() or (mean <= 0).any():
        raise WeightsError(
            "Fluorescence has NaN, infinity, or a mean that is not above 0; fill the gaps, "
            "and give raw fluorescence."
        )
    n_frames = traces.shape[1]
    start, stop = (N_DROPPED, n_frames) if frames is None else frames
    if not (0 <= start < stop <= n_frames and stop - start >= _FEWEST):
        raise WeightsError(
            f"Frames {start} to {stop} of {n_frames} cannot be used; at least {_FEWEST} "
            f"are needed, by default after the first {N_DROPPED}."
        )
    b, a = signal.butter(1, _HIGH_PASS_HZ, "highpass", fs=FRAME_RATE_HZ)
    change = signal.lfilter(b, a, traces / mean - 1, axis=1)[:, start:stop]
    window = min(_SMOOTHED_FRAMES, (stop - start - 1) // 2 * 2 + 1)
    smooth = signal.savgol_filter(change, window, _SMOOTHED_ORDER, axis=1)
    events = np.array([deconvolved(row, _DECAY_FRAMES, _SPARSENESS) for row in smooth])
    return smooth, FRAME_RATE_HZ * events


def deconvolved(
    signal: NDArray[np.float64], decay_frames: float, sparseness: float
) -> NDArray[np.float64]:
    """Events s [T] >= 0 that minimise |D s - y|^2 + sparseness * sum(s).

    D is the exponential decay of each event. In terms of c = D s the events are
    c_t - q c_{t-1} with q = exp(-1 / decay_frames), and the sum of events moves the target
    y by a constant, except at its end; what is left is a regression under the constraint
    that c falls no faster than the decay, which pooling adjacent violators solves exactly
    (Friedrich, Zhou and Paninski 2017).
    """
    q = np.exp(-1 / decay_frames)
    target = signal - sparseness / 2 * (1 - q)
    target[-1] = signal[-1] - sparseness / 2
    starts: list[int] = []
    sums: list[float] = []  # of the target times the decay since the pool's start
    weights: list[float] = []  # of the squared decay
    for t, y in enumerate(target):
        starts.append(t)
        sums.append(float(y))
        weights.append(1.0)
        while len(starts) > 1:
            fallen = q ** (starts[-1] - starts[-2])
            if sums[-1] / weights[-1] >= fallen * sums[-2] / weights[-2]:
                break
            later, weight = sums.pop(), weights.pop()
            sums[-1] += fallen * later
            weights[-1] += fallen**2 * weight
            starts.pop()
    values = np.maximum(np.array(sums) / np.array(weights), 0)
    at = np.array(starts)
    events = np.zeros(len(signal))
    before = np.concatenate([[0.0], values[:-1] * q ** np.diff(at)])
    events[at] = np.maximum(values - before, 0)
    return events


def _read(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names of regions and their fluorescence [R, T]."""
    name = path.name
    areas: Sequence[Any]
    if path.suffix == ".csv":
        table = read_csv(path, name, WeightsError, _ADVICE)
        areas, columns = list(table.columns), [table[c] for c in table.columns]
        if any(column.dtype.kind not in "fiu" for column in columns):
            raise WeightsError(f"{name} has columns that are no numbers; {_ADVICE}.")
        traces = table.to_numpy(np.float64).T
    else:
        with reading(name, WeightsError, _ADVICE):
            arrays = read_npz(path, name, WeightsError, compressed=True)
            areas, traces = arrays["areas"].tolist(), arrays["traces"]
    fits = traces.ndim == 2 and traces.dtype.kind in "fiu" and len(areas) == len(traces)
    if not fits or len(traces) < 2:
        raise WeightsError(
            f"{name} has fluorescence {list(traces.shape)} for {len(areas)} regions; "
            f"it needs background and at least one region; {_ADVICE}."
        )
    return [str(area) for area in areas], traces.astype(np.float64)
