"""Labels and provenance of responses, in a form that every format can write.

A *layout* is the part, fit for JSON, from which the same array is restored: dims, shape
and the spec of each column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.errors import ExportError, echoed, quoted
from insilico_gui.export.columns import Column, from_array, from_cells, plain, restore
from insilico_gui.responses import with_unit_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FORMAT = "insilico_gui responses"
VERSION = 2

VIDEO_DIMS = ("time", "unit")
BLOCK_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Record:
    """Labels and provenance of responses.

    Attributes
    ----------
    dims : tuple of str
    shape : tuple of int
    unit_dim : str
        The dimension of the units.
    axes : dict of str to Column
        Labels of other dims, if any: ``time`` in seconds, ``trial``, ...
    units : dict of str to Column
        The unit table.
    trials : dict of str to Column, or None
        The trial table, if the stimulus has one.
    attrs : dict
        Provenance, JSON-able, without the trial table.
    coordinate_attrs : dict of str to dict
        Attributes of coordinates that have any.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    unit_dim: str
    axes: dict[str, Column]
    units: dict[str, Column]
    trials: dict[str, Column] | None
    attrs: dict[str, Any]
    coordinate_attrs: dict[str, dict[str, Any]]

    @property
    def layout(self) -> dict[str, Any]:
        """The argument of :func:`assemble` that is fit for JSON."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "dims": list(self.dims),
            "shape": list(self.shape),
            "unit_dim": self.unit_dim,
            "axes": {name: column.spec for name, column in self.axes.items()},
            "unit_columns": {name: c.spec for name, c in self.units.items()},
            "trial_columns": None
            if self.trials is None
            else {name: c.spec for name, c in self.trials.items()},
            "coordinate_attrs": self.coordinate_attrs,
        }


def describe(responses: xr.DataArray) -> Record:
    """Labels and provenance of responses; an ExportError names what cannot be written."""
    unit_dim = _unit_dim(responses)
    if responses.dtype != np.float32:
        raise ExportError(
            f"The responses are {responses.dtype}; files hold float32, so convert them "
            "first with responses.astype('float32')."
        )
    if 0 in responses.shape:
        raise ExportError("The responses hold no frames, units or trials to export.")
    if "time" in responses.dims:
        if "time" not in responses.coords:
            raise ExportError("The responses have no coordinate 'time'; add one.")
        if responses["time"].dtype != np.float64:
            raise ExportError(
                f"The times of the responses are {responses['time'].dtype}; give "
                "float64 seconds."
            )
    units: dict[str, Column] = {}
    axes: dict[str, Column] = {}
    for name, coord in responses.coords.items():
        if coord.dims == (unit_dim,) and isinstance(name, str):
            units[name] = from_array(coord.to_numpy(), f"The unit column {name!r}")
        elif coord.dims in ((name,), ("trial",)) and isinstance(name, str):
            axes[str(name)] = from_array(coord.to_numpy(), f"The coordinate {name!r}")
        else:
            raise ExportError(
                f"The coordinate {name!r} is neither the time, nor a label of trials, nor "
                "a column of the unit table; leave it out with "
                f"responses.drop_vars({name!r})."
            )
    attrs = {key: value for key, value in responses.attrs.items() if key != "trials"}
    return Record(
        dims=tuple(map(str, responses.dims)),
        shape=responses.shape,
        unit_dim=unit_dim,
        axes=axes,
        units=units,
        trials=_trial_columns(responses.attrs.get("trials")),
        attrs=plain(attrs, "attrs"),
        coordinate_attrs={
            str(name): plain(coord.attrs, f"The attributes of {name}")
            for name, coord in responses.coords.items()
            if coord.attrs
        },
    )


def _unit_dim(responses: xr.DataArray) -> str:
    dims = responses.dims
    if "unit_id" not in responses.coords:
        raise ExportError("The responses have no coordinate 'unit_id'; add one.")
    unit_dim = "/".join(map(str, responses["unit_id"].dims))
    if not _are_dims(dims, unit_dim):
        raise ExportError(
            f"The responses have the dims {list(map(str, dims))}; bring them to "
            "('time', 'unit'), or to ('trial', ...) with that of the units among the "
            "others, e.g. with transpose."
        )
    return unit_dim


def _are_dims(dims: Any, unit_dim: Any) -> bool:
    """Whether these are dims of responses: of one video, or of trials."""
    return tuple(dims) == VIDEO_DIMS or (
        all(type(name) is str and name.isidentifier() for name in dims)
        and len({*dims}) == len(dims)
        and dims[0] == "trial"
        and unit_dim in dims[1:]
        # A batch of videos is kept in order of time
        and (unit_dim != "unit" or dims[-1] == "unit")
    )


def _trial_columns(trials: Any) -> dict[str, Column] | None:
    if trials is None:
        return None
    lengths = (
        {len(column) for column in trials.values()}
        if isinstance(trials, Mapping)
        and all(isinstance(name, str) for name in trials)
        and all(isinstance(column, list) for column in trials.values())
        else {0, 1}
    )
    if len(lengths) > 1:
        raise ExportError(
            "attrs['trials'] is not a dict of columns of equal length; make it with "
            "table.to_dict(orient='list')."
        )
    return {
        name: from_cells(column, f"The trial column {name!r}")
        for name, column in trials.items()
    }


def assemble(
    layout: Mapping[str, Any],
    attrs: Mapping[str, Any],
    values: NDArray[np.float32] | xr.DataArray,
    axes: Mapping[str, Any],
    units: Mapping[str, Any],
    trials: Mapping[str, Any],
) -> xr.DataArray:
    """The responses that were exported, from what a file holds of a :class:`Record`.

    `values` have the shape of the layout; a DataArray may be on disk and stays there.
    `axes`, `units` and `trials` have an array or a list for each column that the layout
    names. Any exception means that the parts do not belong together.
    """
    dims = tuple(layout["dims"])
    unit_dim = layout["unit_dim"]
    n_units = layout["shape"][dims.index(unit_dim)]
    coords: dict[str, Any] = {
        name: (name if name in dims else "trial", restore(spec, axes[name]))
        for name, spec in layout["axes"].items()
    }
    for name, spec in layout["unit_columns"].items():
        column = restore(spec, units[name])
        if len(column) != n_units:
            raise ValueError(f"the unit column {quoted(name)} has {len(column)} rows")
        coords[name] = (unit_dim, column)
    for labelled, extra in layout["coordinate_attrs"].items():
        coords[labelled] = (*coords[labelled], dict(extra))
    if tuple(values.shape) != tuple(layout["shape"]) or values.dtype != np.float32:
        raise ValueError(f"the responses are {values.dtype} {list(values.shape)}")
    responses = xr.DataArray(values, dims=dims, name="responses").assign_coords(coords)
    responses.attrs = dict(attrs)
    if layout["trial_columns"] is not None:
        responses.attrs["trials"] = {
            name: restore(spec, trials[name]).tolist()
            for name, spec in layout["trial_columns"].items()
        }
    return with_unit_index(responses)


def check_layout(layout: Any) -> dict[str, Any]:
    """A layout from parsed JSON, or a ValueError that says what it is instead."""
    if not isinstance(layout, dict) or layout.get("format") != FORMAT:
        raise ValueError("it was not written by this program")
    if layout["version"] != VERSION:
        version = echoed(layout["version"])
        raise ValueError(
            f"it is of version {version}, and this program reads {VERSION}"
        )
    shape = layout["shape"]
    if (
        not _are_dims(layout["dims"], layout["unit_dim"])
        or len(shape) != len(layout["dims"])
        or not all(type(n) is int and n > 0 for n in shape)
    ):
        raise ValueError("its dims or shape are not those of responses")
    return layout


def blocks(
    responses: xr.DataArray, rows: int | None = None
) -> Iterator[tuple[tuple[int, ...], int, NDArray[np.float32]]]:
    """Read responses block by block, in the order of their values.

    Yields the position in all dimensions but the last two (e.g. the video of a batch), the
    first entry of the last dimension but one (e.g. the first frame), and a block [n, M] of
    at most `rows` entries, by default as many as take :data:`BLOCK_BYTES`.
    """
    *outer, n_rows, width = responses.shape
    step = rows or max(1, BLOCK_BYTES // (4 * width))
    for place in np.ndindex(*outer):
        part = responses[place]
        for start in range(0, n_rows, step):
            yield place, start, part[start : start + step].to_numpy()
