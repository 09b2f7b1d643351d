"""Options that the commands of analyses share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Responses = Annotated[
    str,
    typer.Argument(help="Session to use, such as demo; or a file of responses."),
]
Table = Annotated[
    Path, typer.Option("--output", "-o", help="Table to write: .csv or .parquet.")
]
Shown = Annotated[
    str | None,
    typer.Option(
        "--stimulus",
        help="What to show: a family such as size-series, a specification (.yaml, "
        ".json), or a video, images or array.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Parameter of the family, such as repeats=4 or size_deg=5,10,20; "
        "repeatable.",
    ),
]
Trials = Annotated[
    Path | None,
    typer.Option(help="Trial table (.csv, .parquet) with onset and duration in s."),
]
Part = Annotated[
    str | None,
    typer.Option(help="Of a sequence: the part to analyse, by its name or number."),
]
Latency = Annotated[
    float, typer.Option(help="Seconds from onset to the response window.")
]
Window = Annotated[
    float | None,
    typer.Option(help="Seconds of the window. Default: the trial's duration."),
]
BurnIn = Annotated[
    int, typer.Option(help="Frames at the start of a video that are left out.")
]
Over = Annotated[
    str, typer.Option(help="Column of the trial table whose values are conditions.")
]
