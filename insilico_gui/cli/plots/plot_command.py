"""``insilico-gui plot KIND``: the plots of :mod:`insilico_gui.plot` as files."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated, Any

import typer

import insilico_gui as ig
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.plots.figure_files import (
    Columns,
    Dpi,
    Figure,
    Limits,
    Seconds,
    Selected,
    SessionName,
    Size,
    UnitIds,
    check_figure,
    draw,
    ids_of,
    limits_of,
)
from insilico_gui.cli.plots.measured_plots import (
    condition_tuning,
    field,
    retinotopy,
    tuning,
)
from insilico_gui.cli.plots.plotted import (
    columns_of,
    experiment_of,
    is_experiment,
    opened,
    read,
    refuse_names,
    responses_of,
    responses_or_experiment,
    stimulus_of,
)
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.terminal.examples import epilog
from insilico_gui.cli.terminal.running import runs

Trial = Annotated[
    int | None, typer.Option(help="Which trial of responses in trials, from 0.")
]

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@of_source
def map_(
    source: Source,
    output: Figure,
    color: Annotated[
        str | None,
        typer.Option(help="Column that colours the units, or response. Default: area."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(help="retinotopic, anatomical, functional, scalp or list."),
    ] = None,
    columns: Columns = None,
    time_s: Seconds = None,
    limits: Limits = None,
    selection: Selected = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw units where they look or lie, coloured by any column or by the response.

    A --stimulus is drawn below a retinotopic map, at --time-s. Example:
    insilico-gui plot map demo --color pref_dir -o map.svg
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {
        "color": color,
        "layout": layout,
        "columns": columns_of(columns),
        "time_s": time_s,
        "limits": limits_of(limits),
    }
    of: Any
    if is_experiment(source):
        of = experiment_of(source, session_name)
        how |= {
            "session": session_name,
            "selection": selection,
            "stimulus": source.stimulus,
        }
    else:
        refuse_names(source, session_name, selection)
        of = responses_of(source) if color == "response" else opened(source)
        if layout in (None, "retinotopic"):
            how["stimulus"] = stimulus_of(source)
    draw(output, size, dpi, ig.plot.map, of, **how)


@of_source
def raster(
    source: Source,
    output: Figure,
    sort: Annotated[
        str | None,
        typer.Option(help="Column that sorts the units. Default: response order."),
    ] = None,
    columns: Columns = None,
    unit_ids: UnitIds = None,
    trial: Trial = None,
    limits: Limits = None,
    selection: Selected = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw responses over time as a picture, a line for each unit.

    Example: insilico-gui plot raster responses.npz --sort pref_dir -o raster.png
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {
        "sort": sort,
        "columns": columns_of(columns),
        "unit_ids": ids_of(unit_ids),
        "trial": trial,
        "limits": limits_of(limits),
    }
    of, names = responses_or_experiment(source, session_name, selection)
    draw(output, size, dpi, ig.plot.raster, of, **how, **names)


@of_source
def traces(
    source: Source,
    output: Figure,
    unit_ids: UnitIds = None,
    trial: Trial = None,
    selection: Selected = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw responses over time as lines; of more than eight units their mean.

    Example: insilico-gui plot traces responses.npz --unit-ids 1003,1008 -o traces.svg
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {"unit_ids": ids_of(unit_ids), "trial": trial}
    of, names = responses_or_experiment(source, session_name, selection)
    draw(output, size, dpi, ig.plot.traces, of, **how, **names)


@of_source
def population(
    source: Source,
    output: Figure,
    column: Annotated[str, typer.Option(help="Column of the unit table.")],
    by: Annotated[
        str, typer.Option(help="Column of names that tells the lines apart.")
    ] = "area",
    columns: Columns = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw how a column of the unit table is distributed, area by area.

    Example: insilico-gui plot population tuning.csv --column gOSI -o gosi.svg
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {"by": by, "columns": columns_of(columns)}
    of: Any
    if is_experiment(source):
        of, how["session"] = experiment_of(source, session_name), session_name
    else:
        refuse_names(source, session_name)
        of = opened(source)
    draw(output, size, dpi, ig.plot.population, of, column, **how)


def compare(
    responses: Annotated[
        Path, typer.Argument(help="File of responses, or a table of results.")
    ],
    reference: Annotated[
        Path, typer.Argument(help="What they are drawn against, of the same kind.")
    ],
    output: Figure,
    column: Annotated[
        str | None,
        typer.Option(help="Column that both have. Default: the mean response."),
    ] = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw a value of each unit against that in another file.

    Example: insilico-gui plot compare slow.npz fast.npz -o compare.svg
    """
    check_figure(output, overwrite, size, dpi)
    both = [read(responses), read(reference)]
    draw(output, size, dpi, ig.plot.compare, *both, column)


@of_source
def scalp(
    source: Source,
    output: Figure,
    color: Annotated[
        str, typer.Option(help="Column of the unit table, or response.")
    ] = "response",
    time_s: Seconds = None,
    trial: Trial = None,
    columns: Columns = None,
    limits: Limits = None,
    names: Annotated[
        bool | None,
        typer.Option(help="Name the electrodes. Default: if they are few."),
    ] = None,
    session_name: SessionName = None,
    size: Size = None,
    dpi: Dpi = 150,
    overwrite: Overwrite = False,
) -> None:
    """Draw values of electrodes on the head, interpolated between them.

    Example: insilico-gui plot scalp eeg.npz --time-s 0.12 -o scalp.png
    """
    check_figure(output, overwrite, size, dpi)
    how: dict[str, Any] = {
        "time_s": time_s,
        "trial": trial,
        "columns": columns_of(columns),
        "limits": limits_of(limits),
        "names": names,
    }
    if is_experiment(source) or color == "response":
        of, more = responses_or_experiment(source, session_name, None)
        more.pop("selection", None)
    else:
        refuse_names(source, session_name)
        of, more = opened(source), {}
    draw(output, size, dpi, ig.plot.scalp, of, color, **how, **more)


for name, command in (
    ("map", map_),
    ("tuning", tuning),
    ("raster", raster),
    ("traces", traces),
    ("field", field),
    ("population", population),
    ("compare", compare),
    ("scalp", scalp),
    ("retinotopy", retinotopy),
    ("condition-tuning", condition_tuning),
):
    full = f"plot {name}"
    app.command(name, epilog=epilog(full))(runs(command, full))
