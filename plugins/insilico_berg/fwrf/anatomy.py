"""What the metadata know of the voxels: where they are, and how well they are modelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_berg.metadata import Metadata

UM_PER_MM = 1000.0
_ACCURACY = ("r2", "noise_ceiling", "explained_variance")


@dataclass(frozen=True)
class Volume:
    """The subject's volume: which of its voxels these are.

    Attributes
    ----------
    mask : bool array, 3-D
        Its true voxels in C order are the units in response order.
    affine : float64 array [4, 4] or None
        From voxel indices to millimetres.
    """

    mask: NDArray[np.bool_]
    affine: NDArray[np.float64] | None


def count_voxels(metadata: Metadata) -> int | None:
    """Number of voxels that the metadata are of; None if they do not say."""
    ncsnr = metadata.recorded.get("ncsnr")
    if isinstance(ncsnr, np.ndarray) and ncsnr.ndim == 1:
        return len(ncsnr)
    mask = metadata.recorded.get("roi_mask_volume")
    return int(np.count_nonzero(mask)) if isinstance(mask, np.ndarray) else None


def median_accuracy(metadata: Metadata) -> float | None:
    """Median explained variance over voxels, percent of what could be explained."""
    values = metadata.model.get("explained_variance")
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        return None
    return float(np.nanmedian(values)) if np.isfinite(values).any() else None


def read_volume(metadata: Metadata, voxels: int) -> Volume | None:
    """The volume of a model of so many voxels; None if the metadata have none.

    Raises
    ------
    WeightsError
        If it is of other voxels.
    """
    mask = metadata.recorded.get("roi_mask_volume")
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.ndim != 3 or mask.dtype.kind not in "biu" or mask.size == 0:
        raise _wrong(metadata, "has no 3-D mask as 'roi_mask_volume'")
    mask = mask != 0
    if np.count_nonzero(mask) != voxels:
        raise _wrong(
            metadata,
            f"has {np.count_nonzero(mask):,} voxels in 'roi_mask_volume', but the "
            f"weights are of {voxels:,}",
        )
    affine = metadata.numbers(metadata.recorded, "fmri_affine", (4, 4))
    if affine is None:
        return Volume(mask, None)
    affine = affine.astype(np.float64)
    if not np.isfinite(affine).all() or np.linalg.matrix_rank(affine) < 4:
        raise _wrong(metadata, "has an 'fmri_affine' that cannot be inverted")
    return Volume(mask, affine)


def unit_columns(
    metadata: Metadata, volume: Volume | None, voxels: int
) -> dict[str, Any]:
    """Columns of the unit table: places and accuracies, as far as known.

    ``x``, ``y``, ``z`` are in micrometres in the space of the affine, ``voxel_i``,
    ``voxel_j``, ``voxel_k`` are indices into the volume.

    Raises
    ------
    WeightsError
        If an array is of another number of voxels than the weights.
    """
    columns: dict[str, Any] = {}
    if volume is not None:
        indices = np.argwhere(volume.mask)
        if volume.affine is not None:
            rotation, shift = volume.affine[:3, :3], volume.affine[:3, 3]
            places = UM_PER_MM * (indices @ rotation.T + shift)
            columns |= {axis: places[:, i] for i, axis in enumerate("xyz")}
        columns |= {f"voxel_{axis}": indices[:, i] for i, axis in enumerate("ijk")}
    for section, names in (
        (metadata.recorded, ("ncsnr",)),
        (metadata.model, _ACCURACY),
    ):
        for name in names:
            values = metadata.numbers(section, name, (voxels,))
            if values is not None:
                columns[name] = values
    return columns


def _wrong(metadata: Metadata, what: str) -> WeightsError:
    return WeightsError(
        f"{metadata.file} {what}; use the file published with these weights, or move "
        "it away to do without."
    )
