"""Responses of many runs: in memory while they are few, then in one temporary file.

The unit table is kept once for all of them, and what is on disk is mapped when a run is
asked for, so that neither memory nor open files grow with the number of runs.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import EncodingError
from insilico_gui.export import load_responses
from insilico_gui.files import require_space, writing
from insilico_gui.responses import unit_dim, with_unit_index

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

KEPT_BYTES = 128 * 2**20
"""Responses of one shelf that are kept in memory; further ones are on disk."""

BLOCK_BYTES = 16 * 2**20
"""Responses are copied to disk in pieces of about this size."""

Kept = Callable[[], "xr.DataArray"]


class Shelf:
    """Keeps responses; what :meth:`keep` returns gets them back, labelled as they were."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._left = kept_bytes
        self._file: Any = None
        self._end = 0
        self._units: dict[str, Any] = {}

    def keep(self, responses: xr.DataArray) -> Kept:
        """Keep responses of a run; an EncodingError if the disk is full."""
        if (source := responses.encoding.get("source")) is not None:
            return partial(load_responses, source)
        labels = self._without_units(responses)
        if responses.nbytes <= self._left:
            self._left -= responses.nbytes
            return partial(self._labelled, labels, responses.to_numpy)
        start = self._written(responses)
        return partial(
            self._labelled, labels, partial(self._mapped, start, responses.shape)
        )

    def _without_units(self, responses: xr.DataArray) -> xr.DataArray:
        """The labels but those of units, which all runs share, on values of no size."""
        dim = unit_dim(responses)
        units = {
            str(name): coord.variable
            for name, coord in responses.coords.items()
            if coord.dims == (dim,)
        }
        self._units = self._units or units
        nothing = np.broadcast_to(np.float32(0), responses.shape)
        return responses.copy(data=nothing).drop_vars(list(units))

    def _labelled(
        self, labels: xr.DataArray, values: Callable[[], NDArray[Any]]
    ) -> xr.DataArray:
        whole = labels.copy(data=values()).assign_coords(self._units)
        return with_unit_index(whole)

    def _written(self, responses: xr.DataArray) -> int:
        """Copy the values to the end of the file; where they begin there."""
        require_space(Path(tempfile.gettempdir()), responses.nbytes, EncodingError)
        if self._file is None:
            self._file = tempfile.TemporaryFile()
            weakref.finalize(self, self._file.close)
        start = self._end
        step = max(1, BLOCK_BYTES * len(responses) // max(1, responses.nbytes))
        with writing("the temporary file", EncodingError):
            self._file.seek(start)
            for first in range(0, len(responses), step):
                block = responses[first : first + step].to_numpy()
                self._file.write(np.ascontiguousarray(block, np.float32).data)
            self._file.flush()
        self._end = start + responses.nbytes
        return start

    def _mapped(self, start: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        return np.memmap(self._file, np.float32, "r", start, shape)
