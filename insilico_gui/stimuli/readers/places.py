"""Files and folders that a user names: what is there, or one sentence on why not."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.untrusted.door import reason

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


def named_path(
    source: str | os.PathLike[str], *, expand: bool = True
) -> tuple[Path, bool]:
    """The path that is meant, and whether it is a folder.

    Parameters
    ----------
    source : path
    expand : bool
        Whether ``~`` at its beginning is somebody's home; not in a specification.

    Raises
    ------
    StimulusError
        If nothing can be there, or it may not be looked at.
    """
    if not isinstance(source, str | os.PathLike):
        raise StimulusError(
            f"A {type(source).__name__} is no path; give the name of a file or a folder."
        )
    shown = quoted(os.path.basename(os.fspath(source)) or source)
    try:
        path = Path(source).expanduser() if expand else Path(source)
        mode = path.stat().st_mode if os.fspath(source) else 0
    except PermissionError as error:
        raise StimulusError(
            f"{shown} may not be read; change the permissions of its folder or copy it."
        ) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StimulusError(
            f"There is no file {shown}; check its name and folder."
        ) from error
    # A zero byte in the name is a ValueError, an unknown ~user a RuntimeError
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise StimulusError(
            f"{shown} cannot be opened: {reason(error)}; check its name and folder."
        ) from error
    if not mode:
        raise StimulusError("The name of a file is empty; choose a file or a folder.")
    return path, stat.S_ISDIR(mode)


def image_files(folder: Path) -> list[Path]:
    """The images in a folder in natural order, without those whose name begins with a dot.

    Raises
    ------
    StimulusError
        If there are none, or the folder may not be read.
    """
    name = quoted(folder.resolve().name, marks="")
    try:
        files = sorted(
            (file for file in folder.iterdir() if _is_image(file)),
            key=lambda file: natural_order(file.name),
        )
    except OSError as error:
        raise StimulusError(
            f"The folder {name} cannot be read: {reason(error)}; change its permissions "
            "or copy it."
        ) from error
    if not files:
        raise StimulusError(
            f"The folder {name} holds no images "
            f"({', '.join(sorted(IMAGE_SUFFIXES))}); choose a folder of images."
        )
    return files


def _is_image(file: Path) -> bool:
    if file.suffix.lower() not in IMAGE_SUFFIXES or file.name.startswith("."):
        return False
    # A broken link or a pipe is refused when it is opened: left out, a frame would be lost
    return not file.is_dir()


def natural_order(name: str) -> list[tuple[int, str]]:
    """Sort key by which numbers in names count as numbers: frame2 before frame10."""
    # Splitting puts the numbers at odd places: like is always compared with like
    parts = re.split(r"([0-9]+)", name.casefold())
    return [
        (int(part) if place % 2 else 0, "" if place % 2 else part)
        for place, part in enumerate(parts)
    ] + [(0, name)]


def gathered(files: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    """What is to be said of several files: each reason once, with whom it concerns.

    Parameters
    ----------
    files : list of (str, tuple of str)
        Names, and what was dropped or assumed.
    """
    by_reason: dict[str, list[str]] = {}
    for file, reasons in files:
        for each in reasons:
            by_reason.setdefault(each, []).append(file)
    return [
        f"{each} ({found[0]}" + (f" and {len(found) - 1} more)" if found[1:] else ")")
        for each, found in by_reason.items()
    ]
