"""Provenance of a stimulus, where some of it is worked out only when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


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

    def __getitem__(self, key: str) -> Any:
        if key not in self._values and key in self._later:
            self._values[key] = self._later[key]()
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r}, later={list(self._later)!r})"


def file_attrs(path: Path, values: Mapping[str, Any]) -> LazyAttrs:
    """Attributes of a stimulus that comes from one file.

    Adds ``file`` (its name without the folder, which says nothing to others) and
    ``sha256`` of its content. Hashing a long video takes seconds, so that is done on
    first use; it is None if the file is gone or has changed since it was opened.
    """
    opened = _identity(path)

    def sha256() -> str | None:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest if _identity(path) == opened else None
        except OSError:
            return None

    return LazyAttrs({"file": path.name, **values}, {"sha256": sha256})


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
