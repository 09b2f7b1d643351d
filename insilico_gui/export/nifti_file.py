"""Responses of voxels as a 4-D NIfTI file in their volume, one volume for each image.

Voxels without a response are NaN, since 0 is a response like any other. The places come
from the unit columns ``voxel_i``, ``voxel_j``, ``voxel_k`` and from two attributes:
``volume_shape`` and, if known, ``volume_affine`` (voxel indices to mm). Volumes are written
one by one; provenance and labels of the images go into ``NAME.nii.gz.json``.
"""

from __future__ import annotations

import gzip
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import ExportError
from insilico_gui.export.exporter import require
from insilico_gui.export.record import blocks
from insilico_gui.export.sidecar import SidecarExporter
from insilico_gui.files import require_space

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.fitting import Kind
    from insilico_gui.export.record import Record

INDICES = ("voxel_i", "voxel_j", "voxel_k")
LARGEST_SIDE = 2**15 - 1  # of a volume and in number, by the format
LARGEST_VOLUME = 2**27  # voxels
HEADER_BYTES = 352
GZIP_LEVEL = 4  # next to the size of the highest, in a fraction of its time


class NiftiFile(SidecarExporter):
    """One ``.nii`` or ``.nii.gz`` file and its sidecar."""

    suffixes = (".nii.gz", ".nii")
    holds = "one number for each voxel and image"
    rank = 4

    def misfit(self, kind: Kind) -> str:
        """Voxels need indices, and the shape of their volume."""
        return kind.is_not_one_number_each() or kind.lacks(INDICES, ("volume_shape",))

    def require_packages(self, suffix: str) -> None:
        """The header is of nibabel."""
        require("nibabel", "fmri", suffix)

    def check(self, target: Path, record: Record) -> None:
        """Refuse voxels that have no place of their own in the volume."""
        shape = _shape(record)
        _affine(record)
        _places(record, shape)
        if record.shape[0] > LARGEST_SIDE:
            raise ExportError(
                f"NIfTI holds at most {LARGEST_SIDE:,} volumes and there are "
                f"{record.shape[0]:,} images; export them in parts."
            )
        if not target.name.lower().endswith(".gz"):
            size = 4 * math.prod(shape) * record.shape[0]
            require_space(target.parent, size, ExportError)

    def write_values(
        self, path: Path, responses: xr.DataArray, record: Record
    ) -> dict[str, Any]:
        """Write the volumes one by one."""
        shape, affine = _shape(record), _affine(record)
        places = _places(record, shape)
        volume = np.full(math.prod(shape), np.nan, "<f4")
        packed = path.name.lower().endswith(".gz")
        with gzip.open(path, "wb", GZIP_LEVEL) if packed else path.open("wb") as file:
            _header(record, shape, affine).write_to(file)
            for _, _, block in blocks(responses):
                for row in block:
                    volume[places] = row
                    file.write(volume.data)
        return {
            "dims": ["x", "y", "z", "trial"],
            "values": record.attrs.get("response_label", "response"),
            "outside": "NaN",
            "affine": None if affine is None else affine.tolist(),
            "n_voxels": len(places),
        }


def _header(
    record: Record, shape: tuple[int, int, int], affine: NDArray[np.float64] | None
) -> Any:
    header = require("nibabel.nifti1", "fmri", ".nii").Nifti1Header(endianness="<")
    header.set_data_dtype(np.float32)
    header.set_data_shape((*shape, record.shape[0]))
    header.set_data_offset(HEADER_BYTES)
    header.set_slope_inter(1, 0)
    header.set_xyzt_units("mm")
    if affine is not None:
        header.set_qform(affine, "unknown", strip_shears=True)
        header.set_sform(affine, "aligned")
    label = str(record.attrs.get("response_label", "response"))
    header["descrip"] = label.encode("ascii", "replace")[:79]
    return header


def _shape(record: Record) -> tuple[int, int, int]:
    shape = record.attrs["volume_shape"]
    if (
        not isinstance(shape, list)
        or len(shape) != 3
        or not all(type(n) is int and 0 < n <= LARGEST_SIDE for n in shape)
        or math.prod(shape) > LARGEST_VOLUME
    ):
        raise ExportError(
            f"The attribute 'volume_shape' is {shape!r}; give three whole numbers, the "
            "voxels along each side of the volume."
        )
    return shape[0], shape[1], shape[2]


def _affine(record: Record) -> NDArray[np.float64] | None:
    given = record.attrs.get("volume_affine")
    if given is None:
        return None
    try:
        affine = np.array(given, np.float64)
    except (TypeError, ValueError):
        affine = np.empty(0)
    if (
        affine.shape != (4, 4)
        or not np.isfinite(affine).all()
        or np.linalg.matrix_rank(affine) < 4
        or (affine[3] != (0, 0, 0, 1)).any()
    ):
        raise ExportError(
            "The attribute 'volume_affine' is no 4 x 4 matrix from voxels to mm; correct "
            "it, or leave it out."
        )
    return affine


def _places(record: Record, shape: tuple[int, int, int]) -> NDArray[np.int64]:
    """Positions of the units in the volume, whose first index runs fastest."""
    columns = [record.units[name] for name in INDICES]
    if any(column.kind != "int" for column in columns):
        raise ExportError(
            "The unit columns voxel_i, voxel_j, voxel_k hold other things than whole "
            "numbers; give the indices of each voxel."
        )
    indices = [column.values.astype(np.int64) for column in columns]
    for name, values, n in zip(INDICES, indices, shape, strict=True):
        if values.min() < 0 or values.max() >= n:
            raise ExportError(
                f"The unit column {name!r} holds {values.min()} to {values.max()}, and "
                f"the volume has 0 to {n - 1}; correct one of them."
            )
    places: NDArray[np.int64] = np.ravel_multi_index(indices, shape, order="F")
    if len(np.unique(places)) < len(places):
        raise ExportError(
            "Several units are in the same voxel, which has room for one; export them "
            "separately."
        )
    return places
