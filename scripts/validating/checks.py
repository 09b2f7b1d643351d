"""The register of checks, and how a declared analysis is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.experiment.analyses import Result, RunData, find_analysis

if TYPE_CHECKING:
    from validating.quantities import Quantity

RATE = 30.0


@dataclass(frozen=True)
class Settings:
    """How much a check does: less of everything if `quick`."""

    quick: bool = False

    def of(self, whole: int, part: int) -> int:
        """A number of units or repeats."""
        return part if self.quick else whole


Check = Callable[[Settings], Iterator["Quantity"]]

CHECKS: dict[str, list[Check]] = {}
"""Checks by the name of the analysis that they check."""


def checks(analysis: str) -> Callable[[Check], Check]:
    """Register a check of an analysis."""

    def keep(check: Check) -> Check:
        CHECKS.setdefault(analysis, []).append(check)
        return check

    return keep


def measure(
    analysis: str,
    responses: xr.DataArray | None,
    stimulus: Any = None,
    session: Any = None,
    rows: Any = None,
    other: Callable[[str, str], xr.DataArray] | None = None,
    **parameters: Any,
) -> Result:
    """Run a declared analysis as the window and the command line do."""
    declared = find_analysis(analysis)
    if rows is None:
        n = len(session.units) if responses is None else responses.sizes["unit"]
        rows = np.arange(n)
    run = None if responses is None else (responses, stimulus)
    data = RunData(
        session, np.asarray(rows), run, other or _no_other, lambda name, given: None
    )
    return declared.run(data, None, declared.check(parameters))


def columns_of(*arguments: Any, **parameters: Any) -> pd.DataFrame:
    """The columns that :func:`measure` finds."""
    columns = measure(*arguments, **parameters).columns
    if columns is None:
        raise ValueError("The analysis makes no columns.")
    return columns


def _no_other(session: str, stimulus: str) -> xr.DataArray:
    raise ValueError("There is no other run.")


def trials(**columns: Any) -> pd.DataFrame:
    """A trial table of all combinations, one frame a trial; ``turn`` counts repeats."""
    table = pd.DataFrame(list(product(*columns.values())), columns=list(columns))
    table["onset"] = np.arange(len(table)) / RATE
    return table.assign(duration=0.0).drop(columns="turn", errors="ignore")


def responses_of(
    values: Any, table: pd.DataFrame | None = None, area: Any = None
) -> xr.DataArray:
    """Responses [T, U], with a trial table if there is one."""
    n_frames, n_units = values.shape
    coords: dict[str, Any] = {
        "time": np.arange(n_frames) / RATE,
        "unit_id": ("unit", np.arange(n_units)),
    }
    if area is not None:
        coords["area"] = ("unit", np.asarray(area))
    attrs: dict[str, Any] = {"session": "seeded", "frame_rate": RATE}
    if table is not None:
        attrs["trials"] = table.to_dict("list")
    return xr.DataArray(
        np.asarray(values, float), coords, ("time", "unit"), attrs=attrs
    )
