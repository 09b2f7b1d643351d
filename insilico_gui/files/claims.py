"""Reserving names in a folder: one writer at a time, without remains of killed ones.

A claim is a hidden staging folder, ``.insilico-`` and 16 hexadecimal digits, in the
folder of the output. Its file ``claim`` names the process and the files; the folder is
locked as long as the process runs. The next process that writes or reads in the folder
(:func:`settle`) completes or removes the staging folders of killed processes. Claims are
made, published and settled under a lock on the folder itself, which is held briefly.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import weakref
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import quoted
from insilico_gui.files import journal, locks
from insilico_gui.files.checks import shown, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from insilico_gui.errors import InsilicoError

PREFIX = ".insilico-"
CLAIM = "claim"
MARK = "insilico_gui staging"

_STAGING = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}")
_BEGIN = json.dumps({"format": MARK})[:-1]  # beginning of the text of every claim


class Claim:
    """Names in a folder that are reserved for writing until the claim is closed.

    Made by :func:`claim`. The files are written into :attr:`new` under the same names, and
    moved to their place by :meth:`publish`. A claim is closed at the end of its context,
    or when it is garbage-collected.

    Attributes
    ----------
    folder : Path
    names : tuple of str
        All files that may be written or removed.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        error: type[InsilicoError],
        staging: Path,
        release: Callable[[], None],
    ) -> None:
        self.folder = folder
        self.names = tuple(names)
        self._error = error
        self._staging = staging
        self._before = {name: journal.identity(folder / name) for name in names}
        self.close = weakref.finalize(self, _close, staging, release, os.getpid())

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def new(self) -> Path:
        """A folder to write into, on the disk of the target."""
        path = self._staging / journal.NEW
        path.mkdir(exist_ok=True)
        return path

    def publish(self, written: Sequence[str], stale: Sequence[str] = ()) -> None:
        """Move the files `written` in :attr:`new` to their names, and remove the `stale`.

        All of them or none are moved: if the process is killed meanwhile, the files are as
        before, or the next process in the folder completes the moves. If another program
        has written one of the names since the claim was made, or the file system fails,
        an error is raised and the files are as before.
        """
        with writing(self.folder / self.names[0], self._error):
            with _locked(self.folder):
                for name in (*written, *stale):
                    if journal.identity(self.folder / name) != self._before[name]:
                        raise self._error(
                            f"{shown(self.folder / name)} was written by another "
                            "program meanwhile and was left as it is; choose another "
                            "name."
                        )
                self._rename(written, stale)
            _empty(self._staging)
            for name in (*written, *stale):
                self._before[name] = journal.identity(self.folder / name)

    def _rename(self, written: Sequence[str], stale: Sequence[str]) -> None:
        if len(written) == 1 and not stale and "/" not in written[0]:
            new, target = (
                self._staging / journal.NEW / written[0],
                self.folder / written[0],
            )
            if not os.path.lexists(target) or not (target.is_dir() or new.is_dir()):
                os.replace(new, target)  # one step already
                return
        plan = journal.Plan.of(self.folder, written, stale, self._before)
        journal.write(self._staging, plan)
        try:
            journal.forward(self._staging, self.folder, plan)
        except BaseException:
            # If this fails too, the next one to come here goes forward again
            journal.back(self._staging, self.folder, plan)
            raise


def claim(folder: Path, names: Sequence[str], error: type[InsilicoError]) -> Claim:
    """Reserve names of files and folders (with / between folders) in an existing folder.

    Messages name the first one. If another process writes one of them, an `error` tells
    which process, and since when.
    """
    with writing(folder / names[0], error), _locked(folder):
        for staging in _stagings(folder):
            try:
                release = locks.lock(staging)
            except FileNotFoundError:  # its writer has just ended
                continue
            if release is None:
                _refuse_overlap(folder, names, _who(staging), error)
                continue
            try:
                blocked = _finish(staging, folder)
            finally:
                release()
            for name in {*blocked} & {*names}:
                raise error(
                    f"{shown(folder / name)} stands where an interrupted export was to "
                    "go; move it away and try again."
                )
        return _make(folder, names, error)


def settle(folder: Path) -> None:
    """Complete or remove the staging folders of killed writers in a folder.

    Called before files are read that belong together. On a disk that is read-only,
    nothing is done.
    """
    with suppress(OSError, ValueError):  # a zero byte in a name is a ValueError
        if not any(_stagings(folder)):
            return
        with _locked(folder):
            for staging in _stagings(folder):
                with suppress(FileNotFoundError):  # its writer has just ended
                    release = locks.lock(staging)
                    if release is None:
                        continue
                    try:
                        _finish(staging, folder)
                    finally:
                        release()


@contextmanager
def publishing(
    target: Path, error: type[InsilicoError], held: Claim | None = None
) -> Iterator[Path]:
    """A path of the same name to write to, which replaces `target` without an error.

    An existing claim `held` is used if it is given; see :func:`.check_target` for checks.
    """
    mine = held or claim(target.parent, [target.name], error)
    try:
        with writing(target, error):
            yield mine.new / target.name
        mine.publish([target.name])
    finally:
        if held is None:
            mine.close()


def _make(folder: Path, names: Sequence[str], error: type[InsilicoError]) -> Claim:
    staging = folder / f"{PREFIX}{secrets.token_hex(8)}"
    staging.mkdir(mode=0o700)
    release = locks.lock(staging)
    if release is None:
        raise OSError(None, "a new folder was locked by somebody else")
    who = {
        "format": MARK,
        "names": [*names],
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    try:
        draft = staging / f"{CLAIM}.new"
        draft.write_text(json.dumps(who), encoding="utf-8")
        os.replace(draft, staging / CLAIM)
        return Claim(folder, names, error, staging, release)
    except BaseException:
        _clear(staging)
        release()
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    release = locks.lock(folder, wait=True)
    try:
        yield
    finally:
        if release is not None:
            release()


def _stagings(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        found = [
            entry.name
            for entry in entries
            if entry.name.startswith(PREFIX)
            and _STAGING.fullmatch(entry.name)
            and entry.is_dir(follow_symlinks=False)
        ]
    yield from (folder / name for name in sorted(found))


def _who(staging: Path) -> dict[str, Any]:
    """Content of the file ``claim``; empty if it is damaged."""
    try:
        text = (staging / CLAIM).read_text(encoding="utf-8")
        content = json.loads(text) if text.startswith(_BEGIN) else {}
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _refuse_overlap(
    folder: Path, names: Sequence[str], who: dict[str, Any], error: type[InsilicoError]
) -> None:
    taken = {os.path.normcase(name) for name in who.get("names", ())}
    for name in names:
        if os.path.normcase(name) not in taken:
            continue
        writer = f"process {who.get('pid')}"
        if who.get("host") != socket.gethostname():
            writer += f" on {quoted(who.get('host'), marks='')}"
        elif who.get("pid") == os.getpid():
            writer = f"this program (process {os.getpid()})"
        since = quoted(str(who.get("since")).replace("T", " "), marks="")
        raise error(
            f"{shown(folder / name)} is being written by {writer} since {since}; wait "
            "until it is done, or choose another name."
        )


def _finish(staging: Path, folder: Path) -> list[str]:
    """Complete or remove a staging folder; returns the names that block it."""
    if _who(staging):
        plan = journal.read(staging, folder)
        if plan is not None:
            blocked = journal.forward(staging, folder, plan)
            if blocked:
                return blocked
    _clear(staging)
    return []


def _close(staging: Path, release: Callable[[], None], pid: int) -> None:
    """End a claim, unless this is a fork of the process that made it."""
    if pid != os.getpid():
        return
    try:
        # With a journal, what is left of an undoing that failed is for the next one
        if not (staging / journal.JOURNAL).exists():
            _clear(staging)
    finally:
        release()


def _empty(staging: Path) -> None:
    """Remove the replaced files, then the journal."""
    shutil.rmtree(staging / journal.OLD, ignore_errors=True)
    shutil.rmtree(staging / journal.NEW, ignore_errors=True)
    for name in (journal.JOURNAL, f"{journal.JOURNAL}.new"):
        with suppress(OSError):
            (staging / name).unlink()


def _clear(staging: Path) -> None:
    """Remove a staging folder, as far as it holds what this module put there.

    The claim goes last: a folder without one holds nothing else.
    """
    if _who(staging):
        _empty(staging)
    with suppress(OSError):
        draft = staging / f"{CLAIM}.new"
        text = draft.read_bytes()[: len(_BEGIN)]
        if text == _BEGIN.encode()[: len(text)]:
            draft.unlink()
    for name in (locks.LOCK_FILE, locks.SOFT_LOCK_FILE):
        with suppress(OSError):
            (staging / name).unlink()
    with suppress(OSError):
        if os.listdir(staging) == [CLAIM] and _who(staging):
            (staging / CLAIM).unlink()
        staging.rmdir()
