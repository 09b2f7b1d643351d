"""Files of one model folder: which instances they are of, in every generation."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from insilico_berg import catalogue
from insilico_gui.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WEIGHTS, METADATA = "encoding_models_weights", "metadata"

# The current spelling first.
_METADATA_NAMES = {
    catalogue.VOXELS: (r"metadata_sub-(?P<subject>\d+)_roi-(?P<roi>.+)\.npy",),
    catalogue.VERTICES: (r"metadata_subject-(?P<subject>\d+)\.npy",),
    catalogue.EEG: (
        r"metadata_subject-(?P<subject>\d+)\.npy",
        r"metadata_sub-(?P<subject>\d+)\.npy",
    ),
    catalogue.MOUSE: (
        r"session-(?P<session>\d+)_scan-(?P<scan>\d+)_metadata\.npy",
        r"session(?P<session>\d+)_scan(?P<scan>\d+)_metadata\.npy",
    ),
}


class Key(NamedTuple):
    """Which instance of a model: what it does not need is 0 or empty."""

    subject: int = 0
    roi: str = ""
    session: int = 0
    scan: int = 0

    @property
    def name(self) -> str:
        """E.g. ``subject-1_roi-V1``, ``subject-1`` or ``session-8_scan-5``."""
        if self.session:
            return catalogue.session_scan(self.session, self.scan)
        if self.roi:
            return catalogue.subject_roi(self.subject, self.roi)
        return catalogue.subject(self.subject)


@dataclass(frozen=True)
class WeightFiles:
    """The files of one instance, and why they cannot be used (empty if they can)."""

    paths: tuple[Path, ...]
    obstacle: str = ""


@dataclass(frozen=True)
class Found:
    """What a model folder has of each instance."""

    weights: dict[Key, WeightFiles]
    metadata: dict[Key, Path]


def scan_model(model: str, folder: Path) -> Found:
    """Look into the folder of a known model.

    Raises
    ------
    SessionError
        If the folder may not be read.
    """
    metadata: dict[Key, Path] = {}
    present = files(folder, METADATA)
    for pattern in _METADATA_NAMES[model]:
        for key, _, path in _matching(present, pattern):
            metadata.setdefault(key, path)
    return Found(_WEIGHTS[model](files(folder, WEIGHTS)), metadata)


def files(folder: Path, part: str) -> dict[str, Path]:
    """Files of one of the folders of a model, by name."""
    try:
        paths = sorted((folder / part).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SessionError(
            f"{folder / part} cannot be read ({error.strerror}); choose another folder."
        ) from error
    return {path.name: path for path in paths if os.path.isfile(path)}


def _matching(
    present: dict[str, Path], pattern: str
) -> Iterator[tuple[Key, dict[str, str], Path]]:
    for name, path in present.items():
        match = re.fullmatch(pattern, name)
        if match is None:
            continue
        groups = match.groupdict(default="")
        key = Key(
            int(groups.get("subject", 0)),
            groups.get("roi", ""),
            int(groups.get("session", 0)),
            int(groups.get("scan", 0)),
        )
        yield key, groups, path


def _voxels(present: dict[str, Path]) -> dict[Key, WeightFiles]:
    # Phases of the training end in "train_phase-02" and are not the published weights.
    pattern = (
        r"weights_sub-(?P<subject>\d+)_roi-(?P<roi>(?:(?!train_phase)[\w-])+?)"
        r"(?:_split-(?P<split>\d+))?\.pt"
    )
    parts: dict[Key, dict[int, Path]] = defaultdict(dict)
    for key, groups, path in _matching(present, pattern):
        parts[key][int(groups["split"] or 0)] = path
    found = {}
    for key, numbered in parts.items():
        if 0 in numbered:
            found[key] = WeightFiles((numbered[0],))
            continue
        paths = tuple(numbered[i] for i in sorted(numbered))
        obstacle = ""
        if len(paths) < 2 or sorted(numbered) != list(range(1, len(paths) + 1)):
            obstacle = (
                f"Of the weights of {key.name}, which are in several files, only "
                f"{' and '.join(path.name for path in paths)} is there; add the others."
            )
        found[key] = WeightFiles(paths, obstacle)
    return found


def _one_file(present: dict[str, Path]) -> dict[Key, WeightFiles]:
    pattern = r"weights_subject-(?P<subject>\d+)\.npy"
    return {key: WeightFiles((path,)) for key, _, path in _matching(present, pattern)}


def _eeg(present: dict[str, Path]) -> dict[Key, WeightFiles]:
    """One file a subject; before, two shared by all and one of each, which come last."""
    found = _one_file(present)
    for suffix in ("npy", "joblib"):
        names = [f"{stem}_param.{suffix}" for stem in ("StandardScaler", "pca")]
        shared = [present[name] for name in names if name in present]
        pattern = rf"LinearRegression_param_sub-(?P<subject>\d+)\.{suffix}"
        for key, _, path in _matching(present, pattern):
            obstacle = ""
            if suffix == "joblib":
                obstacle = (
                    f"{path.name} cannot be opened, because files of joblib can run any "
                    "code; use the .npy files that replaced them."
                )
            elif len(shared) < len(names):
                obstacle = f"{path.name} needs {' and '.join(names)} beside it."
            if key not in found or found[key].obstacle:
                found[key] = WeightFiles((*shared, path), obstacle)
    return found


def _scans(present: dict[str, Path]) -> dict[Key, WeightFiles]:
    core = "params_core.pt"
    pattern = r"params_(?P<session>\d+)_(?P<scan>\d+)\.pt"
    return {
        key: WeightFiles((present[core], path))
        if core in present
        else WeightFiles((path,), f"{path.name} needs {core} beside it.")
        for key, _, path in _matching(present, pattern)
    }


_WEIGHTS: dict[str, Callable[[dict[str, Path]], dict[Key, WeightFiles]]] = {
    catalogue.VOXELS: _voxels,
    catalogue.VERTICES: _one_file,
    catalogue.EEG: _eeg,
    catalogue.MOUSE: _scans,
}
