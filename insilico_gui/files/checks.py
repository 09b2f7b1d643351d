"""Checks of targets before the work begins, and errors of the file system in words."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_gui.errors import MAX_ECHO, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_gui.errors import InsilicoError

LONGEST_NAME = 255
"""In bytes, if the system does not report it."""

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another disk",
    errno.EDQUOT: "your disk quota is used up; free some space",
    errno.EFBIG: "the file is larger than the system allows; write it in parts",
    errno.EACCES: "you may not write there; choose another folder",
    errno.EPERM: "you may not write there; choose another folder",
    errno.EROFS: "that disk is read-only; choose another folder",
    errno.ENOENT: "the folder does not exist; create it first",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ELOOP: "the path leads through links in a circle; choose another one",
}


@contextmanager
def writing(target: str | Path, error: type[InsilicoError]) -> Iterator[None]:
    """Turn failures of the file system into one sentence of the type `error`."""
    try:
        yield
    except OSError as cause:
        said = quoted(cause.strerror or cause, marks="")
        reason = _REASONS.get(cause.errno or 0, f"the system says: {said}")
        raise error(f"Cannot write {shown(target)}: {reason}.") from cause


def shown(path: str | Path) -> str:
    """A path for a message; a long path is cut at its beginning."""
    text = str(path)
    if len(text) > 4 * MAX_ECHO or len(Path(text).name) > MAX_ECHO:
        text = f"...{text[3 - MAX_ECHO :]}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def check_target(path: Path, overwrite: bool, error: type[InsilicoError]) -> None:
    """Raise `error` if a file or folder cannot be written, or exists without `overwrite`.

    A link is never replaced: its target may belong to something else.
    """
    name = shown(path)
    with writing(path, error):
        if "\0" in str(path) or path.name in ("", ".", ".."):
            raise error(f"{name} cannot be the name of a file; choose another one.")
        if not path.parent.is_dir():
            raise error(
                f"Cannot write {name}: the folder {shown(path.parent)} does not exist."
            )
        _check_length(path, error)
        if path.is_symlink():
            raise error(
                f"{name} is a link to {shown(path.readlink())}, which output does not "
                "replace; give the name that it leads to, or another one."
            )
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise error(
                f"{name} is a pipe or a device, which output does not replace; choose "
                "another name."
            )
        if path.exists() and not overwrite:
            raise error(
                f"{name} exists already; choose another name, or replace it with "
                "overwrite=True (--overwrite).",
                in_window=f"{name} exists already; choose another name, or tick "
                "“Replace an existing file”.",
            )
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise error(
                f"Cannot write {name}: you may not write in {shown(path.parent)}; choose "
                "another folder."
            )


def refuse_folder(path: Path, error: type[InsilicoError]) -> None:
    """Refuse to replace a folder by a file."""
    if path.is_dir():
        raise error(
            f"{shown(path)} is a folder, which a file cannot replace; choose another "
            "name."
        )


def require_space(folder: Path, n_bytes: int, error: type[InsilicoError]) -> None:
    """Raise `error` if the disk of `folder` has less than `n_bytes` free."""
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise error(
            f"The result needs {n_bytes / 1e9:.2g} GB but {folder} has only "
            f"{free / 1e9:.2g} GB free; free some space, select fewer units, or choose "
            "another disk."
        )


def _check_length(path: Path, error: type[InsilicoError]) -> None:
    try:
        longest = os.pathconf(path.parent, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        longest = LONGEST_NAME
    length = len(os.fsencode(path.name))
    if length > longest:
        raise error(
            f"The name {quoted(path.name)} would have {length} bytes, and the disk "
            f"allows {longest}; choose a shorter one."
        )
