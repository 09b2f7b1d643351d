"""Opening stimuli and recorded responses in the background, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.export import load_responses
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import Stimulus
from insilico_gui.stimuli.readers.images import ImageSet, are_stills

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from insilico_gui.app.work.jobs import Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.live import AnyStimulusEntry

INTERVAL_S = 1.0
"""Between the images taken from a video for a session of images, unless told otherwise."""


class StimulusOpening(QObject):
    """Opens stimuli and adds them to an experiment.

    Signals
    -------
    added(str)
        A stimulus of this name was added, and is on show if it was the first given.
    """

    added = Signal(str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs

    def open(self, given: Sequence[Any], **options: Any) -> None:
        """Open and add all that was given; the first is shown.

        Parameters
        ----------
        given : sequence
            Paths, lists of paths of images, or opened stimuli.
        **options
            Of :meth:`.Experiment.add_stimulus`.
        """
        for k, source in enumerate(given):
            self._open_one(source, show=k == 0, **options)

    def _open_one(self, source: Any, *, show: bool, **options: Any) -> None:
        experiment = self._experiment
        if "interval_s" not in options:
            options["interval_s"] = self._interval(source, options.get("session"))

        def take(opened: tuple[AnyStimulusEntry, Stimulus | ImageSet]) -> None:
            name = experiment.put_stimulus(*opened, show=show)
            self.added.emit(name)

        self._jobs.start(
            f"Opening {_called(source)}",
            lambda: experiment.open_entry(source, **options),
            on_return=take,
        )

    def _interval(self, source: Any, session: str | None) -> float | None:
        """Seconds between the images that a session of images is shown of a video."""
        experiment = self._experiment
        if session is None or isinstance(source, Stimulus | ImageSet):
            return None
        entry = experiment.document.sessions.get(session)
        if entry is None or not experiment.live.is_open(entry):
            return None
        of_images = is_image_session(experiment.live.session(entry))
        return INTERVAL_S if of_images and not are_stills(source) else None

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
                f"The responses in {quoted(path.name)} are now the reference that the "
                "panel Compare compares the current ones with."
            )

        self._jobs.start(
            f"Reading {path.name}", lambda: load_responses(path), on_return=take
        )


def _called(source: Any) -> str:
    """What is opened, in words."""
    if isinstance(source, Stimulus | ImageSet):
        return source.name
    return f"{len(source)} files" if isinstance(source, list) else Path(source).name
