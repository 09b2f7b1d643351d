"""Responses as they are played: a row of units for each moment, computed or on disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from insilico_gui.encoding.timeline import Moments
from insilico_gui.errors import ExportError
from insilico_gui.responses import take_units, unit_dim
from insilico_gui.session import is_video_session
from insilico_gui.units.results import added_coords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.encoding import ConditionJob, DriveJob, EncodingJob, ImageJob
    from insilico_gui.session import Session
    from insilico_gui.units.selection import Selection

BLOCK, KEPT_BLOCKS = 64, 8
"""Rows that are read from disk at once, and how many of such blocks are kept."""


class ByMoment(Protocol):
    """Responses by moment of playback.

    Attributes
    ----------
    shape : (int, int)
        Moments and units.
    """

    shape: tuple[int, ...]

    @property
    def n_done(self) -> int:
        """Number of moments that are computed."""

    def row(self, moment: int, /) -> NDArray[np.float32]:
        """Responses at a moment, float32 [U]."""

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Responses at some moments, float32 [n, U]."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Responses of one run as far as they are there.

    Attributes
    ----------
    moments : ByMoment
        By moment of playback; grows while they are computed.
    indices : int64 array [n]
        Rows of the unit table that they are of.
    n_times : int
        Moments for each frame or image.
    """

    moments: ByMoment
    indices: NDArray[np.int64]
    n_times: int = 1

    def row_of_all(self, moment: int, n_units: int) -> NDArray[np.float32] | None:
        """Responses at a moment, float32 [U], NaN for other units; None if not there."""
        if moment >= self.moments.n_done:
            return None
        row = self.moments.row(moment)
        if len(row) == n_units:
            return row
        full = np.full(n_units, np.nan, dtype=np.float32)
        full[self.indices] = row
        return full


@dataclass(frozen=True, eq=False)
class Beside:
    """A further session, whose units are on the map beside those of the one on show.

    Attributes
    ----------
    name : str
        In the document.
    session : Session
    units : pandas.DataFrame
        Unit table with the columns of results; not to be written to.
    selection : Selection or None
        Units that are selected when it is on show; None if no selection was made.
    encoded : Encoded or None
        Its responses to the stimulus on show.
    """

    name: str
    session: Session
    units: pd.DataFrame
    selection: Selection | None
    encoded: Encoded | None

    def response_at(
        self, time_s: float, moment: int, n_times: int
    ) -> NDArray[np.float32] | None:
        """Responses at a time, float32 [U]; None if they are not there.

        Parameters
        ----------
        time_s : float
            In the stimulus; for videos.
        moment : int
            Of playback of the run on show, which has `n_times` of them for each image.
        n_times : int
        """
        encoded = self.encoded
        if encoded is None:
            return None
        if is_video_session(self.session):
            # A time that was made from a frame index must find that frame again
            moment = int(time_s * self.session.frame_rate + 1e-6)
        elif encoded.n_times != n_times:
            moment = moment // n_times * encoded.n_times
        return encoded.row_of_all(moment, len(self.units))

    def is_as(self, other: Beside) -> bool:
        """Whether all that it holds is the same."""
        return all(
            getattr(self, name) is getattr(other, name)
            for name in ("session", "units", "selection", "encoded")
        )


def running(job: EncodingJob | ImageJob | ConditionJob | DriveJob) -> Encoded:
    """Responses of a job that is about to run."""
    return Encoded(job.moments, job.selection.indices, job.n_times)


def stored(
    responses: xr.DataArray, session: Session, units: Selection | None
) -> Encoded:
    """Complete responses, which may be on disk."""
    rows = np.arange(len(session.units)) if units is None else units.indices
    blocks = StoredRows(responses)
    if responses.dims[0] != "trial":
        return Encoded(blocks, rows)
    dims = tuple(str(dim) for dim in responses.dims[1:])
    shape = tuple(responses.sizes[dim] for dim in dims)
    moments = Moments(blocks, shape, dims, unit_dim(responses))
    return Encoded(moments, rows, moments.n_times)


class StoredRows:
    """Rows of responses along their first dimension; those read last are kept.

    Parameters
    ----------
    responses : xarray.DataArray, [n, ...]
    """

    def __init__(self, responses: xr.DataArray) -> None:
        self._responses = responses
        self.n_done = responses.shape[0]
        n_values = int(np.prod(responses.shape[1:]))
        self.shape: tuple[int, ...] = (self.n_done, n_values)
        self._blocks: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def row(self, moment: int) -> NDArray[np.float32]:
        """See :class:`ByMoment`."""
        row: NDArray[np.float32] = self._block(moment // BLOCK)[moment % BLOCK]
        return row

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """See :class:`ByMoment`."""
        if stop - start == 1:
            return self.row(start)[None]
        return self._read(start, stop)

    def _block(self, k: int) -> NDArray[np.float32]:
        with self._lock:
            if k in self._blocks:
                self._blocks.move_to_end(k)
                return self._blocks[k]
        block = self._read(k * BLOCK, min((k + 1) * BLOCK, self.n_done))
        with self._lock:
            self._blocks[k] = block
            while len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return block

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        values = self._responses[start:stop].to_numpy()
        return np.asarray(values, np.float32).reshape(len(values), -1)


def copying(
    responses: xr.DataArray,
    columns: NDArray[np.int64],
    rule: Mapping[str, Any],
    units: pd.DataFrame,
    parameters: Mapping[str, Any],
) -> Callable[[], xr.DataArray]:
    """A function, for any thread, that copies some columns of responses.

    `units` are the rows of the unit table that belong to the columns; their columns that
    analyses added go with the copy, and `parameters` of the analyses into its ``attrs``.
    """
    if len(columns) == 0:
        raise ExportError("None of the encoded units is selected; select at least one.")
    added = added_coords(units, responses)

    def copy() -> xr.DataArray:
        taken = take_units(responses, columns, rule).assign_coords(added)
        if parameters:
            taken.attrs["analyses"] = dict(parameters)
        return taken

    return copy
