"""What a format of files is: one class, in a file of its own, that names its suffixes.

:mod:`.registry` finds the classes of this folder and those of other packages.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import xarray as xr

from insilico_gui.errors import ExportError
from insilico_gui.export.fitting import Kind
from insilico_gui.export.record import Record
from insilico_gui.files import refuse_folder


class Exporter:
    """A format of files that responses are written to.

    A subclass defines :attr:`suffixes` and :meth:`write`, and :meth:`read` if the files
    hold everything; the other methods have defaults for a format of one file that takes
    all responses. Before :meth:`write`, :func:`insilico_gui.export` checks the responses,
    reserves the names of :meth:`files`, and calls the other methods in the order below.

    Attributes
    ----------
    suffixes : tuple of str
        In lower case, with the dot (or dash) that they begin with.
    holds : str
        What the format is for, in words.
    rank : int
        Place of the format in lists; the format of the lowest rank is first.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    holds: ClassVar[str] = "responses of every kind"
    rank: ClassVar[int] = 100

    @property
    def is_complete(self) -> bool:
        """Whether the files hold everything, so that they can be loaded again."""
        return type(self).read is not Exporter.read

    def misfit(self, kind: Kind) -> str:
        """In words, why responses of a kind cannot be written; "" if they can."""
        return ""

    def require_packages(self, suffix: str) -> None:
        """Raise an ExportError if a package that writes the format is not installed."""

    def files(self, target: Path) -> list[str]:
        """Names of all files that may be written or removed, the main one first."""
        return [target.name]

    def check_replaced(self, target: Path) -> None:
        """Raise an ExportError rather than replace files of another origin.

        The file that was asked for may be replaced, whatever its origin.
        """
        refuse_folder(target, ExportError)

    def check(self, target: Path, record: Record) -> None:
        """Raise an ExportError if the format cannot hold these responses."""

    def written(self, target: Path, record: Record) -> list[str]:
        """Those of :meth:`files` that :meth:`write` makes of these responses."""
        return self.files(target)

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write to `path`, which does not exist yet, and beside it.

        Parameters
        ----------
        path : Path
            In a folder of its own; the files move to the target when all are written.
        responses : xarray.DataArray
            float32; perhaps on disk, so read it in parts by :func:`.record.blocks`.
        record : Record
            Labels and provenance of the responses as plain columns and JSON.
        """
        raise NotImplementedError

    def read(self, path: Path) -> xr.DataArray:
        """Read what :meth:`write` wrote; any exception means that it is damaged."""
        raise NotImplementedError


def require(module: str, extra: str, suffix: str) -> Any:
    """Import a module that writes a format, or say how to install its package."""
    try:
        return import_module(module)
    except ImportError as cause:
        package = module.split(".")[0]
        raise ExportError(
            f"Writing {suffix} takes {package}, which is not installed; install it with "
            f"pip install 'insilico-gui[{extra}]'."
        ) from cause
