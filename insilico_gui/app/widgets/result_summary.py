"""What an analysis found, summarised whatever it is: columns, attributes, a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.histograms import median_of
from insilico_gui.units.identity import measured_names

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.experiment.analyses import Result

MAX_ROWS = 60
"""Of a summary: more nobody reads."""

MAX_TEXT = 300
"""Letters of one attribute."""


@dataclass(frozen=True)
class UnitMatrix:
    """Values of pairs of units, as they are drawn.

    Attributes
    ----------
    name : str
    values : float64 array [n, n]
    units : object array [n]
        Their ids.
    legend : str
    """

    name: str
    values: NDArray[np.float64]
    units: NDArray[np.object_]
    legend: str


def numeric_columns(columns: pd.DataFrame) -> list[str]:
    """Columns of a result that are numbers, and can be drawn."""
    return [
        name for name in measured_names(columns) if columns[name].dtype.kind in "fiub"
    ]


def column_rows(columns: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Name, median and range of each column over these units; of texts, what there is."""
    numeric = set(numeric_columns(columns))
    return [
        _number_row(name, columns[name].astype(float))
        if name in numeric
        else _text_row(name, columns[name])
        for name in measured_names(columns)[:MAX_ROWS]
    ]


def dataset_rows(dataset: xr.Dataset) -> list[tuple[str, str, str]]:
    """The same of numbers that are not of units, such as one for each condition."""
    rows = []
    for name, variable in dataset.data_vars.items():
        dims = [str(dim) for dim in variable.dims]
        of_units = any(dim == "unit" or dim.startswith("unit_") for dim in dims)
        of_trials = str(name).startswith("trial_")
        if (
            not of_units
            and not of_trials
            and variable.dtype.kind in "fiub"
            and variable.size
        ):
            values = variable.to_series() if dims else None
            what = f"{name} by {', '.join(dims)}" if dims else str(name)
            if values is None:
                rows.append((what, f"{float(variable):.3g}", ""))
            else:
                rows.append((what, *_number_row(str(name), values.astype(float))[1:]))
    return rows[:MAX_ROWS]


def _number_row(name: str, values: pd.Series[float]) -> tuple[str, str, str]:
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return name, "none", ""
    median = median_of(name, values)
    middle = "" if median is None else f"{median:.3g}"
    missing = len(values) - len(known)
    ends = f"{known.min():.3g} to {known.max():.3g}"
    return name, middle, f"{ends}, {missing:,} without" if missing else ends


def _text_row(name: str, values: pd.Series[Any]) -> tuple[str, str, str]:
    counts = values.astype(str).value_counts()
    if len(counts) == 0:
        return name, "none", ""
    return name, str(counts.index[0]), f"{len(counts):,} different"


def provenance(result: Result) -> list[str]:
    """Attributes of a result in words: variants, parameters, warnings; one a line."""
    attrs: dict[str, Any] = dict(result.dataset.attrs)
    attrs |= dict(attrs.pop("analysis", {}) or {})
    if result.columns is not None:
        attrs |= {str(name): value for name, value in result.columns.attrs.items()}
    return [
        f"{name.replace('_', ' ')}: {_words(value)}"
        for name, value in attrs.items()
        if _is_told(name, value)
    ][:MAX_ROWS]


def _is_told(name: str, value: Any) -> bool:
    """Whether an attribute says something that fits in a line."""
    hidden = name.endswith(("_hash", "_attrs", "_specification")) or name == "display"
    empty = value is None or (
        isinstance(value, str | list | tuple | dict) and not value
    )
    return not hidden and not empty and len(_words(value)) <= MAX_TEXT


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_words(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def unit_matrix(
    dataset: xr.Dataset, places: NDArray[np.int64], most: int
) -> UnitMatrix | None:
    """The first matrix of units by units of a result; None if it has none.

    Parameters
    ----------
    dataset : xarray.Dataset
    places : int array
        Units to show, by their place in it.
    most : int
        Of more, evenly spaced ones are taken.
    """
    for name, variable in dataset.data_vars.items():
        is_square = variable.ndim == 2 and len(set(variable.shape)) == 1
        if not is_square or variable.dims[0] != "unit" or not len(places):
            continue
        n_shown = min(len(places), most)
        taken = places[np.linspace(0, len(places) - 1, n_shown).astype(int)]
        values = variable.to_numpy()[np.ix_(taken, taken)].astype(float)
        legend = f"{n_shown:,} of {len(places):,} selected units" * (
            n_shown < len(places)
        )
        ids = dataset["unit_id"].to_numpy() if "unit_id" in dataset.coords else None
        units = np.asarray(taken if ids is None else ids[taken], object)
        return UnitMatrix(str(name).replace("_", " "), values, units, legend)
    return None
