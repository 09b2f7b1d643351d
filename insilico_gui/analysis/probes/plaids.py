"""Pattern and component motion: partial correlations of responses to plaids.

A plaid is the sum of two gratings. A unit that answers to each of them by itself has a
direction curve that is the sum of two shifted copies of its curve for gratings; a unit
that answers to the motion of the whole has that curve itself (Movshon, Adelson, Gizzi &
Newsome 1985; Smith, Majaj & Movshon 2005, Nat. Neurosci. 8:220).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.probes.cells import Cells, read_cells
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]

CRITERION = 1.28
"""By which one Z exceeds the other and 0: p = 0.1, one-sided."""

CLOSEST = 1 - 1e-9
"""To 1, that a partial correlation comes."""

NOTHING = 1e-9
"""What rounding leaves of a curve that a prediction explains."""

LEAST_DIRECTIONS = 8
USUAL_ANGLE = 120.0


def plaid_tuning(
    responses: xr.DataArray,
    *,
    angle_deg: float | None = None,
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Z-transformed partial correlations with the pattern and component predictions.

    At each unit's combination of other conditions with the largest response to a
    grating.

    Parameters
    ----------
    responses : xarray.DataArray
        To :func:`insilico_gui.stimuli.plaids`: columns ``direction`` (of the pattern)
        and ``plaid_angle_deg``, 0 for gratings.
    angle_deg : float, optional
        Between the directions of the gratings; default the one shown that is closest to
        120.
    n_draws, confidence, seed
        Bootstrap of presentations; 0 draws give no intervals.

    Returns
    -------
    dataset : xarray.Dataset
        ``grating``, ``plaid`` and ``component_prediction`` (``direction``, ``unit``).
    columns : pandas.DataFrame
        ``plaid_pattern_z`` Zp, ``plaid_component_z`` Zc, ``plaid_index`` Zp - Zc (with
        ``_low`` and ``_high`` if there are draws) and ``plaid_class``: ``"pattern"``,
        ``"component"`` where one exceeds the other and 0 by 1.28, else
        ``"unclassified"``; NaN and empty where a curve does not vary.

    Raises
    ------
    AnalysisError
        If directions are fewer than eight or not evenly spaced, or half the angle is not
        a whole number of steps.
    """
    reading, drawing = parts(on_progress, 2)
    cells = read_cells(
        responses,
        ("plaid_angle_deg", "direction"),
        _are_gratings,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    angles, directions = cells.levels["plaid_angle_deg"], cells.levels["direction"]
    which = _angle(angles, angle_deg)
    steps = _steps(directions, float(angles[which]))
    grating, plaid = cells.mean[0], cells.mean[which]
    pattern_z, component_z = partial_z(plaid, grating, steps)
    index = pattern_z - component_z
    columns: dict[str, NDArray[Any]] = {
        "plaid_pattern_z": pattern_z,
        "plaid_component_z": component_z,
        "plaid_index": index,
        **_interval(cells, which, steps, n_draws, confidence, seed, drawing),
        "plaid_class": classes(pattern_z, component_z),
    }
    dataset = cells.dataset(
        {
            "grating": (("direction", "unit"), grating),
            "plaid": (("direction", "unit"), plaid),
            "component_prediction": (
                ("direction", "unit"),
                component_prediction(grating, steps),
            ),
        },
        {"direction": directions},
        {
            "variant": "Z of partial correlations (Smith et al. 2005)",
            "angle_deg": float(angles[which]),
            "n_draws": n_draws,
        },
    )
    return dataset, cells.columns(columns, dataset)


def component_prediction(grating: Floats, steps: int) -> Floats:
    """Sum of the responses [K, U] to both gratings of a plaid, `steps` to either side.

    A response to blanks would be counted twice; it is the same in all directions, and
    correlations do not see it.
    """
    prediction: Floats = np.roll(grating, steps, axis=0) + np.roll(
        grating, -steps, axis=0
    )
    return prediction


def partial_z(plaid: Floats, grating: Floats, steps: int) -> tuple[Floats, Floats]:
    """Fisher's Z of the partial correlations with pattern and component, [U] each.

    ``Rp = (rp - rc rpc) / sqrt((1 - rc^2) (1 - rpc^2))`` and ``Zp = atanh(Rp)
    sqrt(K - 3)`` for curves [K, U].
    """
    component = component_prediction(grating, steps)
    with_pattern = _correlation(plaid, grating)
    with_component = _correlation(plaid, component)
    both = _correlation(grating, component)
    size = np.sqrt(len(plaid) - 3)

    def z(one: Floats, other: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            rest = np.sqrt((1 - other**2) * (1 - both**2))
            # Where the other prediction leaves nothing, there is nothing to correlate
            partial_r = np.where(rest > NOTHING, (one - other * both) / rest, 0 * rest)
        found: Floats = np.arctanh(np.clip(partial_r, -CLOSEST, CLOSEST)) * size
        return found

    return z(with_pattern, with_component), z(with_component, with_pattern)


def classes(pattern_z: Floats, component_z: Floats) -> NDArray[np.str_]:
    """What units answer to, [U]."""
    known = np.isfinite(pattern_z) & np.isfinite(component_z)
    zp, zc = np.where(known, pattern_z, 0), np.where(known, component_z, 0)
    return np.select(
        [
            ~known,
            zp - np.maximum(zc, 0) > CRITERION,
            zc - np.maximum(zp, 0) > CRITERION,
        ],
        ["", "pattern", "component"],
        "unclassified",
    )


def _correlation(first: Floats, second: Floats) -> Floats:
    """Pearson's, over directions [K, U]; NaN where a curve does not vary."""
    a, b = (curve - curve.mean(axis=0) for curve in (first, second))
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    varies = (size > 0) & ~is_flat(first, axis=0) & ~is_flat(second, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.clip((a * b).sum(axis=0) / size, -1, 1), np.nan)


def _interval(
    cells: Cells,
    which: int,
    steps: int,
    n_draws: int,
    confidence: float,
    seed: int,
    on_progress: OnProgress | None,
) -> dict[str, Floats]:
    index: Callable[[Floats], Floats] = partial(
        _index, shape=cells.shape, which=which, steps=steps
    )
    return cells.intervals(
        {"plaid_index": index}, n_draws, confidence, seed, on_progress
    )


def _index(means: Floats, shape: tuple[int, ...], which: int, steps: int) -> Floats:
    """Zp - Zc of means [cells, U]."""
    curves = means.reshape(*shape, -1)
    pattern_z, component_z = partial_z(curves[which], curves[0], steps)
    return pattern_z - component_z


def _are_gratings(levels: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    angles = levels["plaid_angle_deg"]
    if angles.dtype.kind != "f" or angles[0] != 0 or len(angles) < 2:
        raise AnalysisError(
            "The trials must show gratings, with a plaid_angle_deg of 0, and plaids of "
            "another angle; show plaids with plaid_angle_deg=(0, 120)."
        )
    return np.repeat((angles == 0)[:, None], len(levels["direction"]), axis=1)


def _angle(angles: Floats, asked: float | None) -> int:
    """Which of the angles is analysed."""
    if asked is None:
        return 1 + int(np.abs(angles[1:] - USUAL_ANGLE).argmin())
    found = np.flatnonzero(np.isclose(angles, asked) & (angles != 0))
    if len(found) == 0:
        raise AnalysisError(
            f"No plaid of {asked:g} degrees was shown; shown were "
            f"{', '.join(f'{angle:g}' for angle in angles[1:])}."
        )
    return int(found[0])


def _steps(directions: Floats, angle: float) -> int:
    """Half of the angle in steps of the directions."""
    n = len(directions)
    even = n >= LEAST_DIRECTIONS and np.allclose(np.diff(directions), 360 / n)
    if not even:
        raise AnalysisError(
            f"Plaids need {LEAST_DIRECTIONS} or more directions, evenly spaced over 360 "
            "degrees; show 12."
        )
    steps = angle / 2 / (360 / n)
    if abs(steps - round(steps)) > 1e-6:
        raise AnalysisError(
            f"The gratings of a plaid of {angle:g} degrees move {angle / 2:g} degrees "
            f"to either side of it, between the {n} directions that were shown; show 12 "
            "directions with 120 degrees, or 16 with 90 or 135."
        )
    return round(steps)
