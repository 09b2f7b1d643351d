"""``insilico-gui conditions`` and ``drive``: analyses of sessions of these kinds."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

import insilico_gui as ig
from insilico_gui.cli.named_stimuli import parse_settings
from insilico_gui.cli.options import Device, Directory, Overwrite, Session
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.experiment.analyses import analyses
from insilico_gui.export.spikes import SUFFIXES as SPIKE_SUFFIXES

if TYPE_CHECKING:
    import xarray as xr

RASTER = "raster"
TABLES = (".csv", ".parquet")


Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="File to write: .csv or .parquet with columns of units, .npz with all "
        "that the analysis found; spikes in any of them.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter, such as parameter=coherence; repeatable."),
]


def conditions(
    session: Session,
    table: Annotated[
        Path, typer.Argument(help="Table of conditions, .csv or .parquet.")
    ],
    analysis: Annotated[
        str,
        typer.Option(
            help="Name of the analysis, such as 'condition tuning', 'condition "
            "difference', 'choices', 'psychometric curve' or 'simulated trials'."
        ),
    ],
    output: Output,
    settings: Settings = None,
    directory: Directory = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Analyse the responses to a table of conditions."""
    given = parse_settings(settings or ())
    _analyse((session, directory, device), table, analysis, given, output, overwrite)


def drive(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(
            help="Drive (.yaml, .json), or table of channels in time (.csv, .parquet)."
        ),
    ],
    analysis: Annotated[
        str,
        typer.Option(
            help="Name of the analysis, such as 'perturbation', 'population rate', "
            "'recorded against simulated' or 'spike raster'."
        ),
    ],
    output: Output,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter, such as start_s=0.2; repeatable."),
    ] = None,
    directory: Directory = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Analyse the responses of a session that is driven."""
    given = parse_settings(settings or ())
    _analyse((session, directory, device), file, analysis, given, output, overwrite)


def _analyse(
    opening: tuple[str, Path | None, str],
    stimulus: Path,
    analysis: str,
    given: dict[str, Any],
    output: Path,
    overwrite: bool,
) -> None:
    """Open a session (id, directory, device), show it a file, and write an analysis."""
    known = analyses()
    if analysis not in known:
        raise AnalysisError(
            f"There is no analysis {quoted(analysis)}; choose one of {listed(known)}."
        )
    is_raster = known[analysis].view == RASTER
    suffix = output.suffix.lower()
    if is_raster:
        reserve(output, overwrite, SPIKE_SUFFIXES)
    elif suffix in TABLES:
        check_table(output, overwrite)
    else:
        reserve(output, overwrite, [".npz", *TABLES])
    experiment = ig.Experiment(library=None)
    name = experiment.add_session(*opening)
    shown = experiment.add_stimulus(stimulus, session=name)
    found = experiment.analyse(analysis, name, shown, **given)
    if is_raster:
        with output_file(output) as partial:
            ig.export_spikes(found, partial)
    elif suffix in TABLES:
        _write_columns(experiment, name, output)
    else:
        with output_file(output) as partial, partial.open("wb") as file:
            np.savez(file, **_arrays(found))
    if warning := found.attrs.get("warning"):
        typer.echo(f"Warning: {warning}", err=True)
    typer.echo(f"Written: {output}")


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
