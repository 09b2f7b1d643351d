"""Locks on folders, which the kernel releases when the process ends or is killed."""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING

from filelock import FileLock, SoftFileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from filelock import BaseFileLock

    Release = Callable[[], None]

LOCK_FILE = ".insilico-lock"
"""Created if the system cannot lock a folder itself: on Windows, and over NFS."""

SOFT_LOCK_FILE = ".insilico-lock-by-existence"
"""Created if the system supports no locks."""

PATIENCE_S = 60.0
"""How long to wait for another process that holds a folder for a moment."""

_POLL_S = 0.005


def lock(folder: Path, *, wait: bool = False) -> Release | None:
    """Lock a folder, and return a function that releases it; None if it is locked.

    With `wait`, an OSError is raised if it is still locked after :data:`PATIENCE_S`.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (release := _try(folder)) is None and wait:
        if time.monotonic() > deadline:
            raise TimeoutError(None, "another process does not let go of the folder")
        time.sleep(_POLL_S)
    return release


def _try(folder: Path) -> Release | None:
    if sys.platform == "win32":
        return _of_library(FileLock(folder / LOCK_FILE, timeout=0, thread_local=False))
    try:
        return _flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), None)
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError):
            raise
    path = folder / LOCK_FILE
    try:  # NFS locks files only
        return _flock(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), path)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    # No locks on this disk: one by the existence of a file, with the process in it
    path.unlink(missing_ok=True)
    soft = SoftFileLock(folder / SOFT_LOCK_FILE, timeout=0, thread_local=False)
    return _of_library(soft)


def _flock(number: int, file: Path | None) -> Release | None:
    """Lock what was opened; a file that was made for it is removed with the lock."""
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        return None
    except OSError:
        os.close(number)
        raise
    if file is not None and not os.fstat(number).st_nlink:  # removed by its last holder
        os.close(number)
        return None

    def release() -> None:
        if file is not None:
            file.unlink(missing_ok=True)
        os.close(number)

    return release


def _of_library(found: BaseFileLock) -> Release | None:
    try:
        found.acquire()
    except Timeout:
        return None
    except FileExistsError:
        # The library makes sure of the folder, and falls over one that another writer
        # removes just then: it is that writer's, as if it were locked
        return None
    return lambda: found.release(force=True)
