"""The library: responses on disk, so that an equal run is not computed a second time.

An entry is a folder whose name is the hash of all that its responses depend on. It holds
``responses.zarr`` and ``entry.json`` with the hash of every file, and gets its name when it
is complete, so a process that is killed leaves no entry. Hashes are compared whenever an
entry is read: a damaged entry is removed and computed again. Several processes may use a
library at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from insilico_gui.errors import ExportError, InsilicoError
from insilico_gui.export import load_responses
from insilico_gui.files import claim, settle
from insilico_gui.settings import read_settings
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import xarray as xr

FORMAT = "insilico_gui library entry"
ENTRY = "entry.json"
RESPONSES = "responses.zarr"

_KEY_LETTERS = frozenset("0123456789abcdef")
_BLOCK = 2**20

logger = logging.getLogger(__name__)


class LibraryError(InsilicoError):
    """The library cannot be used."""


@dataclass(frozen=True)
class Entry:
    """Responses in a library.

    Attributes
    ----------
    key : str
        Hash of all that the responses depend on, 64 hexadecimal digits.
    session, stimulus : str
        For people.
    n_bytes : int
        Size on disk.
    used : float
        When it was last used, in seconds since 1970.
    """

    key: str
    session: str
    stimulus: str
    n_bytes: int
    used: float


def key_of(parts: Mapping[str, Any]) -> str:
    """Key of an entry: SHA-256 of the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Library:
    """Responses on disk by the hash of what they depend on.

    Parameters
    ----------
    folder : path, optional
        Default: ``INSILICO_LIBRARY``, the user's settings, or a folder in the user's
        cache.
    max_gb : float, optional
        Least recently used entries are removed above this size, in gigabytes. Default:
        ``INSILICO_LIBRARY_GB``, or the user's settings.
    max_days : float, optional
        Entries that were not used for so many days are removed. Default:
        ``INSILICO_LIBRARY_DAYS``, or the user's settings.

    Raises
    ------
    LibraryError
        If the folder cannot be made.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        max_gb: float | None = None,
        max_days: float | None = None,
    ) -> None:
        settings, problem = read_settings()
        if problem:
            logger.warning("%s", problem)
        chosen = folder or os.environ.get("INSILICO_LIBRARY") or settings.library_folder
        home = user_cache_path("insilico_gui", appauthor=False) / "responses"
        self.folder = Path(chosen).expanduser() if chosen else home
        self.max_gb = _setting(max_gb, "INSILICO_LIBRARY_GB", settings.library_gb)
        self.max_days = _setting(
            max_days, "INSILICO_LIBRARY_DAYS", settings.library_days
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"The folder {self.folder} for responses cannot be made "
                f"({error.strerror}); choose another one in the settings of the library, "
                "or set INSILICO_LIBRARY."
            ) from error

    def get(self, key: str) -> xr.DataArray | None:
        """Responses of an entry, read lazily; None if there is none that is whole.

        A damaged entry is removed, which the log tells.
        """
        settle(self.folder)
        place = self.folder / key
        if not place.is_dir():
            return None
        try:
            self._verify(place)
            responses = load_responses(place / RESPONSES)
        except (InsilicoError, OSError, ValueError, KeyError, TypeError) as error:
            logger.warning(
                "The responses %s in the library are damaged and are computed again.",
                key[:12],
            )
            logger.debug("Damaged entry", exc_info=error)
            self.remove(key)
            return None
        _touch(place)
        return responses

    def compute(
        self,
        key: str,
        encode: Callable[[Path | None], xr.DataArray],
        about: Mapping[str, str],
    ) -> xr.DataArray:
        """Responses of an entry that is not there, which `encode` computes and writes.

        Parameters
        ----------
        key : str
        encode : callable(store)
            Computes the responses and writes them to `store`, a ``.zarr`` path, unless
            that is None.
        about : mapping
            ``session`` and ``stimulus``, for people.

        Returns
        -------
        xarray.DataArray
            Read from the library; where another process is writing the same entry, as
            `encode` returned them.
        """
        try:
            held = claim(self.folder, [key], LibraryError)
        except LibraryError as error:  # another process computes the same
            logger.info("Not kept in the library: %s", error)
            return encode(None)
        with held:
            new = held.new / key
            new.mkdir()
            encode(new / RESPONSES)
            files = _hashes(new)
            entry = {
                "format": FORMAT,
                "key": key,
                **about,
                "bytes": sum(file.stat().st_size for file in _files(new)),
                "files": files,
            }
            (new / ENTRY).write_text(json.dumps(entry), encoding="utf-8")
            held.publish([key])
        responses = load_responses(self.folder / key / RESPONSES)
        self.trim(keep=key)
        return responses

    def entries(self) -> list[Entry]:
        """All entries, the one that was used last first."""
        found = []
        for place in self._places():
            try:
                about = _read_entry(place)
                entry = Entry(
                    place.name,
                    str(about["session"]),
                    str(about["stimulus"]),
                    int(about["bytes"]),
                    (place / ENTRY).stat().st_mtime,
                )
            except (InsilicoError, OSError, ValueError, KeyError, TypeError):
                entry = Entry(place.name, "damaged", "", 0, 0.0)
            found.append(entry)
        return sorted(found, key=lambda entry: -entry.used)

    def remove(self, key: str) -> None:
        """Remove an entry, whether it is whole or not."""
        place = self.folder / key
        if _is_key(key) and place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)

    def clear(self) -> int:
        """Remove all entries; returns how many there were."""
        entries = self.entries()
        for entry in entries:
            self.remove(entry.key)
        return len(entries)

    def trim(self, keep: str = "") -> None:
        """Remove entries that are too old, and those used least recently if too many."""
        oldest = time.time() - self.max_days * 86_400
        left = self.max_gb * 1e9
        for entry in self.entries():
            left -= entry.n_bytes
            if entry.key != keep and (left < 0 or entry.used < oldest):
                self.remove(entry.key)

    def _places(self) -> Iterator[Path]:
        for place in self.folder.iterdir():
            if _is_key(place.name) and place.is_dir() and not place.is_symlink():
                yield place

    def _verify(self, place: Path) -> None:
        """Refuse an entry whose files are not those that were written."""
        about = _read_entry(place)
        if about["key"] != place.name or _hashes(place) != about["files"]:
            raise ValueError("its files are not those that were written")


def used_at(entry: Entry) -> str:
    """When an entry was last used, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))


def summary(library: Library, entries: Sequence[Entry]) -> str:
    """How many entries there are, how large they are, and how much may be kept."""
    total = sum(entry.n_bytes for entry in entries) / 1e9
    return (
        f"{len(entries)} entries, {total:.2f} GB of {library.max_gb:g} GB, kept for "
        f"{library.max_days:g} days after they were last used"
    )


def _is_key(name: str) -> bool:
    return len(name) == 64 and set(name) <= _KEY_LETTERS


def _read_entry(place: Path) -> dict[str, Any]:
    with open_input(place / ENTRY, ExportError, limit="text_bytes") as file:
        about = json.loads(file.read())
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError("it is no entry of a library")
    return about


def _files(place: Path) -> list[Path]:
    return sorted(p for p in place.rglob("*") if p.is_file() and p.name != ENTRY)


def _hashes(place: Path) -> dict[str, str]:
    """SHA-256 of every file of an entry but the one that lists them."""
    found = {}
    for file in _files(place):
        digest = hashlib.sha256()
        with open_input(file, ExportError) as content:
            while block := content.read(_BLOCK):
                digest.update(block)
        found[file.relative_to(place).as_posix()] = digest.hexdigest()
    return found


def _touch(place: Path) -> None:
    """Remember that an entry was used, where the disk may be written."""
    try:
        os.utime(place / ENTRY)
    except OSError:
        logger.debug("The time of use could not be written", exc_info=True)


def _setting(given: float | None, variable: str, default: float) -> float:
    if given is not None:
        return given
    try:
        return float(os.environ.get(variable, default))
    except ValueError as error:
        raise LibraryError(
            f"The environment variable {variable} is no number; set it to one, such as "
            f"{default:g}."
        ) from error
