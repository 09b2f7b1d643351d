"""Reading a connectome from its tables, or from a copy in compressed rows.

Sorting 15 million pairs takes a while, so the arrays are kept in the user's cache, under
the hash of the three tables. ``INSILICO_CONNECTOMES`` names another folder; a copy that
cannot be written or read costs time only.
"""

from __future__ import annotations

import logging
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from platformdirs import user_cache_path
from scipy import sparse

from insilico_drosophila.files.connectome import Connectome, SynapseTable
from insilico_drosophila.files.pairs import read_pairs
from insilico_drosophila.files.root_ids import read_neurons
from insilico_drosophila.files.synapses import read_synapses
from insilico_gui.errors import InsilicoError, WeightsError
from insilico_gui.files import publishing
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.hashes import weights_hash
from insilico_gui.untrusted.plain_arrays import read_npz

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from insilico_drosophila.files.folder import FlyFolder

FORMAT = 1
"""Number of the layout of copies; another one is not read."""

logger = logging.getLogger(__name__)


def load_connectome(folder: FlyFolder, version: str) -> Connectome:
    """One release of the connectome, from the cache if its tables were read before.

    Raises
    ------
    WeightsError
        If one of the tables is missing or wrong.
    """
    key = connectome_hash(folder, version)
    path = _path(key, "pairs")
    if (copy := _copied(path)) is not None:
        try:
            return _connectome(copy, version, key)
        except (KeyError, ValueError, IndexError):
            logger.warning(
                "The copy %s of a connectome is damaged; it is remade.", path
            )
    return _read(folder, version, key)[0]


def load_synapses(folder: FlyFolder, connectome: Connectome) -> SynapseTable:
    """Synapses by pair and neuropil, which a session does not need as a rule."""
    version, key = connectome.version, connectome.hash
    copy = _copied(_path(key, "synapses"))
    if copy is not None and set(copy) == {"pre", "post", "neuropil", "count"}:
        return SynapseTable(**copy)
    return _read(folder, version, key)[1]


def connectome_hash(folder: FlyFolder, version: str) -> str:
    """Hash of the contents of the three tables: ``sha256:...``."""
    tables = (folder.neurons(version), folder.pairs(version), folder.synapses(version))
    return weights_hash(tables)


def cache_folder() -> Path:
    """Where copies are: ``INSILICO_CONNECTOMES``, or in the user's cache."""
    chosen = os.environ.get("INSILICO_CONNECTOMES")
    if chosen:
        return Path(chosen).expanduser()
    return user_cache_path("insilico_gui", appauthor=False) / "connectomes"


def _read(folder: FlyFolder, version: str, key: str) -> tuple[Connectome, SynapseTable]:
    root_ids = read_neurons(folder.neurons(version))
    weights = read_pairs(folder.pairs(version), root_ids)
    synapses = read_synapses(folder.synapses(version), root_ids)
    connectome = Connectome(
        version,
        root_ids,
        weights,
        tuple(synapses.neuropils),
        synapses.by_presynaptic,
        tuple(synapses.transmitters),
        synapses.transmitter,
        key,
    )
    _keep(_path(key, "pairs"), _arrays(connectome))
    _keep(_path(key, "synapses"), vars(synapses.table))
    return connectome, synapses.table


def _path(key: str, what: str) -> Path:
    return cache_folder() / f"{key.removeprefix('sha256:')[:32]}-{what}.npz"


def _arrays(connectome: Connectome) -> dict[str, NDArray[Any]]:
    weights, made = connectome.weights, connectome.by_presynaptic
    return {
        "format": np.array([FORMAT]),
        "root_ids": connectome.root_ids,
        "indptr": weights.indptr,
        "indices": weights.indices,
        "data": weights.data,
        "neuropils": np.array(connectome.neuropils),
        "made_indptr": made.indptr,
        "made_indices": made.indices,
        "made_data": made.data,
        "transmitters": np.array(connectome.transmitters),
        "transmitter": connectome.transmitter,
    }


def _connectome(
    arrays: Mapping[str, NDArray[Any]], version: str, key: str
) -> Connectome:
    """Of a copy; raises KeyError or ValueError if it does not fit together."""
    if arrays["format"].tolist() != [FORMAT]:
        raise ValueError("another layout")
    root_ids = arrays["root_ids"]
    n, names = len(root_ids), [str(one) for one in arrays["neuropils"]]
    parts = ("data", "indices", "indptr")
    weights = sparse.csr_array(tuple(arrays[p] for p in parts), shape=(n, n))
    made = sparse.csr_array(
        tuple(arrays[f"made_{p}"] for p in parts), shape=(len(names), n)
    )
    for matrix in (weights, made):
        matrix.check_format(full_check=True)  # indices in range, rows in order
    is_sorted = weights.has_sorted_indices
    if len(arrays["transmitter"]) != n or weights.dtype != np.float32 or not is_sorted:
        raise ValueError("sizes do not fit")
    kinds = tuple(str(one) for one in arrays["transmitters"])
    return Connectome(
        version,
        root_ids,
        weights,
        tuple(names),
        made,
        kinds,
        arrays["transmitter"],
        key,
    )


def _copied(path: Path) -> dict[str, NDArray[Any]] | None:
    if not path.is_file():
        return None
    try:
        with reading(path.name, WeightsError, "remove it"):
            return read_npz(path, path.name, WeightsError)
    except InsilicoError as error:
        logger.warning("%s", error)
        return None


def _keep(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a copy, or say in the log why not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with publishing(path, WeightsError) as new:
            np.savez(new, **dict(arrays))  # type: ignore[arg-type]
    except (OSError, InsilicoError, zipfile.BadZipFile) as error:
        logger.warning("The connectome is not kept in the cache: %s", error)
