"""Formats of a field of research, with a ``.json`` file for what they cannot hold.

These formats are written for other programs and not read back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import ExportError
from insilico_gui.export.columns import plain, restore
from insilico_gui.export.exporter import Exporter
from insilico_gui.files import fingerprints, refuse_folder, refuse_foreign
from insilico_gui.files.marks import HASHES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from insilico_gui.export.record import Record

FORMAT = "insilico_gui sidecar"


class SidecarExporter(Exporter):
    """A format whose files have provenance and labels beside them, in ``NAME.json``.

    A subclass defines :meth:`write_values` in place of ``write``.
    """

    def files(self, target: Path) -> list[str]:
        """The file and its sidecar, which is the last of all in any case."""
        return [target.name, f"{target.name}.json"]

    def check_replaced(self, target: Path) -> None:
        """Refuse to replace a sidecar of another origin."""
        refuse_folder(target, ExportError)
        *files, sidecar = self.files(target)
        refuse_foreign(target.with_name(sidecar), FORMAT, files, [], ExportError)

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write the files and their sidecar."""
        more = self.write_values(path, responses, record)
        *files, sidecar = self.written(path, record)
        write_sidecar(path.with_name(sidecar), files, record, more)

    def write_values(
        self, path: Path, responses: xr.DataArray, record: Record
    ) -> dict[str, Any]:
        """Write the files but the sidecar, and return what is to stand in there too."""
        raise NotImplementedError


def stem(path: Path, suffixes: Sequence[str]) -> str:
    """Name of a file without the longest of the suffixes that it ends in."""
    name = path.name
    lengths = (len(suffix) for suffix in suffixes if name.lower().endswith(suffix))
    return name[: len(name) - max(lengths, default=0)]


def write_sidecar(
    path: Path, files: Sequence[str], record: Record, more: Mapping[str, Any]
) -> None:
    """Write provenance, labels of trials and other dims, and what `more` says."""
    trials = {
        name: plain(restore(column.spec, column.values), name)
        for name, column in (record.trials or {}).items()
    }
    content = {
        "format": FORMAT,
        "files": list(files),
        HASHES: fingerprints(path.parent, files),
        "n_trials": record.shape[0],
        **more,
        "labels": {name: c.values.tolist() for name, c in record.axes.items()},
        **({} if record.trials is None else {"trials": trials}),
        "attrs": record.attrs,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
