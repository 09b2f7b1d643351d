"""Folders with models: which sessions are in them, and what is known of each.

A folder holds a model (``.h5`` or ``.npz``), ``region_index.csv``, perhaps
``session.json`` and ``region_centers.csv``; what a fit has written has its models in
folders ``models-<iteration>`` inside.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SessionError, WeightsError, listed, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.tables import read_csv
from insilico_gui.untrusted.text import read_json

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = "nnpoisson"
REGION_INDEX = "region_index.csv"
ABOUT = "session.json"
_MAX_FOLDERS = 1000
_MODELS = re.compile(r"models-(\d+)")


@dataclass(frozen=True)
class Place:
    """A model in a folder.

    Attributes
    ----------
    name : str
        Of the session, after the family.
    model : Path
    folder : Path
        Where its ``region_index.csv`` is, or would be.
    """

    name: str
    model: Path
    folder: Path


def places(directory: Path) -> list[Place]:
    """Models in a folder and in its folders, without opening them."""
    found = [
        Place(path.stem, path, directory) for path in _models_in(directory, directory)
    ]
    try:
        inside = sorted(path for path in directory.iterdir() if path.is_dir())
    except OSError:
        inside = []
    for folder in sorted(inside[:_MAX_FOLDERS], key=_order):
        own = (folder / REGION_INDEX).is_file()
        home = folder if own else directory
        models = _models_in(folder, home)
        for path in models:
            name = folder.name if len(models) == 1 else f"{folder.name}-{path.stem}"
            found.append(Place(name, path, home))
    return found


def _order(folder: Path) -> tuple[int, str]:
    """Folders of a fit by iteration, the last one first."""
    match = _MODELS.fullmatch(folder.name)
    return (-int(match[1]), folder.name) if match else (1, folder.name)


def _models_in(folder: Path, home: Path) -> list[Path]:
    """Files of a folder that are models by their first bytes."""
    has_index = (home / REGION_INDEX).is_file()
    found = [path for path in sorted(folder.glob("*.npz")) if _is_ours(path)]
    if has_index:
        found += [path for path in sorted(folder.glob("*.h5")) if path.is_file()]
    return found


def _is_ours(path: Path) -> bool:
    try:
        with (
            open_input(path, WeightsError, limit="weights_bytes") as file,
            zipfile.ZipFile(file) as archive,
        ):
            return {"about.npy", "neuro0/kernel.npy"} <= set(archive.namelist())
    except (WeightsError, OSError, ValueError, zipfile.BadZipFile):
        return False


def find_place(session_id: str, directory: Path | None) -> Place:
    """The model that a session's id names.

    Where a folder holds one model only, it may be called anything: the fitted network has
    no name of its own.

    Raises
    ------
    SessionError
        If there is none, or the name fits none of several.
    """
    family, _, name = session_id.partition("/")
    if family != FAMILY or not name:
        raise SessionError(
            f"{quoted(session_id)} is no session of this twin; name one like "
            f"{FAMILY}/NAME."
        )
    if directory is None:
        raise SessionError(
            f"{quoted(session_id)} needs the folder of its model; give it as directory."
        )
    known = places(directory)
    for place in known:
        if place.name == name:
            return place
    if len(known) == 1:
        return Place(name, known[0].model, known[0].folder)
    if not known:
        raise SessionError(
            f"{quoted(directory.name)} holds no model; give a folder with a model (.h5 or "
            f".npz) and {REGION_INDEX}."
        )
    raise SessionError(
        f"{quoted(directory.name)} holds no model {quoted(name)}; it has "
        f"{listed(place.name for place in known)}."
    )


def read_region_index(folder: Path) -> list[str] | None:
    """Names of regions in order of outputs, from ``region_index.csv``; None without one.

    Raises
    ------
    WeightsError
        If it is no such table: two columns, names and 0 to R - 1.
    """
    path = folder / REGION_INDEX
    if not path.exists():
        return None
    advice = "its columns are the name of a region and the number of its output"
    table = read_csv(path, REGION_INDEX, WeightsError, advice)
    if table.shape[1] != 2 or table.iloc[:, 1].dtype.kind not in "iu":
        raise WeightsError(f"{REGION_INDEX} is no index of regions: {advice}.")
    order = table.iloc[:, 1].tolist()
    if sorted(order) != list(range(len(order))):
        raise WeightsError(
            f"{REGION_INDEX} does not number its {len(order)} regions from 0 to "
            f"{len(order) - 1}; take the file that was saved with the model."
        )
    names = dict(zip(order, map(str, table.iloc[:, 0].tolist()), strict=True))
    if len(set(names.values())) < len(names):
        raise WeightsError(f"{REGION_INDEX} names a region twice; number each once.")
    return [names[k] for k in range(len(names))]


def read_about(folder: Path) -> dict[str, Any]:
    """What ``session.json`` says: see :class:`.ModelFile`; empty without one."""
    path = folder / ABOUT
    if not path.exists():
        return {}
    with reading(ABOUT, WeightsError, "remove it, or write it again"):
        about = read_json(path, ABOUT, WeightsError)
    if not isinstance(about, dict):
        raise WeightsError(f"{ABOUT} is no mapping of names to values; write it again.")
    return about
