"""Several renames as one: written down first, so that whoever comes next completes them.

A staging folder holds ``new`` (what is to get its name), ``old`` (what had the names
before) and, from the moment on that everything in ``new`` is complete, ``journal``.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NEW, OLD, JOURNAL = "new", "old", "journal"

Identity = list[int]


def identity(path: Path) -> Identity | None:
    """By what a file or folder is known again; None if there is nothing.

    A rename keeps it, and so does what changes deeper inside a folder. Inodes are left
    out: not every network disk keeps them.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    kind = stat.S_IFMT(status.st_mode)
    size = 0 if stat.S_ISDIR(kind) else status.st_size
    return [kind, size, status.st_mtime_ns]


@dataclass(frozen=True)
class Plan:
    """Renames that belong together.

    Attributes
    ----------
    written : list of str
        Names, with / between folders, of what is in ``new``.
    stale : list of str
        Names of what goes without being replaced.
    before : dict of str to Identity or None
        What had these names when the plan was made: nothing else is moved away.
    made : list of str
        Folders that have to be made first.
    """

    written: list[str]
    stale: list[str]
    before: dict[str, Identity | None]
    made: list[str]

    @classmethod
    def of(
        cls,
        folder: Path,
        written: Sequence[str],
        stale: Sequence[str],
        before: Mapping[str, Identity | None],
    ) -> Plan:
        """The plan for names in a folder."""
        inner = {
            parent.as_posix()
            for name in written
            for parent in Path(name).parents
            if parent != Path() and not (folder / parent).is_dir()
        }
        known = {name: before[name] for name in (*written, *stale)}
        return cls([*written], [*stale], known, sorted(inner))


def write(staging: Path, plan: Plan) -> None:
    """Write a plan down; once this returns, it will be carried out."""
    draft = staging / f"{JOURNAL}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(plan), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, staging / JOURNAL)


def read(staging: Path, folder: Path) -> Plan | None:
    """The plan that was written down, if any.

    Raises
    ------
    OSError
        If it leads out of the folder: it came from elsewhere and is not carried out.
    """
    try:
        text = (staging / JOURNAL).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        plan = Plan(**json.loads(text))
        names = {*plan.written, *plan.stale, *plan.before, *plan.made}
        safe = not any((staging / inner).is_symlink() for inner in (NEW, OLD))
        safe = safe and all(_is_inside(folder, name) for name in names)
    except (ValueError, TypeError, AttributeError) as cause:
        raise OSError(None, f"{JOURNAL} is damaged") from cause
    if not safe:
        raise OSError(None, f"{JOURNAL} leads out of the folder")
    return plan


def forward(staging: Path, folder: Path, plan: Plan) -> list[str]:
    """Do what is left to do of a plan.

    Returns
    -------
    list of str
        Names under which there is now something that was not there when the plan was
        made. It is left where it is, and nothing is done for that name.
    """
    blocked = []
    for name in plan.made:
        (folder / name).mkdir(exist_ok=True)
    for name in (*plan.written, *plan.stale):
        new, there = staging / NEW / name, identity(folder / name)
        published = name in plan.written and not os.path.lexists(new)
        if there is None or published:
            continue
        if there == plan.before[name]:
            old = staging / OLD / name
            old.parent.mkdir(parents=True, exist_ok=True)
            (folder / name).rename(old)
        elif name in plan.written:
            blocked.append(name)
    for name in plan.written:
        new = staging / NEW / name
        if name not in blocked and os.path.lexists(new):
            new.rename(folder / name)
    return blocked


def back(staging: Path, folder: Path, plan: Plan) -> None:
    """Undo what has been done of a plan, and forget it."""
    for name in reversed(plan.written):
        new = staging / NEW / name
        if not os.path.lexists(new) and os.path.lexists(folder / name):
            new.parent.mkdir(parents=True, exist_ok=True)
            (folder / name).rename(new)
    for name in plan.before:
        old = staging / OLD / name
        if os.path.lexists(old):
            old.rename(folder / name)
    (staging / JOURNAL).unlink()
    for name in reversed(plan.made):
        # Nothing but an empty folder goes
        if (folder / name).is_dir() and not any((folder / name).iterdir()):
            (folder / name).rmdir()


def _is_inside(folder: Path, name: str) -> bool:
    path = Path(name)
    parents = [parent for parent in path.parents if parent != Path()]
    return not (
        path.is_absolute()
        or path.drive
        or ".." in path.parts
        or not path.parts
        or any((folder / parent).is_symlink() for parent in parents)
    )
