"""One process at a time in a folder."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(folder: Path, name: str) -> Iterator[bool]:
    """Hold a folder; the system lets go of it when this process ends, however it ends.

    Yields
    ------
    bool
        Whether it is the one held: its last holder may have removed it just now.

    Raises
    ------
    SessionError
        If another process holds it, to download the file `name`.
    """
    try:
        import fcntl
    except ImportError:  # Windows: a file that is in use cannot be removed there
        yield True
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks lock no folders
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SessionError(
                    f"{quoted(name)} is being downloaded by another process; wait until "
                    "that is done."
                ) from error
        yield folder.is_dir() and os.path.samestat(os.fstat(number), folder.stat())
    finally:
        os.close(number)
