"""What the command line does with the window: run it, or take its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari

from insilico_gui.app.shell.launch import launch
from insilico_gui.errors import ExportError, InsilicoError
from insilico_gui.files import check_target, publishing, refuse_folder
from insilico_gui.stimuli.render.scene import moving_scene

if TYPE_CHECKING:
    from pathlib import Path

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
    window = launch(session, stimulus=shown, directory=directory, device=device)
    if screenshot is None:
        napari.run()
        return
    take_picture(window, screenshot, size)


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
