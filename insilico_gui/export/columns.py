"""Columns of unit and trial tables as plain typed arrays, and back without loss.

Files hold booleans, whole numbers, floats and text; tables also hold missing text and,
rarely, values of several kinds in one column. The *spec* of a column, a small dict that
is stored as JSON, says how to restore it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.errors import ExportError, quoted
from insilico_gui.untrusted.limits import refuse_above
from insilico_gui.untrusted.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Kind = Literal["bool", "int", "float", "str", "json"]

_KINDS: dict[str, Kind] = {
    "b": "bool",
    "i": "int",
    "u": "int",
    "f": "float",
    "U": "str",
}
_LARGEST_EXACT = 2**53  # of the whole numbers that float64 holds


@dataclass(frozen=True)
class Column:
    """One column of n rows.

    Attributes
    ----------
    kind : {"bool", "int", "float", "str", "json"}
        Of `values`; "json" is text, one JSON value a row.
    dtype : str
        numpy dtype to restore: as ``dtype.str``, or ``"object"``, or ``"T"`` for
        numpy's text of any width.
    values : array, [n]
        bool, int, float or fixed-width text.
    missing : tuple of int
        Rows of text that have no value (their entry in `values` is empty).
    """

    kind: Kind
    dtype: str
    values: NDArray[Any]
    missing: tuple[int, ...] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """The arguments of :func:`restore`, JSON-able."""
        return {
            "kind": self.kind,
            "dtype": self.dtype,
            "stored": self.values.dtype.str,
            "missing": list(self.missing),
        }


def from_array(values: NDArray[Any], what: str) -> Column:
    """A column of truth values, numbers or text [n]; `what` names it in an ExportError."""
    dtype = values.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind in "OT":
        is_text = dtype.kind == "T" and not any(map(_is_missing, values))
        return from_cells(values, what, "T" if is_text else "object")
    if dtype.kind not in _KINDS or (dtype.kind == "f" and dtype.itemsize > 8):
        raise ExportError(
            f"{what} is of type {dtype}, which no format here can hold; convert it to "
            "numbers or text."
        )
    native = values.astype(dtype.newbyteorder("="), copy=False)
    return Column(_KINDS[dtype.kind], native.dtype.str, native)


def from_cells(
    values: Sequence[Any] | NDArray[Any], what: str, dtype: str = ""
) -> Column:
    """A column of n Python values, of the plainest kind that holds all of them.

    `dtype` is the type to restore; by default the one that belongs to the kind.
    """
    cells = [v.item() if isinstance(v, np.generic) else v for v in values]
    known = [v for v in cells if not _is_missing(v)]
    kinds = {type(v) for v in known}
    is_full = len(known) == len(cells)
    if kinds == {bool} and is_full:
        return Column("bool", dtype or "|b1", np.array(cells, bool))
    if kinds == {int} and is_full and -(2**63) <= min(cells) <= max(cells) < 2**63:
        return Column("int", dtype or "<i8", np.array(cells, np.int64))
    if kinds <= {int, float} and all(
        isinstance(v, float) or abs(v) <= _LARGEST_EXACT for v in known
    ):
        numbers = [math.nan if _is_missing(v) else float(v) for v in cells]
        return Column("float", dtype or "<f8", np.array(numbers, np.float64))
    if kinds == {str}:
        missing = tuple(i for i, v in enumerate(cells) if _is_missing(v))
        text = ["" if _is_missing(v) else v for v in cells]
        return Column("str", dtype or "object", np.array(text, dtype=str), missing)
    texts = [json.dumps(plain(v, what)) for v in cells]
    return Column("json", "object", np.array(texts, dtype=str))


def restore(spec: Mapping[str, Any], values: NDArray[Any] | list[Any]) -> NDArray[Any]:
    """The array [n] that a column was made of, from what a file holds of it.

    `values` are a list in files of JSON. Any exception means that they do not belong to
    the spec: both are read from a file, which may be damaged or lie.
    """
    kind = spec["kind"]
    if isinstance(values, list):
        values = np.array(values, _checked_dtype(spec["stored"], len(values)))
    if values.ndim != 1:
        raise ValueError(f"a column has the shape {list(values.shape)}")
    if kind == "json":
        restored = np.empty(len(values), object)
        for i, value in enumerate(values):  # numpy would make lists a 2-D array
            restored[i] = parse_json(str(value), "A cell", ExportError)
        return restored
    dtype = _checked_dtype(spec["dtype"], len(values), kind)
    if kind == "str":
        restored = np.array([str(value) for value in values], dtype=dtype)
        if spec["missing"]:
            restored[np.array(spec["missing"], np.int64)] = np.nan
        return restored
    if kind not in ("bool", "int", "float") or values.dtype.kind not in "biuf":
        raise ValueError(f"a column of kind {quoted(kind)} cannot hold {values.dtype}")
    return values.astype(dtype)


def _checked_dtype(code: Any, n: int, kind: str = "") -> np.dtype[Any]:
    """The type of a column of `n` cells, once the memory that it claims is checked."""
    if not isinstance(code, str):
        raise TypeError("a column has no type")
    dtype: np.dtype[Any] = np.dtype(code)
    if dtype.kind not in ("UTO" if kind == "str" else "biufUO"):
        raise ValueError(f"a column cannot be of type {quoted(code)}")
    size = dtype.itemsize * max(1, n)
    refuse_above("column_bytes", size, "A column of labels", ExportError)
    return dtype


def _is_missing(value: Any) -> bool:
    """Whether a cell has no value: None, NaN or pandas' NA."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def plain(value: Any, what: str) -> Any:
    """Copy of a value made of dicts, lists, text, numbers, truth values and None.

    Tuples and arrays become lists, numpy numbers ordinary ones; anything else is an
    ExportError, in which `what` names the value.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ExportError(
                    f"{what} has the key {key!r}, which is not text; use text keys."
                )
        return {key: plain(item, f"{what}.{key}") for key, item in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item, f"{what}[{i}]") for i, item in enumerate(value)]
    raise ExportError(
        f"{what} is a {type(value).__name__}, which cannot be written as JSON; convert "
        "it to text or numbers."
    )
