"""Figures as files, and the options that all plots share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.terminal.telling import written
from insilico_gui.errors import AnalysisError, echoed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SUFFIXES = (".svg", ".png", ".pdf")
UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
"""The same plot is the same file: without the moment at which it was drawn."""

LARGEST_INCHES = 100.0
LARGEST_PIXELS = 20_000

Figure = Annotated[
    Path, typer.Option("--output", "-o", help="File to write: .svg, .png or .pdf.")
]
Size = Annotated[
    str | None, typer.Option(help="Width and height in inches, such as 5x3.5.")
]
Dpi = Annotated[int, typer.Option(help="Pixels per inch of a .png.")]
Limits = Annotated[
    str | None,
    typer.Option(help="Values at the ends of the colours, such as 0,2.5 or -1,1."),
]
UnitIds = Annotated[
    list[str] | None,
    typer.Option(
        "--unit-ids",
        help="Units by id, such as 1003,1008; repeatable. Default all.",
    ),
]
SessionName = Annotated[
    str | None,
    typer.Option("--session", help="Session of an experiment, by its name there."),
]
Selected = Annotated[
    str | None,
    typer.Option(help="Selection of an experiment, by its name there."),
]
Columns = Annotated[
    Path | None,
    typer.Option(
        help="Table with further columns, joined by unit_id: .csv or .parquet, such as "
        "insilico-gui tuning writes."
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option("--time-s", help="Moment that is drawn, in seconds."),
]


def check_figure(output: Path, overwrite: bool, size: str | None, dpi: int) -> None:
    """Check and reserve the file of a figure, before anything is computed."""
    reserve(output, overwrite, SUFFIXES)
    width, height = _inches(size) if size else (1.0, 1.0)
    if not 10 <= dpi <= 2400 or max(width, height) * dpi > LARGEST_PIXELS:
        raise AnalysisError(
            f"A figure of {width:g} x {height:g} inches with {dpi} pixels an inch cannot "
            f"be drawn; stay between 10 and 2400, and below {LARGEST_PIXELS:,} pixels."
        )


def draw(
    output: Path,
    size: str | None,
    dpi: int,
    plot: Callable[..., Any],
    *given: Any,
    **how: Any,
) -> None:
    """Draw a plot of :mod:`insilico_gui.plot` into a file that was checked.

    Raises
    ------
    AnalysisError
        As of the plot, or if matplotlib is not installed.
    """
    from insilico_gui.plot.figures import mpl

    mpl("matplotlib").use("Agg")
    ax = plot(*given, **how)
    figure = ax.get_figure()
    if size is not None:
        figure.set_size_inches(_inches(size))
    suffix = output.suffix.lower()
    # Names of elements in .svg are made at random otherwise
    with (
        mpl("matplotlib").rc_context({"svg.hashsalt": "insilico_gui"}),
        output_file(output) as partial,
    ):
        figure.savefig(
            partial,
            format=suffix[1:],
            dpi=dpi,
            bbox_inches="tight",
            metadata=UNDATED[suffix],
        )
    mpl("matplotlib.pyplot").close(figure)
    written(output)


def ids_of(typed: Sequence[str] | None) -> list[int | str] | None:
    """Unit ids as they are typed, whole numbers as numbers; None for all units."""
    if not typed:
        return None
    parts = [part.strip() for text in typed for part in text.split(",")]
    return [
        int(part) if part.lstrip("-").isdecimal() else part for part in parts if part
    ]


def limits_of(typed: str | None) -> tuple[float, float] | None:
    """Two limits of colours; None for automatic ones."""
    if typed is None:
        return None
    try:
        low, high = (float(part) for part in typed.split(","))
    except ValueError:
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise AnalysisError(
            f"{echoed(typed)} are no limits; write the lower and the upper one like 0,2.5."
        )
    return low, high


def _inches(size: str) -> tuple[float, float]:
    try:
        width, height = (float(part) for part in size.lower().split("x"))
    except ValueError:
        width = height = math.nan
    if not (0.5 <= width <= LARGEST_INCHES and 0.5 <= height <= LARGEST_INCHES):
        raise AnalysisError(
            f"{echoed(size)} is no size of a figure; write inches like 5x3.5."
        )
    return width, height
