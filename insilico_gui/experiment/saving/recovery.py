"""What is kept of experiments that are not saved, for the case that the window crashes.

Every window has a folder of its own, which is locked as long as its process runs; the
system lets go of the lock however that ends. In it lies the experiment as a file of an
experiment, written whole. A folder that nobody holds belonged to a process that is dead:
it is a leftover, and whoever finds it holds it, so that no two windows open the same.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_state_path

from insilico_gui.errors import ExperimentError, InsilicoError, quoted
from insilico_gui.experiment.saving import file
from insilico_gui.files import locks, publishing, settle
from insilico_gui.untrusted.text import PlainDataError, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from insilico_gui.experiment.document import ExperimentDocument

VARIABLE = "INSILICO_RECOVERY"
PREFIX = "window-"
KEPT = f"kept/experiment{file.SUFFIX}"
ABOUT = "kept/about.json"


def recovery_folder() -> Path:
    """The folder: ``INSILICO_RECOVERY``, or in the user's folder for states."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return user_state_path("insilico_gui", appauthor=False) / "recovery"


class _Held:
    """A folder of a window, held until it is let go of."""

    def __init__(self, folder: Path, release: locks.Release) -> None:
        self.folder = folder
        self._release: locks.Release | None = release

    def let_go(self) -> None:
        """Hold it no more; what is in it stays."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def remove(self) -> None:
        """Remove it."""
        with suppress(OSError), _locked(self.folder.parent):
            self.let_go()
            shutil.rmtree(self.folder, ignore_errors=True)


class Leftover(_Held):
    """An experiment that a window did not save before its process died.

    Attributes
    ----------
    folder : Path
    saved : datetime
        When it was written, in local time.
    path : Path or None
        File of the experiment, if it had one.
    """

    def __init__(self, folder: Path, release: locks.Release) -> None:
        super().__init__(folder, release)
        settle(folder / "kept")
        written = (folder / KEPT).stat().st_mtime
        self.saved = datetime.fromtimestamp(written).astimezone()
        self.path = _path_in(folder / ABOUT)

    def read(self) -> tuple[ExperimentDocument, dict[str, NDArray[Any]]]:
        """The document and its arrays.

        Raises
        ------
        ExperimentError
            If it is damaged.
        """
        return file.load(self.folder / KEPT)


class Recovery:
    """Keeps the experiment of one window on disk while it is not saved.

    Parameters
    ----------
    root : Path, optional
        Folder of all windows; default :func:`recovery_folder`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = recovery_folder() if root is None else root
        self._held: _Held | None = None
        self._path: tuple[Path | None] | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of this window, once there is something in it."""
        return None if self._held is None else self._held.folder

    def write(
        self,
        document: ExperimentDocument,
        arrays: Mapping[str, NDArray[Any]],
        path: Path | None,
    ) -> None:
        """Keep an experiment in place of what was kept before; in any thread.

        Parameters
        ----------
        document : ExperimentDocument
        arrays : mapping of str to array
            By their hashes.
        path : Path or None
            File of the experiment.

        Raises
        ------
        ExperimentError
            If it cannot be written.
        """
        folder = self._own_folder()
        if self._path != (path,):
            about = folder / ABOUT
            with publishing(about, ExperimentError) as partial:
                text = json.dumps({"path": None if path is None else str(path)})
                partial.write_text(text, encoding="utf-8")
            self._path = (path,)
        file.save(document, arrays, folder / KEPT)

    def adopt(self, leftover: Leftover) -> None:
        """Take a leftover over: it is the experiment of this window from now on."""
        self.clear()
        self._held = leftover
        self._path = (leftover.path,)

    def clear(self) -> None:
        """Keep nothing: the experiment is saved, or is not wanted."""
        held, self._held, self._path = self._held, None, None
        if held is not None:
            held.remove()

    def _own_folder(self) -> Path:
        if self._held is not None:
            return self._held.folder
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self._root):
                folder = self._root / f"{PREFIX}{secrets.token_hex(8)}"
                (folder / "kept").mkdir(parents=True, mode=0o700)
                release = locks.lock(folder)
        except OSError as error:
            raise ExperimentError(
                f"Nothing can be kept for a recovery in {quoted(self._root)} "
                f"({error.strerror}); set {VARIABLE} to another folder."
            ) from error
        if release is None:
            raise ExperimentError("A new folder was taken by another process.")
        self._held = _Held(folder, release)
        return folder


def find_leftovers(root: Path | None = None) -> list[Leftover]:
    """Experiments of processes that are dead, the latest first.

    Each is held by the caller until it is let go of, removed or adopted. What such a
    process left without an experiment in it is removed.
    """
    root = recovery_folder() if root is None else root
    found: list[Leftover] = []
    empty: list[_Held] = []
    if not root.is_dir():
        return found
    with suppress(OSError), _locked(root):
        for folder in sorted(root.iterdir()):
            if not folder.name.startswith(PREFIX) or folder.is_symlink():
                continue
            release = locks.lock(folder) if folder.is_dir() else None
            if release is None:  # its window is open
                continue
            try:
                found.append(Leftover(folder, release))
            except OSError:
                empty.append(_Held(folder, release))
    for held in empty:
        held.remove()
    return sorted(found, key=lambda leftover: leftover.saved, reverse=True)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the folder of all windows for a moment."""
    release = locks.lock(root, wait=True)
    try:
        yield
    finally:
        if release is not None:
            release()


def _path_in(about: Path) -> Path | None:
    try:
        values = read_json(about, "the recovery", ExperimentError)
        path = values.get("path")
    except (InsilicoError, PlainDataError, OSError, AttributeError):
        return None
    return Path(path) if isinstance(path, str) else None
