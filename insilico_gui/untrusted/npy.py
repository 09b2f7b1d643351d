"""Dictionaries that were published as a pickled object in a ``.npy`` file.

Such a file is a numpy header followed by a pickle, and a pickle is a program. Here it
is read in two steps: a scan of the instructions refuses those that take memory out of
proportion to the file, then an unpickler that knows only the handful of names with
which numpy writes plain arrays builds the data. Even numpy's own functions are
replaced, by :mod:`insilico_gui.untrusted.pickled_arrays`.
"""

from __future__ import annotations

import pickle
import pickletools
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from insilico_gui.errors import UntrustedFileError
from insilico_gui.untrusted.pickled_arrays import NAMES, PickledArray
from insilico_gui.untrusted.tensors import check_size

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8 * 2**30
MAX_INSTRUCTIONS = 5_000_000

_FORBIDDEN = frozenset(
    "PERSID BINPERSID EXT1 EXT2 EXT4 INST OBJ NEWOBJ NEWOBJ_EX "
    "NEXT_BUFFER READONLY_BUFFER".split()
)


def read_npy_dict(path: Path, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read a dictionary of plain data.

    Admitted are numpy arrays and scalars, dictionaries, lists, tuples, str, bytes,
    numbers, bool and None, as old and new versions of numpy write them.

    Parameters
    ----------
    path : Path
        What ``numpy.save(path, dictionary)`` wrote.
    max_bytes : int
        Refuse larger files.

    Raises
    ------
    WeightsError
        If the file does not exist.
    UntrustedFileError
        If it holds anything else, is damaged, or is larger than allowed.
    """
    check_size(path, max_bytes)
    try:
        with path.open("rb") as file:
            _check_header(file)
            start = file.tell()
            _scan(_Bounded(file, path.stat().st_size - start))
            file.seek(start)
            return _dictionary(_PlainUnpickler(file).load())
    except UntrustedFileError as error:
        raise UntrustedFileError(
            f"{path.name} was not loaded, because {error}; get it again from a source "
            "you trust."
        ) from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise UntrustedFileError(
            f"{path.name} was not loaded, because it is damaged or not a numpy file; "
            "download or copy it again."
        ) from error


def _check_header(file: BinaryIO) -> None:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise UntrustedFileError(f"its format version {version} is unknown")
    if dtype != np.dtype(object) or shape != ():
        raise UntrustedFileError(
            f"it holds an array {list(shape)} of {dtype}, not a dictionary"
        )


class _Bounded:
    """Reads that never ask for more bytes than the file still has."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise UntrustedFileError("it is cut short or damaged")
        self._left -= size
        return self._file.read(size)

    def readline(self) -> bytes:
        line = self._file.readline(self._left)
        self._left -= len(line)
        return line


def _scan(file: _Bounded) -> None:
    """Refuse instructions that cost more than the bytes they are written with."""
    for n, (opcode, argument, _) in enumerate(pickletools.genops(file)):  # type: ignore[arg-type]
        if n >= MAX_INSTRUCTIONS:
            raise UntrustedFileError("it has more entries than can be metadata")
        if opcode.name in _FORBIDDEN:
            raise UntrustedFileError("it carries something other than plain data")
        # The memo is a list: one large index would reserve memory for all below it.
        puts = opcode.name in ("PUT", "BINPUT", "LONG_BINPUT")
        if puts and int(argument or 0) > n:
            raise UntrustedFileError("it is made to exhaust memory")


class _PlainUnpickler(pickle.Unpickler):
    """Knows the names with which numpy pickles arrays and scalars, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        known = NAMES.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise UntrustedFileError(
                f"it asks for {module}.{name}, which is not plain data"
            )
        return known


def _dictionary(content: Any) -> dict[str, Any]:
    content = _plain(content, {})
    if isinstance(content, np.ndarray) and content.shape == ():
        content = content.item()
    if not isinstance(content, dict):
        raise UntrustedFileError(
            f"it holds a {type(content).__name__}, not a dictionary"
        )
    if not all(isinstance(key, str) for key in content):
        raise UntrustedFileError("it has entries whose names are not text")
    return content


def _plain(value: Any, done: dict[int, Any]) -> Any:
    """Copy a tree, turning stand-ins into arrays; `done` is by id of the original.

    Data that contain themselves end in a RecursionError: plain data do not.
    """
    if isinstance(
        value, str | bytes | bool | int | float | complex | np.generic | None
    ):
        return value
    if id(value) in done:
        return done[id(value)]
    made: Any
    if isinstance(value, dict):
        made = {_plain(k, done): _plain(v, done) for k, v in value.items()}
    elif isinstance(value, list):
        made = [_plain(item, done) for item in value]
    elif isinstance(value, tuple):
        made = tuple(_plain(item, done) for item in value)
    elif isinstance(value, PickledArray):
        made = value.array(lambda item: _plain(item, done))
    elif isinstance(value, np.ndarray):
        made = value
    else:
        raise UntrustedFileError("it carries something other than plain data")
    done[id(value)] = made
    return made
