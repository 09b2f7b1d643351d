"""``insilico-gui window``: the window, optionally with a session and a stimulus."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated

import typer

from insilico_gui.cli.options import Device, Directory
from insilico_gui.cli.terminal.telling import say, tell
from insilico_gui.errors import InsilicoError, echoed


def window(
    session: Annotated[
        str | None,
        typer.Argument(
            help="Session to open, such as demo, or a file of an experiment, "
            "NAME.insilico.yaml."
        ),
    ] = None,
    directory: Directory = None,
    stimulus: Annotated[
        Path | None,
        typer.Option(help="Video, images, array or specification to open."),
    ] = None,
    device: Device = "auto",
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Open the demo session and encode a demo clip."),
    ] = False,
    screenshot: Annotated[
        Path | None,
        typer.Option(
            help="Save a picture of the window when all work is done, and quit."
        ),
    ] = None,
    size: Annotated[
        str, typer.Option(help="Size of the window for --screenshot, in pixels.")
    ] = "1600x950",
) -> None:
    """Open the window (the default command)."""
    from insilico_gui.app.shell.start import run

    run(
        "demo" if demo and session is None else session,
        directory=directory,
        stimulus=stimulus,
        device=device,
        demo_clip=demo and stimulus is None,
        screenshot=screenshot,
        size=_pixels(size),
    )
    if screenshot is not None:
        tell(screenshot=str(screenshot))
        say(f"Picture of the window: {screenshot}")


def _pixels(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise InsilicoError(f"{echoed(size)} is not a size; write it like 1366x768.")
    return int(width), int(height)
