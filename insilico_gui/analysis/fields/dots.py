"""Where each flashed dot was, as masks on a grid, from the columns of a trial table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.analysis.fields.screen_grid import DEFAULT_SHAPE, ScreenGrid
from insilico_gui.errors import AnalysisError, StimulusError
from insilico_gui.stimuli.core.display import Angles, Display, check_angles
from insilico_gui.stimuli.render.carrier import great_circle

INVISIBLE = 0.5 / 127.5
"""A smaller part of full contrast is less than half a grey level, and not shown."""

_POLARITIES = {"on": 1.0, "white": 1.0, "off": -1.0, "black": -1.0}


def dot_masks(
    trials: pd.DataFrame,
    shape: tuple[int, int] = DEFAULT_SHAPE,
    display: Display | None = None,
    *,
    sigma_deg: float,
    angles: Angles = "flat",
) -> NDArray[np.float32]:
    """Masks in 0..1 of Gaussian dots.

    Parameters
    ----------
    trials : pandas.DataFrame
        With the columns ``x`` and ``y`` (stimulus coordinates, -1..1, y up) or, if it
        has none, ``azimuth_deg`` and ``elevation_deg`` (to the right and up).
    shape : (int, int)
        Rows h and columns w of the masks; they cover the whole display.
    display : Display, optional
        Default: the standard one.
    sigma_deg : float
        Standard deviation of the dots.
    angles : {"flat", "per axis", "spherical"}
        Which degrees `sigma_deg` and the columns are in; see
        :class:`insilico_gui.stimuli.Display`. In flat ones dots are equal everywhere.

    Returns
    -------
    float32 array, [K, h, w]
        A mask for each row; NaN where the row has no position (a blank). Zero where a
        dot of full contrast changes the screen by less than half a grey level.

    Raises
    ------
    AnalysisError
        If positions are missing or no numbers, or a parameter is wrong.
    """
    if not (np.isfinite(sigma_deg) and sigma_deg > 0):
        raise AnalysisError(
            f"sigma_deg of the dots is {sigma_deg}; give a positive number of degrees."
        )
    try:
        kind = check_angles(angles)
    except StimulusError as error:
        raise AnalysisError(str(error)) from None
    display = display or Display()
    if "x" in trials and "y" in trials:
        x, y = _numbers(trials, "x"), _numbers(trials, "y")
    else:
        x, y = display.from_degrees(
            _numbers(trials, "azimuth_deg"),
            _numbers(trials, "elevation_deg"),
            angles=kind,
        )
    grid = ScreenGrid(shape, display)
    if kind == "spherical":
        cells = grid.rays()
        far = np.stack([great_circle(cells, ray) for ray in display.rays(x, y)])
        masks = np.exp(-((far / sigma_deg) ** 2) / 2).astype(np.float32)
    else:
        azimuth, elevation = display.to_degrees(x, y, angles=kind)
        right, up = grid.degrees(kind)
        # A round Gaussian is the product of one along columns and one along rows.
        along = np.exp(-(((right - azimuth[:, None]) / sigma_deg) ** 2) / 2)
        down = np.exp(-(((up[:, 0] - elevation[:, None]) / sigma_deg) ** 2) / 2)
        masks = down.astype(np.float32)[:, :, None] * along.astype(np.float32)[:, None]
    masks[masks < INVISIBLE] = 0
    return masks


def polarities(trials: pd.DataFrame) -> NDArray[np.float64]:
    """1 for rows with a bright dot, -1 for a dark one, NaN for neither.

    The column ``polarity`` may hold numbers, of which the sign counts, or "on" and
    "off", or "white" and "black".
    """
    if "polarity" not in trials:
        raise AnalysisError(
            "The trial table has no column 'polarity', so on and off cannot be told "
            "apart; add one with 1 for brighter and -1 for darker than the background."
        )
    column = trials["polarity"]
    named = column.map(lambda value: _POLARITIES.get(value, value))
    values = pd.to_numeric(named, errors="coerce").to_numpy(float)
    if (np.isnan(values) & ~column.isna().to_numpy()).any() or (values == 0).any():
        raise AnalysisError(
            "The column 'polarity' of the trial table must hold 1 (brighter) or -1 "
            "(darker), or 'on' or 'off'; leave it empty for blanks."
        )
    signs: NDArray[np.float64] = np.sign(values)
    return signs


def _numbers(trials: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in trials:
        raise AnalysisError(
            f"The trial table has no column {name!r}, so it does not say where dots "
            "were; show a stimulus of dots or give the masks."
        )
    values = pd.to_numeric(trials[name], errors="coerce").to_numpy(float)
    if (np.isnan(values) & ~trials[name].isna().to_numpy()).any():
        raise AnalysisError(f"The column {name!r} of the trial table is not numeric.")
    return values
