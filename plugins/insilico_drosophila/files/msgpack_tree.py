"""Trees of arrays in MessagePack, as the published checkpoints are.

Maps with text as keys hold maps, numbers and arrays. An array is the extension type 1,
whose content is again MessagePack: shape, name of the type, and the numbers in C order and
little-endian. Anything else is refused, and so is an array whose shape does not agree with
the number of its bytes; what a file claims is compared with its size first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

Tree = dict[str, Any]
"""Names to trees, arrays or numbers."""

ARRAY = 1
"""Extension type of arrays."""

_TYPES = (
    *("float16", "float32", "float64", "bool"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
_MOST_ENTRIES = 100
"""Entries of one map, and dimensions of an array."""
_MOST_LEVELS = 20
_ADVICE = "copy it again, or train anew"


def read_tree(path: Path) -> Tree:
    """The tree of a file.

    Raises
    ------
    WeightsError
        If the file is missing, too large, damaged, or holds anything else.
    """
    name = path.name
    with open_input(path, WeightsError, limit="weights_bytes") as file:
        check_memory(3 * file.seek(0, 2), name, WeightsError)
        file.seek(0)
        content = file.read()
    with reading(name, WeightsError, _ADVICE):
        tree = _unpacked(content, len(content))
        if not isinstance(tree, dict):
            raise ValueError("it is no map of names to arrays")
        _check(tree, 0)
    return tree


def packed_tree(tree: Mapping[str, Any]) -> bytes:
    """Bytes of a file that holds a tree."""
    import msgpack

    content: bytes = msgpack.packb(tree, default=_packed_array, use_bin_type=True)
    return content


def _unpacked(content: bytes, size: int) -> Any:
    import msgpack

    try:
        return msgpack.unpackb(
            content,
            raw=False,
            strict_map_key=True,
            ext_hook=_array,
            # Without these a header of five bytes claims lists of any length
            max_array_len=_MOST_ENTRIES,
            max_map_len=_MOST_ENTRIES,
            max_str_len=10_000,
            max_bin_len=size,
            max_ext_len=size,
        )
    except msgpack.exceptions.StackError as cause:
        raise ValueError("it is nested too deeply") from cause
    except msgpack.exceptions.ExtraData as cause:
        raise ValueError("it has bytes after its end") from cause
    except ValueError as cause:
        what = str(cause).split("(")[0].strip() or "it is damaged"
        raise ValueError(what) from cause


def _array(code: int, content: bytes) -> NDArray[Any]:
    import msgpack

    if code != ARRAY:
        raise ValueError(f"it holds data of the unknown type {code}")
    parts = msgpack.unpackb(
        content,
        raw=False,
        ext_hook=_nothing,
        max_array_len=_MOST_ENTRIES,
        max_map_len=0,
        max_str_len=100,
        max_bin_len=len(content),
    )
    if not isinstance(parts, list) or len(parts) != 3:
        raise ValueError("an array is not shape, type and numbers")
    shape, name, numbers = parts
    if name not in _TYPES or not isinstance(numbers, bytes):
        raise ValueError("an array is of an unknown type")
    whole = isinstance(shape, list) and all(type(k) is int and k >= 0 for k in shape)
    if not whole or len(shape) > 8:
        raise ValueError("an array has no shape")
    dtype = np.dtype(name).newbyteorder("<")
    if math.prod(shape) * dtype.itemsize != len(numbers):
        raise ValueError(f"an array of shape {shape} has {len(numbers)} bytes")
    return np.frombuffer(numbers, dtype).reshape(shape)


def _nothing(code: int, _: bytes) -> Any:
    raise ValueError(f"an array holds data of the type {code}")


def _check(tree: Tree, level: int) -> None:
    if level > _MOST_LEVELS:
        raise ValueError("it is nested too deeply")
    for key, value in tree.items():
        if not isinstance(key, str):
            raise ValueError("it has an entry whose name is no text")
        if isinstance(value, dict):
            _check(value, level + 1)
        elif not isinstance(value, np.ndarray | int | float | bool):
            raise ValueError(f"its entry {key[:40]} is neither array nor number")


def _packed_array(value: Any) -> Any:
    import msgpack

    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray) or value.dtype.name not in _TYPES:
        raise TypeError(f"a {type(value).__name__} cannot be packed")
    little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    content = [list(value.shape), value.dtype.name, little.tobytes()]
    return msgpack.ExtType(ARRAY, msgpack.packb(content, use_bin_type=True))
