"""Reading the table of synapses by pair and neuropil, a large .csv, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from insilico_drosophila.files.connectome import SynapseTable
from insilico_drosophila.files.pairs import check_range, check_same, whole_numbers
from insilico_drosophila.files.root_ids import ADVICE
from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

INDICES = ("pre_index", "post_index")
IDS = ("pre_root_id", "post_root_id")
COLUMNS = (*IDS, "neuropil", "syn_count", "nt_type", *INDICES)

_BLOCK_BYTES = 2**24
_BYTES_PER_ROW = 40
_MOST_NAMES = 1000
"""Neuropils and transmitters; a fly's brain has 78 and 6."""


class Names:
    """Numbers names in the order in which they appear."""

    def __init__(self, what: str, file: str) -> None:
        self.known: dict[str, int] = {}
        self._what = what
        self._file = file

    def codes(self, values: Any) -> NDArray[np.int16]:
        """Numbers [R] of a column of text; an empty cell is the name ""."""
        encoded = values.fill_null("").dictionary_encode()
        names = [str(one) for one in encoded.dictionary.to_pylist()]
        for name in names:
            self.known.setdefault(name, len(self.known))
        if len(self.known) > _MOST_NAMES:
            raise WeightsError(
                f"{self._file} has more than {_MOST_NAMES} names of {self._what}; "
                f"{ADVICE}."
            )
        numbers = np.array([self.known[one] for one in names], dtype=np.int16)
        index: NDArray[Any] = encoded.indices.to_numpy(zero_copy_only=False)
        return np.asarray(numbers[index])


def read_synapses(
    path: Path, root_ids: NDArray[np.int64]
) -> tuple[SynapseTable, list[str], list[str], NDArray[np.int8]]:
    """Read the table.

    Parameters
    ----------
    path : Path
    root_ids : int64 array [N]

    Returns
    -------
    table : SynapseTable
    neuropils, transmitters : list of str
        Sorted names.
    transmitter : int8 array [N]
        See :class:`.connectome.Connectome`.

    Raises
    ------
    WeightsError
        As :func:`.pairs.read_pairs` does.
    """
    name = path.name
    neuropils, transmitters = Names("neuropils", name), Names("transmitters", name)
    parts: list[tuple[NDArray[Any], ...]] = []
    start = 0
    with open_input(path, WeightsError) as raw, reading(name, WeightsError, ADVICE):
        for block in _blocks(raw, name):
            columns = {c: whole_numbers(block, c, name) for c in (*INDICES, *IDS)}
            for index, root_id in zip(INDICES, IDS, strict=True):
                check_range(columns[index], len(root_ids), index, name, start)
                check_same(
                    root_ids, columns[index], columns[root_id], index, name, start
                )
            count = whole_numbers(block, "syn_count", name)
            if len(count) and count.min() < 0:
                raise WeightsError(
                    f"{name} has negative numbers of synapses; {ADVICE}."
                )
            pre, post = (columns[one].astype(np.int32) for one in INDICES)
            where = neuropils.codes(block.column("neuropil"))
            kind = transmitters.codes(block.column("nt_type"))
            parts.append((pre, post, where, count.astype(np.int32), kind))
            start += block.num_rows
            check_memory(start * _BYTES_PER_ROW, name, WeightsError)
    if not parts:
        raise WeightsError(f"{name} has no rows; {ADVICE}.")
    pre, post, where, count, kind = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    parts.clear()
    places, where = _sorted_names(neuropils, where)
    kinds, kind = _sorted_names(transmitters, kind)
    of_neuron = _most(pre, kind, count, len(root_ids), kinds)
    return SynapseTable(pre, post, where, count), places, kinds, of_neuron


def by_presynaptic(table: SynapseTable, n_places: int, n: int) -> sparse.csr_array:
    """Synapses in each neuropil by presynaptic neuron [n_places, n], float64."""
    counts = table.count.astype(np.float64)
    cells = (table.neuropil.astype(np.int32), table.pre)
    matrix = sparse.csr_array(sparse.coo_array((counts, cells), shape=(n_places, n)))
    matrix.eliminate_zeros()
    return matrix


def _blocks(raw: Any, name: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    types: dict[str, Any] = dict.fromkeys((*INDICES, "syn_count"), pa.int32())
    types |= dict.fromkeys(IDS, pa.int64())
    types |= {"neuropil": pa.string(), "nt_type": pa.string()}
    first = raw.readline(2**16).decode("utf-8-sig", "replace")
    header = [cell.strip().strip('"') for cell in first.split(",")]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise WeightsError(f"{name} has no column {', '.join(missing)}; {ADVICE}.")
    raw.seek(0)
    yield from csv.open_csv(
        raw,
        read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
        convert_options=csv.ConvertOptions(
            column_types=types, include_columns=list(COLUMNS)
        ),
    )


def _sorted_names(
    names: Names, codes: NDArray[np.int16]
) -> tuple[list[str], NDArray[np.int16]]:
    """Names in alphabetical order, and the codes [R] that number them so."""
    ordered = sorted(names.known)
    new = np.array([ordered.index(name) for name in names.known], dtype=np.int16)
    return ordered, new[codes]


def _most(
    pre: NDArray[np.int32],
    kind: NDArray[np.int16],
    count: NDArray[np.int32],
    n: int,
    kinds: list[str],
) -> NDArray[np.int8]:
    """For each neuron the transmitter of most of its synapses; -1 without any."""
    if len(kinds) > 127:
        raise WeightsError("The table of synapses has over 127 transmitters; " + ADVICE)
    cell = kind.astype(np.int64) * n + pre
    totals = np.bincount(cell, weights=count, minlength=n * len(kinds))
    totals = totals.reshape(len(kinds), n)
    most = totals.argmax(axis=0).astype(np.int8)
    return np.where(totals.any(axis=0), most, -1).astype(np.int8)
