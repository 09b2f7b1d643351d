"""All published properties in one table, joined by session, scan and unit id."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import WeightsError, listed, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.plain_arrays import read_header, read_npy
from insilico_wang2025.folders import is_file, read_table
from insilico_wang2025.properties import (
    COLUMNS,
    KEYS,
    LOCATIONS,
    READOUT,
    find_properties,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WEIGHTS = "readout_weights.npy"
N_WEIGHTS = 512
"""Of a unit: 128 channels of each of four streams."""

RESPONSES = "responses"
_ADVICE = "copy it again from the published data"

logger = logging.getLogger(__name__)


def joined_properties(directory: Path, *, weights: bool = True) -> pd.DataFrame | None:
    """The table of all property folders that `directory` leads to; None if it holds none.

    Parameters
    ----------
    directory : Path
        See :mod:`.properties` for where folders are looked for.
    weights : bool
        Whether the weights of the readout are columns ``readout_weight_0`` to ``_511``.

    Returns
    -------
    pandas.DataFrame or None
        Columns ``session``, ``scan_idx``, ``unit_id``; ``animal_id`` if a ``metadata.csv``
        has it; then those of each folder under their published names, ``readout_x`` and
        ``readout_y`` being the locations (-1 to 1). ``attrs`` has ``folders``,
        ``missing``, ``notes`` and, of each folder, ``metadata``.

    Raises
    ------
    WeightsError
        If a table is damaged or has a unit twice, or an array has another number of rows
        than its table.
    """
    folders = find_properties(directory).folders
    if not folders:
        return None
    notes: list[str] = []
    joined: pd.DataFrame | None = None
    for name in (READOUT, *COLUMNS):
        if name not in folders:
            continue
        table = _table(folders[name], name, weights, notes)
        if joined is None:
            joined, first = table, name
        else:
            joined = _join(joined, table, (first, name), notes)
    assert joined is not None  # noqa: S101 - one of the folders is there
    metadata = {name: _metadata(path, notes) for name, path in folders.items()}
    joined = _with_animal(joined, metadata)
    missing = [name for name in (READOUT, *COLUMNS) if name not in folders]
    if missing:
        logger.warning(
            "There is no folder %s in %s, so those columns are not in the table.",
            listed(missing),
            quoted(directory.name),
        )
    joined.attrs = {
        "folders": {name: str(path) for name, path in folders.items()},
        "missing": missing,
        "notes": notes,
        "metadata": {
            k: v.to_dict("list") for k, v in metadata.items() if v is not None
        },
    }
    if about := _responses(directory, folders):
        joined.attrs["responses"] = about
    return joined


def _table(path: Path, name: str, weights: bool, notes: list[str]) -> pd.DataFrame:
    """One folder: its table, and of the readout its arrays, row by row."""
    columns = [] if name == READOUT else [*COLUMNS[name]]
    text = ("brain_area",)
    table = read_table(path / "units.csv", (*KEYS, *columns), text=text)
    twice = table.duplicated(list(KEYS))
    if twice.any():
        raise WeightsError(
            f"{name}/units.csv has {int(twice.sum())} units twice; {_ADVICE}."
        )
    if name != READOUT:
        return table
    parts = [table]
    locations = _array(path / LOCATIONS, (len(table), 2), notes)
    if locations is not None:
        parts.append(pd.DataFrame(locations, columns=["readout_x", "readout_y"]))
    if weights:
        values = _array(path / WEIGHTS, (len(table), N_WEIGHTS), notes)
        if values is not None:
            names = [f"readout_weight_{k}" for k in range(N_WEIGHTS)]
            parts.append(pd.DataFrame(values, columns=names))
    return pd.concat(parts, axis=1)


def _array(path: Path, shape: tuple[int, int], notes: list[str]) -> NDArray[Any] | None:
    """An array of floats of this shape; None, and a note, if it is not there."""
    if not is_file(path):
        notes.append(f"There is no {path.name}, so those columns are not in the table.")
        return None
    with (
        open_input(path, WeightsError) as file,
        reading(path.name, WeightsError, _ADVICE),
    ):
        found, dtype = read_header(file, path.name)
        if found != shape or dtype.kind != "f":
            raise WeightsError(
                f"{path.name} is {dtype} {list(found)}, and its units.csv needs numbers "
                f"{list(shape)}; both must be of one version."
            )
        return read_npy(path, path.name, WeightsError)


def _join(
    joined: pd.DataFrame, table: pd.DataFrame, names: tuple[str, str], notes: list[str]
) -> pd.DataFrame:
    """Both tables by the identity of units; the order is that of the first."""
    both = joined.merge(
        table, on=list(KEYS), how="outer", indicator="_from", sort=False
    )
    only = both["_from"].value_counts()
    for side, name, other in (
        ("left_only", names[1], "the folders before"),
        ("right_only", "the folders before", names[1]),
    ):
        if only.get(side, 0):
            notes.append(
                f"{int(only[side])} units of {other} are not in {name} and have no values "
                "there."
            )
    order = _places(joined, both)
    return both.iloc[order].drop(columns="_from").reset_index(drop=True)


def _places(first: pd.DataFrame, both: pd.DataFrame) -> NDArray[np.intp]:
    """Rows of `both` in the order of `first`, then those that it lacks."""
    index = pd.MultiIndex.from_frame(first[list(KEYS)])
    rank = index.get_indexer(pd.MultiIndex.from_frame(both[list(KEYS)]))
    rank = np.where(rank < 0, len(first), rank)
    return np.argsort(rank, kind="stable")


def _metadata(path: Path, notes: list[str]) -> pd.DataFrame | None:
    """``metadata.csv`` of a folder, a row for each scan; None if it is not there."""
    if not is_file(path / "metadata.csv"):
        return None
    from insilico_gui.untrusted.tables import read_csv

    what = f"metadata.csv in {quoted(path.name, marks='')}"
    return read_csv(path / "metadata.csv", what, WeightsError, _ADVICE)


def _with_animal(
    joined: pd.DataFrame, metadata: dict[str, pd.DataFrame | None]
) -> pd.DataFrame:
    """The table with the animal of each scan, if a metadata table says it."""
    scan = list(KEYS[:2])
    for table in metadata.values():
        if table is None or not {"animal_id", *scan} <= {*table}:
            continue
        animals = table[[*scan, "animal_id"]].drop_duplicates(scan)
        merged = joined[list(KEYS)].merge(animals, on=scan, how="left")
        joined.insert(3, "animal_id", merged["animal_id"].to_numpy())
        break
    return joined


def _responses(directory: Path, folders: Any) -> dict[str, Any] | None:
    """Where the published responses lie, and how large they are; they are not read."""
    for path in (
        directory / RESPONSES,
        *(f.parent / RESPONSES for f in folders.values()),
    ):
        file = path / "responses.npy"
        if is_file(file):
            with open_input(file, WeightsError) as opened:
                with reading(file.name, WeightsError, _ADVICE):
                    shape, _ = read_header(opened, file.name)
            return {"folder": str(path), "shape": list(shape)}
    return None
