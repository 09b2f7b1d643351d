"""``insilico-gui judge``: a session against recordings of repeated clips."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from pathlib import Path
from typing import Annotated, Literal

import typer

from insilico_gui.cli.analyses.analysis_options import BurnIn
from insilico_gui.cli.options import Device, Directory, Overwrite, Session
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.cli.terminal.batches import (
    Job,
    distinct,
    named,
    open_session,
    run_jobs,
)
from insilico_gui.cli.terminal.inputs import files
from insilico_gui.cli.terminal.telling import report as cli_report
from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.fitting.judging.evaluation import judge as judged
from insilico_gui.fitting.judging.judgement import MEASURES
from insilico_gui.fitting.judging.report import SUFFIXES, check_report, draw_report
from insilico_gui.fitting.recordings.layout import open_evaluation_set
from insilico_gui.progress import progress_bar
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import result_table


def judge(
    session: Session,
    recordings: Annotated[
        list[str],
        typer.Argument(
            help="Folder of recorded repeats: stimuli, perspectives, modulations and "
            "units, each of VIDEO/REPEAT.npy; several, or a pattern, are judged one "
            "after the other."
        ),
    ],
    report: Annotated[
        list[Path] | None,
        typer.Option(help="Page with pictures to write: .html or .pdf; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Table to write: .csv or .parquet. For several recordings a folder, or "
            "a name with {name} in it; - is standard output.",
        ),
    ] = None,
    directory: Directory = None,
    device: Device = "auto",
    burn_in: BurnIn = BURN_IN_FRAMES,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill", help="Take behaviour that is not known (NaN) to be at its mean."
        ),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Measure CC_abs, CC_max and CC_norm of a session on recorded clips.

    Each repeat is predicted with its own behaviour.
    """
    given = files(recordings)
    names = distinct([(one,) for one in given])
    many = len(given) > 1 or given[0] not in recordings
    tables = named(output, names, ".csv", many=many)
    pages = [named(page, names, page.suffix, many=many) for page in report or []]
    opening = (session, directory, device)
    run_jobs(
        [
            Job(
                one,
                functools.partial(
                    _judge,
                    opening,
                    Path(one),
                    [Path(str(each[k])) for each in pages],
                    tables[k],
                    burn_in,
                    "fill" if fill else "refuse",
                    overwrite,
                ),
            )
            for k, one in enumerate(given)
        ]
    )


def _judge(
    opening: tuple[str, Path | None, str],
    recordings: Path,
    pages: list[Path],
    output: Path | None,
    burn_in: int,
    on_nan: Literal["fill", "refuse"],
    overwrite: bool,
) -> None:
    """Judge a session (id, directory, device) on one folder."""
    for page in pages:
        check_report(page)
        reserve(page, overwrite, SUFFIXES)
    if not pages or output is not None:
        check_table(output, overwrite)
    open_evaluation_set(recordings)
    opened = open_session(*opening)
    with progress_bar("Judging", unit="frame") as show:
        found = judged(
            opened,
            recordings,
            burn_in,
            on_nan=on_nan,
            on_progress=show,
        )
    for sentence in found.sentences():
        say(sentence)
    tell(report=found.sentences())
    if output is not None or cli_report().as_json:
        units = opened.units
        columns = {name: found.table[name].to_numpy() for name in MEASURES}
        measured = result_table(columns, units)
        measured.attrs.update(found.table.attrs)
        write_table(output, units, measured, dict(opened.attrs))
        written(output)
    for page in pages:
        with output_file(page) as new:
            draw_report(found, new)
        written(page)
