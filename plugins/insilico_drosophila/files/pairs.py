"""Reading the table of connected pairs, in Parquet, in blocks of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from insilico_drosophila.files.root_ids import ADVICE
from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.plain_arrays import check_memory
from insilico_gui.untrusted.tables import check_footer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

INDICES = ("Presynaptic_Index", "Postsynaptic_Index")
IDS = ("Presynaptic_ID", "Postsynaptic_ID")
WEIGHT = "Excitatory x Connectivity"

_BLOCK = 2**16
_BYTES_PER_ROW = 24
"""Row, column and weight as read, and again in compressed rows."""
_MOST_SYNAPSES = 2**24
"""Up to here float32 holds every whole number."""


def read_pairs(path: Path, root_ids: NDArray[np.int64]) -> sparse.csr_array:
    """Signed numbers of synapses [N, N], float32, from presynaptic rows to columns.

    Rows may be in any order; those of the same pair add up.

    Parameters
    ----------
    path : Path
    root_ids : int64 array [N]
        Of the table of neurons; they are compared with the ids of the pairs, if given.

    Raises
    ------
    WeightsError
        If a column is missing, an index is out of range or means another neuron than
        its root id, or a weight is no whole number.
    """
    from pyarrow import parquet

    name = path.name
    n = len(root_ids)
    with open_input(path, WeightsError) as raw, reading(name, WeightsError, ADVICE):
        check_footer(raw, name, WeightsError)
        with parquet.ParquetFile(raw, page_checksum_verification=True) as file:
            n_rows = int(file.metadata.num_rows)
            check_memory(n_rows * _BYTES_PER_ROW, name, WeightsError)
            known = set(file.schema_arrow.names)
            _check_columns(known, name)
            ids = [one for one in IDS if one in known]
            pre = np.empty(n_rows, np.int32)
            post = np.empty(n_rows, np.int32)
            weight = np.empty(n_rows, np.float32)
            start = 0
            columns = [*INDICES, WEIGHT, *ids]
            for block in file.iter_batches(_BLOCK, columns=columns):
                at = slice(start, start + block.num_rows)
                for out, column, id_column in zip(
                    (pre, post), INDICES, IDS, strict=True
                ):
                    values = whole_numbers(block, column, name)
                    check_range(values, n, column, name, start)
                    if id_column in ids:
                        given = whole_numbers(block, id_column, name)
                        check_same(root_ids, values, given, column, name, start)
                    out[at] = values
                counts = whole_numbers(block, WEIGHT, name)
                if len(counts) and np.abs(counts).max() > _MOST_SYNAPSES:
                    raise WeightsError(
                        f"{name} has a pair of more than {_MOST_SYNAPSES:,} synapses; "
                        f"{ADVICE}."
                    )
                weight[at] = counts
                start = at.stop
    return compressed(pre, post, weight, n)


def compressed(
    pre: NDArray[np.int32], post: NDArray[np.int32], weight: NDArray[Any], n: int
) -> sparse.csr_array:
    """Pairs [E] as compressed rows [n, n] with int32 indices; duplicates add up."""
    return sparse.csr_array(sparse.coo_array((weight, (pre, post)), shape=(n, n)))


def whole_numbers(block: Any, column: str, name: str) -> NDArray[Any]:
    """A column of a block of rows; refused unless it holds whole numbers only."""
    values = block.column(column)
    if values.null_count:
        raise WeightsError(f"{name} has empty cells in its column {column}; {ADVICE}.")
    found: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    if found.dtype.kind not in "iu":
        raise WeightsError(
            f"{name} has {found.dtype} and not whole numbers in its column {column}; "
            f"{ADVICE}."
        )
    return found


def check_range(
    values: NDArray[Any], n: int, column: str, name: str, start: int
) -> None:
    """Refuse indices of neurons that are not 0 to n - 1."""
    outside = np.flatnonzero((values < 0) | (values >= n))
    if len(outside):
        row = outside[0]
        raise WeightsError(
            f"Row {start + row + 1} of {name} has the {column} {values[row]}, and the "
            f"table of neurons has 0 to {n - 1}; use tables of the same version."
        )


def check_same(
    root_ids: NDArray[np.int64],
    index: NDArray[Any],
    given: NDArray[Any],
    column: str,
    name: str,
    start: int,
) -> None:
    """Refuse indices that mean another neuron than the root id in the same row."""
    other = np.flatnonzero(root_ids[index] != given)
    if len(other):
        row = other[0]
        raise WeightsError(
            f"Row {start + row + 1} of {name} has the root id {given[row]} with the "
            f"{column} {index[row]}, which is {root_ids[index[row]]} in the table of "
            "neurons: one of the two tables was sorted, or is of another version; copy "
            "both again from the published data."
        )


def _check_columns(known: set[str], name: str) -> None:
    missing = [one for one in (*INDICES, WEIGHT) if one not in known]
    if missing:
        raise WeightsError(f"{name} has no column {', '.join(missing)}; {ADVICE}.")
