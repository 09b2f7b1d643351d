"""Finding the files of a model, and saying which one is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_berg import catalogue
from insilico_berg.errors import ModelLoadError
from insilico_berg.tree import scan_tree

if TYPE_CHECKING:
    from pathlib import Path

    from insilico_berg.tree import Entry
    from insilico_berg.tree_files import Key

_SPLIT = ("lateral", "ventral")  # regions that were published in two files


def find_entry(directory: Path, model: str, key: Key) -> Entry:
    """One instance of a model whose weights are there.

    Raises
    ------
    ModelLoadError
        If they are not, or cannot be used; names the file.
    """
    entries = scan_tree(directory).models.get(model, {})
    entry = entries.get(key.name)
    if entry is None or not entry.weights:
        have = [other.name for other in entries.values() if other.weights]
        shown = ", ".join(have[:8]) + (", ..." if len(have) > 8 else "")
        raise ModelLoadError(
            f"The file {weights_file(model, key)} of {model} is missing below "
            f"{directory} (found: {shown or 'nothing of this model'}); put it into the "
            "folder encoding_models_weights of the model."
        )
    if entry.obstacle:
        raise ModelLoadError(entry.obstacle)
    return entry


def find_metadata(directory: Path, model: str, key: Key) -> Path | None:
    """The metadata of one instance; None if they are not there."""
    entry = scan_tree(directory).models.get(model, {}).get(key.name)
    return None if entry is None else entry.metadata


def weights_file(model: str, key: Key) -> str:
    """Name of the file with the weights, as it is published now."""
    if model == catalogue.MOUSE:
        return f"params_{key.session}_{key.scan}.pt"
    if model == catalogue.VOXELS:
        split = "_split-1" if key.roi in _SPLIT else ""
        return f"weights_sub-{key.subject:02}_roi-{key.roi}{split}.pt"
    return f"weights_subject-{key.subject:02}.npy"


def metadata_file(model: str, key: Key) -> str:
    """Name of the file with the metadata, as it is published now."""
    if model == catalogue.MOUSE:
        return f"{key.name}_metadata.npy"
    if model == catalogue.VOXELS:
        return f"metadata_sub-{key.subject:02}_roi-{key.roi}.npy"
    return f"metadata_subject-{key.subject:02}.npy"
