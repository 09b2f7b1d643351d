"""Conventions of response arrays: burn-in, unit table, index and subsets of units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.arrays import shown
from insilico_gui.errors import AnalysisError
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.identity import indexed_by_id

Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)

BURN_IN_FRAMES = 10
"""Frames that the published evaluation of the MICrONS twins leaves out of every clip.

Their networks are recurrent and start from a state of zeros. Responses contain these
frames; analyses leave them out and record their number.
"""

SECONDS = {"units": "s"}
"""``attrs`` of the coordinate ``time``, as xarray and CF conventions read them."""

NO_TRIAL_LABELS = frozenset(
    {"trial", "time", "unit", "responses", "attrs", "layout", "n_frames"}
)
"""Columns of trial tables whose names mean something else in responses and files."""


def distinct_names(columns: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """New names for columns whose names are taken: ``gOSI`` to ``gOSI_measured``.

    Columns of a session are kept apart from columns measured on its responses.
    """
    known = set(taken)
    return {name: f"{name}{MEASURED_AGAIN}" for name in columns if name in known}


def unit_dim(responses: xr.DataArray) -> str:
    """The dimension along which the units lie: that of their ``unit_id``.

    Raises
    ------
    KeyError
        If there is no such coordinate.
    """
    return str(responses["unit_id"].dims[0])


def check_responses(*given: object) -> None:
    """Raise an AnalysisError if an object is not responses, but for instance an array."""
    for one in given:
        if not isinstance(one, xr.DataArray):
            raise AnalysisError(
                f"A {type(one).__name__} is not responses; give the xarray.DataArray "
                "that insilico_gui.encode or insilico_gui.load_responses returns."
            )


def with_unit_index(responses: Labelled) -> Labelled:
    """The same responses, with an index on ``unit_id``: ``responses.sel(unit_id=1003)``.

    Arithmetic aligns such arrays by the ids of their units, not by position. Datasets of
    results get the index too. Both come as :mod:`.arrays`, which show themselves.
    """
    if "unit_id" in responses.coords and "unit_id" not in responses.xindexes:
        responses = responses.set_xindex("unit_id")
    return cast("Labelled", shown(responses))


def unit_table(responses: xr.DataArray) -> pd.DataFrame:
    """Unit table of responses: one row per unit, indexed by unit id."""
    dim = unit_dim(responses)
    columns = {
        str(name): coord.to_numpy()
        for name, coord in responses.coords.items()
        if coord.dims == (dim,) and name != dim
    }
    return indexed_by_id(pd.DataFrame(columns, index=range(responses.sizes[dim])))


def mask_positions(units: ArrayLike, n_units: int) -> NDArray[np.int64] | None:
    """Positions that a vector of 0 and 1 [U] chooses; None if it is no such vector."""
    values = np.asarray(units)
    if values.shape != (n_units,) or values.dtype.kind not in "biuf":
        return None
    return np.flatnonzero(values) if np.isin(values, (0, 1)).all() else None


def take_units(
    responses: xr.DataArray, columns: NDArray[Any], rule: Mapping[str, Any]
) -> xr.DataArray:
    """Responses of some units, with the rule that chose them in ``attrs``."""
    dim = unit_dim(responses)
    if len(columns) == responses.sizes[dim]:
        taken = responses.copy(deep=False)
    else:
        taken = responses.isel({dim: columns})
    taken.attrs["selection"] = dict(rule)
    return taken
