"""Responses and results: arrays of xarray that show themselves and go into netCDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import xarray as xr

from insilico_gui.notebook import card, folded, table

LARGEST_INT = 2**31 - 1
"""Of attributes in netCDF 3, which scipy writes."""

MOST_SUMMARISED = 4_000_000
"""Values in memory of which mean and range are shown; more are not read for it."""


class Responses(xr.DataArray):  # type: ignore[no-untyped-call]
    """Responses of units: a DataArray that also takes labels without an index.

    Besides what an index allows, ``responses.sel(area="V1")`` takes the units, and
    ``trial_responses.sel(direction=90)`` the trials, that have a label, or one of a list
    of them; the dimension stays. ``unit_id`` alone is an index, because arrays are aligned
    by their indexes, and labels that several units share could not be aligned.
    """

    __slots__ = ()

    def sel(
        self,
        indexers: Mapping[Any, Any] | None = None,
        method: str | None = None,
        tolerance: Any = None,
        drop: bool = False,
        **indexers_kwargs: Any,
    ) -> Self:
        """See :meth:`xarray.DataArray.sel`; labels of units and trials are taken as well.

        Raises
        ------
        KeyError
            If no unit or trial has a label.
        """
        given = {**(indexers or {}), **indexers_kwargs}
        labels = {name: given.pop(name) for name in list(given) if self._is_label(name)}
        found = self
        for name, wanted in labels.items():
            found = found.isel({found[name].dims[0]: _rows(found[name], wanted)})
        if not given and labels:
            return found
        return super(Responses, found).sel(given, method, tolerance, drop)

    def _is_label(self, name: Any) -> bool:
        """Whether a name is of labels along a dimension, without an index of their own."""
        return (
            name in self.coords
            and name not in self.xindexes
            and name not in self.dims
            and self.coords[name].ndim == 1
        )

    def to_netcdf(self, *arguments: Any, **options: Any) -> Any:
        """See :meth:`xarray.DataArray.to_netcdf`; attributes netCDF lacks become JSON."""
        return xr.DataArray.to_netcdf(plain_attrs(self), *arguments, **options)

    def _repr_html_(self) -> str:
        """In a notebook: shape, labels and provenance, in less than 20 kB."""
        rows = {
            "size": _size(self),
            "session": self.attrs.get("session", ""),
            "stimulus": self.attrs.get("stimulus", ""),
            **_summary(self),
        }
        title = f"{self.name or 'responses'} ({_dims(self)})"
        return card(title, rows, tables=_details(self))


class Results(xr.Dataset):  # type: ignore[no-untyped-call]
    """Results of an analysis: a Dataset that can be written to netCDF as it is."""

    __slots__ = ()

    def to_netcdf(self, *arguments: Any, **options: Any) -> Any:
        """See :meth:`xarray.Dataset.to_netcdf`; attributes netCDF lacks become JSON."""
        return xr.Dataset.to_netcdf(plain_attrs(self), *arguments, **options)

    def _repr_html_(self) -> str:
        """In a notebook: variables, labels and parameters, in less than 20 kB."""
        variables = table(
            ("variable", "dimensions", "type", "values"),
            map(_row, self.data_vars.values()),
        )
        return card(f"results ({_dims(self)})", {}, tables=[variables, *_details(self)])


def shown(array: Any) -> Any:
    """The same array or dataset, as :class:`Responses` or :class:`Results`.

    Values, coordinates and indexes are shared; nothing is read from disk.
    """
    kind = Responses if isinstance(array, xr.DataArray) else Results
    if type(array) is kind:
        return array
    made = array.copy(deep=False)
    # Its own constructor would lose indexes and encoding; both classes have the same slots
    made.__class__ = kind
    return made


def plain_attrs(array: Any) -> Any:
    """A shallow copy with attributes that netCDF can hold; others are JSON text.

    Mappings, lists of texts, truth values, None and large whole numbers are.
    """
    made = array.copy(deep=False)
    made.attrs = _plain(made.attrs)
    for name in made.coords:
        made.coords[name].attrs = _plain(made.coords[name].attrs)
    if isinstance(made, xr.Dataset):
        for name in made.data_vars:
            made[name].attrs = _plain(made[name].attrs)
    return made


def _plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in attrs.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str | float | np.floating):
        return value
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == "f":
        return value
    is_number = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if is_number and abs(int(value)) <= LARGEST_INT:
        return int(value)
    return json.dumps(value, default=_of_numpy)


def _of_numpy(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else str(value)


def _rows(labels: xr.DataArray, wanted: Any) -> Any:
    """Positions of the labels that are wanted: one, a list, or a range with both ends."""
    values = labels.to_numpy()
    if isinstance(wanted, slice):
        inside = np.ones(len(values), bool)
        if wanted.start is not None:
            inside &= values >= wanted.start
        if wanted.stop is not None:
            inside &= values <= wanted.stop
        return np.flatnonzero(inside)
    every = np.atleast_1d(np.asarray(wanted)).tolist()
    known = set(values.tolist())
    missing = [one for one in every if one not in known]
    if missing:
        raise KeyError(f"no {labels.name} {missing[0]!r}")
    return np.flatnonzero(np.isin(values, every))


def _dims(array: Any) -> str:
    return ", ".join(f"{name}: {n:,}" for name, n in array.sizes.items())


def _size(array: xr.DataArray) -> str:
    return f"{array.dtype}, {array.nbytes / 1e6:.3g} MB"


def _summary(array: xr.DataArray) -> dict[str, str]:
    """Mean and range of values in memory; nothing is read from disk for it."""
    values = array.variable._data  # noqa: SLF001 - asking for the values would read them
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        return {}
    known = (
        values[np.isfinite(values)] if values.size <= MOST_SUMMARISED else values[:0]
    )
    if not known.size:
        return {}
    mean, low, high = (float(f(known)) for f in (np.mean, np.min, np.max))
    return {"mean (range)": f"{mean:.4g} ({low:.4g} to {high:.4g})"}


def _details(array: Any) -> list[str]:
    """Tables of labels and attributes, folded."""
    labels = table(
        ("label", "dimensions", "type", "values"), map(_row, array.coords.values())
    )
    attrs = table(("attribute", "value"), array.attrs.items())
    return [
        folded(f"{len(array.coords)} labels", labels),
        folded(f"{len(array.attrs)} attributes", attrs),
    ]


def _row(array: xr.DataArray) -> tuple[object, ...]:
    """One line of a table about an array: its name, and what it begins with."""
    few = array.isel({dim: slice(0, 4) for dim in array.dims}).to_numpy().ravel()[:4]
    words = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in few.tolist()]
    more = " ..." if array.size > len(few) else ""
    dims = ", ".join(map(str, array.dims))
    return array.name, dims, array.dtype, ", ".join(words) + more
