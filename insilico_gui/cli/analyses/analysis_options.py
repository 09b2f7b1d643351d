"""Options that the analysis commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from insilico_gui.cli.terminal import completing

Responses = Annotated[
    list[str],
    typer.Argument(
        metavar="SESSION",
        help="Session, such as demo, or a file of responses; several, a folder of files, "
        "or a pattern are analysed one after the other.",
        autocompletion=completing.sessions,
    ),
]
Table = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Table to write: .csv or .parquet. For several inputs a folder, or a name "
        "with {name} in it; - is standard output.",
    ),
]
Shown = Annotated[
    list[str] | None,
    typer.Option(
        "--stimulus",
        help="Stimulus to encode: a family such as size-series, a specification "
        "(.yaml, .json), a video, images or an array; repeatable, each is analysed.",
        autocompletion=completing.families,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Parameter of the stimulus family, such as repeats=4 or "
        "size_deg=5,10,20; repeatable.",
    ),
]
Trials = Annotated[
    Path | None,
    typer.Option(
        help="Trial table (.csv, .parquet) with columns onset and duration (s)."
    ),
]
Part = Annotated[
    str | None,
    typer.Option(help="Part of a sequence to analyse, by name or number."),
]
Latency = Annotated[
    float,
    typer.Option("--latency-s", help="Delay (s) from onset to the response window."),
]
Window = Annotated[
    float | None,
    typer.Option(
        "--window-s",
        help="Length (s) of the response window; default: the trial's duration, for "
        "tunings to drifting gratings whole cycles.",
    ),
]
BurnIn = Annotated[
    int,
    typer.Option(
        "--burn-in-frames",
        help="Number of frames at the start of a video to leave out.",
    ),
]
Over = Annotated[
    str,
    typer.Option(help="Column of the trial table whose values define the conditions."),
]
