"""Outlines and names of the patches of one field sign on the cortical sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.drawing.colors import DIVERGING

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


MAPS = {
    "azimuth": ("azimuth (deg)", "turbo"),
    "elevation": ("elevation (deg)", "turbo"),
    "field_sign": ("field sign", DIVERGING),
}
"""Label and colour map of each map of the sheet."""


def patch_outlines(maps: xr.Dataset) -> list[NDArray[np.float64]]:
    """Borders of the patches, each [2, n]: x and y in micrometres."""
    from skimage.measure import find_contours  # slow: not at the start

    patch = np.pad(maps["patch"].to_numpy(), 1)
    x, y = maps["x"].to_numpy(), maps["y"].to_numpy()
    found = []
    for patch_id in maps["patch_id"].to_numpy():
        for line in find_contours((patch == patch_id).astype(float), 0.5):
            row, column = line.T - 1
            found.append(
                np.stack(
                    [x[0] + column * (x[1] - x[0]), y[0] + row * (y[1] - y[0])],
                )
            )
    return found


def patch_labels(maps: xr.Dataset) -> list[tuple[str, tuple[float, float]]]:
    """Name and sign of each patch, and where to write it."""
    places = zip(
        maps["patch_x"].to_numpy().tolist(),
        maps["patch_y"].to_numpy().tolist(),
        strict=True,
    )
    return list(zip(maps["patch_name"].to_numpy().tolist(), places, strict=True))
