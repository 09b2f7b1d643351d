"""The connectome as arrays: pairs of neurons, and synapses by neuropil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from insilico_gui.errors import SelectionError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class SynapseTable:
    """Synapses by pair and neuropil, as arrays [R] of one entry a row.

    Attributes
    ----------
    pre, post : int32 array [R]
        Indices of the neurons.
    neuropil : int16 array [R]
        Position in ``Connectome.neuropils``.
    count : int32 array [R]
        Number of synapses.
    """

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    neuropil: NDArray[np.int16]
    count: NDArray[np.int32]


@dataclass(frozen=True)
class Connectome:
    """One release of the wiring of a fly's brain.

    Attributes
    ----------
    version : str
    root_ids : int64 array [N]
    weights : scipy.sparse.csr_array [N, N], float32
        Signed number of synapses from the neuron of the row to that of the column.
    neuropils : tuple of str
        All neuropils of the table of synapses, sorted.
    by_presynaptic : scipy.sparse.csr_array [len(neuropils), N], float64
        Synapses in each neuropil by their presynaptic neuron.
    transmitters : tuple of str
        Names of the transmitters of the table.
    transmitter : int8 array [N]
        Position in `transmitters` of the transmitter of most synapses that a neuron
        makes; -1 if it makes none.
    hash : str
        Of the three files, ``sha256:...``.
    """

    version: str
    root_ids: NDArray[np.int64]
    weights: sparse.csr_array
    neuropils: tuple[str, ...]
    by_presynaptic: sparse.csr_array
    transmitters: tuple[str, ...]
    transmitter: NDArray[np.int8]
    hash: str

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.root_ids)

    @property
    def n_pairs(self) -> int:
        """Number of connected pairs."""
        return int(self.weights.nnz)

    def omega(self, names: Sequence[str]) -> sparse.csr_array:
        """Share of the synapses of each neuropil that each neuron makes.

        Parameters
        ----------
        names : sequence of str
            P neuropils.

        Returns
        -------
        csr_array [P, N], float32
            Rows sum to 1; those of neuropils without synapses are empty.
        """
        position = {name: k for k, name in enumerate(self.neuropils)}
        n_known = len(self.neuropils)
        rows = np.array([position.get(name, n_known) for name in names], dtype=np.intp)
        nothing = sparse.csr_array((1, self.n_neurons))
        counts = sparse.vstack([self.by_presynaptic, nothing], format="csr")[rows]
        total = np.maximum(counts.sum(axis=1), 1.0)
        scaled = sparse.diags_array(1.0 / total) @ counts
        return sparse.csr_array(scaled, dtype=np.float32)

    def without_synapses(self, names: Sequence[str]) -> list[str]:
        """Those of the neuropils that have no synapse."""
        per_name = dict(
            zip(self.neuropils, self.by_presynaptic.sum(axis=1), strict=True)
        )
        return [name for name in names if not per_name.get(name, 0)]

    def indices(self, root_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of neurons by their root ids.

        Raises
        ------
        SelectionError
            If there is no such neuron.
        """
        wanted = np.asarray(root_ids)
        if wanted.dtype.kind not in "iu":
            raise SelectionError(
                f"Root ids are whole numbers of 64 bits, not {wanted.dtype}, which "
                "rounds them; give a list of integers."
            )
        order = np.argsort(self.root_ids)
        at = np.searchsorted(self.root_ids, wanted, sorter=order)
        found = order[np.minimum(at, self.n_neurons - 1)]
        unknown = wanted[self.root_ids[found] != wanted]
        if len(unknown):
            raise SelectionError(
                f"There is no neuron {listed(unknown.tolist())} in version "
                f"{self.version} of the connectome; root ids change between versions."
            )
        return np.asarray(found, dtype=np.int64)

    def of_transmitter(self, name: str) -> NDArray[np.int64]:
        """Indices of the neurons with a transmitter, such as ``"GABA"``."""
        if name not in self.transmitters:
            raise SelectionError(
                f"There is no transmitter {quoted(name)}; the connectome has "
                f"{listed(self.transmitters)}."
            )
        return np.flatnonzero(self.transmitter == self.transmitters.index(name))

    def of_neuropil(self, name: str, share: float = 0.8) -> NDArray[np.int64]:
        """The fewest neurons that make a share of a neuropil's synapses, ascending.

        Parameters
        ----------
        name : str
        share : float
            Above 0, up to 1.
        """
        if name not in self.neuropils:
            raise SelectionError(
                f"There is no neuropil {quoted(name)}; the connectome has "
                f"{listed(self.neuropils)}."
            )
        if not 0 < share <= 1:
            raise SelectionError(
                f"A share of synapses is above 0 and at most 1, not {quoted(share)}."
            )
        row = self.by_presynaptic[[self.neuropils.index(name)]]
        order = np.argsort(-row.data, kind="stable")
        held = np.cumsum(row.data[order])
        n = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1
        return np.sort(row.indices[order[:n]]).astype(np.int64)
