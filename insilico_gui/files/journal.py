"""Several renames as one: they are recorded first, so that the next process completes them.

A staging folder holds ``new`` (the files to be renamed), ``old`` (the files that had the
names before) and, once everything in ``new`` is complete, ``journal``.
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
    """Kind, size and time of a file or folder, to recognise it; None if it is missing.

    They are kept by a rename, and by changes deeper inside a folder. Inodes are left out,
    since network disks may change them.
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
        Names, with / between folders, of the files in ``new``.
    stale : list of str
        Names of files to be removed.
    before : dict of str to Identity or None
        Files that had these names when the plan was made; others are not moved.
    made : list of str
        Folders to be created first.
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
    """Record a plan; from then on it will be carried out."""
    draft = staging / f"{JOURNAL}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(plan), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, staging / JOURNAL)


def read(staging: Path, folder: Path) -> Plan | None:
    """The recorded plan, if any; one that leads out of the folder is an OSError."""
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
    """Carry out the remaining steps of a plan; returns the names that are skipped.

    A name is skipped if another file has got it since the plan was made.
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
    """Undo the steps of a plan, and remove the journal."""
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
