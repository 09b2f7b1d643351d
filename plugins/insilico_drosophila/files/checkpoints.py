"""Checkpoints: trained weights of the spiking network and of the recurrent network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.msgpack_tree import packed_tree, read_tree
from insilico_gui.errors import WeightsError, quoted
from insilico_gui.files import publishing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_drosophila.files.msgpack_tree import Tree

_VOLT = [2, 1, -3, -1, 0, 0, 0]
"""Exponents of m, kg, s, A, K, mol, cd."""
_MILLI = -3
_INPUT = ("neural_activity", "neuropil2neuron", "layers", "0", "weight_op")
_LORA = ("interaction", "lora", "weight_op")


@dataclass(frozen=True)
class NetworkWeights:
    """Trained weights of the spiking network.

    Attributes
    ----------
    lora_a : float32 array [r, N], mV
        Second factor of the low-rank addition to the weights.
    lora_b : float32 array [N, r]
        First factor, which presynaptic spikes meet.
    input_weight : float32 array [P, N], mV
        Of the input layer, for rates in Hz.
    input_bias : float32 array [N], mV
    """

    lora_a: NDArray[np.float32]
    lora_b: NDArray[np.float32]
    input_weight: NDArray[np.float32]
    input_bias: NDArray[np.float32]

    @property
    def rank(self) -> int:
        """Rank r of the low-rank addition."""
        return len(self.lora_a)


@dataclass(frozen=True)
class RecurrentWeights:
    """Trained weights of the recurrent network; matrices are [in, out].

    Attributes
    ----------
    gates, gates_bias : float32 array [P + H, 2 H], [2 H]
        Reset gates, then update gates.
    state, state_bias : float32 array [P + H, H], [H]
    readout, readout_bias : float32 array [H, P], [P]
    """

    gates: NDArray[np.float32]
    gates_bias: NDArray[np.float32]
    state: NDArray[np.float32]
    state_bias: NDArray[np.float32]
    readout: NDArray[np.float32]
    readout_bias: NDArray[np.float32]

    @property
    def n_hidden(self) -> int:
        """Number H of hidden units."""
        return len(self.readout)


def read_network(path: Path, n_neurons: int, n_neuropils: int) -> NetworkWeights:
    """Read ``first-round-checkpoint.msgpack`` of a network of a known size.

    Raises
    ------
    WeightsError
        If the file is damaged, lacks a weight, or has weights of another size.
    """
    tree, name = read_tree(path), path.name
    a = _millivolts(_entry(tree, (*_LORA, "A"), name), "A", name)
    b = _plain(_entry(tree, (*_LORA, "B"), name), "B", name)
    weight = _millivolts(_entry(tree, (*_INPUT, "weight"), name), "weight", name)
    bias = _millivolts(_entry(tree, (*_INPUT, "bias"), name), "bias", name)
    rank = len(a) if a.ndim else 0
    if not rank:
        raise WeightsError(f"{name} has a low-rank part of rank 0; train anew.")
    for label, array, shape in (
        ("A", a, (rank, n_neurons)),
        ("B", b, (n_neurons, rank)),
        ("weight", weight, (n_neuropils, n_neurons)),
        ("bias", bias, (n_neurons,)),
    ):
        if array.shape != shape:
            raise WeightsError(
                f"{name} has {label} of shape {list(array.shape)}, and {list(shape)} "
                f"fits the {n_neurons} neurons and {n_neuropils} neuropils here; choose "
                "a checkpoint of the same connectome and recording."
            )
    return NetworkWeights(a, b, weight, bias)


def read_recurrent(path: Path, n_neuropils: int) -> RecurrentWeights:
    """Read ``second-round-rnn-checkpoint-<style>.msgpack``; see :func:`read_network`."""
    tree, name = read_tree(path), path.name
    arrays = {}
    for label, place in _RECURRENT.items():
        for part in ("weight", "bias"):
            entry = _entry(tree, (*place, "weight", part), name)
            arrays[label, part] = _plain(entry, f"{'/'.join(place)}/{part}", name)
    n, h = n_neuropils, arrays["readout", "bias"].size
    hidden = len(arrays["readout", "weight"]) if arrays["readout", "weight"].ndim else 0
    shapes = {
        ("gates", "weight"): (n + hidden, 2 * hidden),
        ("gates", "bias"): (2 * hidden,),
        ("state", "weight"): (n + hidden, hidden),
        ("state", "bias"): (hidden,),
        ("readout", "weight"): (hidden, n),
        ("readout", "bias"): (n,),
    }
    for key, shape in shapes.items():
        if arrays[key].shape != shape or not hidden:
            raise WeightsError(
                f"{name} has {'/'.join(_RECURRENT[key[0]])}/{key[1]} of shape "
                f"{list(arrays[key].shape)} and reads out {h} neuropils, where "
                f"{list(shape)} fits {n} neuropils and {hidden} hidden units; choose a "
                "checkpoint of the same recording."
            )
    ordered = (arrays[label, part] for label in _RECURRENT for part in _PARTS)
    return RecurrentWeights(*ordered)


def write_network(path: Path, weights: NetworkWeights) -> None:
    """Write ``first-round-checkpoint.msgpack``."""
    tree: Tree = {
        "interaction": {
            "lora": {
                "weight_op": {"A": _with_unit(weights.lora_a), "B": weights.lora_b}
            }
        },
        "neural_activity": {
            "neuropil2neuron": {
                "layers": {
                    "0": {
                        "weight_op": {
                            "bias": _with_unit(weights.input_bias),
                            "weight": _with_unit(weights.input_weight),
                        }
                    }
                }
            }
        },
    }
    _write(path, tree)


def write_recurrent(path: Path, weights: RecurrentWeights) -> None:
    """Write ``second-round-rnn-checkpoint-<style>.msgpack``."""
    tree: Tree = {
        "readout": {"weight": _layer(weights.readout, weights.readout_bias)},
        "rnn": {
            "Wh": {"weight": _layer(weights.state, weights.state_bias)},
            "Wrz": {"weight": _layer(weights.gates, weights.gates_bias)},
        },
    }
    _write(path, tree)


_RECURRENT = {"gates": ("rnn", "Wrz"), "state": ("rnn", "Wh"), "readout": ("readout",)}
_PARTS = ("weight", "bias")


def _write(path: Path, tree: Tree) -> None:
    with publishing(path, WeightsError) as new:
        new.write_bytes(packed_tree(tree))


def _layer(weight: NDArray[Any], bias: NDArray[Any]) -> Tree:
    return {"bias": bias, "weight": weight}


def _with_unit(millivolts: NDArray[np.float32]) -> Tree:
    return {
        "mantissa": millivolts,
        "scale": _MILLI,
        "base": 10.0,
        "dim": np.array(_VOLT),
        "factor": 1.0,
    }


def _entry(tree: Tree, path: tuple[str, ...], name: str) -> Any:
    value: Any = tree
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise WeightsError(
                f"{name} has no entry {'/'.join(path)}; choose a checkpoint of this model."
            )
        value = value[key]
    return value


def _millivolts(value: Any, label: str, name: str) -> NDArray[np.float32]:
    """An array with a unit of voltage, in mV."""
    keys = {"mantissa", "scale", "base", "dim", "factor"}
    if not isinstance(value, dict) or set(value) != keys:
        raise WeightsError(f"{name} has {label} without a unit; train anew.")
    dim = value["dim"]
    if not isinstance(dim, np.ndarray) or dim.tolist() != _VOLT:
        raise WeightsError(
            f"{name} has {label} in a unit that is no voltage; train anew."
        )
    numbers = (value["base"], value["scale"], value["factor"])
    if not all(isinstance(n, int | float) and np.isfinite(n) for n in numbers):
        raise WeightsError(f"{name} has {label} in a damaged unit; copy it again.")
    base, scale, factor = (float(n) for n in numbers)
    if not (0 < base <= 1000 and abs(scale) <= 30):
        raise WeightsError(f"{name} has {label} in a damaged unit; copy it again.")
    array = _plain(value["mantissa"], label, name)
    # 10 ** (-3 + 3) is exactly 1, so that mantissas in mV stay what they are
    into_mv = factor * 10.0 ** (scale + 3) if base == 10 else 1e3 * factor * base**scale
    return array if into_mv == 1 else (array * into_mv).astype(np.float32)


def _plain(value: Any, label: str, name: str) -> NDArray[np.float32]:
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        raise WeightsError(
            f"{name} has {quoted(label)} that is no array of real numbers; copy it again."
        )
    if not np.isfinite(value).all():
        raise WeightsError(
            f"{name} has {quoted(label)} with NaN or infinity; training diverged, so "
            "choose an earlier checkpoint."
        )
    return np.array(value, dtype=np.float32)
