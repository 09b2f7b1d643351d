"""The one door through which input files come in.

Whatever is read, a stimulus, a table, weights, an earlier export, is opened or checked
here first: a regular file of a believable size. A pipe or a device would hang or fill
the memory. What a parser raises on a damaged file leaves as one sentence.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_input(
    path: str | os.PathLike[str],
    error: type[InsilicoError],
    *,
    limit: str = "file_bytes",
) -> Iterator[BinaryIO]:
    """Open a regular file for reading bytes.

    Parameters
    ----------
    path : path
    error : type
        What is raised if there is no such file, it may not be read, is no regular file,
        or is larger than allowed.
    limit : str
        Its size is checked against this one of :data:`.limits.LIMITS`.

    Yields
    ------
    binary file
    """
    name = quoted(Path(path).name or os.fspath(path), marks="")
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to waits for ever
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    # A zero byte in the name is a ValueError
    except (OSError, ValueError) as cause:
        raise error(_not_opened(name, cause)) from cause
    try:
        _check(name, os.fstat(number), error, limit)
    except BaseException:
        os.close(number)
        raise
    with os.fdopen(number, "rb") as file:
        yield file


def as_path(given: object, error: type[InsilicoError]) -> Path:
    """What names a file or folder as a path, with ``~`` for the user's own folder.

    Raises
    ------
    InsilicoError
        Of the type `error`, if it is no text or path, or nobody's folder.
    """
    if not isinstance(given, str | os.PathLike):
        raise error(
            f"A {type(given).__name__} is not the name of a file; give a path or text."
        )
    path = Path(os.fsdecode(given))
    try:
        return path.expanduser()
    except RuntimeError as cause:  # an unknown ~user
        raise error(f"{quoted(path)} is in the folder of no known user.") from cause


def check_input(
    path: str | os.PathLike[str],
    error: type[InsilicoError],
    *,
    limit: str = "file_bytes",
) -> Path:
    """Check a file that a library opens by its name, as :func:`open_input` does."""
    with open_input(path, error, limit=limit):
        return Path(path)


def check_folder(
    path: str | os.PathLike[str],
    error: type[InsilicoError],
    *,
    limit: str = "folder_entries",
) -> list[Path]:
    """Check a folder that a library opens, as :func:`check_input` does a file.

    Parameters
    ----------
    path : path
    error : type
        Raised if it is no folder, may not be read, has more files than allowed, or if
        anything in it is neither a folder nor a regular file.
    limit : str
        The number of files is checked against this one of :data:`.limits.LIMITS`.

    Returns
    -------
    list of Path
        All files, at any depth.
    """
    name = quoted(Path(path).name or os.fspath(path), marks="")
    if not os.path.isdir(path):
        raise error(f"{name} is no folder, or there is none; check its name.")
    files: list[Path] = []
    folders = [(Path(path), 0)]
    n_entries = 0
    while folders:
        folder, depth = folders.pop()
        # Links to folders are followed, and may lead back to where they are
        if depth > _MAX_DEPTH:
            raise error(f"{name} is nested too deeply, or holds itself; make it anew.")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    n_entries += 1
                    refuse_above(limit, n_entries, name, error)
                    mode = os.stat(entry.path).st_mode
                    if stat.S_ISDIR(mode):
                        folders.append((Path(entry.path), depth + 1))
                    elif stat.S_ISREG(mode):
                        files.append(Path(entry.path))
                    else:
                        raise error(
                            f"{name} holds {quoted(entry.name)}, a pipe or a device; "
                            "remove it."
                        )
        except OSError as cause:
            raise error(_not_opened(quoted(folder.name, marks=""), cause)) from cause
    return files


@contextmanager
def reading(what: str, error: type[InsilicoError], advice: str) -> Iterator[None]:
    """Turn whatever a parser raises into one sentence of the type `error`.

    Parameters
    ----------
    what : str
        Name of the file, or what it holds.
    error : type
    advice : str
        What to do, after a semicolon.
    """
    try:
        yield
    except InsilicoError:
        raise
    except MemoryError:
        raise error(f"{what} does not fit into memory; {advice}.") from None
    except Exception as cause:  # a damaged file can make a parser raise anything
        raise error(f"{what} cannot be read: {reason(cause)}; {advice}.") from cause


def reason(cause: Exception) -> str:
    """What a foreign exception says, as the middle of a sentence."""
    if isinstance(cause, KeyError) and cause.args:
        return f"it has no entry {quoted(cause.args[0])}"
    text = cause.strerror if isinstance(cause, OSError) else None
    lines = (text or str(cause)).strip().splitlines()
    return quoted(lines[0].rstrip("."), marks="") if lines else "it is damaged"


_BINARY = getattr(os, "O_BINARY", 0)
_MAX_DEPTH = 10


def _check(
    name: str, status: os.stat_result, error: type[InsilicoError], limit: str
) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise error(f"{name} is a folder, not a file; choose a file.")
    if not stat.S_ISREG(status.st_mode):
        raise error(
            f"{name} is a pipe or a device, not a file on a disk; copy what it gives to "
            "a file first."
        )
    refuse_above(limit, status.st_size, name, error)


def _not_opened(name: str, cause: Exception) -> str:
    if isinstance(cause, FileNotFoundError | NotADirectoryError):
        return f"There is no file {name}; check its name and folder."
    if isinstance(cause, PermissionError):
        return f"{name} may not be read; change its permissions or copy it."
    return f"{name} cannot be opened: {reason(cause)}; check its name and folder."
