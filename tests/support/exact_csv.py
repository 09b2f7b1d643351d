"""Numbers of tables as they were written."""

from __future__ import annotations

import pandas as pd

EXACT = (
    {} if int(pd.__version__.split(".")[0]) > 2 else {"float_precision": "round_trip"}
)
"""What makes ``pandas.read_csv`` read the numbers that were written, as later ones do."""
