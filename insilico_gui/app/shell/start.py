"""What the command line does with the window: run it, or take its picture."""

from __future__ import annotations

from pathlib import Path

import napari

from insilico_gui.app.shell.launch import open_window
from insilico_gui.app.shell.window import InsilicoWindow
from insilico_gui.errors import ExportError, InsilicoError
from insilico_gui.experiment import Experiment
from insilico_gui.experiment.saving.file import SUFFIX
from insilico_gui.files import check_target, publishing, refuse_folder
from insilico_gui.stimuli.render.scene import moving_scene

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
        if shown is not None:
            raise InsilicoError(
                "An experiment has stimuli of its own; open it without --stimulus, and "
                "drop the stimulus on the window."
            )
        window = open_experiment(session, search=directory)
    else:
        window = open_window(
            session, stimulus=shown, directory=directory, device=device
        )
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

    Sessions and stimuli are opened in the background; responses come from the library,
    and what is not there is encoded again, which the window says.

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
        If the file is no experiment.
    """
    experiment = Experiment.open(path, search=search)
    if viewer is not None:
        window = InsilicoWindow(viewer, experiment)
    else:
        window = InsilicoWindow(experiment=experiment)
    window.files.opened(Path(path))
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
        playback.playing = False
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
