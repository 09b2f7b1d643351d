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
    """

    value: int
    unit: str


LIMITS = {
    "file_bytes": Limit(64 * _GIB, "bytes"),  # any input file
    "text_bytes": Limit(64 * 2**20, "bytes"),  # side files and tables that are text
    "spec_bytes": Limit(4 * 2**20, "bytes"),  # specifications of stimuli
    "spec_entries": Limit(20_000, "entries"),  # of a specification, at all depths
    "frame_pixels": Limit(2 * 7680 * 4320, "pixels"),  # of one frame: twice 8K
    "picture_bytes": Limit(_GIB // 2, "bytes"),  # of one picture, decoded
    "frames": Limit(20_000_000, "frames"),  # of one stimulus
    "images": Limit(2_000_000, "images"),  # of one set: each has a name in memory
    "stimulus_seconds": Limit(24 * 3600, "seconds"),  # of one stimulus
    # Of one that is rendered: longer is a slip in a number, not a plan
    "rendered_seconds": Limit(6 * 3600, "seconds"),
    "table_columns": Limit(20_000, "columns"),
    "table_rows": Limit(10_000_000, "rows"),
    "memory_bytes": Limit(8 * _GIB, "bytes"),  # of what is read into memory at once
    "download_bytes": Limit(16 * _GIB, "bytes"),  # of one downloaded file
    "archive_bytes": Limit(32 * _GIB, "bytes"),  # of what an archive unfolds to
    "archive_entries": Limit(20_000, "entries"),
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
