"""Writing output so that it is either complete under its name or not there at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_gui.errors import InsilicoError


@contextmanager
def writing(target: str, error: type[InsilicoError]) -> Iterator[None]:
    """Turn failures of the file system into one sentence of the type `error`."""
    try:
        yield
    except OSError as cause:
        reasons = {
            errno.ENOSPC: "the disk is full; free some space or choose another disk",
            errno.EDQUOT: "your disk quota is used up; free some space",
            errno.EACCES: "you may not write there; choose another folder",
            errno.EPERM: "you may not write there; choose another folder",
            errno.EROFS: "that disk is read-only; choose another folder",
            errno.ENOENT: "the folder does not exist; create it first",
            errno.ENOTDIR: "part of the path is a file, not a folder",
        }
        reason = reasons.get(cause.errno or 0, f"the system says: {cause.strerror}")
        raise error(f"Cannot write {target}: {reason}.") from cause


@contextmanager
def atomic_write(target: Path, error: type[InsilicoError]) -> Iterator[Path]:
    """A path to write a file to, which becomes `target` if all goes well.

    It lies in a hidden folder beside `target`, which is gone in the end.

    Parameters
    ----------
    target : Path
        Replaced if it exists; see :func:`check_target`.
    error : type
        What failures of the file system raise; see :func:`writing`.

    Yields
    ------
    Path
        Of the same name.
    """
    with (
        writing(str(target), error),
        tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as d,
    ):
        partial = Path(d) / target.name
        yield partial
        publish(partial, target)


def check_target(path: Path, overwrite: bool, error: type[InsilicoError]) -> None:
    """Refuse a target that exists (unless `overwrite`) or whose folder does not."""
    if path.exists() and not overwrite:
        raise error(
            f"{path} exists already; choose another name, or replace it with "
            "overwrite=True (--overwrite).",
            in_window=f"{path} exists already; choose another name, or tick “Replace an "
            "existing file”.",
        )
    if not path.parent.is_dir():
        raise error(f"Cannot write {path}: the folder {path.parent} does not exist.")
    if not os.access(path.parent, os.W_OK):
        raise error(
            f"Cannot write {path}: you may not write in {path.parent}; choose another "
            "folder."
        )


def require_space(folder: Path, n_bytes: int, error: type[InsilicoError]) -> None:
    """Refuse output that cannot fit on the disk of `folder`, before any work is done."""
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise error(
            f"The result needs {n_bytes / 1e9:.2g} GB but {folder} has only "
            f"{free / 1e9:.2g} GB free; free some space, select fewer units, or choose "
            "another disk."
        )


def publish(partial: Path, target: Path) -> None:
    """Give complete output its name, in place of what had the name before.

    If that fails, what was there before is there again.
    """
    if not partial.is_dir():
        partial.replace(target)
        return
    if not target.exists():
        partial.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    target.rename(aside / target.name)
    try:
        partial.rename(target)
    except BaseException:
        (aside / target.name).rename(target)
        aside.rmdir()
        raise
    shutil.rmtree(aside)
