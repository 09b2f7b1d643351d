"""What the formats of a field cannot hold: a ``.json`` file with it beside them.

These formats are written for other programs and not read back.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import ExportError
from insilico_gui.export.columns import plain, restore
from insilico_gui.files import fingerprints, refuse_foreign
from insilico_gui.files.marks import HASHES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from insilico_gui.export.record import Record

FORMAT = "insilico_gui sidecar"


def stem(path: Path, suffixes: Sequence[str]) -> str:
    """Name of a file without the longest of the suffixes that it ends in."""
    name = path.name
    lengths = (len(suffix) for suffix in suffixes if name.lower().endswith(suffix))
    return name[: len(name) - max(lengths, default=0)]


def check_sidecar(path: Path, owners: Sequence[str], files: Sequence[str] = ()) -> None:
    """Refuse to replace a side file, or files with it, that this project did not make.

    Raises
    ------
    ExportError
        Naming what would be replaced.
    """
    refuse_foreign(path, FORMAT, owners, files, ExportError)


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


def require(module: str, extra: str, suffix: str) -> Any:
    """Import what writes a format.

    Raises
    ------
    ExportError
        Saying how to install it.
    """
    try:
        return import_module(module)
    except ImportError as cause:
        package = module.split(".")[0]
        raise ExportError(
            f"Writing {suffix} takes {package}, which is not installed; install it with "
            f"pip install 'insilico-gui[{extra}]'."
        ) from cause
