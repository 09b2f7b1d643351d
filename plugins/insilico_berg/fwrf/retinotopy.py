"""Where in the picture a voxel looks, worked out from its pooling fields.

A pooling field has a free form; its centre is the mean position under the field, its
size the spread around it. The three fields of a voxel count by how much of its weights
their features have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_berg.fwrf.network import IMAGE_SIZE

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from insilico_berg.fwrf.readout import Readout

#: Width of the pictures in the experiment (Allen et al. 2022), in degrees.
IMAGE_DEG = 8.4
#: Size in pixels from which a field covers the whole picture and has no position; the
#: fields that are the same everywhere have 58 to 62.
UNIFORM_PX = 50.0
CENTER_PX = (IMAGE_SIZE - 1) / 2

# Pixel of the picture on which the first pixel of each group of maps is centred, and
# their distance: strides, paddings and kernels of the network added up.
_START_PX = (7, 15, 15)
_STEP_PX = (8, 8, 16)


@dataclass(frozen=True)
class PoolingFields:
    """Centres, sizes and shares of the pooling fields of V voxels.

    Attributes
    ----------
    centers : float64 array, [V, 3, 2]
        Column and row in pixels of the picture, 0 the middle of the first pixel.
    sizes : float64 array, [V, 3]
        Standard deviation in pixels, the two directions averaged.
    shares : float64 array, [V, 3]
        Share of the voxel's absolute weights; NaN if it has none.
    """

    centers: NDArray[np.float64]
    sizes: NDArray[np.float64]
    shares: NDArray[np.float64]

    def combined(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centre [V, 2] and size [V] of the three fields laid over each other."""
        centers = np.einsum("vg,vgi->vi", self.shares, self.centers)
        apart = ((self.centers - centers[:, None]) ** 2).mean(axis=2)
        sizes = np.sqrt((self.shares * (self.sizes**2 + apart)).sum(axis=1))
        return centers, sizes


def pooling_fields(readout: Readout) -> PoolingFields:
    """Moments of the pooling fields of each voxel."""
    moments = [
        _moments(field, start, step)
        for field, start, step in zip(readout.fields, _START_PX, _STEP_PX, strict=True)
    ]
    parts = readout.weights.view(len(readout), len(readout.fields), -1)
    absolute = parts.abs().double().sum(dim=2).cpu().numpy()
    with np.errstate(invalid="ignore"):
        shares = absolute / absolute.sum(axis=1, keepdims=True)
    return PoolingFields(
        np.stack([center for center, _ in moments], axis=1),
        np.stack([size for _, size in moments], axis=1),
        shares,
    )


def _moments(
    field: torch.Tensor, start: int, step: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    means, variances = [], []
    for rows_or_columns in (1, 2):  # summed over rows: the distribution of columns
        marginal = field.double().sum(dim=rows_or_columns).cpu().numpy()
        pixels = start + step * np.arange(marginal.shape[1])
        mean = marginal @ pixels
        means.append(mean)
        variances.append((marginal * (pixels - mean[:, None]) ** 2).sum(axis=1))
    return np.stack(means, axis=1), np.sqrt(np.mean(variances, axis=0))


def unit_columns(fields: PoolingFields) -> dict[str, NDArray[np.float64]]:
    """Columns of the unit table: the receptive field in the picture and in degrees.

    ``rf_x`` and ``rf_y`` are -1 to 1 from edge to edge, y upwards; azimuth, elevation,
    eccentricity and size (a standard deviation) are in degrees; the polar angle is in
    degrees counter-clockwise from the right horizontal meridian, -180 to 180. Where the
    field covers the whole picture all but the size are NaN.
    """
    centers, sizes = fields.combined()
    centers[~(sizes < UNIFORM_PX)] = np.nan
    half = IMAGE_SIZE / 2
    x, y = (centers[:, 0] - CENTER_PX) / half, -(centers[:, 1] - CENTER_PX) / half
    azimuth, elevation = x * IMAGE_DEG / 2, y * IMAGE_DEG / 2
    return {
        "rf_x": x,
        "rf_y": y,
        "rf_azimuth_deg": azimuth,
        "rf_elevation_deg": elevation,
        "eccentricity_deg": np.hypot(azimuth, elevation),
        "polar_angle_deg": np.degrees(np.arctan2(elevation, azimuth)),
        "rf_size_deg": sizes / IMAGE_SIZE * IMAGE_DEG,
    }
