"""Several stimuli in one call: which of them are runs of their own, and their names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding.engine import lengths_of
from insilico_gui.errors import EncodingError, InsilicoError, StimulusError, quoted
from insilico_gui.files import check_target, shown, writing
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    Stimulus,
    open_stimulus,
)
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.stimuli.readers.opening import VIDEO_SUFFIXES
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES, natural_order
from insilico_gui.untrusted.door import as_path

if TYPE_CHECKING:
    from insilico_gui.session import Session
    from insilico_gui.stimuli import Fit

FILM_SUFFIXES = (VIDEO_SUFFIXES - IMAGE_SUFFIXES) | {".npy"}
"""Files of a folder that are stimuli of their own, if there are no images in it."""

OPENED = (Stimulus, ImageSet, ConditionTable, Drive, pd.DataFrame)


@dataclass(frozen=True)
class Failure:
    """A stimulus that could not be opened: why, in a sentence."""

    why: str


def several(session: Session, stimulus: Any, fit: Fit) -> dict[str, Any] | None:
    """Stimuli by name, if a run of its own is meant for each of them; else None.

    They are a mapping; a pattern such as ``clips/*.mp4``; a folder of videos; or a list
    of stimuli that cannot be one batch: for a session of video those of unequal length,
    for others any that are open, or files of them. Values are paths, stimuli, arrays, or
    a :class:`Failure`.
    """
    if _are_named(session, stimulus):
        return {_checked_name(name): one for name, one in stimulus.items()}
    if isinstance(stimulus, str | os.PathLike):
        return _in_place(session, stimulus)
    if not isinstance(stimulus, list | tuple) or len(stimulus) == 0:
        return None
    if is_video_session(session):
        return _unequal(session, stimulus, fit)
    if all(isinstance(one, OPENED) for one in stimulus):
        return named(stimulus)
    with_files = is_condition_session(session) or is_drive_session(session)
    if with_files and all(isinstance(one, str | os.PathLike) for one in stimulus):
        return named(stimulus)
    return None


def as_list(session: Session, stimulus: Any) -> Any:
    """What an iterator gives, such as ``Path("clips").glob("*.mp4")``; or as it is.

    Images of a pattern are a list of files too, for a session that takes images.
    """
    if isinstance(stimulus, Iterator):
        return [*stimulus]
    if is_image_session(session) and isinstance(stimulus, str | os.PathLike):
        files = _matching(stimulus)
        if files and all(file.suffix.lower() in IMAGE_SUFFIXES for file in files):
            return files
    return stimulus


def named(stimuli: Sequence[Any]) -> dict[str, Any]:
    """Stimuli by their own names, which become unique: ``clip.mp4``, ``clip.mp4 (2)``."""
    found: dict[str, Any] = {}
    for one in stimuli:
        base = _own_name(one)
        name, k = base, 2
        while name in found:
            name, k = f"{base} ({k})", k + 1
        found[name] = one
    return found


def behavior_of(
    behavior: Mapping[str, Any] | None, runs: Mapping[str, Any]
) -> dict[str, Any]:
    """The behaviour of each run that has one.

    Raises
    ------
    EncodingError
        If it is not given run by run, or for a run that there is not.
    """
    if not behavior:
        return {}
    for name, one in behavior.items():
        if name not in runs or not isinstance(one, Mapping):
            raise EncodingError(
                f"Each of {len(runs)} stimuli is a run of its own, with a behaviour of "
                "its own; give {name of the run: {name of the trace: array}}, and "
                f"{quoted(name)} is none of the runs."
                if name not in runs
                else f"The behaviour of the run {quoted(name)} is a "
                f"{type(one).__name__}; give {{name of the trace: array}}."
            )
    return dict(behavior)


def stores_of(
    stimuli: Iterable[str], folder: str | os.PathLike[str] | None, *, overwrite: bool
) -> dict[str, Path]:
    """Where the responses of each run are written, if a folder for them is named.

    Raises
    ------
    EncodingError
        If it is no folder, or a run is there already.
    """
    if folder is None:
        return {}
    parent = as_path(folder, EncodingError).expanduser()
    if parent.suffix.lower() == ".zarr":
        raise EncodingError(
            f"{shown(parent.name)} holds one run, and here are several; name a folder "
            "for them."
        )
    with writing(parent, EncodingError):
        parent.mkdir(parents=True, exist_ok=True)
    places: dict[str, Path] = {}
    for name in stimuli:
        base = re.sub(r'[\x00-\x1f/\\:*?"<>|]+', "-", name)
        file, k = f"{base}.zarr", 2
        while parent / file in places.values():
            file, k = f"{base} ({k}).zarr", k + 1
        check_target(parent / file, overwrite, EncodingError)
        places[name] = parent / file
    return places


def _are_named(session: Session, stimuli: Any) -> bool:
    """Whether they are a mapping of names, and no table or drive as plain data."""
    if not isinstance(stimuli, Mapping) or isinstance(stimuli, xr.Dataset):
        return False
    plain = is_condition_session(session) or is_drive_session(session)
    return len(stimuli) > 0 and (
        not plain or all(isinstance(one, OPENED) for one in stimuli.values())
    )


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise EncodingError(
            f"{quoted(name)} is no name of a run; give a text of 1 to 200 characters."
        )
    return name


def _own_name(stimulus: Any) -> str:
    if isinstance(stimulus, str | os.PathLike):
        name = Path(stimulus).name
    else:
        kind = "table" if isinstance(stimulus, pd.DataFrame) else "array"
        name = str(getattr(stimulus, "name", "") or kind)
    return name.strip()[:80] or "stimulus"


def _in_place(session: Session, path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Files of a pattern or of a folder of videos; None for any other path."""
    if files := _matching(path):
        return named(files)
    if not is_video_session(session) and not is_image_session(session):
        return None
    folder = os.path.expanduser(path)
    try:
        if not os.path.isdir(folder):
            return None
        found = [file for file in Path(folder).iterdir() if file.name[0] != "."]
    except (OSError, ValueError):  # told in one sentence when it is opened
        return None
    if any(file.suffix.lower() in IMAGE_SUFFIXES for file in found):
        return None  # the folder is one stimulus, or one set of images
    films = [file for file in found if file.suffix.lower() in FILM_SUFFIXES]
    return named(_ordered(films)) if films else None


def _matching(path: str | os.PathLike[str]) -> list[Path]:
    """The files of a pattern, in natural order; none if the path is no pattern.

    Raises
    ------
    StimulusError
        If no file matches.
    """
    pattern = os.path.expanduser(os.fspath(path))
    if not isinstance(pattern, str) or not glob.has_magic(pattern):
        return []
    try:
        if os.path.lexists(pattern):
            return []
        found = [Path(name) for name in glob.glob(pattern, recursive=True)]
    except (OSError, ValueError, re.error):  # told when it is opened
        return []
    if not found:
        raise StimulusError(
            f"There is no file like {quoted(Path(pattern).name)} in "
            f"{quoted(Path(pattern).parent)}; check the pattern and the folder."
        )
    return _ordered([file for file in found if not file.is_dir()] or found)


def _ordered(files: Sequence[Path]) -> list[Path]:
    return sorted(files, key=lambda file: (str(file.parent), natural_order(file.name)))


def _unequal(session: Any, stimuli: Sequence[Any], fit: Fit) -> dict[str, Any] | None:
    """Videos of a list that are no batch, as they differ in length or are not readable."""
    paths = [one for one in stimuli if isinstance(one, str | os.PathLike)]
    if paths and len(paths) < len(stimuli):
        raise EncodingError(
            "The list mixes paths with opened stimuli; open all of them, or none."
        )
    for path in paths:
        if not os.path.exists(os.path.expanduser(path)):
            open_stimulus(path)  # says so, before anything is encoded
    opened = [_opened(one) for one in stimuli] if paths else [*stimuli]
    whole = [one for one in opened if not isinstance(one, Failure)]
    lengths = lengths_of(session, whole, fit)
    if len(whole) == len(opened) and len(set(lengths)) == 1:
        return None
    names = named(stimuli)
    return dict(zip(names, opened, strict=True))


def _opened(path: str | os.PathLike[str]) -> Stimulus | Failure:
    try:
        return open_stimulus(path)
    except InsilicoError as error:
        return Failure(str(error))
