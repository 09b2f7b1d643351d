"""``insilico-gui conditions`` and ``drive``: analyses of sessions of these kinds."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

import insilico_gui as ig
from insilico_gui.cli.named_stimuli import parse_settings
from insilico_gui.cli.options import Device, Directory, Overwrite, Session
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.cli.terminal import completing
from insilico_gui.cli.terminal.batches import Job, distinct, named, run_jobs
from insilico_gui.cli.terminal.inputs import files
from insilico_gui.cli.terminal.telling import (
    STANDARD_OUTPUT,
    is_file,
    tell,
    warn,
    written,
)
from insilico_gui.errors import AnalysisError, listed, nearest, quoted
from insilico_gui.experiment.analyses import analyses
from insilico_gui.export.spikes import SUFFIXES as SPIKE_SUFFIXES

if TYPE_CHECKING:
    import xarray as xr

RASTER = "raster"
TABLES = (".csv", ".parquet")


Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File to write: .csv or .parquet with columns of units, .npz with all "
        "that the analysis found; spikes in any of them. For several files a folder, or "
        "a name with {name} in it; - is standard output.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter, such as parameter=coherence; repeatable."),
]


def conditions(
    session: Session,
    tables: Annotated[
        list[str],
        typer.Argument(
            metavar="TABLE",
            help="Table of conditions, .csv or .parquet; several, or a pattern, are "
            "analysed one after the other.",
        ),
    ],
    analysis: Annotated[
        str,
        typer.Option(
            help="Name of the analysis, such as 'condition tuning', 'condition "
            "difference', 'choices', 'psychometric curve' or 'simulated trials'.",
            autocompletion=completing.analysis_names,
        ),
    ],
    output: Output = None,
    settings: Settings = None,
    directory: Directory = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Analyse the responses to a table of conditions."""
    how = (analysis, parse_settings(settings or ()), overwrite)
    _analyse_each((session, directory, device), tables, output, how)


def drive(
    session: Session,
    drives: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Drive (.yaml, .json), or table of channels in time (.csv, .parquet); "
            "several, or a pattern, are analysed one after the other.",
        ),
    ],
    analysis: Annotated[
        str,
        typer.Option(
            help="Name of the analysis, such as 'perturbation', 'population rate', "
            "'recorded against simulated' or 'spike raster'.",
            autocompletion=completing.analysis_names,
        ),
    ],
    output: Output = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter, such as start_s=0.2; repeatable."),
    ] = None,
    directory: Directory = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Analyse the responses of a session that is driven."""
    how = (analysis, parse_settings(settings or ()), overwrite)
    _analyse_each((session, directory, device), drives, output, how)


def _analyse_each(
    opening: tuple[str, Path | None, str],
    typed: list[str],
    output: Path | None,
    how: tuple[str, dict[str, Any], bool],
) -> None:
    """Analyse the responses to each of several files."""
    inputs = files(typed)
    names = distinct([(one,) for one in inputs])
    many = len(inputs) > 1 or inputs[0] not in typed
    outputs = named(output, names, ".csv", many=many)
    run_jobs(
        [
            Job(one, functools.partial(_analyse, opening, Path(one), place, *how))
            for one, place in zip(inputs, outputs, strict=True)
        ]
    )


def _analyse(
    opening: tuple[str, Path | None, str],
    stimulus: Path,
    output: Path | None,
    analysis: str,
    given: dict[str, Any],
    overwrite: bool,
) -> None:
    """Open a session (id, directory, device), show it a file, and write an analysis."""
    known = analyses()
    if analysis not in known:
        raise AnalysisError(
            f"There is no analysis {quoted(analysis)}{nearest(analysis, known)}; choose "
            f"one of {listed(known)}."
        )
    is_raster = known[analysis].view == RASTER
    suffix = "" if output is None else output.suffix.lower()
    if is_raster and output == STANDARD_OUTPUT:
        raise AnalysisError("Spikes need a file; name one that ends in .npz or .csv.")
    if is_raster:
        reserve(output, overwrite, SPIKE_SUFFIXES)
    elif suffix in TABLES or not is_file(output):
        check_table(output, overwrite)
    else:
        reserve(output, overwrite, [".npz", *TABLES])
    experiment = ig.Experiment(library=None)
    name = experiment.add_session(*opening)
    shown = experiment.add_stimulus(stimulus, session=name)
    found = experiment.analyse(analysis, name, shown, **given)
    if is_raster and output is not None:
        with output_file(output) as partial:
            ig.export_spikes(found, partial)
    elif output is None:
        tell(result=_arrays(found), attrs=dict(found.attrs))
    elif suffix in TABLES or not is_file(output):
        _write_columns(experiment, name, output)
    else:
        with output_file(output) as partial, partial.open("wb") as file:
            np.savez(file, **_arrays(found))
    if warning := found.attrs.get("warning"):
        warn(warning)
    written(output)


def _write_columns(experiment: ig.Experiment, name: str, output: Path) -> None:
    """The unit table with the columns of the only analysis."""
    (entry,) = experiment.document.analyses
    columns = experiment.compute(entry).columns
    if columns is None:
        raise AnalysisError(
            f"{entry.analysis} has no columns of units; end the file in .npz."
        )
    responses = experiment.responses(name)
    units = experiment.session(name).units.reset_index(drop=True)
    write_table(output, units, columns, dict(responses.attrs))


def _arrays(found: "xr.Dataset") -> dict[str, Any]:
    """Variables and coordinates of a dataset; texts as text."""
    arrays: dict[str, Any] = {}
    for name, values in found.variables.items():
        array = values.to_numpy()
        arrays[str(name)] = array.astype(str) if array.dtype.kind in "OT" else array
    return arrays
