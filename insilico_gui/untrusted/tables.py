"""Tables of strangers: ``.csv`` as programs and spreadsheets write it, and ``.parquet``.

Spreadsheets write a comma or a semicolon between cells, a point or a comma in numbers,
UTF-8 or UTF-16, each by the country of their user. All of it is read; what is not a
table is refused with the line and the reason.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    import os

_SEPARATORS = ",;\t"
_HEAD_BYTES = 2**20
_DECIMAL_COMMA = re.compile(r"\s*[-+]?(?:\d+,?\d*|,\d+)(?:[eE][-+]?\d+)?\s*")
_SEP_LINE = re.compile(r"\A\"?sep=[,;\t]\"?(?:\r\n|\r|\n)", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv(
    path: str | os.PathLike[str], what: str, error: type[InsilicoError], advice: str
) -> pd.DataFrame:
    """Read a table that is text.

    Parameters
    ----------
    path : path
    what : str
        What to call the file in an error.
    error : type
        Raised in one sentence if the file cannot be opened, is too large, or is no
        table: if a row has more or fewer cells than the header, or a column of the
        header is there twice.
    advice : str
        What to do, after a semicolon.

    Returns
    -------
    pandas.DataFrame
        A column of numbers, text or truth values for each cell of the header.
    """
    with open_input(path, error, limit="table_bytes") as file:
        content = file.read()
    with reading(what, error, advice):
        text = _decoded(content)
        separator = _checked_header(text, what, error)
        _check_rows(text, separator, what, error)
        table = pd.read_csv(
            io.StringIO(text, newline=""),
            sep=separator,
            index_col=False,
            low_memory=False,  # the type of a column does not change within it
        )
        return table if separator == "," else _with_decimal_commas(table)


def _decoded(content: bytes) -> str:
    try:
        is_wide = content.startswith(_UTF16)
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as cause:
        line = content[: cause.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not text in UTF-8 or UTF-16") from cause
    if "\0" in text:
        raise ValueError("it holds bytes that are no text")
    # The first line by which Excel is told what is between the cells
    text = _SEP_LINE.sub("", text, count=1)
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _checked_header(text: str, what: str, error: type[InsilicoError]) -> str:
    """The character between cells: of those that may be, the one the header has most of."""
    end = min((k for k in (text.find("\n"), text.find("\r")) if k >= 0), default=-1)
    first = text[:end] if end >= 0 else text
    refuse_above("line_bytes", len(first), f"The first line of {what}", error)
    outside = "".join(first.split('"')[::2])  # of quotes
    counts = {separator: outside.count(separator) for separator in _SEPARATORS}
    separator = max(counts, key=lambda s: counts[s])
    refuse_above("table_columns", counts[separator] + 1, what, error)
    n_rows = max(text.count("\n"), text.count("\r"))
    refuse_above("table_rows", n_rows, what, error)
    refuse_above("table_cells", text.count(separator) + n_rows, what, error)
    return separator


def _check_rows(
    text: str, separator: str, what: str, error: type[InsilicoError]
) -> None:
    """Refuse rows that do not fit the header: a parser would move or drop their cells."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = next(rows, [])
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        twice = next(name for k, name in enumerate(named) if name in named[:k])
        raise ValueError(f"the column {quoted(twice)} is there twice")
    for row in rows:
        is_blank = len(row) < 2 and not "".join(row).strip()
        if not is_blank and len(row) != len(header):
            advice = (
                "put semicolons between the cells if its numbers have decimal commas"
                if separator == "," and len(row) > len(header)
                else "give each row a cell for each column"
            )
            raise error(
                f"{what} cannot be read: line {rows.line_num} has {len(row)} cells where "
                f"the header has {len(header)}; {advice}."
            )


def _with_decimal_commas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with numbers in place of text such as ``0,5``."""
    for name in table.columns:
        column = table[name]
        if column.dtype.kind in "biuf":
            continue
        known = column.dropna()
        if len(known) and all(
            isinstance(cell, str) and _DECIMAL_COMMA.fullmatch(cell) for cell in known
        ):
            points = column.str.replace(",", ".", regex=False)
            table[name] = points.astype("float64")
    return table


def read_parquet(
    path: str | os.PathLike[str], what: str, error: type[InsilicoError], advice: str
) -> pd.DataFrame:
    """Read a table in Parquet: flat columns of numbers, text, times and truth values.

    Parameters
    ----------
    path, what, error, advice
        As in :func:`read_csv`.
    """
    from pyarrow import parquet, types

    with open_input(path, error) as raw, reading(what, error, advice):
        check_footer(raw, what, error)
        with parquet.ParquetFile(raw) as file:
            known = file.metadata
            refuse_above("table_columns", known.num_columns, what, error)
            refuse_above("table_rows", known.num_rows, what, error)
            refuse_above("table_cells", known.num_rows * known.num_columns, what, error)
            schema = file.schema_arrow
            for field in schema:
                if types.is_nested(field.type):
                    raise ValueError(f"the column {quoted(field.name)} is nested")
        # A text that repeats is kept once: written a million times it costs a few bytes
        texts = [field.name for field in schema if _is_text(field.type)]
        with parquet.ParquetFile(
            raw, read_dictionary=texts, page_checksum_verification=True
        ) as file:
            table = file.read()
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    index = [name for name in frame if re.fullmatch(r"__index_level_\d+__", str(name))]
    for name in texts:
        frame[name] = frame[name].astype(object)
    return frame.drop(columns=index)


def column_names(
    path: str | os.PathLike[str], what: str, error: type[InsilicoError]
) -> tuple[list[str], dict[bytes, bytes]]:
    """Names of the columns of a table, and the metadata of one in Parquet.

    Parameters
    ----------
    path, what, error
        As in :func:`read_csv`; nothing but the header is read.
    """
    advice = "give a table with one header line"
    with open_input(path, error) as file, reading(what, error, advice):
        if str(path).lower().endswith(".parquet"):
            from pyarrow import parquet

            check_footer(file, what, error)
            with parquet.ParquetFile(file) as table:
                schema = table.schema_arrow
            return list(schema.names), dict(schema.metadata or {})
        content = file.read(_HEAD_BYTES)
        encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
        # What is cut off in the middle of a letter is beyond the header
        text = _SEP_LINE.sub("", content.decode(encoding, "ignore"), count=1)
        if "\0" in text or not text.strip():
            raise ValueError("it is empty, or no text")
        first = text.splitlines()[0]
        outside = "".join(first.split('"')[::2])  # of quotes
        separator = max(_SEPARATORS, key=outside.count)
        return next(csv.reader([first], delimiter=separator), []), {}


def check_footer(file: Any, what: str, error: type[InsilicoError]) -> None:
    """Refuse a Parquet file whose description is longer than text may be, or the file.

    Raises
    ------
    ValueError
        If it is no Parquet file.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    file.seek(0)
    if size < 12 or tail[4:] != b"PAR1":
        raise ValueError("it is no complete Parquet file")
    length = int.from_bytes(tail[:4], "little")
    refuse_above("text_bytes", length, f"The description of {what}", error)
    if length > size - 12:
        raise ValueError("its description is longer than the file")


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )
