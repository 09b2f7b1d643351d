"""The training set on disk: trials whose arrays are mapped when they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import FitError, quoted
from insilico_gui.untrusted.door import check_folder, open_input, reading
from insilico_gui.untrusted.plain_arrays import read_header
from insilico_wang2025.data import TRAINING
from insilico_wang2025.runs import UNITS_FILE, read_units_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_ADVICE = "write it again as a plain .npy array"
_SMALL = 2**16  # bytes of a file that are hashed whole
_BLOCK = 2**12  # else this many bytes at _BLOCKS places
_BLOCKS = 16


@dataclass(frozen=True)
class ArrayFile:
    """A ``.npy`` file whose header was read."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def name(self) -> str:
        """Folder and file."""
        return f"{self.path.parent.name}/{self.path.name}"

    def map(self) -> NDArray[Any]:
        """The array, mapped for reading."""
        with (
            open_input(self.path, FitError),
            reading(quoted(self.name), FitError, _ADVICE),
        ):
            found: NDArray[Any] = np.load(
                self.path, mmap_mode="r" if self.shape else None, allow_pickle=False
            )
        if found.shape != self.shape or found.dtype != self.dtype:
            raise FitError(
                f"{quoted(self.name)} was changed while it was in use; begin anew."
            )
        return found

    def digest_into(self, digest: Any) -> None:
        """Add the name, the size, and content of the file, large ones in samples."""
        with open_input(self.path, FitError) as file:
            size = file.seek(0, 2)
            digest.update(f"{self.name} {size}\n".encode())
            if size <= _SMALL:
                file.seek(0)
                digest.update(file.read())
                return
            for place in np.linspace(0, size - _BLOCK, _BLOCKS).astype(int).tolist():
                file.seek(place)
                digest.update(file.read(_BLOCK))


@dataclass(frozen=True)
class Trial:
    """One trial of a training set.

    Attributes
    ----------
    name : str
    files : mapping of str to ArrayFile
        By the sub-folders of the set.
    training : bool
        Whether it is learned from; else it is for validation.
    samples : int
        Frames.
    """

    name: str
    files: Mapping[str, ArrayFile]
    training: bool
    samples: int


@dataclass(frozen=True)
class TrainingSet:
    """All trials of a training set that passed its checks; :class:`.FitData`.

    Attributes
    ----------
    folder : Path
    trials : tuple of Trial
        In the order of their names.
    units : int
    frame_shape : (int, int)
        Height and width of the frames in pixels.
    fingerprint : str
    """

    folder: Path
    trials: tuple[Trial, ...]
    units: int
    frame_shape: tuple[int, int]
    fingerprint: str = field(repr=False)

    def of(self, training: bool) -> list[Trial]:
        """Trials for training, or those for validation."""
        return [trial for trial in self.trials if trial.training == training]

    def unit_table(self) -> pd.DataFrame | None:
        """Table of the units, if ``units.csv`` lies beside the sub-folders."""
        path = self.folder / UNITS_FILE
        return read_units_table(path, self.units) if path.is_file() else None

    def summary(self) -> dict[str, Any]:
        """See :meth:`.FitData.summary`."""
        return {
            "folder": self.folder.name,
            "units": self.units,
            "training_trials": len(self.of(True)),
            "validation_trials": len(self.of(False)),
            "training_frames": sum(trial.samples for trial in self.of(True)),
            "validation_frames": sum(trial.samples for trial in self.of(False)),
            "frame_shape": list(self.frame_shape),
        }


def find_files(folder: Path) -> tuple[dict[str, dict[str, Path]], list[str]]:
    """Files of each sub-folder by trial, and the names of all trials in order.

    Raises
    ------
    FitError
        If a sub-folder is missing.
    """
    found: dict[str, dict[str, Path]] = {}
    for part in TRAINING:
        if not (folder / part).is_dir():
            raise FitError(
                f"{quoted(folder.name)} has no sub-folder {part!r}, so it is no training "
                f"set; one has the sub-folders {', '.join(TRAINING)}."
            )
        files = check_folder(folder / part, FitError)
        found[part] = {
            path.stem: path
            for path in files
            if path.suffix == ".npy" and path.parent == folder / part
        }
    return found, sorted(set().union(*found.values()))


def read_file_header(path: Path) -> ArrayFile:
    """Shape and type of a ``.npy`` file.

    Raises
    ------
    InsilicoError
        If it is no plain array.
    """
    name = quoted(f"{path.parent.name}/{path.name}")
    with open_input(path, FitError) as file, reading(name, FitError, _ADVICE):
        shape, dtype = read_header(file, name)
        begins = file.tell()
        size = file.seek(0, 2) - begins
    if size < dtype.itemsize * int(np.prod(shape, dtype=object)):
        raise FitError(f"{name} was cut short; copy it again.")
    return ArrayFile(path, shape, dtype)


def looks_like_training_set(folder: Path) -> bool:
    """Whether a folder has the sub-folders of a training set."""
    return all((folder / part).is_dir() for part in TRAINING)


def digest(trials: tuple[Trial, ...]) -> str:
    """Hash of all that a fit reads; large files count by samples of their content."""
    sha = hashlib.sha256()
    for trial in trials:
        for part in TRAINING:
            trial.files[part].digest_into(sha)
    return f"sha256:{sha.hexdigest()}"
