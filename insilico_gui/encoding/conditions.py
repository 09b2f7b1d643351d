"""The engine for conditions: batches of rows of a table, each answered on its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.conditions import check_conditions
from insilico_gui.encoding.provenance import chosen_units, provenance, unit_coords
from insilico_gui.encoding.store import ScratchStore, zarr_path
from insilico_gui.encoding.timeline import Moments
from insilico_gui.errors import EncodingError
from insilico_gui.export import Destination, load_responses
from insilico_gui.progress import Progress
from insilico_gui.responses import NO_TRIAL_LABELS, SECONDS, with_unit_index
from insilico_gui.stimuli.core.conditions import labels_of
from insilico_gui.streaming import telling_of_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.conditions import ConditionSession
    from insilico_gui.stimuli.core.conditions import ConditionTable
    from insilico_gui.units.selection import Selection

BATCH_NUMBERS = 4_000_000
"""Responses in one step: enough for efficiency, few enough to cancel between."""


class ConditionJob:
    """One table of conditions through one session; nothing is computed before :meth:`run`.

    Parameters are those of :func:`.encode`; they are all checked here.

    Attributes
    ----------
    session : ConditionSession
    stimulus : ConditionTable
    selection : Selection
        Units that are computed.
    n_frames : int
        Number of conditions.
    n_times : int
        Moments of the response to one condition.
    moments : Moments
        Responses by moment, for playback; filled while the job runs.
    """

    def __init__(
        self,
        session: ConditionSession,
        stimulus: ConditionTable,
        units: Selection | ArrayLike | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        store: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        self.session = session
        self.stimulus = stimulus
        self.n_frames = stimulus.n_conditions
        self._table = check_conditions(session.parameters, stimulus, session.id)
        self.selection = chosen_units(session, units, unit_ids, indices)
        self._everything = len(self.selection) == len(session.units)
        self._target: Destination | None = None
        if store is not None:
            self._target = Destination(zarr_path(store), overwrite, EncodingError)
        self._shape = (len(session.times), len(self.selection))
        self._store = ScratchStore((self.n_frames, self._shape[0] * self._shape[1]))
        self.moments = Moments(self._store, self._shape, ("time", "unit"), "unit")
        self.n_times = self._shape[0]

    def run(self) -> Generator[Progress, None, xr.DataArray]:
        """Encode, yielding after every batch; returns the labelled responses.

        Closing the generator stops the job within one batch.
        """
        complete = False
        try:
            advice = "encode fewer conditions or units"
            with telling_of_memory("a batch", self.session.device, advice):
                yield from self._fill()
            values = self._store.finish({}, {}).to_numpy()
            responses = xr.DataArray(
                values.reshape(self.n_frames, *self._shape),
                self._coords(),
                ("trial", "time", "unit"),
                name="responses",
                attrs=self._attrs(),
            )
            responses = with_unit_index(responses)
            if self._target is not None:
                responses = load_responses(self._target.write(responses))
            complete = True
            return responses
        finally:
            if self._target is not None:
                self._target.close()
            if not complete:
                self._store.discard()

    def _fill(self) -> Iterator[Progress]:
        started = time.perf_counter()
        units: NDArray[np.int64] | None = self.selection.indices
        if self._everything:
            units = None
        for block in self.session.respond(self._batches(), units):
            if block.shape[1:] != self._shape:
                raise EncodingError(
                    f"{self.session.id} answered a condition with {block.shape[1:]} "
                    f"numbers where {self._shape} were expected; its plugin needs "
                    "mending."
                )
            self._store.write(block.reshape(len(block), -1))
            elapsed = time.perf_counter() - started
            yield Progress(self._store.n_done, self.n_frames, elapsed, "conditions")
        if self._store.n_done != self.n_frames:
            raise EncodingError(
                f"{self.session.id} answered {self._store.n_done} of {self.n_frames} "
                "conditions; its plugin needs mending."
            )

    def _batches(self) -> Iterator[pd.DataFrame]:
        size = max(1, BATCH_NUMBERS // max(1, self._shape[0] * self._shape[1]))
        for start in range(0, self.n_frames, size):
            yield self._table.iloc[start : start + size].reset_index(drop=True)

    def _coords(self) -> dict[str, Any]:
        units = unit_coords(self.session, self.selection, "unit")
        labels = {
            str(name): ("trial", _plain(self._table[name]))
            for name in self._table.columns
            if name not in NO_TRIAL_LABELS and name not in units
        }
        condition = ("trial", np.array(labels_of(self._table)))
        return {
            "time": ("time", np.asarray(self.session.times, np.float64), SECONDS),
            "trial": np.arange(self.n_frames),
            **({"condition": condition} if "condition" not in units else {}),
            **labels,
            **units,
        }

    def _attrs(self) -> dict[str, Any]:
        return {
            **provenance(self.session, self.selection),
            "response_label": self.session.response_label,
            "stimulus": self.stimulus.name,
            "stimulus_hash": self.stimulus.fingerprint(),
            "stimulus_attrs": dict(self.stimulus.attrs),
            "conditions": [str(name) for name in self._table.columns],
        }


def _plain(column: pd.Series[Any]) -> NDArray[Any]:
    values = column.to_numpy()
    return values if values.dtype.kind in "fiu" else values.astype(str)
