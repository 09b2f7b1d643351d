"""``insilico-gui reliability`` and ``compare``: agreement of responses."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from pathlib import Path
from typing import Annotated, Any

import typer

import insilico_gui as ig
from insilico_gui.cli.analyses.analysis_options import BurnIn, Table
from insilico_gui.cli.options import AnyOf, Areas, Fields, Overwrite, Where
from insilico_gui.cli.sources import analysed, run_data
from insilico_gui.cli.steps import choose
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.cli.terminal.batches import Job, distinct, named, run_jobs
from insilico_gui.cli.terminal.inputs import contents
from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.experiment.declared.reliability import Video, agreement
from insilico_gui.export import load_suffixes
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
    output: Table = None,
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
    tell(
        n_units=len(table),
        n_without_cc_norm=columns.attrs["n_nan"],
        medians=medians.to_dict(),
    )
    written(
        output,
        f"{len(table)} units, {columns.attrs['n_nan']} without "
        f"CC_norm; medians: CC_abs {medians['cc_abs']:.3f}, "
        f"CC_max {medians['cc_max']:.3f}, CC_norm {medians['cc_norm']:.3f}",
    )


def compare(
    responses: Annotated[
        list[str],
        typer.Argument(
            metavar="RESPONSES REFERENCE",
            help="File of responses, and file of the reference; several files, a folder "
            "or a pattern are compared with the last file.",
        ),
    ],
    output: Table = None,
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
    *others, reference = responses
    if not others:
        raise AnalysisError(
            f"There is nothing to compare {quoted(reference, '')} with; name two files "
            "of responses."
        )
    given = contents(others, load_suffixes(), "responses")
    names = distinct([(one,) for one in given])
    outputs = named(output, names, ".csv", many=len(given) > 1)
    choices = (area, field, any_of, where)
    run_jobs(
        [
            Job(
                one,
                functools.partial(
                    _compare, Path(one), reference, place, burn_in, choices, overwrite
                ),
            )
            for one, place in zip(given, outputs, strict=True)
        ]
    )


def _compare(
    responses: Path,
    reference: str,
    output: Path | None,
    burn_in: int,
    choices: tuple[Any, ...],
    overwrite: bool,
) -> None:
    """Compare a file of responses with one."""
    check_table(output, overwrite)
    one = choose(ig.load_responses(responses), str(responses), *choices)
    given = {"other_file": reference, "burn_in_frames": burn_in}
    done = analysed("comparison", run_data(one), given, one.attrs)
    table, columns = done.write(output), done.columns
    text = f"{columns.attrs['n_common_units']} of {len(table)} units in both"
    if "correlation" in columns:
        median = columns["correlation"].median()
        tell(median_correlation=median)
        text += f"; median correlation {median:.3f}"
    tell(n_units=len(table), n_common_units=columns.attrs["n_common_units"])
    written(output, text)
    if "warning" in columns.attrs:
        say(f"Note: {columns.attrs['warning']}")
