"""What is there: a data root scanned by the files present, without reading weights.

Looked at are the model folders of a root
(``encoding_models/modality-*/train_dataset-*/model-*``); the folder given may be the
root, any folder on that path, or one within a model's folder. The id of a model is made
of the names of the three folders; names that earlier versions gave them count as the
current ones. The files of a model may be of any generation.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_berg import catalogue
from insilico_berg.tree_files import METADATA, WEIGHTS, Key, files, scan_model
from insilico_gui.errors import SessionError

if TYPE_CHECKING:
    from insilico_berg.tree_files import Found

_TREE = ("encoding_models", "modality-*", "train*_dataset-*", "model-*")
_PARTS = (
    re.compile(r"modality-(.+)"),
    re.compile(r"train(?:ing)?_dataset-(.+)"),
    re.compile(r"model-(.+)"),
)
# Model folders that were copied out of their tree and are of one model only.
_ALONE = {
    "model-fwrf": catalogue.VOXELS,
    "model-3DCNN": catalogue.MOUSE,
    "model-mouse": catalogue.MOUSE,
}


@dataclass(frozen=True)
class Entry:
    """One instance of a model: a subject, a region of a subject, or a scan.

    Attributes
    ----------
    model : str
        Id of the model.
    key : Key
        Which instance.
    weights : tuple of Path
        Its files, in the order in which they are used; empty if there are none.
    metadata : Path or None
        Its metadata, if they are there.
    obstacle : str
        Why it cannot be opened, as one sentence; empty if it can.
    """

    model: str
    key: Key
    weights: tuple[Path, ...]
    metadata: Path | None
    obstacle: str

    @property
    def name(self) -> str:
        """E.g. ``subject-1_roi-V1``."""
        return self.key.name


@dataclass(frozen=True)
class Catalogue:
    """Everything found below a folder.

    Attributes
    ----------
    models : dict of str to dict of str to Entry
        Entries by id of the model and name, both in a fixed order. Some may be known
        by their metadata only.
    """

    models: dict[str, dict[str, Entry]]

    def ready(self, model: str) -> list[Entry]:
        """Entries of one model that can be opened."""
        return [e for e in self.models.get(model, {}).values() if not e.obstacle]

    def find(self, model: str, name: str) -> Entry:
        """One entry that can be opened.

        Raises
        ------
        SessionError
            If it is not there, or cannot be opened; says why.
        """
        entry = self.models.get(model, {}).get(name)
        if entry is None:
            ready = [other.name for other in self.ready(model)]
            have = ", ".join(ready[:8]) + (", ..." if len(ready) > 8 else "")
            raise SessionError(
                f"There are no weights of {name} for {model} in this folder (found: "
                f"{have or 'none'}); choose one of those, or another folder."
            )
        if entry.obstacle:
            raise SessionError(entry.obstacle)
        return entry

    def absent(self) -> dict[str, list[str]]:
        """Of each known model, the names that are known and cannot be opened."""
        return {
            model.id: [
                name
                for name in model.names
                if name not in {entry.name for entry in self.ready(model.id)}
            ]
            for model in catalogue.KNOWN.values()
        }


def scan_tree(directory: Path) -> Catalogue:
    """Look for models; a folder with none gives an empty catalogue.

    Raises
    ------
    SessionError
        If a folder may not be read.
    """
    found: dict[str, list[Found]] = {}
    for folder in _model_folders(directory):
        model = _model_id(folder)
        if model in catalogue.KNOWN:
            found.setdefault(model, []).append(scan_model(model, folder))
    models = {
        model: {entry.name: entry for entry in _entries(model, folders)}
        for model, folders in sorted(found.items())
    }
    return Catalogue({model: entries for model, entries in models.items() if entries})


def _entries(model: str, folders: list[Found]) -> list[Entry]:
    """Weights and metadata of one instance may lie in two folders of the model."""
    keys = {key for found in folders for key in (*found.weights, *found.metadata)}
    entries = []
    for key in sorted(keys, key=_order):
        weights = [found.weights[key] for found in folders if key in found.weights]
        metadata = [found.metadata[key] for found in folders if key in found.metadata]
        # Those without an obstacle first; of these the first folder's.
        best = min(weights, key=lambda files: bool(files.obstacle), default=None)
        obstacle = (
            f"The weights of {key.name} for {model} are missing (only its metadata are "
            "there); add them."
            if best is None
            else best.obstacle
        )
        entries.append(
            Entry(
                model,
                key,
                () if best is None else best.paths,
                next(iter(metadata), None),
                obstacle,
            )
        )
    return entries


def _order(key: Key) -> tuple[object, ...]:
    rois = catalogue.VOXEL_ROIS
    place = rois.index(key.roi) if key.roi in rois else len(rois)
    return key.subject, key.session, key.scan, place, key.roi


def _model_folders(directory: Path) -> list[Path]:
    """Each once; current names before those given up, with which they share an id."""
    here = Path(os.path.abspath(directory))
    candidates = [p for p in (here, here.parent) if _PARTS[2].fullmatch(p.name)]
    for start in range(len(_TREE)):
        candidates += here.glob("/".join(_TREE[start:]))
    folders = {path.resolve(): path for path in candidates if os.path.isdir(path)}
    return sorted(folders.values(), key=lambda path: (not _is_current(path), path))


def _names(folder: Path) -> tuple[str, str, str]:
    return folder.parent.parent.name, folder.parent.name, folder.name


def _is_current(folder: Path) -> bool:
    names = (name.partition("-")[2] for name in _names(folder))
    return "-".join(names) in catalogue.KNOWN


def _model_id(folder: Path) -> str:
    """Id of the model; empty if it cannot be told."""
    parts = []
    for pattern, name in zip(_PARTS, _names(folder), strict=True):
        match = pattern.fullmatch(name)
        if match is None:
            return _ALONE.get(folder.name) or _transformer_id(folder)
        parts.append(match[1])
    return catalogue.model_id(*parts)


def _transformer_id(folder: Path) -> str:
    """Which of the two models a ``model-vit_b_32`` outside its tree is."""
    if any(name.startswith("LinearRegression") for name in files(folder, WEIGHTS)):
        return catalogue.EEG
    from insilico_berg.metadata import read_metadata

    for name, path in files(folder, METADATA).items():
        if name.endswith(".npy"):
            return (
                catalogue.EEG
                if "eeg" in read_metadata(path).content
                else catalogue.VERTICES
            )
    return ""
