"""How sure the nonlinearity of a filter is: stretches of frames drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fields.nonlinearity import correlation, fit_nonlinearity
from insilico_gui.analysis.trials.bootstrap import LEAST_DRAWS, interval
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STRETCH = 30
"""Frames that are drawn together: responses and movies are alike from frame to frame."""

LEAST_STRETCHES = 10

CURVES_AT_ONCE = 512
"""Units times draws that are fitted together."""


def nonlinearity_intervals(
    fitted: tuple[Floats, Floats],
    held_out: tuple[Floats, Floats],
    n_bins: int,
    draws: tuple[int, float, int],
) -> dict[str, Floats]:
    """Ends of percentile intervals of the nonlinearity and of both correlations.

    For the filter as it is: what another filter would have given is not in them.

    Parameters
    ----------
    fitted, held_out : (array, array), [n, U] each
        Generator signal and responses of the frames that the nonlinearity is fitted to,
        and of those held out.
    n_bins : int
    draws : (int, float, int)
        Number of draws, share of them between the ends, seed.

    Returns
    -------
    dict of array, [U]
        ``threshold_low``, ``threshold_high``, and so on for ``exponent``, ``gain``,
        ``baseline``, ``correlation`` and ``linear_correlation``.

    Raises
    ------
    AnalysisError
        If draws or frames are too few.
    """
    n_draws, confidence, seed = draws
    if n_draws < LEAST_DRAWS:
        raise AnalysisError(
            f"{n_draws} draws do not tell the ends of an interval; use {LEAST_DRAWS} or "
            "more."
        )
    names = ("threshold", "exponent", "gain", "baseline")
    found: dict[str, list[Floats]] = {
        name: [] for name in (*names, "correlation", "linear_correlation")
    }
    rng = np.random.default_rng(seed)
    n_units = fitted[0].shape[1]
    at_once = max(1, CURVES_AT_ONCE // n_units)
    for first in range(0, n_draws, at_once):
        n = min(at_once, n_draws - first)
        signal, responses = _drawn(fitted, n, rng)
        model = fit_nonlinearity(signal, responses, n_bins)
        for name in names:
            found[name].append(getattr(model, name).reshape(n, n_units))
        signal, responses = _drawn(held_out, n, rng)
        predicted = model.predict(signal)
        for name, made in (
            ("correlation", predicted),
            ("linear_correlation", signal),
        ):
            found[name].append(correlation(made, responses).reshape(n, n_units))
    ends: dict[str, Floats] = {}
    for name, values in found.items():
        low, high = interval(np.concatenate(values), confidence)
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return ends


def _drawn(
    frames: tuple[Floats, Floats], n_draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Signal and responses [m, n_draws * U] of stretches drawn with replacement."""
    n_frames = len(frames[0])
    n = n_frames // STRETCH
    if n < LEAST_STRETCHES:
        raise AnalysisError(
            f"{n_frames} frames are too few for intervals, which need "
            f"{LEAST_STRETCHES * STRETCH} that are fitted and as many that are held out; "
            "show a longer movie, or leave out the draws."
        )
    rows = [
        (rng.integers(0, n, n)[:, None] * STRETCH + np.arange(STRETCH)).ravel()
        for _ in range(n_draws)
    ]
    signal, responses = (
        np.concatenate([values[chosen] for chosen in rows], axis=1) for values in frames
    )
    return signal, responses
