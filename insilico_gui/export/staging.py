"""Writing files that appear complete, all together, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_gui.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def refuse_folders(target: Path, names: Sequence[str]) -> None:
    """Refuse to replace folders by the files `names` beside `target`.

    Raises
    ------
    ExportError
        Naming the folder.
    """
    for name in names:
        if target.with_name(name).is_dir():
            raise ExportError(
                f"{target.with_name(name)} is a folder, which a file cannot replace; "
                "choose another name."
            )


@contextmanager
def staged(target: Path, names: Sequence[str], stale: Sequence[str]) -> Iterator[Path]:
    """A hidden folder beside `target` to write into; its files move out on success.

    Whatever goes wrong, an interrupt included, the hidden folder is removed and the
    files that were there before are as they were.

    Parameters
    ----------
    target : Path
        Names the folder; not touched itself.
    names : sequence of str
        Files or folders that will have been written, to be moved beside `target` in
        place of any of the same name.
    stale : sequence of str
        Files of an earlier export that this one does not replace, to be removed.

    Yields
    ------
    Path
        The hidden folder.
    """
    hidden = Path(
        tempfile.mkdtemp(
            prefix=f".{target.name}.", suffix=".partial", dir=target.parent
        )
    )
    try:
        yield hidden
        _publish(hidden, target.parent, names, stale)
    except BaseException:
        if not list(hidden.glob("before/*")):  # else the only copy of earlier files
            shutil.rmtree(hidden, ignore_errors=True)
        raise
    shutil.rmtree(hidden, ignore_errors=True)


def _publish(
    hidden: Path, folder: Path, names: Sequence[str], stale: Sequence[str]
) -> None:
    if len(names) == 1 and not stale and not (folder / names[0]).is_dir():
        os.replace(hidden / names[0], folder / names[0])
        return
    before = hidden / "before"
    before.mkdir()
    try:
        for name in (*names, *stale):
            if (folder / name).exists():
                (folder / name).rename(before / name)
        for name in names:
            (hidden / name).rename(folder / name)
    except BaseException:
        for name in names:
            if (folder / name).exists() and not (hidden / name).exists():
                (folder / name).rename(hidden / name)
        for old in before.iterdir():
            old.rename(folder / old.name)
        raise
