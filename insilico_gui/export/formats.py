"""Writing responses to a file and reading them back; the suffix chooses the format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import xarray as xr

from insilico_gui.errors import ExportError, InsilicoError, quoted
from insilico_gui.export import (
    csv_files,
    epochs_file,
    nifti_file,
    npz_file,
    parquet_file,
    surface_files,
    zarr_folder,
)
from insilico_gui.export.fitting import Kind
from insilico_gui.export.record import Record, describe
from insilico_gui.files import check_target, claim, settle, shown, writing
from insilico_gui.responses import check_responses
from insilico_gui.untrusted.door import as_path, reading


class Written(Protocol):
    """What the module of every format provides."""

    def possible(self, target: Path) -> list[str]:
        """Every file that may be written or removed, whatever the responses are."""

    def check_replaced(self, target: Path) -> None:
        """Refuse, with an ExportError, to replace what this project did not make.

        A file of the name that was asked for may be of anybody.
        """

    def names(self, target: Path, record: Record) -> tuple[list[str], list[str]]:
        """Files to be written, and files of an earlier export to be removed."""

    def check(self, target: Path, record: Record) -> None:
        """Refuse, with an ExportError, what this format cannot hold."""

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write to `path`, and beside it if the format has several files."""


class Format(Written, Protocol):
    """A format that holds everything."""

    def read(self, path: Path) -> xr.DataArray:
        """Read back what :meth:`write` wrote; any exception means it is damaged."""


class FieldFormat(Written, Protocol):
    """A format of a field of research: for responses of one kind, and for others to read.

    Attributes
    ----------
    HOLDS : str
        What it is for, in words.
    """

    HOLDS: str

    def misfit(self, kind: Kind) -> str:
        """In words, why responses cannot be written; nothing if they can."""

    def require_packages(self, suffix: str) -> None:
        """Refuse, with an ExportError, if a package is missing."""


FORMATS: dict[str, Format] = {
    ".npz": npz_file,
    ".csv": csv_files,
    ".parquet": parquet_file,
    ".zarr": zarr_folder,
}
FIELD_FORMATS: dict[str, FieldFormat] = {
    ".nii.gz": nifti_file,
    ".nii": nifti_file,
    ".func.gii": surface_files,
    ".npy": surface_files,
    "-epo.fif": epochs_file,
    ".fif": epochs_file,
}
SUFFIXES = tuple(FORMATS)
"""File types that :func:`export` writes and :func:`load_responses` reads."""
EXPORT_SUFFIXES = (*FORMATS, *FIELD_FORMATS)
"""File types that :func:`export` writes; some take responses of one kind only."""


def suffix_of(
    path: str | os.PathLike[str], suffixes: Sequence[str] = EXPORT_SUFFIXES
) -> str:
    """The longest suffix that a path ends in, in lower case; "" if it has none."""
    name = Path(path).name.lower()
    ends = [s for s in suffixes if name.endswith(s) and name != s]
    return max(ends, key=len, default="")


def fitting_suffixes(kind: Kind) -> tuple[str, ...]:
    """Of :data:`EXPORT_SUFFIXES`, those that can hold responses of this kind."""
    fitting = (s for s, form in FIELD_FORMATS.items() if not form.misfit(kind))
    return (*SUFFIXES, *fitting)


def check_fit(path: str | os.PathLike[str], kind: Kind) -> None:
    """Refuse a format that cannot hold responses of this kind, or cannot be written.

    Raises
    ------
    ExportError
        If the suffix is unknown, does not fit, or needs a package that is not there.
    """
    suffix = _known_suffix(Path(path), EXPORT_SUFFIXES)
    form = FIELD_FORMATS.get(suffix)
    if form is None:
        return
    reason = form.misfit(kind)
    if reason:
        raise ExportError(
            f"{suffix} is for {form.HOLDS}, and these responses {reason}; export them "
            f"to one of {', '.join(SUFFIXES)}."
        )
    form.require_packages(suffix)


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
        float32 (``time``, ``unit``) or (``trial``, ``time``, ``unit``), or whatever
        follows ``trial`` in responses to images.
    path : path
        Its suffix chooses the format: one of :data:`EXPORT_SUFFIXES`.
    overwrite : bool
        Replace files of this name.

    Returns
    -------
    Path
        What was written; the first, if there are several files.

    Raises
    ------
    ExportError
        If the suffix is unknown, the target exists, the responses do not fit the format
        or the file cannot be written.
    """
    check_responses(responses)
    target = as_path(path, ExportError)
    _known_suffix(target, EXPORT_SUFFIXES)
    record = describe(responses)
    check_fit(target, Kind.of_record(record))
    source = responses.encoding.get("source")
    if source is not None and _are_same(Path(source), target):
        raise ExportError(
            f"The responses are being read from {shown(target)}, which cannot be "
            "replaced by them; choose another name."
        )
    with Destination(target, overwrite) as place:
        return place.write(responses)


class Destination:
    """Where an export goes: checked and claimed before there are any responses.

    As a context it is closed at the end; see :class:`insilico_gui.files.Claim`.

    Parameters
    ----------
    path : path
        See :func:`export`.
    overwrite : bool
    error : type
        What is raised.

    Raises
    ------
    InsilicoError
        If the suffix is unknown, a file is there already or would have an impossible
        name, somebody else is writing it, or it may not be replaced.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        overwrite: bool = False,
        error: type[InsilicoError] = ExportError,
    ) -> None:
        self.path = Path(path).expanduser()
        suffix = _known_suffix(self.path, EXPORT_SUFFIXES)
        self._form: Written = {**FORMATS, **FIELD_FORMATS}[suffix]
        names = self._form.possible(self.path)
        settle(self.path.parent)
        for name in names:
            check_target(self.path.with_name(name), overwrite, error)
        self._claim = claim(self.path.parent, names, error)
        try:
            with writing(self.path, error):
                self._form.check_replaced(self.path)
        except BaseException:
            self.close()
            raise

    def write(self, responses: xr.DataArray) -> Path:
        """Write responses; see :func:`export`, which this completes."""
        record = describe(responses)
        check_fit(self.path, Kind.of_record(record))
        with writing(self.path, ExportError):
            self._form.check(self.path, record)
            written, stale = self._form.names(self.path, record)
            self._form.write(self._claim.new / self.path.name, responses, record)
        self._claim.publish(written, stale)
        return self.path.with_name(written[0])

    def close(self) -> None:
        """Give up the claim; what was not written completely is removed."""
        self._claim.close()

    def __enter__(self) -> Destination:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
    source = as_path(path, ExportError)
    name = quoted(source.name, marks="")
    suffix = suffix_of(source)
    if suffix in FIELD_FORMATS:
        raise ExportError(
            f"{name} is of a type that is written for other programs and does not "
            f"hold all of the responses; load one of {', '.join(SUFFIXES)}."
        )
    form = FORMATS[_known_suffix(source, SUFFIXES)]
    settle(source.parent)
    if not os.path.lexists(source):
        raise ExportError(f"There is no file {name}; check its name.")
    advice = "check that it is a complete export of responses"
    with reading(name, ExportError, advice):
        return form.read(source)


def _are_same(source: Path, target: Path) -> bool:
    try:
        return os.path.samefile(source, target)
    except (OSError, ValueError):  # there is none, or there cannot be
        return False


def _known_suffix(path: Path, suffixes: Sequence[str]) -> str:
    suffix = suffix_of(path, suffixes)
    if not suffix:
        raise ExportError(
            f"{shown(path.name)} has no suffix that says how to write or read responses; "
            f"use one of {', '.join(suffixes)}."
        )
    return suffix
