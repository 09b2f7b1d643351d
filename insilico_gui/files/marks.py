"""Recognising the files of this project by their content, never by name alone."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from insilico_gui.files.checks import refuse_folder, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from insilico_gui.errors import InsilicoError

HASHES = "hashes"
"""Key of a side file for the hashes of the files that were written with it."""

EDGE_BYTES = 4 * 2**20
"""Bytes at the beginning and the end of a larger file that are hashed."""

_LARGEST_SIDE_FILE = 2**30


def fingerprint(path: Path) -> str:
    """Hash of a file's length, beginning and end; up to 8 MiB, of all of it."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"{size}:".encode())
    with path.open("rb") as file:
        digest.update(file.read(EDGE_BYTES))
        if size > EDGE_BYTES:
            file.seek(max(EDGE_BYTES, size - EDGE_BYTES))
            digest.update(file.read(EDGE_BYTES))
    return f"sha256-edges:{digest.hexdigest()}"


def fingerprints(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Hashes of files in a folder, for :data:`HASHES`."""
    return {name: fingerprint(folder / name) for name in names}


def refuse_foreign(
    side: Path,
    mark: str,
    owners: Sequence[str],
    others: Sequence[str],
    error: type[InsilicoError],
) -> None:
    """Raise `error` rather than replace files that were not written with a side file.

    `side` is a JSON file whose ``format`` is `mark` and whose :data:`HASHES` contain one
    of `owners`, the files that it describes. `others` are the files beside it that would
    be replaced too: they must exist unchanged since they were hashed, or not at all.
    """
    refuse_folder(side, error)
    content = _content(side)
    hashes = content.get(HASHES)
    known: dict[str, Any] = hashes if isinstance(hashes, dict) else {}
    ours = content.get("format") == mark
    if os.path.lexists(side) and not (ours and {*owners} & {*known}):
        raise _foreign(side, error)
    for name in others:
        path = side.with_name(name)
        refuse_folder(path, error)
        if os.path.lexists(path) and not (
            ours and path.is_file() and known.get(name) == fingerprint(path)
        ):
            raise _foreign(path, error)


class Manifest:
    """A list of the files of a folder that this project downloaded, with their hashes.

    It is a file beside them, since downloaded files have no mark of this project. A file
    of another origin with the name of the manifest raises `error`.
    """

    NAME = "insilico-downloads.json"
    MARK = "insilico_gui downloads"

    def __init__(self, folder: Path, error: type[InsilicoError]) -> None:
        self._folder = folder
        self._error = error
        path = folder / self.NAME
        content = _content(path)
        hashes = content.get(HASHES)
        self._known: dict[str, Any] = dict(hashes) if isinstance(hashes, dict) else {}
        if os.path.lexists(path) and content.get("format") != self.MARK:
            raise _foreign(path, error)

    def is_ours(self, name: str) -> bool:
        """Whether a file may be replaced: missing, or unchanged since its download."""
        path = self._folder / name
        if not os.path.lexists(path):
            return True
        if path.is_symlink() or not path.is_file() or name not in self._known:
            return False
        return bool(self._known[name] == fingerprint(path))

    def refuse(self, name: str) -> InsilicoError:
        """The error for a file of another origin."""
        path = self._folder / name
        return self._error(
            f"{shown(path)} exists and was not downloaded by this program, or has been "
            "changed since, but would be replaced; move it away, or choose another "
            "folder."
        )

    def write(self, new: Path, names: Iterable[str]) -> None:
        """Write the manifest into a folder that holds new files of these names."""
        known = {**self._known, **fingerprints(new, names)}
        text = json.dumps({"format": self.MARK, HASHES: known}, indent=1)
        (new / self.NAME).write_text(text, encoding="utf-8")


def _foreign(path: Path, error: type[InsilicoError]) -> InsilicoError:
    return error(
        f"{shown(path)} exists and does not belong to what was written there before, "
        "but would be replaced; move it away, or choose another name."
    )


def _content(side: Path) -> dict[str, Any]:
    try:
        if not side.is_file() or side.stat().st_size > _LARGEST_SIDE_FILE:
            return {}
        content = json.loads(side.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
