"""Writing responses to a file and reading them back; the suffix chooses the format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from insilico_gui.errors import ExportError, InsilicoError
from insilico_gui.export import csv_files, npz_file, parquet_file, zarr_folder
from insilico_gui.export.record import describe
from insilico_gui.export.staging import staged
from insilico_gui.files import check_target, writing

if TYPE_CHECKING:
    import xarray as xr

    from insilico_gui.export.record import Record


class Format(Protocol):
    """What the module of a format provides."""

    def names(self, target: Path, record: Record) -> tuple[list[str], list[str]]:
        """Files to be written, and files of an earlier export to be removed."""

    def check(self, target: Path, record: Record) -> None:
        """Refuse, with an ExportError, what this format cannot hold or replace."""

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write to `path`, and beside it if the format has several files."""

    def read(self, path: Path) -> xr.DataArray:
        """Read back what :meth:`write` wrote; any exception means it is damaged."""


FORMATS: dict[str, Format] = {
    ".npz": npz_file,
    ".csv": csv_files,
    ".parquet": parquet_file,
    ".zarr": zarr_folder,
}
SUFFIXES = tuple(FORMATS)
"""File types that :func:`export` writes and :func:`load_responses` reads."""


def export(
    responses: xr.DataArray, path: str | os.PathLike[str], overwrite: bool = False
) -> Path:
    """Write responses with all their labels and provenance to a file.

    Responses that are stored on disk are written block by block. Until everything is
    written nothing appears under the name asked for, and if anything goes wrong, files
    that were there before are as they were.

    Parameters
    ----------
    responses : xarray.DataArray
        float32 (``time``, ``unit``) or (``trial``, ``time``, ``unit``).
    path : path
        Its suffix chooses the format: one of :data:`SUFFIXES`.
    overwrite : bool
        Replace files of this name.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    ExportError
        If the suffix is unknown, the target exists, the responses do not fit the format
        or the file cannot be written.
    """
    target = Path(path).expanduser()
    form = _format(target)
    record = describe(responses)
    source = responses.encoding.get("source")
    if source is not None and target.exists() and os.path.samefile(source, target):
        raise ExportError(
            f"The responses are being read from {target}, which cannot be replaced by "
            "them; choose another name."
        )
    written, stale = form.names(target, record)
    for name in (*written, *stale):
        check_target(target.with_name(name), overwrite, ExportError)
    form.check(target, record)
    with (
        writing(str(target), ExportError),
        staged(target, written, stale) as folder,
    ):
        form.write(folder / target.name, responses, record)
    return target


def load_responses(path: str | os.PathLike[str]) -> xr.DataArray:
    """Read responses that :func:`export` wrote, as they were.

    The values of a ``.zarr`` folder stay on disk until they are used; the other formats
    are read into memory.

    Parameters
    ----------
    path : path
        As given to :func:`export`.

    Returns
    -------
    xarray.DataArray
        Equal in values (bit by bit), dims, coordinates and attributes.

    Raises
    ------
    ExportError
        If there is no such file, or it is damaged or of another kind.
    UntrustedFileError
        If it holds something other than plain data.
    """
    source = Path(path).expanduser()
    form = _format(source)
    if not source.exists():
        raise ExportError(f"There is no file {source}; check its name.")
    try:
        return form.read(source)
    except InsilicoError:
        raise
    except MemoryError:
        raise ExportError(
            f"{source} does not fit into memory; export fewer units, or to .zarr."
        ) from None
    except Exception as cause:  # a damaged file can make a parser raise anything
        raise ExportError(
            f"{source} cannot be read: {_reason(cause)}; check that it is a complete "
            "export of responses."
        ) from cause


def _format(path: Path) -> Format:
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise ExportError(
            f"{path.name} has no suffix that says how to write or read responses; use "
            f"one of {', '.join(SUFFIXES)}."
        )
    return form


def _reason(cause: Exception) -> str:
    if isinstance(cause, KeyError) and cause.args:
        return f"it has no entry {cause.args[0]!r}"
    text = cause.strerror if isinstance(cause, OSError) else None
    first_line = (text or str(cause)).strip().split("\n")[0]
    return first_line.rstrip(".") or "it is damaged"
