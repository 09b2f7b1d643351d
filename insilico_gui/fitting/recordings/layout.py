"""The published layout of recordings, and its checks before anything is computed.

Training sets have ``<kind>/<trial>.npy``, evaluation sets ``<kind>/<video>/<repeat>.npy``.
Beside the sub-folders there may be ``units.csv`` with the ``unit_id`` of each column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.files import settle
from insilico_gui.untrusted.door import as_path, open_input, reading
from insilico_gui.untrusted.plain_arrays import read_header, read_npy
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

EVALUATION = ("stimuli", "perspectives", "modulations", "units")
TRAINING = ("training", "samples", *EVALUATION)

FRAME_RATE = 30.0
"""Of the stimuli, in Hz; all signals are sampled at their frames."""

UNITS_TABLE = "units.csv"

_ADVICE = "copy it again, or import the recording again"


@dataclass(frozen=True)
class Item:
    """One presentation of a clip: where its arrays are and what their headers say.

    Attributes
    ----------
    name : str
        ``<trial>.npy`` or ``<video>/<repeat>.npy``.
    n_frames, n_units : int
    frame_shape : (int, int)
    """

    folder: Path
    name: str
    n_frames: int
    n_units: int
    frame_shape: tuple[int, int]

    @property
    def video(self) -> str:
        """The clip that was shown."""
        return Path(self.name).parent.name

    def read(self, kind: str) -> NDArray[Any]:
        """One of its arrays, such as ``"units"`` float [n_frames, n_units].

        Raises
        ------
        FitError
            If it has become unreadable, or was replaced by another one.
        """
        what = f"{kind}/{quoted(self.name, marks='')}"
        with reading(what, FitError, _ADVICE):
            array = read_npy(self.folder / kind / self.name, what, FitError)
        n_rows = array.shape[0] if array.ndim else 1
        if array.ndim > 1 and n_rows != self.n_frames:
            raise FitError(f"{what} was changed while it was in use; begin again.")
        return array

    def frames(self) -> NDArray[np.uint8]:
        """The clip, uint8 [n_frames, H, W]."""
        return self.read("stimuli").reshape(self.n_frames, *self.frame_shape)


@dataclass(frozen=True)
class RecordedSet:
    """A training or evaluation set whose headers fit together.

    Attributes
    ----------
    folder : Path
    items : tuple of Item
        In the order of their names.
    unit_ids : array [U] or None
        From ``units.csv``, if there is one.
    """

    folder: Path
    items: tuple[Item, ...]
    unit_ids: NDArray[Any] | None

    @property
    def n_units(self) -> int:
        """Number of units; the same in all trials."""
        return self.items[0].n_units

    @property
    def n_frames(self) -> int:
        """Frames of all trials together."""
        return sum(item.n_frames for item in self.items)

    def videos(self) -> list[list[Item]]:
        """Repeats of each clip of an evaluation set."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.video, []).append(item)
        return list(found.values())


def open_evaluation_set(directory: str | os.PathLike[str]) -> RecordedSet:
    """Check the headers of an evaluation set; see :mod:`.layout`.

    Raises
    ------
    FitError
        If a file is missing in one of the sub-folders, or shapes or types do not fit.
    """
    return _opened(directory, EVALUATION, "*/*.npy")


def open_training_set(directory: str | os.PathLike[str]) -> RecordedSet:
    """Check the headers of a training set; see :func:`open_evaluation_set`."""
    return _opened(directory, TRAINING, "*.npy")


def _opened(
    directory: str | os.PathLike[str], kinds: tuple[str, ...], pattern: str
) -> RecordedSet:
    folder = as_path(directory, FitError)
    settle(folder)
    names = same_names(folder, kinds, pattern)
    items = tuple(_item(folder, name) for name in names)
    for of_all in ("n_units", "frame_shape"):
        seen = {getattr(item, of_all): item.name for item in items}
        if len(seen) > 1:
            (one, first), (other, second), *_ = seen.items()
            what = "units" if of_all == "n_units" else "pixels"
            raise FitError(
                f"{quoted(first, '')} has {_shown(one)} {what} and {quoted(second, '')} "
                f"has {_shown(other)}; all trials need the same, so import the recording "
                "again."
            )
    unit_ids = _unit_ids(folder, items[0].n_units)
    return RecordedSet(folder, items, unit_ids)


def same_names(folder: Path, kinds: Sequence[str], pattern: str) -> list[str]:
    """Names of the files, which all sub-folders have, in order.

    Raises
    ------
    FitError
        If a sub-folder is missing, empty, or lacks one of the files.
    """
    there = [kind for kind in kinds if (folder / kind).is_dir()]
    if len(there) < len(kinds):
        lacking = [kind for kind in kinds if kind not in there]
        raise FitError(
            f"{quoted(folder.name or folder)} has no folder {listed(lacking)}; give the "
            f"folder that holds {listed(kinds)}."
        )
    found = {
        kind: {
            path.relative_to(folder / kind).as_posix()
            for path in (folder / kind).glob(pattern)
        }
        for kind in kinds
    }
    every = sorted(set().union(*found.values()))
    for kind, names in found.items():
        missing = [name for name in every if name not in names]
        if missing or not names:
            raise FitError(
                f"The folder {kind!r} of {quoted(folder.name)} lacks "
                f"{quoted(missing[0]) if missing else 'all of its files'}; copy the data "
                "set again."
            )
    return every


def _item(folder: Path, name: str) -> Item:
    """An item whose arrays fit together by their headers."""
    shapes = {kind: _header(folder, kind, name) for kind in EVALUATION}
    stimuli, units = shapes["stimuli"][0], shapes["units"][0]
    _expect(
        len(stimuli) in (3, 4) and stimuli[3:] in ((), (1,)) and min(stimuli) > 0,
        "stimuli", name, shapes, "uint8 [frames, height, width, 1]",
    )  # fmt: skip
    _expect(
        shapes["stimuli"][1] == np.uint8,
        "stimuli", name, shapes, "uint8 [frames, height, width, 1]",
    )  # fmt: skip
    n_frames = stimuli[0]
    _expect(
        len(units) == 2 and units[0] == n_frames and units[1] > 0,
        "units", name, shapes, f"numbers [{n_frames}, units], a row for each frame",
    )  # fmt: skip
    for kind in ("perspectives", "modulations"):
        _expect(
            shapes[kind][0] == (n_frames, 2),
            kind, name, shapes, f"numbers [{n_frames}, 2], a row for each frame",
        )  # fmt: skip
    for kind in EVALUATION[1:]:
        _expect(shapes[kind][1].kind in "fiu", kind, name, shapes, "numbers")
    return Item(folder, name, n_frames, units[1], (stimuli[1], stimuli[2]))


def _header(
    folder: Path, kind: str, name: str
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    what = f"{kind}/{quoted(name, marks='')}"
    with (
        open_input(folder / kind / name, FitError) as file,
        reading(what, FitError, _ADVICE),
    ):
        return read_header(file, what)


def _expect(
    right: bool,
    kind: str,
    name: str,
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]],
    wanted: str,
) -> None:
    if not right:
        shape, dtype = shapes[kind]
        raise FitError(
            f"{kind}/{quoted(name, marks='')} is {dtype} {list(shape)}, and {wanted} is "
            "needed; import the recording again."
        )


def _unit_ids(folder: Path, n_units: int) -> NDArray[Any] | None:
    """Ids of the units from ``units.csv``, if it is there."""
    if not (folder / UNITS_TABLE).is_file():
        return None
    table = read_units_table(folder)
    if len(table) != n_units:
        raise FitError(
            f"{UNITS_TABLE} has {len(table)} rows and the recordings have {n_units} "
            "units; import the recording again."
        )
    return np.asarray(table["unit_id"].to_numpy())


def read_units_table(folder: Path) -> pd.DataFrame:
    """The table beside the sub-folders, a row for each unit, with ``unit_id``.

    Raises
    ------
    FitError
        If it is missing, is no table, or has no ``unit_id``.
    """
    table = read_csv(folder / UNITS_TABLE, UNITS_TABLE, FitError, _ADVICE)
    if "unit_id" not in table:
        raise FitError(f"{UNITS_TABLE} has no column 'unit_id'; {_ADVICE}.")
    return table


def _shown(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
