"""Columns as published tables have them, and what takes long to work out.

The former are measured with a reference battery, the latter are indices in the steady
state. They stand in a file, which ``scripts/demo_reference.py`` makes, for a session
should open at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SessionError
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    import pandas as pd

FILE = "reference.csv"

BATTERY: dict[str, dict[str, Any]] = {
    "stimulus": {
        "n_directions": 16,
        "spatial_frequency": 0.04,
        "temporal_frequency": 2.0,
        "contrast": 1.0,
        "duration_s": 1.0,
        "blank_s": 0.5,
        "repeats": 1,
        "seed": 0,
    },
    "analysis": {"latency_s": 0.0, "window_s": None},
}
"""Drifting gratings and windows that are the defaults of the host; all other too."""

COLUMNS = {
    "pref_dir": "pref_dir",
    "pref_ori": "pref_ori",
    "OSI": "OSI_fit",
    "DSI": "DSI_fit",
    "gOSI": "gOSI",
    "gDSI": "gDSI",
}
"""Columns of the unit table, and the measured ones that they are."""

STEADY = ("true_OSI", "true_DSI", "true_gOSI", "true_gDSI")
"""Columns that follow from :func:`insilico_demo.units.steady_responses`."""


def read_reference() -> tuple[str, pd.DataFrame]:
    """The digest of the population that was measured, and all columns, a row a unit."""
    import pandas as pd

    with open_input(Path(__file__).with_name(FILE), SessionError) as file:
        digest = file.readline().decode().removeprefix("#").strip()
        table = pd.read_csv(file, index_col="unit_id")
    return digest, table
