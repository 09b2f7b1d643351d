"""What varies in a table of conditions, and short names of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def varying(table: pd.DataFrame) -> list[str]:
    """Parameters with more than one level; all where there is none."""
    names = [str(name) for name in table if table[name].nunique() > 1]
    return names or [str(name) for name in table.columns]


def row_names(table: pd.DataFrame) -> list[str]:
    """Levels of what varies, such as ``"0.5/1"``, of each row."""
    rows = table[varying(table)].itertuples(index=False, name=None)
    return [
        "/".join(cell if isinstance(cell, str) else f"{cell:g}" for cell in row)
        for row in rows
    ]
