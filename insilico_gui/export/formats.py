"""Writing responses to a file and reading them back; the suffix chooses the format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from insilico_gui.errors import ExportError, InsilicoError, quoted
from insilico_gui.export.fitting import Kind
from insilico_gui.export.record import describe
from insilico_gui.export.registry import (
    export_suffixes,
    exporters,
    load_suffixes,
    suffix_of,
)
from insilico_gui.files import check_target, claim, settle, shown, writing
from insilico_gui.responses import check_responses
from insilico_gui.untrusted.door import as_path, reading


def fitting_suffixes(kind: Kind) -> tuple[str, ...]:
    """The :func:`export_suffixes` of formats that can hold responses of this kind."""
    return tuple(s for s, form in exporters().items() if not form.misfit(kind))


def check_fit(path: str | os.PathLike[str], kind: Kind) -> None:
    """Raise an ExportError unless the format of a path can hold and write this kind."""
    suffix = _known_suffix(Path(path), export_suffixes())
    form = exporters()[suffix]
    reason = form.misfit(kind)
    if reason:
        raise ExportError(
            f"{suffix} is for {form.holds}, and these responses {reason}; export them "
            f"to one of {', '.join(load_suffixes())}."
        )
    form.require_packages(suffix)


def export(
    responses: xr.DataArray, path: str | os.PathLike[str], overwrite: bool = False
) -> Path:
    """Write responses with all their labels and provenance to a file.

    Responses that are stored on disk are written block by block. Until everything is
    written no file has its final name, and after an error existing files are unchanged.

    Parameters
    ----------
    responses : xarray.DataArray
        float32 (``time``, ``unit``) or (``trial``, ``time``, ``unit``), or for images
        (``trial``, ...) with the dimensions of the session's response.
    path : path
        Its suffix chooses the format: one of
        :func:`insilico_gui.export.export_suffixes`.
    overwrite : bool
        Replace files of this name.

    Returns
    -------
    Path
        The file; the main one if there are several.

    Raises
    ------
    ExportError
        If the suffix is unknown, the target exists, the responses do not fit the format
        or the file cannot be written.
    """
    check_responses(responses)
    target = as_path(path, ExportError)
    check_fit(target, Kind.of_record(describe(responses)))
    source = responses.encoding.get("source")
    if source is not None and _are_same(Path(source), target):
        raise ExportError(
            f"The responses are being read from {shown(target)}, which cannot be "
            "replaced by them; choose another name."
        )
    with Destination(target, overwrite) as place:
        return place.write(responses)


class Destination:
    """The target of an export, checked and reserved before responses are computed.

    An `error` is raised if the suffix is unknown, a file exists and may not be replaced,
    its name is impossible, or another process is writing it. The reservation ends with
    the context; see :class:`insilico_gui.files.Claim`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        overwrite: bool = False,
        error: type[InsilicoError] = ExportError,
    ) -> None:
        self.path = Path(path).expanduser()
        self._form = exporters()[_known_suffix(self.path, export_suffixes())]
        names = self._form.files(self.path)
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
            written = self._form.written(self.path, record)
            stale = [
                name
                for name in self._form.files(self.path)
                if name not in written and self.path.with_name(name).exists()
            ]
            self._form.write(self._claim.new / self.path.name, responses, record)
        self._claim.publish(written, stale)
        return self.path.with_name(written[0])

    def close(self) -> None:
        """End the reservation, and remove files that are not complete."""
        self._claim.close()

    def __enter__(self) -> Destination:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def load_responses(path: str | os.PathLike[str]) -> xr.DataArray:
    """Read responses that :func:`export` wrote, without any change.

    The values of a ``.zarr`` folder stay on disk until they are used; the other formats
    are read into memory.

    Parameters
    ----------
    path : path
        The path that :func:`export` returned.

    Returns
    -------
    xarray.DataArray
        Equal in values (bit by bit), dims, coordinates and attributes.

    Raises
    ------
    ExportError
        If the file does not exist, is damaged, or holds something else.
    UntrustedFileError
        If the file holds something other than plain data.
    """
    source = as_path(path, ExportError)
    name = quoted(source.name, marks="")
    suffix = suffix_of(source)
    if suffix and not exporters()[suffix].is_complete:
        raise ExportError(
            f"{name} is of a type that is written for other programs and does not "
            f"hold all of the responses; load one of {', '.join(load_suffixes())}."
        )
    form = exporters()[_known_suffix(source, load_suffixes())]
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
