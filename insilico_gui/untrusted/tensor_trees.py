"""Torch files that hold dictionaries of dictionaries of tensors, among other things."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import UntrustedFileError, WeightsError, echoed, quoted
from insilico_gui.untrusted.tensors import is_plain, read_torch

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
    path: Path, ignore: Collection[str] = NUMPY_NAMES
) -> dict[Any, Any]:
    """Read the tensors of a file, and the dictionaries that they are in.

    Parameters
    ----------
    path : Path
        A file written by ``torch.save`` of a dictionary.
    ignore : collection of str
        Full names of classes and functions that the file may mention. They are not
        looked up: what they would have made is left out of the result.

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
    name = quoted(path.name, marks="")
    with _lock, torch.serialization.safe_globals(stand_ins):
        content = read_torch(path)
    if not isinstance(content, dict):
        raise WeightsError(
            f"{name} holds a {type(content).__name__} instead of a dictionary of "
            "tensors; choose a file of weights."
        )
    return _Tree(path).copy(content, depth=0)


class _Tree:
    """Copies dictionaries; one that is there many times is copied once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._done: dict[int, dict[Any, Any]] = {}  # by id of the original

    def copy(self, content: dict[Any, Any], depth: int) -> dict[Any, Any]:
        """The tensors and dictionaries in a dictionary."""
        if depth > 10:  # of dictionaries that hold themselves
            raise UntrustedFileError(
                f"{quoted(self._path.name, '')} is nested without end and was not "
                "loaded; get it again from a source you trust."
            )
        if id(content) in self._done:
            return self._done[id(content)]
        made: dict[Any, Any] = {}
        for key, value in content.items():
            if not isinstance(key, str | int):
                continue
            if isinstance(value, dict):
                made[key] = self.copy(value, depth + 1)
            elif is_plain(value):
                made[key] = _checked(value, key, self._path, self._size)
        self._done[id(content)] = made
        return made


def _checked(tensor: Tensor, key: object, path: Path, size: int) -> Tensor:
    name = quoted(path.name, marks="")
    # One number can be shown as a tensor of any shape: with steps of 0.
    if tensor.numel() * tensor.element_size() > size:
        raise UntrustedFileError(
            f"{name} has a tensor {echoed(key)} that is larger than the file and was "
            "not loaded; get it again from a source you trust."
        )
    return tensor.detach()
