"""Dictionaries that were published as a pickled object, in a ``.npy`` file or bare.

A ``.npy`` file of this kind is a numpy header followed by a pickle. The pickle is read by
:class:`insilico_gui.untrusted.pickle_machine.PickleMachine`, which can build plain data
and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from insilico_gui.device import free_memory
from insilico_gui.errors import UntrustedFileError, WeightsError, quoted
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.pickle_machine import InertObject, PickleMachine
from insilico_gui.untrusted.pickled_arrays import FileBytes, PickledArray

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path


def read_npy_dict(
    path: Path,
    *,
    mapped: bool = False,
    inert: Collection[tuple[str, str]] = (),
    numbered: bool = False,
) -> dict[Any, Any]:
    """Read a dictionary of plain data.

    Admitted are numpy arrays and scalars, dictionaries, lists, tuples, str, bytes,
    numbers, bool and None, as old and new versions of numpy write them.

    Parameters
    ----------
    path : Path
        What ``numpy.save(path, dictionary)`` wrote.
    mapped : bool
        Leave arrays of more than 64 KiB in the file, as read-only memory maps: they cost
        no memory until they are used, and the file must stay as it is.
    inert : collection of (str, str)
        Module and name of classes whose objects are admitted too, as
        :class:`InertObject`: without the class, which need not be installed.
    numbered : bool
        Whether its entries are named by whole numbers, not by text.

    Returns
    -------
    dict
        As it was saved, with the inert objects in it.

    Raises
    ------
    WeightsError
        If the file does not exist, or does not fit the memory.
    UntrustedFileError
        If it holds anything else, is damaged, or is larger than allowed.
    """
    return _read(path, _check_header, mapped, inert, int if numbered else str)


def read_pickled_dict(path: Path) -> dict[str, Any]:
    """Read a dictionary of plain data from a bare pickle, as :func:`read_npy_dict` does.

    Text as Python 2 writes it is read as bytes, but as text where it names an entry.
    """
    return _read(path, lambda file: None, False, (), str)


def _read(
    path: Path,
    check_header: Callable[[BinaryIO], object],
    mapped: bool,
    inert: Collection[tuple[str, str]],
    keys: type,
) -> dict[Any, Any]:
    name = quoted(path.name, marks="")
    try:
        with open_input(path, WeightsError, limit="weights_bytes") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if not mapped and size > free_memory() // 2:
                raise WeightsError(
                    f"{name} has {size / 2**30:.1f} GiB, more than fits the free "
                    "memory; close other programs, or use a computer with more memory."
                )
            check_header(file)
            # Text and what is made of it are in memory at once.
            machine = PickleMachine(file, size, inert, free_memory() // 4)
            content = machine.load()
            return _dictionary(_Tree(mapped).plain(content), keys)
    except WeightsError:
        raise
    except UntrustedFileError as error:
        raise UntrustedFileError(
            f"{name} was not loaded, because {error}; get it again from a source "
            "you trust."
        ) from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise UntrustedFileError(
            f"{name} was not loaded, because it is damaged or not a numpy file; "
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


def _dictionary(content: Any, keys: type) -> dict[Any, Any]:
    if isinstance(content, np.ndarray) and content.shape == ():
        content = content.item()
    if not isinstance(content, dict):
        raise UntrustedFileError(
            f"it holds a {type(content).__name__}, not a dictionary"
        )
    content = with_text_keys(content) if keys is str else dict(content)
    if not all(isinstance(key, keys) for key in content):
        kind = "text" if keys is str else "whole numbers"
        raise UntrustedFileError(f"it has entries whose names are not {kind}")
    named: dict[Any, Any] = content
    return named


def with_text_keys(content: dict[Any, Any]) -> dict[Any, Any]:
    """A dictionary whose entries named by bytes, as by Python 2, are named by text."""
    return {
        key.decode("latin-1") if isinstance(key, bytes) else key: value
        for key, value in content.items()
    }


class _Tree:
    """Copies a tree of data, turning stand-ins into arrays."""

    def __init__(self, mapped: bool) -> None:
        self._mapped = mapped
        self._done: dict[int, Any] = {}  # by id of the original

    def plain(self, value: Any) -> Any:
        """The copy.

        Data that contain themselves end in a RecursionError: plain data do not.
        """
        if isinstance(
            value, str | bytes | bool | int | float | complex | np.generic | None
        ):
            return value
        if id(value) not in self._done:
            self._done[id(value)] = self._copy(value)
        return self._done[id(value)]

    def _copy(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.plain(v) for key, v in value.items()}
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self.plain(item) for item in value)
        if isinstance(value, PickledArray):
            return value.array(self.plain, self._mapped)
        if isinstance(value, FileBytes):
            return value.read()
        if isinstance(value, InertObject):
            copy = InertObject(value.kind)
            copy.set_state(self.plain(value.attributes))
            return copy
        raise UntrustedFileError("it carries something other than plain data")
