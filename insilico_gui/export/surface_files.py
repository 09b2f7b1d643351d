"""Responses of the vertices of a surface: a file for each hemisphere.

``NAME.lh.func.gii`` and ``NAME.rh.func.gii`` hold an array for each image, or
``NAME.lh.npy`` and ``NAME.rh.npy`` one array [image, vertex]. They have all vertices of the
surface; those without a response are NaN. The places come from the unit columns
``hemisphere`` (lh, rh) and ``vertex``, and from the attribute ``surface_vertices``, the
number of vertices of each. Provenance and labels of the images go into
``NAME.func.gii.json`` or ``NAME.npy.json``.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from insilico_gui.errors import ExportError
from insilico_gui.export.exporter import require
from insilico_gui.export.record import blocks
from insilico_gui.export.sidecar import FORMAT, SidecarExporter, stem
from insilico_gui.files import refuse_foreign, require_space

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.fitting import Kind
    from insilico_gui.export.record import Record

SUFFIXES = (".func.gii", ".npy")
SIDES = {"lh": "CortexLeft", "rh": "CortexRight"}
COLUMNS = ("hemisphere", "vertex")
LARGEST_SURFACE = 2**24  # vertices


class SurfaceFiles(SidecarExporter):
    """A ``.func.gii`` or ``.npy`` file for each hemisphere, and their sidecar."""

    suffixes = SUFFIXES
    holds = "one number for each vertex of a surface and image"
    rank = 5

    def misfit(self, kind: Kind) -> str:
        """Vertices need a hemisphere and an index, and the sizes of the surfaces."""
        lacking = kind.lacks(COLUMNS, ("surface_vertices",))
        return kind.is_not_one_number_each() or lacking

    def require_packages(self, suffix: str) -> None:
        """Only GIFTI is of nibabel."""
        if suffix == ".func.gii":
            require("nibabel", "fmri", suffix)

    def files(self, target: Path) -> list[str]:
        """Both hemispheres and the sidecar; ``NAME.lh.npy`` means ``NAME.npy``."""
        base, suffix = _split(target)
        return [*(f"{base}.{side}{suffix}" for side in SIDES), f"{base}{suffix}.json"]

    def check_replaced(self, target: Path) -> None:
        """Refuse to replace files of another origin: none has the name asked for."""
        *files, sidecar = self.files(target)
        refuse_foreign(target.with_name(sidecar), FORMAT, files, files, ExportError)

    def written(self, target: Path, record: Record) -> list[str]:
        """The files of the hemispheres that have units, and the sidecar."""
        *files, sidecar = self.files(target)
        present = set(record.units["hemisphere"].values.astype(str).tolist())
        of_sides = zip(SIDES, files, strict=True)
        return [*(file for side, file in of_sides if side in present), sidecar]

    def check(self, target: Path, record: Record) -> None:
        """Refuse vertices that have no place of their own on a surface."""
        sides = _sides(record)
        if _split(target)[1] == ".npy":
            vertices = sum(n for n, _, _ in sides.values())
            require_space(target.parent, 4 * vertices * record.shape[0], ExportError)

    def write_values(
        self, path: Path, responses: xr.DataArray, record: Record
    ) -> dict[str, Any]:
        """Write the files of both hemispheres, image by image."""
        sides = _sides(record)
        base, suffix = _split(path)
        labels = record.axes["trial"].values if "trial" in record.axes else None
        n_trials = record.shape[0]
        with ExitStack() as stack:
            files = []
            for side, (n, columns, places) in sides.items():
                target = path.with_name(f"{base}.{side}{suffix}")
                file = stack.enter_context(target.open("wb"))
                values = np.full(n, np.nan, "<f4")
                make: type[_Gifti | _Npy] = _Gifti if suffix == ".func.gii" else _Npy
                files.append((make(file, side, n_trials, n), values, columns, places))
            for _, start, block in blocks(responses):
                for k, row in enumerate(block, start):
                    for file_of_side, values, columns, places in files:
                        values[places] = row[columns]
                        name = str(k if labels is None else labels[k])
                        file_of_side.add(values, name)
            for file_of_side, *_ in files:
                file_of_side.end()
        return {
            "dims": ["trial", "vertex"],
            "values": record.attrs.get("response_label", "response"),
            "missing": "NaN",
            "surface": record.attrs.get("surface"),
            "n_vertices": {side: n for side, (n, _, _) in sides.items()},
            "n_vertices_with_responses": {s: len(p) for s, (_, _, p) in sides.items()},
        }


class _Npy:
    """One array, row by row."""

    def __init__(self, file: IO[bytes], side: str, n_trials: int, n: int) -> None:
        del side
        self._file = file
        header = {"descr": "<f4", "fortran_order": False, "shape": (n_trials, n)}
        npy.write_array_header_1_0(file, header)

    def add(self, values: NDArray[np.float32], name: str) -> None:
        del name
        self._file.write(values.data)

    def end(self) -> None:
        """Nothing follows the last row."""


class _Gifti:
    """A GIFTI file, array by array: nibabel would take all of them at once."""

    def __init__(self, file: IO[bytes], side: str, n_trials: int, n: int) -> None:
        del n
        self._gifti = require("nibabel.gifti", "fmri", ".func.gii")
        meta = self._gifti.GiftiMetaData(AnatomicalStructurePrimary=SIDES[side])
        text = self._gifti.GiftiImage(meta=meta).to_xml()
        count = b'NumberOfDataArrays="%d"'
        before, end, after = text.replace(count % 0, count % n_trials).partition(
            b"</GIFTI>"
        )
        self._file, self._end = file, end + after
        file.write(before)

    def add(self, values: NDArray[np.float32], name: str) -> None:
        array = self._gifti.GiftiDataArray(
            values,
            intent="NIFTI_INTENT_NONE",
            datatype="NIFTI_TYPE_FLOAT32",
            encoding="GIFTI_ENCODING_B64GZ",
            endian="little",
            meta=self._gifti.GiftiMetaData(Name=_printable(name)),
        )
        text = self._gifti.GiftiImage(darrays=[array]).to_xml()
        start, end = b"<DataArray", b"</DataArray>"
        self._file.write(text[text.index(start) : text.rindex(end) + len(end)])

    def end(self) -> None:
        self._file.write(self._end)


def _sides(
    record: Record,
) -> dict[str, tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Vertices of each hemisphere, and which units are which of them."""
    counts = record.attrs["surface_vertices"]
    side_of, vertices = (record.units[name] for name in COLUMNS)
    unknown = sorted({*side_of.values.astype(str).tolist()} - {*SIDES})
    if unknown:
        raise ExportError(
            f"The unit column 'hemisphere' holds {unknown[0]!r}; give lh or rh."
        )
    if vertices.kind != "int":
        raise ExportError(
            "The unit column 'vertex' holds other things than whole numbers; give the "
            "index of each vertex."
        )
    sides = {}
    for side in SIDES:
        columns = np.flatnonzero(side_of.values == side)
        if not len(columns):
            continue
        n = counts.get(side) if isinstance(counts, dict) else None
        if type(n) is not int or not 0 < n <= LARGEST_SURFACE:
            raise ExportError(
                "The attribute 'surface_vertices' does not say how many vertices "
                f"{side!r} has; give a dict such as {{'lh': 163842, 'rh': 163842}}."
            )
        places = vertices.values[columns].astype(np.int64)
        _check_places(places, n, side)
        sides[side] = (n, columns, places)
    return sides


def _check_places(places: NDArray[np.int64], n: int, side: str) -> None:
    if places.min() < 0 or places.max() >= n:
        raise ExportError(
            f"The unit column 'vertex' holds {places.min()} to {places.max()}, and the "
            f"surface {side!r} has 0 to {n - 1}; correct one of them."
        )
    if len(np.unique(places)) < len(places):
        raise ExportError(
            f"Several units are the same vertex of {side!r}, which has room for one; "
            "export them separately."
        )


def _split(path: Path) -> tuple[str, str]:
    """Name without hemisphere and suffix, and the suffix."""
    base = stem(path, SUFFIXES)
    suffix = path.name[len(base) :].lower()
    return stem(path.with_name(base), [f".{side}" for side in SIDES]), suffix


def _printable(name: str) -> str:
    """Text that XML can hold."""
    return "".join(c if c.isprintable() else "?" for c in name)
