"""The engine for drives: one simulation, whose responses come in windows of time."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.drive import n_windows, window_times
from insilico_gui.drive_checks import check_drive
from insilico_gui.encoding.provenance import chosen_units, provenance, unit_coords
from insilico_gui.encoding.store import open_store
from insilico_gui.errors import EncodingError
from insilico_gui.progress import Progress
from insilico_gui.responses import SECONDS, with_unit_index
from insilico_gui.streaming import telling_of_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.drive import DriveChunk, DriveSession
    from insilico_gui.encoding.store import ResponseStore
    from insilico_gui.stimuli.core.drive import Drive
    from insilico_gui.units.selection import Selection


class DriveJob:
    """One drive through one session; nothing is computed before :meth:`run`.

    Parameters are those of :func:`.encode`; they are all checked here.

    Attributes
    ----------
    session : DriveSession
    stimulus : Drive
        As it was given.
    complete : Drive
        With everything that has a default.
    selection : Selection
        Units that are computed.
    n_frames : int
        Number of windows of the responses.
    store : ResponseStore
        Filled while the job runs.
    activity : Activity
        What comes beside the responses, also while the job runs.
    """

    n_times = 1
    """Moments of response to one window."""

    def __init__(
        self,
        session: DriveSession,
        stimulus: Drive,
        units: Selection | ArrayLike | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        spikes_of: NDArray[np.integer] | None = None,
        store: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        self.session = session
        self.stimulus = stimulus
        self.complete = check_drive(session, stimulus)
        self.n_frames = n_windows(self.complete)
        self.selection = chosen_units(session, units, unit_ids, indices)
        self._everything = len(self.selection) == len(session.units)
        self._spikes_of = spikes_of
        if spikes_of is not None and not session.description.has_spikes:
            raise EncodingError(f"{session.id} records no spikes; leave spikes_of out.")
        self.activity = Activity(tuple(session.description.series))
        shape = (self.n_frames, len(self.selection))
        self.store: ResponseStore = open_store(shape, store, overwrite=overwrite)

    @property
    def moments(self) -> ResponseStore:
        """Responses at each moment of playback, [moments, U]; filled during the run."""
        return self.store

    def run(self) -> Generator[Progress, None, xr.DataArray]:
        """Simulate, yielding after every chunk; returns the labelled responses.

        Closing the generator stops the job within one chunk and removes what was
        written.
        """
        complete = False
        try:
            advice = "shorten the drive, or select fewer units"
            with telling_of_memory("a window of time", self.session.device, advice):
                yield from self._fill()
            responses = with_unit_index(
                self.store.finish(self._coords(), self._attrs())
            )
            complete = True
            return responses
        finally:
            if not complete:
                self.store.discard()

    def _fill(self) -> Iterator[Progress]:
        started = time.perf_counter()
        units = None if self._everything else self.selection.indices
        chunks = self.session.respond(self.complete, units, spikes_of=self._spikes_of)
        with closing(chunks) as stream:
            for chunk in stream:
                block = chunk.responses
                n_after = self.store.n_done + len(block)
                if block.shape[1:] != self.store.shape[1:] or n_after > self.n_frames:
                    raise EncodingError(
                        f"{self.session.id} answered with responses {list(block.shape)} "
                        f"after {self.store.n_done} of {self.n_frames} windows of "
                        f"{self.store.shape[1]} units; its plugin needs mending."
                    )
                self.activity.add(chunk)
                self.store.write(np.asarray(block, np.float32))
                elapsed = time.perf_counter() - started
                yield Progress(self.store.n_done, self.n_frames, elapsed, "windows")
        if self.store.n_done != self.n_frames:
            raise EncodingError(
                f"{self.session.id} answered {self.store.n_done} of {self.n_frames} "
                "windows; its plugin needs mending."
            )

    def _coords(self) -> dict[str, Any]:
        times = window_times(self.complete)
        units = unit_coords(self.session, self.selection, "unit")
        return {"time": ("time", times, SECONDS), **units}

    def _attrs(self) -> dict[str, Any]:
        window = self.complete.window_s or 1.0
        health = list(self.activity.health)
        about = self.session.description.series
        series = {
            name: {"unit": about[name], "values": values.tolist()}
            for name, values in self.activity.series().items()
        }
        return {
            **provenance(self.session, self.selection),
            "response_label": self.session.response_label,
            "frame_rate": 1 / window,
            "window_s": window,
            "stimulus": self.stimulus.name,
            "stimulus_hash": self.stimulus.fingerprint(),
            "stimulus_attrs": self.complete.to_dict(),
            "series": series,
            "health": health,
            **({"warning": " ".join(health)} if health else {}),
        }


class Activity:
    """What comes beside the responses: series, spikes and health; for any thread.

    Parameters
    ----------
    names : tuple of str
        Of the series.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._series: dict[str, list[NDArray[np.float32]]] = {n: [] for n in names}
        self._times: list[NDArray[np.float64]] = []
        self._elements: list[NDArray[np.int64]] = []
        self._lock = threading.Lock()
        self.health: tuple[str, ...] = ()

    def add(self, chunk: DriveChunk) -> None:
        """Take what came with a chunk."""
        with self._lock:
            for name in self._names:
                values = np.asarray(chunk.series[name], np.float32)
                self._series[name].append(values)
            if len(chunk.spike_time):
                self._times.append(chunk.spike_time)
                self._elements.append(chunk.spike_element)
            self.health = tuple(dict.fromkeys((*self.health, *chunk.health)))

    def series(self) -> dict[str, NDArray[np.float32]]:
        """Series [n] by name, as far as they are there."""
        with self._lock:
            none = [np.empty(0, np.float32)]
            return {n: np.concatenate(v or none) for n, v in self._series.items()}

    def spikes(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times (s) and elements [S] of the recorded spikes, as far as they are there."""
        with self._lock:
            times = np.concatenate([np.empty(0), *self._times])
            return times, np.concatenate([np.empty(0, np.int64), *self._elements])
