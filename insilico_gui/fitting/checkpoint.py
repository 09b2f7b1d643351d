"""Checkpoints: all that a fit needs to go on exactly, in one file, published whole.

The file is a ``.npz`` of plain arrays. One of them holds the tree as JSON, in which
``{"$array": k}`` stands for the k-th other array; nothing in it can run. Numbers of any
length, as of random generators, and NaN are kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import FitError, quoted
from insilico_gui.files import publishing
from insilico_gui.untrusted.door import check_input, reading
from insilico_gui.untrusted.plain_arrays import read_npz

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FILE = "checkpoint.npz"
FORMAT = "insilico_gui fit"
VERSION = 1
_MARK = "$array"
_ADVICE = "remove it and begin the fit anew"


def write_checkpoint(folder: Path, tree: Mapping[str, Any], name: str = FILE) -> None:
    """Write the checkpoint of a folder in place of the one before.

    `tree` holds mappings with text keys, lists, tuples, numpy arrays, torch tensors,
    numbers, texts, truth values and None.
    """
    arrays: list[NDArray[Any]] = []
    plain = _without_arrays(
        {"format": FORMAT, "version": VERSION, "tree": tree}, arrays
    )
    text = np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)
    named: dict[str, Any] = {f"a{k}": array for k, array in enumerate(arrays)}
    with publishing(folder / name, FitError) as partial, partial.open("wb") as file:
        np.savez(file, tree=text, **named)


def has_checkpoint(folder: Path, name: str = FILE) -> bool:
    """Whether a folder holds a fit that can be resumed."""
    return (folder / name).exists()


def read_checkpoint(folder: Path, name: str = FILE) -> dict[str, Any]:
    """The tree that was written; tensors come as arrays, tuples as lists.

    Raises
    ------
    FitError
        If the file is damaged, or no checkpoint.
    """
    path = folder / name
    check_input(path, FitError, limit="weights_bytes")
    with reading(name, FitError, _ADVICE):
        arrays = read_npz(path, name, FitError)
        plain = json.loads(arrays["tree"].tobytes())
        if not isinstance(plain, dict) or plain.get("format") != FORMAT:
            raise FitError(f"{name} is no checkpoint of a fit; {_ADVICE}.")
        if plain.get("version") != VERSION:
            raise FitError(
                f"{name} was written by a newer version; update this program."
            )
        tree: dict[str, Any] = _with_arrays(plain["tree"], arrays)
    return tree


def _without_arrays(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """The tree with a mark in place of each array, which is added to `arrays`."""
    if hasattr(value, "detach"):  # a tensor of torch, which need not be imported
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufUS":
            raise FitError(f"An array of {value.dtype} cannot be kept in a checkpoint.")
        arrays.append(value)
        return {_MARK: len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_without_arrays(item, arrays) for item in value]
    if hasattr(value, "items"):
        found = {}
        for key, item in value.items():
            if not isinstance(key, str) or key == _MARK:
                raise FitError(
                    f"A key {quoted(key)} cannot be kept in a checkpoint; use text."
                )
            found[key] = _without_arrays(item, arrays)
        return found
    raise FitError(f"A {type(value).__name__} cannot be kept in a checkpoint.")


def _with_arrays(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    if isinstance(value, dict):
        if set(value) == {_MARK}:
            return arrays[f"a{value[_MARK]}"]
        return {key: _with_arrays(item, arrays) for key, item in value.items()}
    return value


def random_state(generator: np.random.Generator) -> dict[str, Any]:
    """State of a generator of numpy, for :meth:`.FitTask.state`."""
    return dict(generator.bit_generator.state)


def random_generator(state: Mapping[str, Any]) -> np.random.Generator:
    """A generator that goes on where :func:`random_state` was taken.

    Raises
    ------
    FitError
        If it is no state of a generator of numpy's default kind.
    """
    generator = np.random.default_rng()
    try:
        generator.bit_generator.state = state
    except (KeyError, TypeError, ValueError) as error:
        raise FitError(
            "The checkpoint holds no state of a random generator; begin the fit anew."
        ) from error
    return generator
