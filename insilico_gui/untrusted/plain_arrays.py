"""Plain arrays of numbers and text in ``.npy`` and ``.npz``, their claims checked first.

A header of a hundred bytes can claim any shape and any width of text. An array is read
if its claims fit what the file holds, and holds no Python objects.
"""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any

from numpy.lib import format as npy

from insilico_gui.device import free_memory
from insilico_gui.errors import InsilicoError, UntrustedFileError, quoted
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    import os
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_KINDS = "biufUS"


def check_memory(n_bytes: int, what: str, error: type[InsilicoError]) -> None:
    """Refuse what is larger than the limit ``memory_bytes`` or than the free memory."""
    refuse_above("memory_bytes", n_bytes, what, error)
    free = free_memory()
    if n_bytes > free:
        raise error(
            f"{what} needs {n_bytes / 2**30:.1f} GiB of memory and {free / 2**30:.1f} "
            "are free; close other programs, or use a smaller file."
        )


def read_npy(
    path: str | os.PathLike[str], what: str, error: type[InsilicoError]
) -> NDArray[Any]:
    """The array of a ``.npy`` file, in memory.

    Raises
    ------
    InsilicoError
        Of the type `error`, if the file cannot be opened or is too large; an
        UntrustedFileError if it holds objects.
    Exception
        Of any type if it is damaged; see :func:`.door.reading`.
    """
    with open_input(path, error) as file:
        return read_array(file, file.seek(0, 2), what, error)


def read_array(
    file: BinaryIO, size: int, what: str, error: type[InsilicoError]
) -> NDArray[Any]:
    """The array in an open file of `size` bytes, from its start; see :func:`read_npy`."""
    file.seek(0)
    shape, dtype = read_header(file, what)
    claimed = dtype.itemsize * max(1, math.prod(shape))
    if claimed > size:
        raise ValueError(f"{what} is shorter than it says")
    check_memory(claimed, what, error)
    file.seek(0)
    array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


def read_header(file: BinaryIO, what: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of a plain array, from the header at the start of a file.

    Raises
    ------
    UntrustedFileError
        If the array holds Python objects.
    ValueError
        If it holds records or nothing at all, or has another format.
    """
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"{what} is of an unknown version {version}")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise UntrustedFileError(
            f"{what} holds Python objects, which can run code when they are loaded; it "
            "was not read. Ask for a file of plain arrays."
        )
    if dtype.kind not in _KINDS or not dtype.itemsize:
        raise ValueError(f"{what} holds {quoted(dtype, '')}, not numbers or text")
    # True is a whole number to Python
    if not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        raise ValueError(f"{what} has no shape")
    return shape, dtype


def read_npz(
    path: str | os.PathLike[str],
    what: str,
    error: type[InsilicoError],
    *,
    compressed: bool = False,
) -> dict[str, NDArray[Any]]:
    """All arrays of a ``.npz`` file, by name.

    Parameters
    ----------
    path : path
    what : str
        What to call the file in an error.
    error : type
        See :func:`read_npy`.
    compressed : bool
        Whether entries may be compressed, up to the limit ``unpacked_bytes``.
    """
    with open_input(path, error) as file, zipfile.ZipFile(file) as archive:
        _check_entries(archive, file.seek(0, 2), what, error, compressed)
        arrays = {}
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            with archive.open(entry) as member:
                label = f"{what} ({quoted(name, '')})"
                arrays[name] = read_array(member, entry.file_size, label, error)  # type: ignore[arg-type]
    return arrays


def _check_entries(
    archive: zipfile.ZipFile,
    size: int,
    what: str,
    error: type[InsilicoError],
    compressed: bool,
) -> None:
    entries = archive.infolist()
    refuse_above("array_entries", len(entries), what, error)
    names: set[str] = set()
    for entry in entries:
        if not entry.filename.removesuffix(".npy") or entry.is_dir():
            raise ValueError("an entry has no name")
        if entry.filename in names:
            raise ValueError(f"the entry {quoted(entry.filename)} is there twice")
        names.add(entry.filename)
        if entry.flag_bits & 1:
            raise ValueError("it is locked with a password")
    packed = [e for e in entries if e.compress_type != zipfile.ZIP_STORED]
    if packed and not compressed:
        raise ValueError("it is compressed; this program writes it uncompressed")
    refuse_above("unpacked_bytes", sum(e.file_size for e in packed), what, error)
    stored = sum(e.file_size for e in entries if e.compress_type == zipfile.ZIP_STORED)
    if stored > size:
        raise ValueError("its entries are larger than the file")
    check_memory(sum(entry.file_size for entry in entries), what, error)
