"""How output is told from files of others: by what is in it, never by its name alone."""

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
"""Key of a side file under which the files that it was written with have their hash."""

EDGE_BYTES = 4 * 2**20
"""Of a larger file, so much from its beginning and its end is hashed."""

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
    """Those of some files, for :data:`HASHES`."""
    return {name: fingerprint(folder / name) for name in names}


def refuse_foreign(
    side: Path,
    mark: str,
    owners: Sequence[str],
    others: Sequence[str],
    error: type[InsilicoError],
) -> None:
    """Refuse to replace files that were not written together with a side file.

    Parameters
    ----------
    side : Path
        A JSON file whose ``format`` is `mark` and whose :data:`HASHES` know one of
        `owners`; if there is none, no file was written with it.
    mark : str
    owners : sequence of str
        Names of the files that it belongs to.
    others : sequence of str
        Names of files beside it that would be replaced.
    error : type
        Raised, naming the file.
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
    """Which files of a folder this project put there, in a file of its own beside them.

    For files of others' formats, that carry no mark themselves: what was downloaded.

    Parameters
    ----------
    folder : Path
    error : type
        What is raised.

    Raises
    ------
    InsilicoError
        If something else has the name of the manifest.
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
        """Whether a file may be replaced: there is none, or it is as it was put there."""
        path = self._folder / name
        if not os.path.lexists(path):
            return True
        if path.is_symlink() or not path.is_file() or name not in self._known:
            return False
        return bool(self._known[name] == fingerprint(path))

    def refuse(self, name: str) -> InsilicoError:
        """What to raise for a file that is not ours."""
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
