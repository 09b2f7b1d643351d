"""What the command line does with the window: run it, or take its picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import napari

from insilico_gui.app.shell.launch import launch
from insilico_gui.errors import ExperimentError, ExportError, InsilicoError
from insilico_gui.experiment import Experiment
from insilico_gui.experiment.file import SUFFIX
from insilico_gui.files import check_target, publishing, refuse_folder
from insilico_gui.stimuli import ConditionTable
from insilico_gui.stimuli.render.scene import moving_scene

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow

ENCODING_LIMIT_S = 3600.0
PICTURE_TIME = 0.4
"""Where in the stimulus, as a part of its length, the picture is taken."""


def run(
    session: str | None,
    *,
    directory: Path | None,
    stimulus: Path | None,
    device: str,
    demo_clip: bool,
    screenshot: Path | None,
    size: tuple[int, int],
) -> None:
    """Open the window and run until it is closed, or until the picture is taken.

    Raises
    ------
    InsilicoError
        If session or stimulus cannot be opened, or the picture cannot be written.
    """
    shown = moving_scene() if stimulus is None and demo_clip else stimulus
    if screenshot is not None:
        check_target(screenshot, True, ExportError)
        refuse_folder(screenshot, ExportError)
    if session is not None and session.endswith(SUFFIX):
        window = open_experiment(session, search=directory)
    else:
        window = launch(session, stimulus=shown, directory=directory, device=device)
    if screenshot is None:
        napari.run()
        return
    take_picture(window, screenshot, size)


def open_experiment(
    path: str | Path,
    *,
    search: Path | None = None,
    viewer: napari.Viewer | None = None,
) -> InsilicoWindow:
    """Open the window on the run of an experiment file that is looked at.

    Parameters
    ----------
    path : path
        A file that :meth:`insilico_gui.Experiment.save` wrote.
    search : Path, optional
        Folder in which files that have moved are looked for.
    viewer : napari.Viewer, optional
        See :func:`.launch`.

    Raises
    ------
    InsilicoError
        If the file is no experiment, or what it names cannot be opened.
    """
    experiment = Experiment.open(path, search=search)
    session, stimulus = experiment.on_show()
    shown = None if stimulus is None else experiment.stimulus(stimulus)
    if isinstance(shown, ConditionTable):
        raise ExperimentError(
            f"{Path(path).name} shows a table of conditions, which this window does not "
            "do yet; compute it with: insilico-gui run."
        )
    window = launch(
        None if session is None else experiment.session(session),
        stimulus=shown,
        viewer=viewer,
        encode=False,
    )
    if session is not None and stimulus is not None:
        window.experiment.use_fit(experiment.document.stimuli[stimulus].fit)
        window.encode()
    n_runs = len(experiment.document.runs)
    window.playback_bar.say(
        f"{Path(path).name} has {n_runs} runs; this window shows one of them: "
        f"{session or 'no session'} and {stimulus or 'no stimulus'}."
    )
    return window


def take_picture(window: InsilicoWindow, path: Path, size: tuple[int, int]) -> None:
    """Wait for the work to be done, save a picture of the window and close it."""
    qt_window = window.viewer.window._qt_window
    qt_window.resize(*size)
    failures: list[str] = []
    window.jobs.failed.connect(failures.append)
    try:
        window.wait(ENCODING_LIMIT_S)
        window.map.fit_view()
        playback = window.experiment.playback
        playback.seek(PICTURE_TIME * playback.duration)
        window.wait()
        if failures:
            raise InsilicoError(failures[0])
        with publishing(path, ExportError) as partial:
            window.viewer.window.screenshot(
                str(partial), canvas_only=False, flash=False
            )
    finally:
        window.viewer.close()
