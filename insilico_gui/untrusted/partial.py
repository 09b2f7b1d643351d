"""What a download has so far: a hidden folder beside its target that outlives a kill.

It holds the data under the file's own name and ``origin.json``, which says what the data
are the beginning of. There is one folder for each file, so that what a kill leaves is
bounded, and the next download of that file takes it up or removes it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SessionError, quoted

if TYPE_CHECKING:
    from pathlib import Path

MARK = "insilico_gui download"
_BLOCK = 2**20
_MAX_ORIGIN = 2**16  # bytes


@dataclass(frozen=True)
class Origin:
    """Of what the data are the beginning.

    Attributes
    ----------
    url : str
    md5 : str or None
        Of the whole file, as it was published.
    validator : str or None
        What the server calls this version of the file.
    total : int
        Its size; 0 if the server did not say.
    """

    url: str
    md5: str | None
    validator: str | None = None
    total: int = 0

    @property
    def resumable(self) -> bool:
        """Whether it would be noticed if the rest came from another version."""
        return self.md5 is not None or self.validator is not None


class Part:
    """The folder of one file; see the module.

    Attributes
    ----------
    file : Path
        The data.
    """

    def __init__(self, target: Path) -> None:
        self.folder = target.with_name(f".{target.name}.insilico-part")
        self.file = self.folder / target.name
        self._origin = self.folder / "origin.json"
        self._new = self.folder / "origin.json.new"

    def begin(self) -> None:
        """Make the folder, if it is not there.

        Raises
        ------
        SessionError
            If something else has its name.
        """
        self.folder.mkdir(exist_ok=True)
        inside = set(os.listdir(self.folder))
        known = {path.name for path in (self.file, self._origin, self._new)}
        if (
            self.folder.is_symlink()
            or inside - known
            or (self.file.name in inside and self.read() is None)
        ):
            raise SessionError(
                f"{quoted(self.folder.name)} beside the file to download was not left by "
                "a download; move it away and try again."
            )

    def read(self) -> Origin | None:
        """What the data are of; None if that is not known."""
        try:
            with self._origin.open("rb") as file:
                content: Any = json.loads(file.read(_MAX_ORIGIN))
            if content.pop("made_by") != MARK:
                return None
            return Origin(**content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, origin: Origin) -> None:
        """Say what the data are of; before the first of them is written."""
        self._new.write_text(json.dumps({"made_by": MARK} | asdict(origin)))
        self._new.replace(self._origin)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        try:
            return self.file.stat().st_size
        except OSError:
            return 0

    def digest(self) -> Any:
        """MD5 of the data so far, that can be updated."""
        found = new_digest()
        if self.size:
            with self.file.open("rb") as file:
                while block := file.read(_BLOCK):
                    found.update(block)
        return found

    def remove(self) -> None:
        """Remove the folder and what this module has put into it."""
        with suppress(OSError):
            for path in (self.file, self._new, self._origin):
                path.unlink(missing_ok=True)
            self.folder.rmdir()


def new_digest() -> Any:
    """An empty MD5: the checksum that is published."""
    return hashlib.md5(usedforsecurity=False)
