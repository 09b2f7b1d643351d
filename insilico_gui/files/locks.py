"""Locks on folders, which the kernel releases when their holder ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Release = Callable[[], None]

LOCK_FILE = ".insilico-lock"
"""Made where the system cannot lock a folder itself: on Windows, and over NFS."""

PATIENCE_S = 60.0
"""How long to wait for another process that holds a folder for a moment."""

_POLL_S = 0.005


def lock(folder: Path, *, wait: bool = False) -> Release | None:
    """Lock a folder against everybody who asks for the same, in any process.

    Parameters
    ----------
    folder : Path
    wait : bool
        Whether to wait until it is free.

    Returns
    -------
    callable, or None
        Releases the lock; None if somebody else has it.

    Raises
    ------
    OSError
        If the folder cannot be locked, or was not free for :data:`PATIENCE_S`.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (release := _try(folder)) is None and wait:
        if time.monotonic() > deadline:
            raise TimeoutError(None, "another process does not let go of the folder")
        time.sleep(_POLL_S)
    return release


def _try(folder: Path) -> Release | None:
    if sys.platform != "win32":
        import fcntl

        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            return None
        except OSError:  # NFS locks files only
            os.close(number)
        else:
            return lambda: os.close(number)
    file = FileLock(folder / LOCK_FILE, timeout=0, thread_local=False)
    try:
        file.acquire()
    except Timeout:
        return None
    return lambda: file.release(force=True)
