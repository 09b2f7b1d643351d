"""Reading the table of synapses by pair and neuropil, a large .csv, in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from insilico_drosophila.files.connectome import SynapseTable
from insilico_drosophila.files.pairs import check_range, check_same, whole_numbers
from insilico_drosophila.files.root_ids import ADVICE
from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import check_input, open_input, reading
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

INDICES = ("pre_index", "post_index")
IDS = ("pre_root_id", "post_root_id")
COLUMNS = (*IDS, "neuropil", "syn_count", "nt_type", *INDICES)

_BLOCK_BYTES = 2**21
_BYTES_PER_ROW = 20
_AT_ONCE = 2**20
_MOST_NAMES = 1000
"""Neuropils and transmitters; a fly's brain has 78 and 6."""
_MOST_KINDS = 127


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

    def in_order(self) -> tuple[list[str], NDArray[np.intp]]:
        """The names sorted, and the number of each."""
        ordered = sorted(self.known)
        return ordered, np.array([self.known[one] for one in ordered], dtype=np.intp)


class Totals:
    """Synapses by name and presynaptic neuron, added up block by block."""

    def __init__(self, n_neurons: int) -> None:
        self._n = n_neurons
        self._sums = np.zeros((0, n_neurons), np.int32)

    def add(
        self, code: NDArray[np.int16], pre: NDArray[Any], count: NDArray[Any]
    ) -> None:
        """Add rows [R] of a block."""
        n_new = int(code.max(initial=-1)) + 1 - len(self._sums)
        if n_new > 0:
            more = np.zeros((n_new, self._n), np.int32)
            self._sums = np.concatenate([self._sums, more])
        cell = code.astype(np.int64) * self._n + pre
        np.add.at(self._sums.reshape(-1), cell, count.astype(np.int32))

    def sums(self, order: NDArray[np.intp]) -> NDArray[np.int32]:
        """Sums [names, N], names in another order."""
        return np.asarray(self._sums[order])


@dataclass(frozen=True)
class Synapses:
    """What the table of synapses holds.

    Attributes
    ----------
    table : SynapseTable
    neuropils, transmitters : list of str
        Sorted names.
    by_presynaptic : csr_array [len(neuropils), N], float64
    transmitter : int8 array [N]
        See :class:`.connectome.Connectome`.
    """

    table: SynapseTable
    neuropils: list[str]
    transmitters: list[str]
    by_presynaptic: sparse.csr_array
    transmitter: NDArray[np.int8]

    @property
    def by_postsynaptic(self) -> sparse.csr_array:
        """Synapses of each neuropil by the neuron that receives them, as above.

        The model reads rates from the neurons that make synapses; these are for people.
        """
        found = sparse.coo_array(
            (
                self.table.count.astype(np.float64),
                (self.table.neuropil, self.table.post),
            ),
            shape=self.by_presynaptic.shape,
        )
        return sparse.csr_array(found)  # which adds up what is in one place


def read_synapses(path: Path, root_ids: NDArray[np.int64]) -> Synapses:
    """Read the table; sums are made block by block, since it has millions of rows.

    Parameters
    ----------
    path : Path
    root_ids : int64 array [N]

    Raises
    ------
    WeightsError
        As :func:`.pairs.read_pairs` does.
    """
    name = path.name
    neuropils, transmitters = Names("neuropils", name), Names("transmitters", name)
    by_place, by_kind = Totals(len(root_ids)), Totals(len(root_ids))
    start = 0
    with open_input(path, WeightsError) as raw, reading(name, WeightsError, ADVICE):
        kept = _empty(_n_lines(raw), name)
        for block in _blocks(path, name):
            pre, post = _checked(block, root_ids, name, start)
            count = whole_numbers(block, "syn_count", name).astype(np.int32)
            if count.min(initial=0) < 0:
                raise WeightsError(
                    f"{name} has negative numbers of synapses; {ADVICE}."
                )
            where = neuropils.codes(block.column("neuropil"))
            by_place.add(where, pre, count)
            by_kind.add(transmitters.codes(block.column("nt_type")), pre, count)
            at = slice(start, start + block.num_rows)
            kept.pre[at], kept.post[at] = pre, post
            kept.neuropil[at], kept.count[at] = where, count
            start = at.stop
    if not start:
        raise WeightsError(f"{name} has no rows; {ADVICE}.")
    places, order = neuropils.in_order()
    kinds, kind_order = transmitters.in_order()
    if len(kinds) > _MOST_KINDS:
        raise WeightsError(f"{name} has over {_MOST_KINDS} transmitters; {ADVICE}.")
    totals = by_kind.sums(kind_order)
    most = np.where(totals.any(axis=0), totals.argmax(axis=0), -1).astype(np.int8)
    by_presynaptic = sparse.csr_array(by_place.sums(order), dtype=np.float64)
    table = SynapseTable(*(column[:start] for column in vars(kept).values()))
    new = np.argsort(order).astype(np.int16)
    for first in range(0, start, _AT_ONCE):  # an index takes 8 bytes for these 2
        part = table.neuropil[first : first + _AT_ONCE]
        part[:] = new[part]
    return Synapses(table, places, kinds, by_presynaptic, most)


def _checked(
    block: Any, root_ids: NDArray[np.int64], name: str, start: int
) -> list[NDArray[np.int32]]:
    """Indices [R] of the first and the second neuron of a block's rows."""
    found = []
    for index, root_id in zip(INDICES, IDS, strict=True):
        values = whole_numbers(block, index, name)
        check_range(values, len(root_ids), index, name, start)
        ids = whole_numbers(block, root_id, name)
        check_same(root_ids, values, ids, index, name, start)
        found.append(values.astype(np.int32))
    return found


def _n_lines(raw: Any) -> int:
    """Number of lines of an open file, the last one with or without an end."""
    n_lines, block = 1, b""
    while block := raw.read(2**20):
        n_lines += block.count(b"\n")
    raw.seek(0)
    return n_lines


def _empty(n_rows: int, name: str) -> SynapseTable:
    """Space for rows, which in growing lists would be needed twice."""
    check_memory(n_rows * _BYTES_PER_ROW, name, WeightsError)
    pre, post, count = (np.empty(n_rows, np.int32) for _ in range(3))
    return SynapseTable(pre, post, np.empty(n_rows, np.int16), count)


def _blocks(path: Path, name: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    types: dict[str, Any] = dict.fromkeys((*INDICES, "syn_count"), pa.int32())
    types |= dict.fromkeys(IDS, pa.int64())
    types |= {"neuropil": pa.string(), "nt_type": pa.string()}
    # Opened by its name: blocks of a file of Python's leave holes in the memory
    opened = check_input(path, WeightsError)
    with open_input(opened, WeightsError) as raw:
        first = raw.readline(2**16).decode("utf-8-sig", "replace")
    header = [cell.strip().strip('"') for cell in first.split(",")]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise WeightsError(f"{name} has no column {', '.join(missing)}; {ADVICE}.")
    yield from csv.open_csv(
        opened,
        read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
        convert_options=csv.ConvertOptions(
            column_types=types, include_columns=list(COLUMNS)
        ),
    )
