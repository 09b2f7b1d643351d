"""Optional tables of positions; none is published with the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_drosophila.files.root_ids import check_ids
from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

NEUROPILS_FILE = "neuropil_positions.csv"
NEURONS_FILE = "neuron_positions.csv"

_AXES = ["x", "y", "z"]
_ADVICE = "give numbers in µm, or remove it"


def neuropil_positions(
    folder: Path, names: Sequence[str]
) -> NDArray[np.float64] | None:
    """Positions [P, 3] in µm from ``neuropil_positions.csv``; NaN for missing rows.

    None if there is no such file.
    """
    path = folder / NEUROPILS_FILE
    if not path.is_file():
        return None
    table = _read(path, "neuropil").set_index("neuropil")
    return table[_AXES].reindex(list(names)).to_numpy(np.float64)


def neuron_positions(
    folder: Path, root_ids: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """Positions [N, 3] in µm from ``neuron_positions.csv``; see above."""
    path = folder / NEURONS_FILE
    if not path.is_file():
        return None
    table = _read(path, "root_id")
    if table["root_id"].dtype.kind != "i":
        raise WeightsError(
            f"{path.name} has root ids that are no whole numbers of 64 bits; a "
            "spreadsheet may have rounded them, so write the table again."
        )
    check_ids(table["root_id"].to_numpy(), path.name)
    return table.set_index("root_id")[_AXES].reindex(root_ids).to_numpy(np.float64)


def _read(path: Path, key: str) -> pd.DataFrame:
    table = read_csv(path, path.name, WeightsError, _ADVICE)
    missing = [name for name in (key, *_AXES) if name not in table]
    if missing:
        raise WeightsError(
            f"{path.name} has no column {', '.join(missing)}; it needs {key}, x, y, z."
        )
    if any(table[axis].dtype.kind not in "fiu" for axis in _AXES):
        raise WeightsError(f"{path.name} has positions that are no numbers; {_ADVICE}.")
    if not table[key].is_unique:
        raise WeightsError(f"{path.name} has a {key} more than once; {_ADVICE}.")
    return table
