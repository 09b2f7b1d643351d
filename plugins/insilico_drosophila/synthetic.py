"""Made-up flies in all five published formats, of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.checkpoints import (
    NetworkWeights,
    RecurrentWeights,
    write_network,
    write_recurrent,
)
from insilico_drosophila.files.folder import (
    DEFAULT_RECORDING,
    VERSIONS,
    FlyFolder,
    rates_name,
)
from insilico_drosophila.files.positions import NEURONS_FILE, NEUROPILS_FILE
from insilico_gui.errors import SessionError, WeightsError, quoted
from insilico_gui.files import publishing

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

NEUROPILS = ("AL_L", "AL_R", "EB", "FB", "LH_R", "MB_CA_L", "MB_CA_R", "ME_L")

PLACES = {
    "AL_L": (70.0, 40.0, 20.0),
    "AL_R": (-70.0, 40.0, 20.0),
    "EB": (0.0, 0.0, 40.0),
    "FB": (0.0, -30.0, 70.0),
    "LH_R": (-140.0, -20.0, 60.0),
    "MB_CA_L": (80.0, -60.0, 110.0),
    "MB_CA_R": (-80.0, -60.0, 110.0),
    "ME_L": (230.0, 10.0, 60.0),
}
"""Made-up centres (µm), left and right mirrored: x to the left, y down, z to the back."""

SPREAD_UM = 18.0
"""Standard deviation of neurons around the centre of their neuropil, along each axis."""

_FIRST_ID = 720575940600000000
_ID_RANGE = 60_000_000
_RANK = 20
_HIDDEN = 32
_DENSE_UP_TO = 1000
"""Neurons up to which pairs are connected with a fixed probability."""
_KICK_HZ = 20.0
_BLOCK = 2**20


@dataclass(frozen=True)
class _Pairs:
    """Connected pairs [E]: indices, number of synapses, and the sign of the first."""

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    count: NDArray[np.int32]
    sign: NDArray[np.int8]


def make_synthetic_fly(
    directory: str | os.PathLike[str],
    seed: int = 0,
    n_neurons: int = 200,
    n_frames: int = 24,
    *,
    n_pairs: int | None = None,
    version: str = "630",
    recording: str = DEFAULT_RECORDING,
    checkpoints: bool = True,
    positions: bool = True,
) -> Path:
    """Write a made-up fly: connectome, recorded rates, checkpoints, and positions.

    Parameters
    ----------
    directory : path
        Made if it does not exist; files of the same names are replaced.
    seed : int
        The same seed gives the same files.
    n_neurons, n_frames : int
        At least 10 neurons and 2 frames.
    n_pairs : int, optional
        About how many pairs are connected; default 5 % of all up to 1,000 neurons, and
        20 for each neuron above.
    version : {"630", "783"}
        Decides the names of the files.
    recording : str
        Id of the recording.
    checkpoints : bool
        Also write weights that make the neurons fire at about 5 to 20 Hz.
    positions : bool
        Also write made-up places of neuropils and of neurons, in tables of our own.

    Returns
    -------
    Path
        `directory`, to be given to :func:`insilico_drosophila.open_fly`.

    Raises
    ------
    SessionError
        If a size or the version is out of range.
    """
    _check(n_neurons, n_frames, version)
    rng = np.random.default_rng(seed)
    folder = FlyFolder(Path(directory).expanduser())
    (folder.path / "spike_rates").mkdir(parents=True, exist_ok=True)
    root_ids = _root_ids(rng, n_neurons)
    sign = np.where(rng.random(n_neurons) < 0.7, 1, -1).astype(np.int8)
    pairs = _pairs(rng, n_neurons, n_pairs, sign)
    _write_neurons(folder.neurons(version), root_ids)
    _write_pairs(folder.pairs(version), pairs, root_ids)
    home = _write_synapses(folder.synapses(version), pairs, root_ids, rng)
    rates = _rates(rng, n_frames)
    _write_rates(folder.path / "spike_rates" / rates_name(recording), rates, rng)
    if checkpoints:
        network = _network(rng, n_neurons, rates)
        write_network(folder.path / "first-round-checkpoint.msgpack", network)
        path = folder.path / "second-round-rnn-checkpoint-v1.msgpack"
        write_recurrent(path, _recurrent(rng))
    if positions:
        _write_positions(folder.path, root_ids, home, np.random.default_rng(seed))
    return folder.path


def _check(n_neurons: int, n_frames: int, version: str) -> None:
    if version not in VERSIONS:
        raise SessionError(
            f"There is no version {quoted(version)}; use {' or '.join(VERSIONS)}."
        )
    if not 10 <= n_neurons <= 2_000_000 or n_frames < 2:
        raise SessionError(
            f"A fly of {n_neurons} neurons and {n_frames} frames cannot be made; use 10 "
            "to 2,000,000 neurons and at least 2 frames."
        )


def _root_ids(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    span = max(_ID_RANGE, 4 * n)
    offsets = np.unique(rng.integers(0, span, 2 * n))
    chosen = rng.choice(offsets, n, replace=False)
    return _FIRST_ID + np.sort(chosen)


def _pairs(
    rng: np.random.Generator, n: int, n_pairs: int | None, sign: NDArray[np.int8]
) -> _Pairs:
    """Distinct pairs in random order, without self-connections."""
    if n <= _DENSE_UP_TO and n_pairs is None:
        there = rng.random((n, n)) < 0.05
        np.fill_diagonal(there, False)
        pre, post = (one.astype(np.int64) for one in np.nonzero(there))
    else:
        wanted = 20 * n if n_pairs is None else n_pairs
        size = rng.lognormal(0.0, 1.0, n)
        degree = np.minimum(np.round(size * wanted / size.sum()), n // 2).astype(int)
        pre = np.repeat(np.arange(n), degree)
        post = rng.integers(0, n, len(pre))
        cells = np.unique(pre * n + post)
        pre, post = np.divmod(cells, n)
        pre, post = pre[pre != post], post[pre != post]
    order = rng.permutation(len(pre))
    first, second = pre[order].astype(np.int32), post[order].astype(np.int32)
    count = (4 + rng.geometric(0.2, len(first))).astype(np.int32)
    return _Pairs(first, second, count, sign[first])


def _write_neurons(path: Path, root_ids: NDArray[np.int64]) -> None:
    with publishing(path, WeightsError) as new:
        rows = "".join(f"{one},True\n" for one in root_ids)
        new.write_text(f",Completed\n{rows}", encoding="utf-8")


def _write_pairs(path: Path, pairs: _Pairs, root_ids: NDArray[np.int64]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    names = ["Presynaptic_ID", "Postsynaptic_ID", "Presynaptic_Index"]
    names += ["Postsynaptic_Index", "Connectivity", "Excitatory"]
    names += ["Excitatory x Connectivity"]
    schema = pa.schema([(name, pa.int64()) for name in names])
    with (
        publishing(path, WeightsError) as new,
        parquet.ParquetWriter(new, schema, write_page_checksum=True) as file,
    ):
        for start in range(0, len(pairs.pre), _BLOCK):
            at = slice(start, start + _BLOCK)
            pre, post = pairs.pre[at], pairs.post[at]
            count, sign = pairs.count[at].astype(np.int64), pairs.sign[at]
            columns: list[NDArray[Any]] = [root_ids[pre], root_ids[post]]
            columns += [pre, post, count, sign]
            columns.append(count * sign)
            arrays = [pa.array(column.astype(np.int64)) for column in columns]
            file.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _write_synapses(
    path: Path, pairs: _Pairs, root_ids: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Each pair's synapses in one or two neuropils, most in that of the first neuron.

    Gives that neuropil for each neuron [N].
    """
    import pyarrow as pa
    from pyarrow import csv

    home = rng.integers(0, len(NEUROPILS), len(root_ids)).astype(np.int8)
    names = ["pre_root_id", "post_root_id", "neuropil", "syn_count", "nt_type"]
    names += ["pre_index", "post_index"]
    texts = {"neuropil": pa.string(), "nt_type": pa.string()}
    schema = pa.schema([(name, texts.get(name, pa.int64())) for name in names])
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with (
        publishing(path, WeightsError) as new,
        new.open("wb") as raw,
        csv.CSVWriter(raw, schema, write_options=options) as file,
    ):
        raw.write((",".join(names) + "\n").encode())
        for start in range(0, len(pairs.pre), _BLOCK):
            at = slice(start, start + _BLOCK)
            pre, post, count = pairs.pre[at], pairs.post[at], pairs.count[at]
            other = np.where(rng.random(len(pre)) < 0.25, count // 3, 0)
            place = home[pre]
            second = (place + rng.integers(1, len(NEUROPILS), len(pre))) % len(
                NEUROPILS
            )
            both = np.flatnonzero(other)
            where = np.concatenate([place, second[both].astype(np.int8)])
            parts = np.concatenate([count - other, other[both]])
            order = rng.permutation(len(where))
            rows = np.concatenate([np.arange(len(pre)), both])[order]
            kinds = np.where(pairs.sign[at][rows] > 0, "ACH", "GABA")
            columns: list[Any] = [root_ids[pre[rows]], root_ids[post[rows]]]
            columns += [np.array(NEUROPILS)[where[order]], parts[order], kinds]
            columns += [pre[rows], post[rows]]
            table = [
                pa.array(c if c.dtype.kind == "U" else c.astype(np.int64))
                for c in columns
            ]
            file.write_table(pa.Table.from_arrays(table, schema=schema))
    return home


def _write_positions(
    folder: Path,
    root_ids: NDArray[np.int64],
    home: NDArray[np.int8],
    rng: np.random.Generator,
) -> None:
    """Neuropils where PLACES has them, and neurons around that of most synapses."""
    import pandas as pd

    places = np.array([PLACES[name] for name in NEUROPILS])
    neuropils = pd.DataFrame(places, columns=list("xyz"))
    neuropils.insert(0, "neuropil", NEUROPILS)
    around = rng.normal(0.0, SPREAD_UM, (len(root_ids), 3))
    neurons = pd.DataFrame((places[home] + around).round(1), columns=list("xyz"))
    neurons.insert(0, "root_id", root_ids)
    for name, table in ((NEUROPILS_FILE, neuropils), (NEURONS_FILE, neurons)):
        with publishing(folder / name, WeightsError) as new:
            table.to_csv(new, index=False)


def _rates(rng: np.random.Generator, n_frames: int) -> NDArray[np.float64]:
    """Fractions [1 + P, T]: a slow process around a base of each neuropil."""
    n = len(NEUROPILS) + 1
    noise = rng.normal(0, 0.25, (n, n_frames + 50))
    walk = np.zeros(n)
    rows = []
    for step in noise.T:
        walk = 0.9 * walk + step
        rows.append(walk)
    base = rng.gamma(4.0, 0.03, (n, 1))
    return np.asarray(np.minimum(base * np.exp(np.array(rows[50:]).T), 0.45))


def _write_rates(
    path: Path, rates: NDArray[np.float64], rng: np.random.Generator
) -> None:
    change = rates - rates.mean(axis=1, keepdims=True)
    traces = 900 * (1 + change) + rng.normal(0, 1, rates.shape)
    areas = np.array(["background", *NEUROPILS])
    with publishing(path, WeightsError) as new:
        np.savez(new, areas=areas, rates=rates, dff=change, traces=traces)


def _network(
    rng: np.random.Generator, n: int, rates: NDArray[np.float64]
) -> NetworkWeights:
    """Kicks of about 1 mV, the threshold, at 20 Hz, that depend on the rates a little."""
    count = len(NEUROPILS)
    typical = float(rates[1:].mean() * 100)
    weight = rng.normal(0.1, 0.2, (count, n)) / (typical * count)
    bias = rng.normal(0.8, 0.25, n)
    a = rng.normal(0, np.sqrt(1 / _RANK), (_RANK, n))
    b = rng.normal(0, 0.02, (n, _RANK))
    arrays = (one.astype(np.float32) for one in (a, b, weight, bias))
    return NetworkWeights(*arrays)


def _recurrent(rng: np.random.Generator) -> RecurrentWeights:
    n, h = len(NEUROPILS), _HIDDEN
    shapes = ((n + h, 2 * h), (2 * h,), (n + h, h), (h,), (h, n))
    gates, gates_bias, state, state_bias, readout = (
        rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes
    )
    bias = np.full(n, 12, np.float32)
    return RecurrentWeights(gates, gates_bias, state, state_bias, readout, bias)
