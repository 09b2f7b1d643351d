"""What numpy's pickled names stand for when the pickle is not trusted.

numpy pickles an array as calls of a few functions followed by a state to restore, and
believes that state: a forged one can make it read memory that is not its own. The
stand-ins here admit simple dtypes only and check that the data fill the shape.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from insilico_gui.errors import UntrustedFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Byte order, then the code of a number, of text, of bytes or of object.
_DTYPE_CODE = re.compile(
    r"[<>=|]?([?bBhHiIlLqQefdgFDG]|[biufc]\d{1,2}|[SU]\d{1,9}|O8?)"
)


class Name:
    """A function that a pickle may call, and do nothing else with."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        """Make the stand-in."""
        return self._function(*args)


class FileBytes:
    """Many bytes, not read yet: where they are in an open file."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._size = size

    def __len__(self) -> int:
        return self._size

    def read(self) -> bytes:
        """The bytes."""
        self._file.seek(self._offset)
        return self._file.read(self._size)

    def numbers(
        self, dtype: np.dtype[Any], shape: tuple[int, ...], order: str, mapped: bool
    ) -> NDArray[Any]:
        """An array made of them, read-only and left in the file if `mapped`."""
        if mapped:
            return np.memmap(
                self._file,
                dtype,
                "r",
                self._offset,
                shape,
                "F" if order == "F" else "C",
            )
        self._file.seek(self._offset)
        flat: NDArray[Any] = np.fromfile(self._file, dtype, prod(shape))
        return flat.reshape(shape, order="F" if order == "F" else "C")


class PickledDtype:
    """What a pickled dtype says of itself."""

    def __init__(self, code: str | bytes, *_: object) -> None:
        if isinstance(code, bytes):  # by Python 2
            code = code.decode("latin-1")
        if not isinstance(code, str) or not _DTYPE_CODE.fullmatch(code):
            raise UntrustedFileError("it has an array of an unknown type")
        self._dtype: np.dtype[Any] = np.dtype(code)

    def set_state(self, state: tuple[Any, ...]) -> None:
        """Take the byte order."""
        byte_order, subarray, names, fields = state[1:5]
        if isinstance(byte_order, bytes):
            byte_order = byte_order.decode("latin-1")
        if (subarray, names, fields) != (None, None, None):
            raise UntrustedFileError("it has an array of records")
        if byte_order in ("<", ">") and not self._dtype.hasobject:
            self._dtype = self._dtype.newbyteorder(byte_order)

    def array(
        self,
        data: object,
        shape: object,
        order: str,
        item: Callable[[Any], Any],
        mapped: bool = False,
    ) -> NDArray[Any]:
        """An array of this dtype, once the data are known to fill the shape.

        `item` is applied to each element of an object array. If `mapped`, long data are
        left in the file and the array cannot be written to.
        """
        if not isinstance(shape, tuple) or order not in ("C", "F"):
            raise UntrustedFileError("it has an array without a shape")
        if not all(isinstance(n, int) and n >= 0 for n in shape):
            raise UntrustedFileError("it has an array without a shape")
        size = prod(shape)
        flat: NDArray[Any]
        if self._dtype.hasobject:
            if not isinstance(data, list) or len(data) != size:
                raise UntrustedFileError("it has an array whose data do not fit it")
            flat = np.empty(size, dtype=object)
            for i, value in enumerate(data):
                flat[i] = item(value)
        else:
            if not isinstance(data, bytes | FileBytes):
                raise UntrustedFileError("it has an array whose data do not fit it")
            if len(data) != size * self._dtype.itemsize:
                raise UntrustedFileError("it has an array whose data do not fit it")
            if self._dtype.kind == "b":
                # Other bytes than 0 and 1 would mislead whatever counts them.
                raw = data if isinstance(data, bytes) else data.read()
                flat = np.frombuffer(raw, np.uint8) != 0
            elif isinstance(data, FileBytes):
                return data.numbers(self._dtype, shape, order, mapped)
            else:
                flat = np.frombuffer(data, self._dtype).copy()
        return flat.reshape(shape, order="F" if order == "F" else "C")


class PickledArray:
    """Stands in for an array until all of the pickle has been read."""

    def __init__(self, subtype: object, *_: object) -> None:
        if subtype is not NAMES["numpy", "ndarray"]:
            raise UntrustedFileError("it has an array of an unknown kind")
        self._state: tuple[Any, ...] = ()

    def set_state(self, state: tuple[Any, ...]) -> None:
        """Take shape, type and data."""
        self._state = state

    def array(self, item: Callable[[Any], Any], mapped: bool) -> NDArray[Any]:
        """The array; see :meth:`PickledDtype.array`."""
        _, shape, dtype, fortran, data = self._state
        return _typed(dtype).array(data, shape, "F" if fortran else "C", item, mapped)


def _typed(dtype: object) -> PickledDtype:
    if not isinstance(dtype, PickledDtype):
        raise UntrustedFileError("it has an array without a type")
    return dtype


def _refuse(value: object) -> object:
    raise UntrustedFileError("it has objects where numbers are expected")


def _not_called(*_: object) -> None:
    raise UntrustedFileError("it builds an array in an unknown way")


def _scalar(dtype: object, data: object) -> Any:
    return _typed(dtype).array(data, (), "C", _refuse)[()]


class _FromBuffer(PickledArray):
    """An array that is written as a call, all at once."""

    def __init__(
        self, data: object, dtype: object, shape: object, order: str, *_: object
    ) -> None:
        self._state = (1, shape, dtype, order == "F", data)


def _encode(text: str, encoding: str) -> bytes:
    # How old pickle protocols write bytes.
    if encoding not in ("latin1", "latin-1"):
        raise UntrustedFileError("it has text in an unknown encoding")
    return text.encode("latin-1")


def _empty_bytes() -> bytes:
    # How they write bytes of length 0.
    return b""


#: All that may be asked for, by module (in numpy's older spelling) and name.
NAMES = {
    ("numpy", "ndarray"): Name(_not_called),
    ("numpy", "dtype"): Name(PickledDtype),
    ("numpy.core.multiarray", "_reconstruct"): Name(PickledArray),
    ("numpy.core.multiarray", "scalar"): Name(_scalar),
    ("numpy.core.numeric", "_frombuffer"): Name(_FromBuffer),
    ("_codecs", "encode"): Name(_encode),
    ("__builtin__", "bytes"): Name(_empty_bytes),
}
