"""Where weights lie: the published folder, or a tree of encoding models.

Looked at, in this order, are

1. the folder itself, if it holds ``params_core.pt``;
2. its sub-folders that do;
3. ``encoding_models/modality-*/train_dataset-*/model-*/encoding_models_weights`` below
   it, or the rest of that path where the folder is one of those on the way.

A scan that is in several of them is taken from the first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError, WeightsError, listed, quoted
from insilico_gui.untrusted.tables import read_csv
from insilico_wang2025.ids import ScanKey

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CORE_FILE = "params_core.pt"
SCANS_FILE = "scans.csv"
UNITS_FILE = "units.csv"

_WHOLE_NUMBERS = ("session", "scan_idx", "unit_id", "readout_id", "units")

_TREE = (
    "encoding_models",
    "modality-*",
    "train_dataset-*",
    "model-*",
    "encoding_models_weights",
)


@dataclass(frozen=True)
class WeightsFolder:
    """A folder with the core's weights and those of any number of scans."""

    path: Path

    @property
    def core(self) -> Path:
        """Weights shared by all scans."""
        return self.path / CORE_FILE

    def params(self, key: ScanKey) -> Path:
        """Weights of one scan."""
        return self.path / f"params_{key.session}_{key.scan_idx}.pt"

    def metadata(self, key: ScanKey) -> Path | None:
        """Metadata of one scan in a tree of encoding models; None if not there."""
        if self.path.name != _TREE[-1]:
            return None
        folder = self.path.parent / "metadata"
        names = (key.name, f"session{key.session}_scan{key.scan_idx}")
        files = (folder / f"{name}_metadata.npy" for name in names)
        return next((file for file in files if is_file(file)), None)

    def scans(self) -> dict[ScanKey, int]:
        """Number of units of each scan in ``scans.csv``, present or not.

        Raises
        ------
        WeightsError
            If the table is missing or lacks columns.
        """
        table = read_table(self.path / SCANS_FILE, ("session", "scan_idx", "units"))
        rows = zip(table["session"], table["scan_idx"], table["units"], strict=True)
        return {ScanKey(int(s), int(k)): int(units) for s, k, units in rows}

    def present(self) -> dict[ScanKey, int]:
        """Number of units of each scan whose weights are here."""
        return {k: n for k, n in self.scans().items() if is_file(self.params(k))}


def weights_folders(directory: Path) -> list[WeightsFolder]:
    """All weights folders that `directory` leads to; see the module."""
    candidates = [directory, *_subfolders(directory)]
    for start in range(len(_TREE)):
        found = directory.glob("/".join(_TREE[start:]))
        # The older data-set folder has another name; the current one goes first.
        candidates += sorted(found, key=lambda p: ("wang_2025" not in str(p), p))
    holding = (path for path in candidates if is_file(path / CORE_FILE))
    return [WeightsFolder(p) for p in dict.fromkeys(path.resolve() for path in holding)]


def find_scans(directory: Path) -> dict[ScanKey, tuple[WeightsFolder, int]]:
    """Where each scan that can be opened is, and how many units it has."""
    found: dict[ScanKey, tuple[WeightsFolder, int]] = {}
    for folder in weights_folders(directory):
        for key, units in folder.present().items():
            found.setdefault(key, (folder, units))
    return dict(sorted(found.items()))


def find_scan(directory: Path, key: ScanKey) -> tuple[WeightsFolder, int]:
    """Where one scan is, and how many units it has.

    Returns
    -------
    folder : WeightsFolder
    n_units : int

    Raises
    ------
    SessionError
        Saying which of the files is missing.
    """
    found = find_scans(directory)
    if key in found:
        return found[key]
    folders = weights_folders(directory)
    if not folders:
        raise SessionError(
            f"{directory.name} does not hold {CORE_FILE}; choose the folder with the "
            "published weights, or fetch them with `insilico-gui fetch`."
        )
    missing = folders[0].params(key).name
    for folder in folders:
        if key in folder.scans():
            raise SessionError(
                f"{key.id} is in {SCANS_FILE}, but its weights {missing} are not in "
                f"{folder.path.name}; put that file there."
            )
    have = listed(other.name for other in found)
    raise SessionError(
        f"There is no scan {key.name} in {directory.name} (scans found: {have}); "
        "choose one of those, or another folder."
    )


def read_table(
    path: Path, columns: tuple[str, ...], text: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Read columns of a csv file: numbers, except those named in `text`.

    Raises
    ------
    WeightsError
        If the file or one of the columns is missing or holds something else.
    """
    where = f"{path.name} in {quoted(path.parent.name, marks='')}"
    if not is_file(path):
        raise WeightsError(
            f"{path.name} is missing in {quoted(path.parent.name, marks='')}; copy it "
            "there from the published data."
        )
    advice = "copy it again from the published data"
    table = read_csv(path, where, WeightsError, advice)
    missing = [name for name in columns if name not in table]
    if missing:
        raise WeightsError(
            f"{where} has no column {', '.join(missing)}; "
            "copy it again from the published data."
        )
    for name in columns:
        kinds = "iu" if name in _WHOLE_NUMBERS else "iuf"
        if name not in text and table[name].dtype.kind not in kinds:
            raise WeightsError(
                f"{where} has a column {name} with entries "
                "that are not numbers; copy it again from the published data."
            )
    return table[list(columns)]


def is_file(path: Path) -> bool:
    """Whether `path` is a file; False in folders that may not be read."""
    return os.path.isfile(path)


def _subfolders(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError as error:
        raise SessionError(
            f"{directory} cannot be read ({error.strerror}); choose another folder."
        ) from error
