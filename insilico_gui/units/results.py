"""Columns that analyses add to a unit table, and the parameters of the analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.responses import distinct_names, unit_dim
from insilico_gui.units.identity import measured_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr
    from numpy.typing import NDArray


class Measured:
    """The columns of a unit table that analyses added, by analysis."""

    def __init__(self) -> None:
        self._columns: dict[str, list[str]] = {}
        self._parameters: dict[str, dict[Any, Any]] = {}

    @property
    def parameters(self) -> dict[str, dict[Any, Any]]:
        """Parameters of each analysis, by its name."""
        return dict(self._parameters)

    def columns(self, analysis: str) -> list[str]:
        """Columns that the latest analysis of that name added."""
        return list(self._columns.get(analysis, ()))

    def origin(self, column: str) -> tuple[str, dict[Any, Any]] | None:
        """Analysis that added a column, and its parameters; None for other columns."""
        for analysis, columns in self._columns.items():
            if column in columns:
                return analysis, dict(self._parameters[analysis])
        return None

    def put(
        self,
        units: pd.DataFrame,
        analysis: str,
        measured: pd.DataFrame,
        rows: NDArray[np.integer],
        *,
        own: Iterable[str],
        parameters: Mapping[Any, Any],
    ) -> pd.DataFrame:
        """A copy of `units` with the columns of an analysis last, in place of earlier ones.

        `measured` is a result table of the `rows` of `units`; the other units get NaN or
        empty text. A column with a name of `own`, the columns of the session, is renamed;
        one with a name that another analysis gave is named after its stimulus as well.
        """
        units = units.drop(columns=self.columns(analysis))
        made: dict[str, NDArray[Any]] = {}
        results = measured[measured_names(measured)]
        for column, values in results.rename(
            columns=distinct_names(results.columns, own)
        ).items():
            is_text = values.dtype.kind not in "fiub"
            full = np.full(
                len(units), "" if is_text else np.nan, object if is_text else float
            )
            full[rows] = values.to_numpy()
            name = str(column)
            if name in units:
                name = f"{name} of {parameters.get('stimulus')}"
            made[name] = full
        # At once: a table to which columns are added one by one becomes slow
        kept = units.drop(columns=[name for name in made if name in units])
        units = pd.concat([kept, pd.DataFrame(made, index=units.index)], axis=1)
        self._columns[analysis] = list(made)
        self._parameters.pop(analysis, None)  # the latest analysis comes last
        self._parameters[analysis] = dict(parameters)
        return units


def added_coords(
    units: pd.DataFrame, responses: xr.DataArray
) -> dict[str, tuple[str, NDArray[Any]]]:
    """Columns of `units` [n] that responses lack, as coordinates along their units."""
    dim = unit_dim(responses)
    return {
        str(name): (dim, units[name].to_numpy())
        for name in units.columns
        if name not in responses.coords
    }
