"""``insilico-gui reliability`` and ``compare``: agreement of responses."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated

import typer

import insilico_gui as ig
from insilico_gui.cli.analysis_options import BurnIn, Table
from insilico_gui.cli.options import AnyOf, Areas, Fields, Overwrite, Where
from insilico_gui.cli.sources import analysed, run_data
from insilico_gui.cli.steps import choose
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.declared.reliability import Video, agreement
from insilico_gui.progress import analysis_bar
from insilico_gui.responses import BURN_IN_FRAMES, unit_table


def reliability(
    predicted: Annotated[Path, typer.Argument(help="File of predicted responses.")],
    recorded: Annotated[
        Path,
        typer.Argument(
            help="Recorded responses to the same video [repeats, frames, units]: "
            ".npy, or .npz with the arrays 'responses' and, optionally, 'unit_id'."
        ),
    ],
    output: Table,
    also_predicted: Annotated[
        list[Path] | None,
        typer.Option(help="Predicted responses to a further video; repeatable."),
    ] = None,
    also_recorded: Annotated[
        list[Path] | None,
        typer.Option(
            help="Recorded responses to that video, one per --also-predicted."
        ),
    ] = None,
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    where: Where = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Measure CC_abs, CC_max and CC_norm of predictions against recordings.

    Recorded units are matched to predicted units by unit_id, or by order if the
    recording has no ids. Videos are concatenated after the burn-in of each.
    """
    check_table(output, overwrite)
    more, theirs = also_predicted or [], also_recorded or []
    if len(more) != len(theirs):
        raise AnalysisError(
            f"There are {len(more)} --also-predicted and {len(theirs)} --also-recorded; "
            "give as many of both."
        )
    files = [(predicted, recorded), *zip(more, theirs, strict=True)]
    videos = [Video(ig.load_responses(one), one.name, other) for one, other in files]
    chosen = choose(videos[0].responses, str(predicted), area, field, any_of, where)
    units = unit_table(chosen)
    with analysis_bar("Reliability") as show:
        columns = agreement(videos, units, burn_in, show)
    table = write_table(
        output,
        units,
        columns,
        {
            **chosen.attrs,
            "predicted": [str(model) for model, _ in files],
            "recorded": [str(recording) for _, recording in files],
        },
    )
    medians = columns[["cc_abs", "cc_max", "cc_norm"]].median()
    typer.echo(
        f"Written: {output} ({len(table)} units, {columns.attrs['n_nan']} without "
        f"CC_norm; medians: CC_abs {medians['cc_abs']:.3f}, "
        f"CC_max {medians['cc_max']:.3f}, CC_norm {medians['cc_norm']:.3f})"
    )


def compare(
    responses: Annotated[Path, typer.Argument(help="File of responses.")],
    reference: Annotated[Path, typer.Argument(help="File of reference responses.")],
    output: Table,
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    where: Where = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Compare two files of responses unit by unit, matched by session, scan and unit_id.

    Writes mean responses, their difference and, if both files have the same times, the
    correlation over frames.
    """
    check_table(output, overwrite)
    one = ig.load_responses(responses)
    one = choose(one, str(responses), area, field, any_of, where)
    given = {"other_file": str(reference), "burn_in_frames": burn_in}
    done = analysed("comparison", run_data(one), given, one.attrs)
    table, columns = done.write(output), done.columns
    text = f"{columns.attrs['n_common_units']} of {len(table)} units in both"
    if "correlation" in columns:
        text += f"; median correlation {columns['correlation'].median():.3f}"
    typer.echo(f"Written: {output} ({text})")
    if "warning" in columns.attrs:
        typer.echo(f"Note: {columns.attrs['warning']}")
