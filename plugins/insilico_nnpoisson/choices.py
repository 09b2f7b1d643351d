"""Choice probabilities and densities of response times, in two readings.

``M_a(t) = Lambda_a(t) - Lambda_a(0)`` is the expected number of actions a until t. The fit
charges an action's intensity over the whole trial, also after a response. Its best value is
then the density of responses itself (reading A); reading B takes it for the rate of a race
that the first action ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.errors import AnalysisError, listed, quoted

if TYPE_CHECKING:
    from insilico_nnpoisson.model import Model

READINGS = {
    "A": "Intensities are densities of responses: P(a) is the expected number of actions "
    "a in the trial.",
    "B": "Intensities are rates of a race: the first action ends it, and the three "
    "probabilities add up to 1.",
}
CHOICES = ("left", "right", "none")
ACTIONS = CHOICES[:2]

EXTRAPOLATED = (
    "Response times are extrapolation: the published loss sees actions at the end of "
    "scaled time only, so only choice probabilities were fitted."
)
NOT_ITS_READING = (
    "The fit charges intensities after a response too, so this model was fitted for "
    "reading A; reading B takes them for something else."
)

NODES = 200
"""Of the Gauss-Legendre rule that integrates reading B: intensities are smooth."""

Floats = NDArray[np.float64]


def read_choices(
    model: Model,
    stimulus: Floats,
    lengths: Floats,
    times: Floats,
    time_limit: float,
    reading: str,
) -> xr.Dataset:
    """Probabilities and densities of n conditions; see :class:`.ChoosingSession`.

    Parameters
    ----------
    model : Model
        In float64.
    stimulus : array [n, D]
    lengths : array [n]
        Lengths of the trials (s); probabilities are over all of a trial.
    times : array [T]
        Where densities are computed (s); they are zero after the end of a trial.
    time_limit : float
        ``W`` (s).
    reading : {"A", "B"}

    Returns
    -------
    xarray.Dataset
        ``probability`` (trial, choice), ``density`` (trial, action, time) in 1/s, and
        ``excess`` (trial): by how much the two actions of reading A exceed 1.
    """
    if reading not in READINGS:
        raise AnalysisError(
            f"There is no reading {quoted(reading)}; choose {listed(READINGS)}."
        )
    scale = time_limit / lengths
    rates = model.courses(stimulus, times, scale)[1][:, :, -2:]
    rates[times[None, :] > lengths[:, None] * (1 + 1e-12)] = 0
    whole = _expected(model, stimulus, lengths, scale)
    if reading == "A":
        left, right = whole.T
        missing = 1 - left - right
        probability = np.stack([left, right, np.maximum(0, missing)], axis=1)
        excess = np.maximum(0, -missing)
        densities = rates / np.maximum(whole[:, None, :], 1e-300)
    else:
        probability, excess = (
            _race(model, stimulus, lengths, scale),
            np.zeros(len(scale)),
        )
        each = _survival(model, stimulus, times, scale)[:, :, None] * rates
        densities = each / np.maximum(probability[:, None, :2], 1e-300)
    found = xr.Dataset(
        {
            "probability": (("trial", "choice"), probability),
            "density": (("trial", "action", "time"), np.moveaxis(densities, 2, 1)),
            "excess": ("trial", excess),
        },
        {
            "choice": list(CHOICES),
            "action": list(ACTIONS),
            "time": ("time", times, {"units": "s"}),
        },
        {"reading": reading, "meaning": READINGS[reading]},
    )
    if text := warning(model, reading):
        found.attrs["warning"] = text
    return found


def warning(model: Model, reading: str) -> str:
    """What has to be shown beside a density of response times; empty if nothing."""
    if model.about.get("behaviour_scale") != "none":
        return EXTRAPOLATED
    return "" if reading == "A" else NOT_ITS_READING


def _expected(model: Model, stimulus: Floats, times: Floats, scale: Floats) -> Floats:
    """``M`` of left and right [n, 2] at one time for each condition."""
    late = model.expected_counts(stimulus, times, scale)
    early = model.expected_counts(stimulus, np.zeros_like(times), scale)
    return np.stack([late[k] - early[k] for k in (0, 1)], axis=1)


def _survival(model: Model, stimulus: Floats, times: Floats, scale: Floats) -> Floats:
    """Probability of no action until each of the common times [n, T]."""
    counts = model.courses(stimulus, times, scale)[0][:, :, -2:]
    start = model.courses(stimulus, np.zeros(1), scale)[0][:, :, -2:]
    survival: Floats = np.exp(-(counts - start).sum(axis=-1))
    return survival


def _race(model: Model, stimulus: Floats, lengths: Floats, scale: Floats) -> Floats:
    """Probabilities [n, 3] of the race, by quadrature over each trial."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    rows = np.repeat(stimulus, NODES, axis=0)
    scales = np.repeat(scale, NODES)
    half = lengths[:, None] / 2
    times = (half * (nodes + 1)).ravel()
    rates = np.stack(model.intensities(rows, times, scales)[:2], axis=1)
    expected = _expected(model, rows, times, scales).sum(axis=1)
    parts = rates * np.exp(-expected)[:, None]
    parts = parts.reshape(len(stimulus), NODES, 2) * (weights * half)[:, :, None]
    left_right = parts.sum(axis=1)
    none = np.exp(-_expected(model, stimulus, lengths, scale).sum(axis=1))
    return np.column_stack([left_right, none])
