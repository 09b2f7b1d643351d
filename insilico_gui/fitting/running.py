"""A fit in one call, with progress, pause and stop from other threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

from insilico_gui.errors import FitError
from insilico_gui.fitting.loop import CHECKPOINT_S, FitLoop, FitProgress
from insilico_gui.fitting.registry import find_fit
from insilico_gui.fitting.report import FitReport
from insilico_gui.progress import progress_bar
from insilico_gui.untrusted.door import as_path

BAR_STEPS = 1000
"""Into which a progress bar divides a fit."""


class FitControl:
    """Pauses and stops a fit from another thread."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._stopped = threading.Event()

    @property
    def paused(self) -> bool:
        """Whether the fit waits."""
        return not self._going.is_set()

    @property
    def stopped(self) -> bool:
        """Whether the fit ends after the step that is running."""
        return self._stopped.is_set()

    def pause(self) -> None:
        """Wait before the next step."""
        self._going.clear()

    def go_on(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def stop(self) -> None:
        """End the fit after the step that is running; it can be resumed."""
        self._stopped.set()
        self._going.set()

    def wait(self) -> bool:
        """Wait while paused; returns whether to go on."""
        self._going.wait()
        return not self._stopped.is_set()


def fit(
    data: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    twin: str | None = None,
    resume: bool = False,
    on_progress: Callable[[FitProgress], object] | None = None,
    control: FitControl | None = None,
    progress: bool = False,
    checkpoint_s: float = CHECKPOINT_S,
    **parameters: Any,
) -> FitReport:
    """Fit a twin to data, and write the result to a folder that can be opened.

    Parameters
    ----------
    data : path
        What the fit takes: see ``insilico-gui fit NAME --help``.
    out : path
        Folder for the result, the curves and checkpoints; made if it does not exist.
    twin : str, optional
        Name of the fit; default the only one that has these parameters, or of several
        the only one that recognizes the data.
    resume : bool
        Go on with the fit in `out`, if there is one: with the same data and settings it
        ends as if it had not been interrupted.
    on_progress : callable(FitProgress), optional
        Called after every step.
    control : FitControl, optional
        Pauses and stops the fit from another thread.
    progress : bool
        Show a progress bar.
    checkpoint_s : float
        Least seconds between checkpoints.
    **parameters
        Those of the fit.

    Returns
    -------
    FitReport
        Also of a fit that was stopped, which can be resumed.

    Raises
    ------
    InsilicoError
        If data, parameters or folder are wrong, or a loss is not finite.
    """
    where = as_path(data, FitError)
    declared = find_fit(twin, parameters, where)
    task = declared.task(where, parameters)
    folder = as_path(out, FitError)
    loop = FitLoop(task, folder, resume=resume, checkpoint_s=checkpoint_s)
    if progress:
        with progress_bar(f"Fitting {declared.name}") as show:

            def told(step: FitProgress) -> None:
                show(round(BAR_STEPS * step.done), BAR_STEPS)
                if on_progress is not None:
                    on_progress(step)

            return run_loop(loop, told, control)
    return run_loop(loop, on_progress, control)


def run_loop(
    loop: FitLoop,
    on_progress: Callable[[FitProgress], object] | None = None,
    control: FitControl | None = None,
) -> FitReport:
    """Run a loop to its end, or until it is stopped."""
    with closing(loop.run()) as going:
        try:
            while control is None or control.wait():
                step = next(going)
                if on_progress is not None:
                    on_progress(step)
        except StopIteration as end:
            report: FitReport = end.value
            return report
    return loop.report()
