"""What a file may claim before it is refused: one table for the whole project.

A header can claim any size in a few bytes. Readers compare what a file claims with this
table before they take memory or time. Every limit can be raised by an environment
variable, and every refusal names it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insilico_gui.errors import InsilicoError

_GIB = 2**30


@dataclass(frozen=True)
class Limit:
    """The largest claim that is believed.

    Attributes
    ----------
    value : int
        The limit unless a setting raises or lowers it.
    unit : str
        What is counted, in the plural.
    of : str
        Of what, in words: see docs/reference/limits.md.
    """

    value: int
    unit: str
    of: str = ""


LIMITS = {
    "file_bytes": Limit(64 * _GIB, "bytes", "any input file"),
    "text_bytes": Limit(192 * 2**20, "bytes", "a side file of responses"),
    "table_bytes": Limit(64 * 2**20, "bytes", "a table of trials or units in .csv"),
    "text_entries": Limit(10_000_000, "entries", "a text in JSON, at all depths"),
    "text_depth": Limit(100, "levels", "lists within lists, in JSON and YAML"),
    "line_bytes": Limit(16 * 2**20, "bytes", "the first line of a table"),
    "spec_bytes": Limit(4 * 2**20, "bytes", "a specification of a stimulus"),
    "spec_lines": Limit(100_000, "lines", "a specification of a stimulus"),
    "spec_entries": Limit(20_000, "entries", "a specification, at all depths"),
    "frame_pixels": Limit(2 * 7680 * 4320, "pixels", "one frame that is read"),
    "display_pixels": Limit(4096 * 2304, "pixels", "one frame that is rendered"),
    "gif_bytes": Limit(2 * _GIB, "bytes", "a GIF, which is read from end to end"),
    "picture_bytes": Limit(_GIB // 2, "bytes", "one picture, decoded"),
    "images": Limit(2_000_000, "images", "one set"),
    "rendered_seconds": Limit(6 * 3600, "seconds", "one stimulus that is rendered"),
    "frames": Limit(20_000_000, "frames", "one stimulus"),
    "stimulus_seconds": Limit(24 * 3600, "seconds", "one stimulus, or a time in it"),
    "table_columns": Limit(20_000, "columns", "a table of trials or units"),
    "table_rows": Limit(10_000_000, "rows", "such a table"),
    "table_cells": Limit(10_000_000, "cells", "such a table"),
    "column_bytes": Limit(2**28, "bytes", "one column of labels, in memory"),
    "array_entries": Limit(20_000, "arrays", "one .npz file or .zarr folder"),
    "chunk_bytes": Limit(2**28, "bytes", "a chunk of a .zarr folder, unpacked"),
    "folder_entries": Limit(1_000_000, "files", "one .zarr folder"),
    "unpacked_bytes": Limit(2**29, "bytes", "what a compressed array unfolds to"),
    "memory_bytes": Limit(8 * _GIB, "bytes", "what is read into memory at once"),
    "download_bytes": Limit(16 * _GIB, "bytes", "one downloaded file"),
    "archive_bytes": Limit(32 * _GIB, "bytes", "what an archive unfolds to"),
    "archive_entries": Limit(20_000, "entries", "an archive"),
    "weights_bytes": Limit(8 * _GIB, "bytes", "a file of weights or metadata"),
    "weights_entries": Limit(2_000_000, "entries", "such a file, at all depths"),
}


def limit(name: str) -> int:
    """The limit in force: that of :data:`LIMITS`, or of ``INSILICO_MAX_<NAME>``."""
    try:
        value = float(os.environ[variable(name)])
        return LIMITS[name].value if math.isnan(value) else int(min(value, 2**62))
    except (KeyError, ValueError):
        return LIMITS[name].value


def variable(name: str) -> str:
    """The environment variable that sets a limit."""
    return f"INSILICO_MAX_{name.upper()}"


def refuse_above(
    name: str, claimed: float, what: str, error: type[InsilicoError]
) -> None:
    """Refuse a claim above the limit `name`.

    Parameters
    ----------
    name : str
        A key of :data:`LIMITS`.
    claimed : number
        Of the unit of the limit.
    what : str
        The thing that makes the claim.
    error : type
        Raised, naming the claim, the limit and the setting that raises it.
    """
    allowed = limit(name)
    if claimed > allowed:
        unit = LIMITS[name].unit
        raise error(
            f"{what} claims {_number(claimed)} {unit}, and the limit is "
            f"{_number(allowed)}: it is damaged, or the environment variable "
            f"{variable(name)} has to be raised."
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value < 1e12 else f"{value:.3g}"
