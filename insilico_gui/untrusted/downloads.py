"""Downloading a published file and checking that it is the published one."""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING

from insilico_gui.errors import InsilicoError, SessionError, UntrustedFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

BLOCK = 2**18
TIMEOUT_S = 30.0


class DownloadCancelled(InsilicoError):
    """A download was cancelled by the caller; nothing of it was kept."""


def download(
    url: str,
    path: Path,
    md5: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> None:
    """Stream a file to disk; `path` appears only when it is complete and checked.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    path : Path
        Where the file goes, in an existing folder. An older file is replaced.
    md5 : str, optional
        Published checksum in hexadecimal; without it nothing is checked.
    on_progress : callable, optional
        Called with bytes done and in all (0 = the server did not say).
    cancel : threading.Event, optional
        Once set, the download stops.

    Raises
    ------
    SessionError
        If the file cannot be fetched or does not fit on the disk.
    UntrustedFileError
        If the checksum differs.
    DownloadCancelled
        If `cancel` was set.
    """
    if not url.startswith(("http://", "https://")):
        raise SessionError(f"{url} is not a web address; use http or https.")
    partial = path.with_name(path.name + ".partial")
    try:
        found = _stream(url, partial, on_progress, cancel)
        if md5 is not None and found != md5.lower():
            raise UntrustedFileError(
                f"{path.name} is not the published file (its MD5 is {found} instead of "
                f"{md5}) and was not kept; download it again."
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _stream(
    url: str,
    path: Path,
    on_progress: Callable[[int, int], None] | None,
    cancel: Event | None,
) -> str:
    """Write what `url` gives to `path`; returns its MD5."""
    digest = hashlib.md5(usedforsecurity=False)  # the checksum that was published
    done = 0
    try:
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_S) as source,  # noqa: S310 (scheme checked by the caller)
            path.open("wb") as target,
        ):
            total = int(source.headers.get("Content-Length") or 0)
            _check_free(path, total)
            while block := source.read(BLOCK):
                if cancel is not None and cancel.is_set():
                    raise DownloadCancelled(f"The download of {url} was cancelled.")
                target.write(block)
                digest.update(block)
                done += len(block)
                if on_progress is not None:
                    on_progress(done, total)
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise SessionError(
            f"{url} could not be downloaded ({error}); check the connection and the "
            "free space on the disk, and try again."
        ) from error
    if done < total:
        raise SessionError(f"{url} broke off after {done} of {total} bytes; try again.")
    return digest.hexdigest()


def _check_free(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise SessionError(
            f"{path.parent} has {free / 2**20:.0f} MiB free, but "
            f"{size / 2**20:.0f} MiB are needed; make room or choose another folder."
        )
