"""Text in ``.csv`` files that a spreadsheet would take for a formula.

A cell of text that begins with = + - @, a tab or a line break is written with an
apostrophe before it, which spreadsheets take for "this is text". So that every text comes
back exactly, one more is also put before text that begins with apostrophes and then one
of these. Numbers are written as they are.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "'"
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def escape(text: str) -> str:
    """Text as it is written to a cell."""
    return MARK + text if _FORMULA.match(text) else text


def unescape(text: str) -> str:
    """The text of a cell that :func:`escape` wrote."""
    return text[1:] if text[:1] == MARK and _FORMULA.match(text) else text


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table, without its index and with all text escaped, the header's too."""
    escaped = _changed(table, escape)
    # pandas quotes no lone carriage return, and takes it for the end of a row
    returns = any(
        "\r" in str(cell)
        for k in range(escaped.shape[1])
        if not pd.api.types.is_numeric_dtype(escaped.iloc[:, k].dtype)
        for cell in (escaped.columns[k], *escaped.iloc[:, k])
    )
    if returns:
        escaped.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC)
    else:
        escaped.to_csv(path, index=False)


def unescape_table(table: pd.DataFrame) -> pd.DataFrame:
    """A copy with the text as it was before :func:`write_csv`."""
    return _changed(table, unescape)


def _changed(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    changed = {}
    for k in range(len(table.columns)):
        cells = table.iloc[:, k]
        if not pd.api.types.is_numeric_dtype(cells.dtype):
            cells = cells.map(lambda v: change(v) if isinstance(v, str) else v)
        changed[k] = cells
    result = pd.DataFrame(changed, index=table.index)
    result.columns = pd.Index(
        [change(name) if isinstance(name, str) else name for name in table.columns]
    )
    return result
