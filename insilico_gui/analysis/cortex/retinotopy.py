"""Maps of azimuth and elevation on the cortical sheet, and visual field signs.

At each place of a grid the centres of receptive fields around it are fitted by a plane,
weighted by a Gaussian of the distance (local linear regression). Its value there is the
map, its slopes are the gradients. The visual field sign (Sereno et al. 1994; Garrett et
al. 2014) is the sine of the angle from the gradient of azimuth to that of elevation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.units.identity import result_table

Floats = NDArray[np.float64]


MIN_UNITS = 10

REACH = 3.0
"""Units farther than so many sigma weigh nothing."""

LARGEST_GRID = 500_000
PAIRS_AT_ONCE = 4_000_000


def retinotopy_maps(
    x_um: ArrayLike,
    y_um: ArrayLike,
    azimuth_deg: ArrayLike,
    elevation_deg: ArrayLike,
    *,
    sigma_um: float = 60.0,
    step_um: float = 20.0,
    min_weight: float = 8.0,
    sign_sigma_um: float = 20.0,
    threshold: float = 0.35,
    min_area_um2: float = 10_000.0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Azimuth, elevation and field sign on the cortical sheet, and patches of one sign.

    Parameters
    ----------
    x_um, y_um : arrays, [U]
        Places of the units, micrometres.
    azimuth_deg, elevation_deg : arrays, [U]
        Centres of their receptive fields, to the right and up. Units with NaN are left
        out.
    sigma_um : float
        Standard deviation of the weights of units about a place.
    step_um : float
        Distance between places of the grid.
    min_weight : float
        Places with a smaller sum of weights (a unit right there weighs 1) are NaN.
    sign_sigma_um : float
        Standard deviation by which signs are smoothed.
    threshold : float
        Least absolute value of the smoothed sign in a patch.
    min_area_um2 : float
        Smaller patches are dropped.
    on_progress : callable(done, total), optional
        In places of the grid; see :mod:`insilico_gui.progress`.

    Returns
    -------
    xarray.Dataset
        (``y``, ``x``) in micrometres: ``azimuth`` and ``elevation`` (degrees),
        ``azimuth_gradient`` and ``elevation_gradient`` (directions in degrees,
        counter-clockwise from x towards y), ``field_sign`` (-1..1, smoothed),
        ``weight``, and ``patch`` (1..n, 0 outside); per ``patch_id``: ``patch_sign``,
        ``patch_area_um2``, ``patch_x`` and ``patch_y`` (centroid).
        ``attrs["analysis"]`` holds the parameters and ``n_units``.

    Raises
    ------
    AnalysisError
        If arrays differ in length, fewer than ten units are left, the units lie on a
        line, or a parameter is wrong.
    """
    parameters = {
        "sigma_um": sigma_um,
        "step_um": step_um,
        "min_weight": min_weight,
        "sign_sigma_um": sign_sigma_um,
        "threshold": threshold,
        "min_area_um2": min_area_um2,
    }
    for name, value in parameters.items():
        positive = value > 0 or (value == 0 and name.startswith(("sign", "min")))
        if not (np.isfinite(value) and positive):
            raise AnalysisError(f"{name} is {value}; give a positive number.")
    places, centres = _units(x_um, y_um, azimuth_deg, elevation_deg)
    x, y = (_axis(places[:, i], step_um) for i in (0, 1))
    if len(x) * len(y) > LARGEST_GRID:
        raise AnalysisError(
            f"A grid with a step of {step_um} um has {len(x)} x {len(y)} places; take a "
            f"larger step, for at most {LARGEST_GRID}."
        )
    grid = np.stack([axis.ravel() for axis in np.meshgrid(x, y)], axis=1)
    planes, weight = _local_planes(
        grid, places, centres, sigma_um, min_weight, on_progress
    )
    planes = planes.reshape(len(y), len(x), 3, 2)
    angles = np.arctan2(planes[:, :, 2], planes[:, :, 1])
    sign = _smooth(np.sin(angles[..., 1] - angles[..., 0]), sign_sigma_um / step_um)
    patch, patches = _patches(sign, x, y, threshold, min_area_um2)
    maps = {
        "azimuth": planes[:, :, 0, 0],
        "elevation": planes[:, :, 0, 1],
        "azimuth_gradient": np.degrees(angles[..., 0]) % 360,
        "elevation_gradient": np.degrees(angles[..., 1]) % 360,
        "field_sign": sign,
        "weight": weight.reshape(len(y), len(x)),
        "patch": patch,
    }
    return xr.Dataset(
        {
            **{name: (("y", "x"), values) for name, values in maps.items()},
            **{f"patch_{k}": ("patch_id", v.to_numpy()) for k, v in patches.items()},
        },
        {"y": y, "x": x, "patch_id": np.arange(1, len(patches) + 1)},
        {"analysis": {**parameters, "n_units": len(places)}},
    )


def retinotopy_columns(
    dataset: xr.Dataset,
    x_um: ArrayLike,
    y_um: ArrayLike,
    units: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Field sign and sign patch at the places of units.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`retinotopy_maps`.
    x_um, y_um : arrays, [U]
        Places of the units, micrometres; of all units, also those without a fit.
    units : pandas.DataFrame, optional
        Their unit table: whose places they are.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``unit_id`` where `units` is given, and else as `x_um`:
        ``field_sign`` (NaN where the map is unknown, and beyond it) and ``sign_patch`` (0
        outside patches), of the nearest place of the grid. ``attrs`` holds the parameters.
    """
    axes = dataset["x"].to_numpy(), dataset["y"].to_numpy()
    column, row = (
        np.rint((np.asarray(at, float) - axis[0]) / (axis[1] - axis[0]))
        for at, axis in zip((x_um, y_um), axes, strict=True)
    )
    known = (column >= 0) & (column < len(axes[0])) & (row >= 0) & (row < len(axes[1]))
    i, j = (np.where(known, at, 0).astype(np.int64) for at in (row, column))
    if units is None:
        rows = pd.RangeIndex(len(known))
        units = pd.DataFrame(index=x_um.index if isinstance(x_um, pd.Series) else rows)
    table = result_table(
        {
            "field_sign": np.where(
                known, dataset["field_sign"].to_numpy()[i, j], np.nan
            ),
            "sign_patch": np.where(known, dataset["patch"].to_numpy()[i, j], 0),
        },
        units,
    )
    table.attrs.update(dataset.attrs["analysis"])
    return table


def _units(*arrays: ArrayLike) -> tuple[Floats, Floats]:
    """Places [n, 2] and centres [n, 2] of the units that have both."""
    values = [np.asarray(array, np.float64) for array in arrays]
    if any(v.shape != values[0].shape or v.ndim != 1 for v in values):
        raise AnalysisError(
            "Places and receptive-field centres must be four lists of one value for "
            f"each unit; they have the shapes {[list(v.shape) for v in values]}."
        )
    table = np.stack(values, axis=1)
    table = table[np.isfinite(table).all(axis=1)]
    if len(table) < MIN_UNITS:
        raise AnalysisError(
            f"{len(table)} units have a place and a receptive-field centre; a "
            f"retinotopic map needs {MIN_UNITS} or more."
        )
    places, centres = table[:, :2], table[:, 2:]
    if (np.ptp(places, axis=0) == 0).any():
        raise AnalysisError(
            "All units lie on one line of the cortical sheet, which gives no map of it."
        )
    return places, centres


def _axis(values: Floats, step: float) -> Floats:
    low, high = values.min(), values.max()
    n = max(2, int(np.ceil((high - low) / step)) + 1)
    return np.asarray((low + high) / 2 + (np.arange(n) - (n - 1) / 2) * step)


def _local_planes(
    grid: Floats,
    places: Floats,
    centres: Floats,
    sigma: float,
    min_weight: float,
    on_progress: OnProgress | None,
) -> tuple[Floats, Floats]:
    """Value and slopes along x and y at places [G, 2]: [G, 3, 2], and weights [G]."""
    planes = np.full((len(grid), 3, 2), np.nan)
    weight = np.zeros(len(grid))
    at_once = max(1, PAIRS_AT_ONCE // len(places))
    for block in in_blocks(len(grid), at_once, on_progress):
        away = (places[None] - grid[block, None]) / sigma
        squared = (away**2).sum(axis=2)
        w = np.where(squared <= REACH**2, np.exp(-squared / 2), 0)
        weight[block] = w.sum(axis=1)
        design = np.concatenate([np.ones((*w.shape, 1)), away], axis=2)
        weighted = (design * w[..., None]).transpose(0, 2, 1)
        normal, target = weighted @ design, weighted @ centres
        # without spread along both axes a plane is not determined
        solvable = (weight[block] >= min_weight) & (
            np.linalg.eigvalsh(normal)[:, 0] > 1e-3 * weight[block]
        )
        rows = np.flatnonzero(solvable)
        planes[block.start + rows] = np.linalg.solve(normal[rows], target[rows])
    planes[:, 1:] /= sigma
    return planes, weight


def _smooth(values: Floats, sigma: float) -> Floats:
    """Gaussian mean of the known values; unknown ones stay NaN."""
    from scipy import ndimage  # slow: not at the start

    known = np.isfinite(values)
    sums = ndimage.gaussian_filter(np.where(known, values, 0), sigma, mode="constant")
    shares = ndimage.gaussian_filter(known.astype(float), sigma, mode="constant")
    return np.where(known, sums / np.where(known, shares, 1), np.nan)


def _patches(
    sign: Floats, x: Floats, y: Floats, threshold: float, min_area: float
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Connected places of one sign, and a row for each, the largest first."""
    from scipy import ndimage

    found = []
    cell = (x[1] - x[0]) * (y[1] - y[0])
    for value in (-1, 1):
        with np.errstate(invalid="ignore"):
            labels, n = ndimage.label(sign * value >= threshold)
        found += [(labels == i, value) for i in range(1, n + 1)]
    found = [(where, value) for where, value in found if where.sum() * cell >= min_area]
    found.sort(key=lambda entry: -int(entry[0].sum()))
    patch = np.zeros(sign.shape, np.int64)
    rows = []
    for i, (where, value) in enumerate(found, start=1):
        patch[where] = i
        row, column = np.nonzero(where)
        centroid = x[column].mean(), y[row].mean()
        rows.append((value, where.sum() * cell, *centroid))
    return patch, pd.DataFrame(rows, columns=["sign", "area_um2", "x", "y"])
