"""Runs: what the responses of a session to a stimulus depend on, and computing them."""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.encoding import encode, encoding_job
from insilico_gui.experiment.library import key_of
from insilico_gui.experiment.live import array_hash, content_hash

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.encoding import ConditionJob, DriveJob, EncodingJob, ImageJob
    from insilico_gui.experiment.document import RunEntry
    from insilico_gui.experiment.library import Library
    from insilico_gui.experiment.live import AnyStimulus, AnyStimulusEntry
    from insilico_gui.progress import Progress
    from insilico_gui.session import Session
    from insilico_gui.stimuli import Fit, Stimulus
    from insilico_gui.units.selection import Selection

State = Literal["new", "encoding", "done", "stale", "failed"]

ENGINE = 1
"""Raised when the engine computes other numbers; older entries are then not used."""

_BLOCK_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Task:
    """One run with all that it needs; may be computed in any thread.

    Attributes
    ----------
    run : RunEntry
    session : Session
    stimulus : Stimulus, ImageSet, ConditionTable or Drive
    fit : {"crop", "pad", "stretch"}
    behavior : mapping of str to array
    units : Selection or None
        None for all.
    key : str
        Key in the library.
    """

    run: RunEntry
    session: Session
    stimulus: AnyStimulus
    fit: Fit
    behavior: Mapping[str, NDArray[Any]]
    units: Selection | None
    key: str

    def compute(
        self,
        library: Library | None,
        on_progress: Callable[[int, int], object] | None = None,
        cancel: threading.Event | None = None,
        *,
        progress: bool = False,
    ) -> xr.DataArray:
        """The responses, from the library if they are there.

        Raises
        ------
        InsilicoError
            As of :func:`insilico_gui.encode`.
        """

        def run(store: Path | None) -> xr.DataArray:
            return encode(
                self.session,
                self.stimulus,
                self.units,
                dict(self.behavior) or None,
                on_progress,
                cancel,
                store,
                fit=self.fit,
                progress=progress,
            )

        return self._from(library, run)

    def watch(
        self,
        library: Library | None,
        on_job: Callable[[EncodingJob | ImageJob | ConditionJob | DriveJob], object],
        on_progress: Callable[[Progress], object],
        frames: Stimulus | None = None,
    ) -> xr.DataArray:
        """:meth:`compute` for a window that shows responses as they come.

        Parameters
        ----------
        library : Library or None
        on_job : callable(job)
            Called before it runs, if responses have to be computed.
        on_progress : callable(Progress)
            Called after every chunk; what it raises stops the job.
        frames : Stimulus, optional
            Equal to what the session is shown, and faster to read.
        """

        def run(store: Path | None) -> xr.DataArray:
            job = encoding_job(
                self.session,
                self.stimulus if frames is None else frames,
                self.units,
                dict(self.behavior) or None,
                fit=self.fit,
                store=store,
            )
            on_job(job)
            with closing(job.run()) as steps:
                while True:
                    try:
                        on_progress(next(steps))
                    except StopIteration as end:
                        responses: xr.DataArray = end.value
                        return responses

        return self._from(library, run)

    def _from(
        self, library: Library | None, run: Callable[[Path | None], xr.DataArray]
    ) -> xr.DataArray:
        """Responses from the library, or from `run`."""
        if library is None:
            return run(None)
        found = library.get(self.key)
        if found is not None:
            return found
        about = {"session": self.run.session, "stimulus": self.run.stimulus}
        return library.compute(self.key, run, about)


def task_of(
    run: RunEntry,
    session: Session,
    entry: AnyStimulusEntry,
    stimulus: AnyStimulus,
    behavior: Mapping[str, NDArray[Any]],
    units: Selection | None,
    precision: str,
) -> Task:
    """The task of a run, with its key: the hash of what its responses depend on."""
    indices = None if units is None else array_hash(units.indices)
    key = key_of(
        {
            "session": session.id,
            "weights": session.attrs.get("weights_hash"),
            "precision": precision,
            "units": indices,
            "stimulus": content_hash(entry),
            "fit": entry.fit,
            "behavior": {name: array_hash(trace) for name, trace in behavior.items()},
            **platform_of(session),
        }
    )
    return Task(run, session, stimulus, entry.fit, behavior, units, key)


def platform_of(session: Session) -> dict[str, Any]:
    """Device and versions that the last digits of responses depend on."""
    return {
        "engine": ENGINE,
        "insilico_gui": _version("insilico-gui"),
        "numpy": np.__version__,
        # Whether or not it is imported by now: that may change while a window is open
        "torch": _version("torch"),
        "device": str(session.device),
    }


@cache
def _version(package: str) -> str | None:
    """Version of a package, None if it is not there; looking it up reads files."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def platform_text(task: Task) -> str:
    """Device and versions of a task, for people."""
    parts = platform_of(task.session)
    return ", ".join(f"{name} {value}" for name, value in parts.items())


def responses_hash(responses: xr.DataArray) -> str:
    """SHA-256 of the values of responses, read in blocks."""
    digest = hashlib.sha256(str(responses.shape).encode())
    n_rows = max(1, _BLOCK_BYTES // (4 * math.prod(responses.shape[1:]) or 1))
    for start in range(0, responses.shape[0], n_rows):
        block = responses[start : start + n_rows].to_numpy()
        digest.update(np.ascontiguousarray(block, np.float32).data)
    return digest.hexdigest()
