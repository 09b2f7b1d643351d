"""Opening stimuli and recorded responses in the background, one after the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.experiment.session_input import AnyStimulus
from insilico_gui.export import load_responses
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.settings import known_frame_rate
from insilico_gui.stimuli.readers.images import are_stills

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.live import AnyStimulusEntry

INTERVAL_S = 1.0
"""Between the images taken from a video for a session of images, unless told otherwise."""


IMAGES = "folders of images"
RATELESS = {".npy": ".npy files", ".tif": "TIFF files", ".tiff": "TIFF files"}
"""Kinds of files that have no frame rate of their own, by their suffix."""


class _Batch:
    """Stimuli that were given at once: the first that can be opened is shown."""

    def __init__(self) -> None:
        self.is_shown = False


class StimulusOpening(QObject):
    """Opens stimuli one after the other, and adds them to an experiment.

    Signals
    -------
    added(str)
        A stimulus of this name was added, and is on show if it was the first given.

    Attributes
    ----------
    waiting : list
        What is opened next.
    goes_on : bool
        Whether what begins now follows what has just ended, without anybody's wish.
    """

    added = Signal(str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._job: Job | None = None
        self._reading: Job | None = None
        self.goes_on = False
        self.waiting: list[tuple[Any, dict[str, Any], _Batch]] = []

    def stop(self) -> None:
        """Add nothing of what is being opened."""
        self.waiting.clear()
        for job in (self._job, self._reading):
            if job is not None:
                job.cancel()

    def open(self, given: Sequence[Any], **options: Any) -> None:
        """Open and add all that was given, in this order; the first is shown.

        Parameters
        ----------
        given : sequence
            Paths, lists of paths of images, or opened stimuli.
        **options
            Of :meth:`.Experiment.add_stimulus`.
        """
        batch = _Batch()
        self.waiting += [(source, options, batch) for source in given]
        self._start_next()

    def _start_next(self) -> None:
        if self._job is not None or not self.waiting:
            return
        source, options, batch = self.waiting.pop(0)
        experiment = self._experiment
        if options.get("session") not in experiment.document.sessions:
            options = {**options, "session": None}  # it was removed meanwhile

        def take(opened: tuple[AnyStimulusEntry, AnyStimulus]) -> None:
            try:
                name = experiment.put_stimulus(*opened, show=not batch.is_shown)
            except InsilicoError as error:
                self._jobs.failed.emit(sentence(error))
                return
            batch.is_shown = True
            self.added.emit(name)

        self._job = self._jobs.start(
            f"Opening {_called(source)}",
            lambda: _open_entry(experiment, source, options),
            on_return=take,
            on_end=self._ended,
        )

    def _ended(self, _job: Job) -> None:
        self._job = None
        self.goes_on = True
        self._start_next()
        self.goes_on = False

    def open_reference(self, path: Path, say: Callable[[str], object]) -> None:
        """Compare what is on show with the responses in a file."""
        experiment = self._experiment

        def take(responses: xr.DataArray) -> None:
            try:
                experiment.put_recording(str(path), responses)
                experiment.compare_with(file=str(path))
            except InsilicoError as error:
                say(str(error))
                return
            say(
                f"The responses in {quoted(path.name)} are now the reference, B: Compare "
                "has their numbers, and Raster draws them beside those on show."
            )

        self._reading = self._jobs.start(
            f"Reading {path.name}",
            lambda: load_responses(path),
            on_return=take,
            on_end=self._read,
        )

    def _read(self, job: Job) -> None:
        if self._reading is job:
            self._reading = None


def _open_entry(
    experiment: Experiment, source: Any, options: dict[str, Any]
) -> tuple[AnyStimulusEntry, AnyStimulus]:
    """Open a stimulus in any thread; of a video for images, some of the frames.

    Files without a frame rate get the one that the user has told of such files.
    """
    given = dict(options)
    session, is_file = given["session"], not isinstance(source, AnyStimulus)
    if isinstance(source, str | os.PathLike) and given.get("frame_rate") is None:
        if session is None or is_video_session(experiment.session(session)):
            found = rate_key(Path(source))
            if found is not None:
                given["frame_rate"] = known_frame_rate(*found)
    if "interval_s" not in given and session is not None and is_file:
        of_images = is_image_session(experiment.session(session))
        if of_images and not are_stills(source):
            given["interval_s"] = INTERVAL_S
    return experiment.open_entry(source, **given)


def rate_key(path: Path) -> tuple[str, Path] | None:
    """Kind and folder by which the frame rate of files is remembered.

    None for a kind that has a frame rate of its own.
    """
    if path.is_dir():
        return IMAGES, path.absolute().parent
    kind = RATELESS.get(path.suffix.lower())
    return None if kind is None else (kind, path.absolute().parent)


def _called(source: Any) -> str:
    """What is opened, in words."""
    if isinstance(source, AnyStimulus):
        return source.name
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    return f"{len(source)} files" if isinstance(source, list) else "a table"
