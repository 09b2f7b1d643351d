"""Columns that analyses add to a unit table, and with what parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.responses import distinct_names, unit_dim
from insilico_gui.units.identity import measured_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray


class Measured:
    """Keeps account of which columns of a unit table come from which analysis."""

    def __init__(self) -> None:
        self._columns: dict[str, list[str]] = {}
        self._parameters: dict[str, dict[Any, Any]] = {}

    @property
    def parameters(self) -> dict[str, dict[Any, Any]]:
        """Parameters of each analysis, by its name."""
        return dict(self._parameters)

    def columns(self, analysis: str) -> list[str]:
        """Columns that the latest analysis of that name made."""
        return list(self._columns.get(analysis, ()))

    def origin(self, column: str) -> tuple[str, dict[Any, Any]] | None:
        """Analysis that made a column, and its parameters; None if none did."""
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
        """The unit table with the columns of an analysis, without those of an earlier.

        Parameters
        ----------
        units : pandas.DataFrame
            The unit table with what was measured so far; is left as it is.
        analysis : str
            Name of the analysis.
        measured : pandas.DataFrame
            A result table, of which the columns that name a scan are left out; other
            units have NaN, or an empty text.
        rows : int array
            Which rows of `units` those of `measured` are.
        own : iterable of str
            Columns that the session itself has; one measured that is called like one of
            them gets another name.
        parameters : mapping
            How the columns were computed.

        Returns
        -------
        pandas.DataFrame
            A copy of `units` with the measured columns last.
        """
        units = units.drop(columns=self.columns(analysis))
        made = []
        results = measured[measured_names(measured)]
        for column, values in results.rename(
            columns=distinct_names(results.columns, own)
        ).items():
            is_text = values.dtype.kind not in "fiub"
            full = np.full(
                len(units), "" if is_text else np.nan, object if is_text else float
            )
            full[rows] = values.to_numpy()
            units[column] = full
            made.append(str(column))
        self._columns[analysis] = made
        self._parameters.pop(analysis, None)  # the latest analysis comes last
        self._parameters[analysis] = dict(parameters)
        return units


def added_coords(
    units: pd.DataFrame, responses: xr.DataArray
) -> dict[str, tuple[str, NDArray[Any]]]:
    """Columns of a unit table that responses lack, as coordinates.

    Parameters
    ----------
    units : pandas.DataFrame
        One row per unit of interest.
    responses : xarray.DataArray
        Whose coordinates are known.

    Returns
    -------
    dict of str to (str, array [n])
        Dimension of the units and the values of each such column.
    """
    dim = unit_dim(responses)
    return {
        str(name): (dim, units[name].to_numpy())
        for name in units.columns
        if name not in responses.coords
    }
