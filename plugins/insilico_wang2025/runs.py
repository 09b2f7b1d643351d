"""Folders of fitted networks, which open as the session ``wang2025/run``. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SessionError, WeightsError, quoted
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.tables import read_csv
from insilico_gui.untrusted.text import read_json
from insilico_wang2025.ids import FAMILY
from insilico_wang2025.sizes import PUBLISHED, Sizes, sizes_of

if TYPE_CHECKING:
    import pandas as pd

RUN_ID = f"{FAMILY}/run"
RUN_FORMAT = "insilico_gui wang2025 run"
NETWORK_FILE = "network.json"
UNITS_FILE = "units.csv"


@dataclass(frozen=True)
class Run:
    """A folder that a fit wrote.

    Attributes
    ----------
    folder : Path
    sizes : Sizes
    units : int
    weights : Path
        The best weights if there are any, else the last ones.
    """

    folder: Path
    sizes: Sizes
    units: int
    weights: Path


def is_run_id(session_id: str) -> bool:
    """Whether an id names a fitted network."""
    return session_id.strip().lower() == RUN_ID


def is_run(folder: Path) -> bool:
    """Whether a folder holds the description of a fitted network."""
    try:
        return (folder / NETWORK_FILE).is_file() and bool(_about(folder / NETWORK_FILE))
    except WeightsError:
        return False


def find_run(folder: Path) -> Run:
    """The fitted network of a folder.

    Raises
    ------
    SessionError
        If the folder holds none, or its fit wrote no weights yet.
    WeightsError
        If its description is damaged.
    """
    path = folder / NETWORK_FILE
    if not path.is_file():
        raise SessionError(
            f"{quoted(folder.name)} holds no fitted network ({NETWORK_FILE}); give the "
            "folder that a fit wrote."
        )
    about = _about(path)
    units, names = about.get("units"), (about.get("best"), about.get("weights"))
    if not isinstance(units, int) or units < 1:
        raise WeightsError(f"{NETWORK_FILE} does not say how many units there are.")
    for name in names:
        if isinstance(name, str) and Path(name).name == name:
            weights = folder / name
            if weights.is_file():
                return Run(folder, sizes_of(about.get("sizes", {})), units, weights)
    raise SessionError(
        f"{quoted(folder.name)} has no weights yet; go on with its fit first."
    )


def sizes_beside(weights: Path) -> Sizes:
    """Sizes of the network of a file of weights: as published, unless a fit says so."""
    path = weights.parent / NETWORK_FILE
    return sizes_of(_about(path).get("sizes", {})) if path.is_file() else PUBLISHED


def read_sizes(path: Path) -> Sizes:
    """Sizes of a network from a JSON file of its own, or from that of a fit.

    Raises
    ------
    WeightsError
        If it is damaged or the sizes do not fit each other.
    """
    with reading(quoted(path.name), WeightsError, "give a mapping of sizes as JSON"):
        values = read_json(path, path.name, WeightsError)
        if isinstance(values, dict) and values.get("format") == RUN_FORMAT:
            values = values["sizes"]
    if not isinstance(values, dict):
        raise WeightsError(f"{quoted(path.name)} is no mapping of sizes; write one.")
    return sizes_of(values)


def run_units(run: Run) -> pd.DataFrame:
    """The unit table of a fitted network without positions: ``unit_id`` comes first.

    Raises
    ------
    WeightsError
        If ``units.csv`` is there and does not fit the network.
    """
    return read_units_table(run.folder / UNITS_FILE, run.units)


def read_units_table(path: Path, units: int) -> pd.DataFrame:
    """``units.csv`` beside a data set or a network; without one, units are numbered.

    Raises
    ------
    WeightsError
        If it has no unique whole-numbered ``unit_id`` for each of `units` units.
    """
    import pandas as pd

    if not path.is_file():
        return pd.DataFrame({"unit_id": range(units)})
    advice = "give one row for each column of the responses, with a unit_id"
    table = read_csv(path, path.name, WeightsError, advice)
    if (
        "unit_id" not in table
        or len(table) != units
        or table["unit_id"].dtype.kind not in "iu"
        or not table["unit_id"].is_unique
    ):
        raise WeightsError(
            f"{path.name} in {quoted(path.parent.name)} is no table of the {units} units; "
            f"{advice}."
        )
    return table[["unit_id", *(name for name in table if name != "unit_id")]]


def _about(path: Path) -> dict[str, Any]:
    with reading(NETWORK_FILE, WeightsError, "fit the network again"):
        about = read_json(path, NETWORK_FILE, WeightsError)
    if not isinstance(about, dict) or about.get("format") != RUN_FORMAT:
        raise WeightsError(
            f"{NETWORK_FILE} in {quoted(path.parent.name)} does not describe a fitted "
            "network; give the folder that a fit wrote."
        )
    return about
