"""Units as large as their receptive fields, where a fit has found how large these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.map.outlines import fields_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.experiment.resolved import Resolved

SEE_THROUGH = 0.45
"""Opacity of discs as large as fields, which lie over each other."""


def field_sizes(now: Resolved) -> NDArray[np.float64] | None:
    """Diameters [U] of the units' fields in pixels of the stimulus; None if none is known.

    Twice the mean standard deviation (geometric, of both axes) of the fitted Gaussian;
    NaN for units without a fit on the screen.
    """
    fit = fields_fit(now)
    if fit is None or not len(now.encoded_rows) == len(fit.sigma_x):
        return None
    # The determinant of a covariance is the product of the variances of its axes
    area = np.linalg.det(fit.covariance)
    diameters = np.full(len(now.units), np.nan)
    diameters[now.encoded_rows] = np.where(
        fit.on_screen & (area > 0), 2 * np.maximum(area, 0) ** 0.25, np.nan
    )
    return diameters if np.isfinite(diameters).any() else None


def drawn_sizes(
    now: Resolved, n_points: int, usual: float
) -> NDArray[np.float64] | None:
    """Diameters of all points [n], the `usual` one where no field is known.

    None unless units are to be drawn as large as their fields, and can be.
    """
    if not now.view.map.fields or now.view.layout != "retinotopic":
        return None
    known = field_sizes(now)
    if known is None:
        return None
    sizes = np.full(n_points, usual)
    sizes[: len(known)] = np.where(np.isfinite(known), known, usual)
    return sizes
