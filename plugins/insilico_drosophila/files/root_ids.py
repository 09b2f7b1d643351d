"""Root ids of neurons: 64-bit numbers that must not pass through floating point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import WeightsError, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ADVICE = "copy it again from the published data"

_EXACT = 2**53
_STEPS = (128, 1000)
"""Spacing of float64 at 7e17, and of the 15 digits that spreadsheets keep."""
_FEW = 8
"""Fewer ids than this could be multiples of a step by chance."""


def read_neurons(path: Path) -> NDArray[np.int64]:
    """Root ids [N] of a table of neurons; a row's position is the neuron's index.

    The ids are the first column, whatever its header.

    Raises
    ------
    WeightsError
        If the file is missing, or an id is no whole number, there twice, or rounded.
    """
    name = path.name
    with open_input(path, WeightsError, limit="table_bytes") as file:
        content = file.read()
    with reading(name, WeightsError, ADVICE):
        lines = content.decode("utf-8-sig").splitlines()
    refuse_above("table_rows", len(lines), name, WeightsError)
    cells = [line.split(",", 1)[0].strip().strip('"') for line in lines[1:] if line]
    if not cells:
        raise WeightsError(f"{name} has no neurons; {ADVICE}.")
    ids = np.empty(len(cells), np.int64)
    for row, cell in enumerate(cells):
        ids[row] = _id(cell, row + 2, name)
    check_ids(ids, name)
    return ids


def check_ids(ids: NDArray[np.int64], name: str) -> None:
    """Refuse ids that are there twice, or that a spreadsheet has rounded."""
    large = np.unique(ids[ids > _EXACT])
    for step in _STEPS:
        if len(large) >= _FEW and not (large % step).any():
            raise WeightsError(
                f"The root ids of {name} were rounded, as spreadsheets do with numbers "
                f"above 2^53: all are multiples of {step}; {ADVICE}, and do not save it "
                "with a spreadsheet."
            )
    values, counts = np.unique(ids, return_counts=True)
    if len(values) < len(ids):
        twice = values[counts > 1][0]
        raise WeightsError(f"{name} has the root id {twice} more than once; {ADVICE}.")


def _id(cell: str, line: int, name: str) -> int:
    digits = cell.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < 20:
        value = int(cell)
        if -(2**63) <= value < 2**63:
            return value
    rounded = "e" in cell.lower() or "." in cell
    why = ", which was rounded by a spreadsheet" if rounded else ""
    raise WeightsError(
        f"Line {line} of {name} has the root id {quoted(cell)}{why} and not a whole "
        f"number of 64 bits; {ADVICE}."
    )
