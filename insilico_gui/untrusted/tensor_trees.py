"""Torch files that hold dictionaries of dictionaries of tensors, among other things."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted.tensors import MAX_BYTES, is_plain, read_torch

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from torch import Tensor

#: Functions with which numpy pickles arrays and numbers, in old and new spelling.
NUMPY_NAMES = (
    "builtins.bytes",  # the data of empty arrays
    "numpy.ndarray",
    "numpy.dtype",
    *(
        f"numpy.{core}.{name}"
        for core in ("core", "_core")
        for name in (
            "multiarray._reconstruct",
            "multiarray.scalar",
            "numeric._frombuffer",
        )
    ),
)

# torch keeps the names it admits in one set for the whole process.
_lock = threading.Lock()


class _Nothing:
    """Stands for whatever a file calls, and does nothing with what it is given."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


def load_tensor_tree(
    path: Path, ignore: Collection[str] = NUMPY_NAMES, max_bytes: int = MAX_BYTES
) -> dict[Any, Any]:
    """Read the tensors of a file, and the dictionaries that they are in.

    Parameters
    ----------
    path : Path
        A file written by ``torch.save`` of a dictionary.
    ignore : collection of str
        Full names of classes and functions that the file may mention. They are not
        looked up: what they would have made is left out of the result.
    max_bytes : int
        Refuse larger files.

    Returns
    -------
    dict
        Tensors in host memory and dictionaries of the same kind, by text or number.
        Everything else is left out.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, or holds no dictionary.
    UntrustedFileError
        If the file would run code, or is or unfolds to more than allowed.
    """
    import torch  # heavy: only when weights are read

    stand_ins: list[Any] = [(_Nothing, name) for name in ignore]
    with _lock, torch.serialization.safe_globals(stand_ins):
        content = read_torch(path, max_bytes)
    if not isinstance(content, dict):
        raise WeightsError(
            f"{path.name} holds a {type(content).__name__} instead of a dictionary of "
            "tensors; choose a file of weights."
        )
    return _tree(content, path, path.stat().st_size, depth=0)


def _tree(content: dict[Any, Any], path: Path, size: int, depth: int) -> dict[Any, Any]:
    if depth > 10:  # of dictionaries that hold themselves
        raise UntrustedFileError(
            f"{path.name} is nested without end and was not loaded; get it again from "
            "a source you trust."
        )
    made: dict[Any, Any] = {}
    for key, value in content.items():
        if not isinstance(key, str | int):
            continue
        if isinstance(value, dict):
            made[key] = _tree(value, path, size, depth + 1)
        elif is_plain(value):
            made[key] = _checked(value, key, path, size)
    return made


def _checked(tensor: Tensor, key: object, path: Path, size: int) -> Tensor:
    # One number can be shown as a tensor of any shape: with steps of 0.
    if tensor.numel() * tensor.element_size() > size:
        raise UntrustedFileError(
            f"{path.name} has a tensor {key!r} that is larger than the file and was "
            "not loaded; get it again from a source you trust."
        )
    return tensor.detach()
