"""``insilico-gui tuning``: direction tuning of units, shown gratings for it."""

# Without "from __future__ import annotations": typer needs the types themselves

import json
from pathlib import Path
from typing import Annotated

import typer

import insilico_gui as ig
from insilico_gui.cli.options import (
    AnyOf,
    Areas,
    Device,
    Directory,
    Fields,
    Overwrite,
)
from insilico_gui.cli.steps import check_output, choose, encode_with_bar, select
from insilico_gui.errors import ExportError
from insilico_gui.export import SUFFIXES
from insilico_gui.files import publish, writing
from insilico_gui.responses import distinct_names, unit_table


def tuning(
    session: Annotated[
        str, typer.Argument(help="Session to use, such as demo; or a responses file.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Table to write: .csv.")
    ],
    directory: Directory = None,
    device: Device = "auto",
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    directions: Annotated[int, typer.Option(help="Evenly spaced directions.")] = 16,
    spatial_frequency: Annotated[
        list[float] | None,
        typer.Option("--sf", help="Cycles/degree; repeatable. Default 0.04."),
    ] = None,
    temporal_frequency: Annotated[
        list[float] | None, typer.Option("--tf", help="Hz; repeatable. Default 2.")
    ] = None,
    contrast: Annotated[float, typer.Option(help="0 to 1.")] = 1.0,
    duration: Annotated[float, typer.Option(help="Seconds of a trial.")] = 1.0,
    blank: Annotated[float, typer.Option(help="Seconds of grey before it.")] = 0.5,
    repeats: Annotated[int, typer.Option(help="Presentations of each.")] = 1,
    seed: Annotated[int, typer.Option(help="Order of the trials.")] = 0,
    latency: Annotated[
        float, typer.Option(help="Seconds from onset to the response window.")
    ] = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Show drifting gratings and write each unit's direction tuning.

    Beside the table goes a .json file of the same name with the provenance.
    """
    check_output(output, overwrite, (".csv",))
    if Path(session).suffix.lower() in SUFFIXES:
        responses = choose(ig.load_responses(session), session, area, field, any_of)
    else:
        twin = ig.open_session(session, directory, device)
        shown = ig.stimuli.drifting_gratings(
            n_directions=directions,
            spatial_frequency=spatial_frequency or 0.04,
            temporal_frequency=temporal_frequency or 2.0,
            contrast=contrast,
            duration_s=duration,
            blank_s=blank,
            repeats=repeats,
            seed=seed,
        )
        selection = select(twin, area, field, any_of)
        responses = encode_with_bar(twin, shown, selection)
    several = bool(spatial_frequency or temporal_frequency)
    dataset = ig.analysis.direction_tuning(
        responses, latency_s=latency, other="best" if several else "mean"
    )
    columns = ig.analysis.tuning_columns(dataset)
    known = unit_table(responses)
    frame = known.join(
        columns.rename(columns=distinct_names(columns.columns, known.columns))
    )
    with writing(str(output), ExportError):
        partial = output.with_name(f"{output.name}.partial")
        frame.to_csv(partial, index=False)
        publish(partial, output)
        about = {**responses.attrs, "analysis": columns.attrs}
        about.pop("trials", None)
        partial.write_text(json.dumps(about, indent=2, default=str))
        publish(partial, output.with_suffix(".json"))
    typer.echo(f"Written: {output} ({len(frame)} units)")
