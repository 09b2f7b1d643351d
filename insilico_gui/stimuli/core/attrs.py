"""Provenance of a stimulus, where some of it is worked out only when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import StimulusError
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BLOCK_BYTES = 2**20


class LazyAttrs(Mapping[str, Any]):
    """Read-only attributes; `dict(attrs)` is complete and JSON-able.

    Parameters
    ----------
    values : mapping of str to Any
        What is known already.
    later : mapping of str to callable
        What costs time: called on first use, then remembered.
    """

    def __init__(
        self, values: Mapping[str, Any], later: Mapping[str, Callable[[], Any]]
    ) -> None:
        self._values = dict(values)
        self._later = dict(later)
        self._keys = (*self._values, *self._later)

    def extended(self, values: Mapping[str, Any]) -> LazyAttrs:
        """The same with further values; nothing is worked out."""
        return LazyAttrs({**self._values, **values}, self._later)

    def __getitem__(self, key: str) -> Any:
        if key not in self._values and key in self._later:
            self._values[key] = self._later[key]()
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r}, later={list(self._later)!r})"


def file_attrs(path: Path, values: Mapping[str, Any]) -> LazyAttrs:
    """Attributes of a stimulus that comes from one file: its name, without the folder.

    See :func:`source_attrs` for the hash that comes with it.
    """
    return source_attrs([path], {"file": path.name, **values})


def source_attrs(files: Sequence[Path], values: Mapping[str, Any]) -> LazyAttrs:
    """Attributes with the ``sha256`` of the content of the files, one after the other.

    Hashing takes seconds for a long video, so that is done on first use. The hash is
    None if a file is gone or has changed since it was opened.
    """
    opened = [_identity(file) for file in files]

    def sha256() -> str | None:
        digest = hashlib.sha256()
        try:
            for file in files:
                with open_input(file, StimulusError) as content:
                    while block := content.read(_BLOCK_BYTES):
                        digest.update(block)
            unchanged = [_identity(file) for file in files] == opened
        except (OSError, StimulusError):
            return None
        return digest.hexdigest() if unchanged else None

    return LazyAttrs(values, {"sha256": sha256})


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
