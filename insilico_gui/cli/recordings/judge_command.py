"""``insilico-gui judge``: a session against recordings of repeated clips."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated

import typer

import insilico_gui as ig
from insilico_gui.cli.analysis_options import BurnIn
from insilico_gui.cli.options import Device, Directory, Overwrite, Session
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import FitError
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
        Path,
        typer.Argument(
            help="Folder of recorded repeats: stimuli, perspectives, modulations and "
            "units, each of VIDEO/REPEAT.npy."
        ),
    ],
    report: Annotated[
        list[Path] | None,
        typer.Option(help="Page with pictures to write: .html or .pdf; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Table to write: .csv or .parquet."),
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
    pages = report or []
    for page in pages:
        check_report(page)
        reserve(page, overwrite, SUFFIXES)
    if output is not None:
        check_table(output, overwrite)
    if not pages and output is None:
        raise FitError("There is nothing to write; name a --report or an --output.")
    open_evaluation_set(recordings)
    opened = ig.open_session(session, directory, device)
    with progress_bar("Judging", unit="frame") as show:
        found = judged(
            opened,
            recordings,
            burn_in,
            on_nan="fill" if fill else "refuse",
            on_progress=show,
        )
    for sentence in found.sentences():
        typer.echo(sentence)
    if output is not None:
        units = opened.units
        columns = {name: found.table[name].to_numpy() for name in MEASURES}
        measured = result_table(columns, units)
        measured.attrs.update(found.table.attrs)
        write_table(output, units, measured, dict(opened.attrs))
        typer.echo(f"Written: {output}")
    for page in pages:
        with output_file(page) as new:
            draw_report(found, new)
        typer.echo(f"Written: {page}")
