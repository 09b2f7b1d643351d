"""Plain arrays in ``.npy`` files, read one entry of the first axis at a time.

The file is not mapped into memory: reading a map of a file that another program has cut
short ends the process, and no check beforehand can rule that out. It is read with
ordinary calls on an open file, which come back short.
"""

from __future__ import annotations

import contextlib
import math
import threading
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

_AXES = 8  # more than anything here means


class NpyRows:
    """A ``.npy`` file whose array is read row by row.

    Parameters
    ----------
    path : path
    name : str
        What to call it in errors.
    error : type
        What is raised if it is damaged, or no array of plain numbers.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    def __init__(
        self, path: str | os.PathLike[str], name: str, error: type[InsilicoError]
    ) -> None:
        self.name, self._error = name, error
        with contextlib.ExitStack() as stack:
            self._file = stack.enter_context(open_input(path, error))
            advice = "it is damaged, cut short, or not a .npy file; save it again"
            with reading(name, error, advice):
                shape, self._fortran, self.dtype = _header(self._file)
            self._offset = self._file.tell()
            self.shape = self._checked(shape)
            self._close = stack.pop_all().close
        weakref.finalize(self, self._close)
        self._lock = threading.Lock()
        self._whole: NDArray[Any] | None = None

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    def __getitem__(self, k: int) -> NDArray[Any]:
        """Entry `k` of the first axis, a new array.

        Raises
        ------
        InsilicoError
            If the file has been cut short since it was opened.
        """
        if self._fortran:
            return np.array(self.whole()[k])
        row = self.shape[1:]
        count = math.prod(row)
        values = self._read(k * count, count)
        return values.reshape(row)

    def whole(self) -> NDArray[Any]:
        """All of the array; in Fortran's order no row lies in one piece."""
        if self._whole is None:
            n_bytes = math.prod(self.shape) * self.dtype.itemsize
            refuse_above("memory_bytes", n_bytes, self.name, self._error)
            values = self._read(0, math.prod(self.shape))
            order = self.shape[::-1] if self._fortran else self.shape
            values = values.reshape(order)
            self._whole = values.T if self._fortran else values
        return self._whole

    def _checked(self, shape: tuple[Any, ...]) -> tuple[int, ...]:
        """The shape, if the file holds as many numbers."""
        if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > _AXES:
            raise self._error(
                f"{self.name} cannot be read: its shape {quoted(shape, marks='')} is no "
                "shape of an array; it is damaged, so save it again."
            )
        if self.dtype.hasobject:
            raise self._error(
                f"{self.name} cannot be read: it holds Python objects instead of "
                "numbers; save a plain array."
            )
        needed = math.prod(shape) * self.dtype.itemsize
        there = self._file.seek(0, 2) - self._offset
        if needed > there:
            raise self._error(
                f"{self.name} cannot be read: its header declares {_count(needed)} bytes "
                f"and it holds {there:,}; it is damaged or cut short, so save it again."
            )
        return tuple(shape)

    def _read(self, start: int, count: int) -> NDArray[Any]:
        values = np.empty(count, self.dtype)
        left = memoryview(values.view(np.uint8).data)
        with self._lock:
            try:
                self._file.seek(self._offset + start * self.dtype.itemsize)
                while left:
                    n = self._file.readinto(left)  # type: ignore[attr-defined]
                    if not n:
                        break
                    left = left[n:]
            except OSError as cause:
                raise self._gone() from cause
        if left:
            raise self._gone()
        return values

    def _gone(self) -> InsilicoError:
        return self._error(
            f"{self.name} was removed or cut short while it was being read; restore the "
            "file and open it again."
        )


def _header(file: BinaryIO) -> tuple[tuple[Any, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    # Version 3 differs from 2 by names of fields that are not in Latin-1
    raise ValueError(f"its format version {version} is not for plain numbers")


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**15 else f"{float(min(number, 10**300)):.3g}"
