"""``insilico-gui tuning``: tuning of units to whatever the trials vary."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from insilico_gui.analysis.agreement.published import (
    TOLERANCES,
    compare_with_released,
    report,
)
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.cli.analyses.analysis_options import (
    BurnIn,
    Latency,
    Table,
    Window,
)
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table, read_table
from insilico_gui.cli.terminal.inputs import comma_list, comma_numbers
from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.errors import AnalysisError, StimulusError, quoted
from insilico_gui.experiment.analyses import RunData
from insilico_gui.experiment.declared.shared import part_of
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.frame import KEYS

if TYPE_CHECKING:
    import xarray as xr


@of_source
def tuning(
    source: Source,
    output: Table = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            help="What to tune to: a column of the trial table, two with a comma "
            "between for a pair. Default: direction, or the first that the trials vary.",
        ),
    ] = None,
    directions: Annotated[
        int | None, typer.Option(help="Evenly spaced directions. Default 16.")
    ] = None,
    spatial_frequency: Annotated[
        list[str] | None,
        typer.Option(
            "--spatial-frequency",
            "--sf",
            help="Cycles/degree, such as 0.02,0.04; repeatable. Default 0.04.",
        ),
    ] = None,
    temporal_frequency: Annotated[
        list[str] | None,
        typer.Option(
            "--temporal-frequency",
            "--tf",
            help="Hz, such as 1,2,4; repeatable. Default 2.",
        ),
    ] = None,
    contrast: Annotated[
        list[str] | None,
        typer.Option(help="0 to 1, such as 0.1,0.5; repeatable. Default 1."),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option("--duration-s", help="Seconds of a trial. Default 1."),
    ] = None,
    blank: Annotated[
        float | None,
        typer.Option("--blank-s", help="Seconds of grey before it. Default 0.5."),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Presentations of each. Default 1.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Order of the trials, and permutations.")
    ] = 0,
    latency: Latency = 0.0,
    window: Window = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    permutations: Annotated[
        int,
        typer.Option(
            "--n-permutations",
            help="Shuffles for the significance of the tuning; 100 is usual.",
        ),
    ] = 0,
    released: Annotated[
        Path | None,
        typer.Option(
            help="Table (.csv, .parquet) with released columns (gOSI, pref_dir, ...) "
            "to hold the measured ones against."
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure tuning: to direction, frequency, size, contrast, or a pair of them.

    Shows drifting gratings unless a stimulus is named; --directions to --repeats
    are short for --set. Beside NAME.csv goes NAME.csv.json with how each column was
    measured.
    """
    check_table(output, overwrite)
    published = None if released is None else read_table(released)
    given = {
        "directions": directions,
        "spatial_frequency": _numbers(spatial_frequency, "--spatial-frequency"),
        "temporal_frequency": _numbers(temporal_frequency, "--temporal-frequency"),
        "contrast": _numbers(contrast, "--contrast"),
        "duration_s": duration,
        "blank_s": blank,
        "repeats": repeats,
        "seed": None if source.is_file or not seed else seed,
    }
    options = {
        "latency_s": latency,
        "window_s": window,
        "burn_in_frames": burn_in,
        "n_permutations": permutations,
        "seed": seed,
    }

    def parameters(data: RunData) -> dict[str, Any]:
        trials = trial_table(part_of(data, source.part))
        return {"parameter": _parameter(parameter, trials), **options}

    done = source.analyse(
        "tuning", parameters, given={k: v for k, v in given.items() if v is not None}
    )
    dataset, columns = done.result.dataset, done.columns
    more = {} if published is None else _compared(done.units, dataset, published)
    table = done.write(output, **more)
    for reason in dict.fromkeys(columns.attrs.get("absent", {}).values()):
        say(f"Left out: {reason}")
    name = done.parameters["parameter"]
    tell(n_units=len(table), parameter=name)
    written(output, f"{len(table)} units, tuning to {name}")


def _numbers(typed: list[str] | None, option: str) -> list[float] | None:
    return comma_numbers(typed, option, float, StimulusError)


def _compared(
    units: pd.DataFrame, dataset: "xr.Dataset", published: pd.DataFrame
) -> dict[str, Any]:
    """What measured columns are beside released ones, said and for the file."""
    known = {str(k): units[k] for k in KEYS if k in units}
    of_units = {
        str(k): array.to_numpy()
        for k, array in dataset.data_vars.items()
        if array.dims == ("unit",) and str(k).startswith(tuple(TOLERANCES))
    }
    against = compare_with_released(pd.DataFrame(known | of_units), published)
    for line in report(against):
        say(line)
    if "warning" in against.attrs:
        say(f"Note: {against.attrs['warning']}")
    return {"released": against.reset_index().to_dict("records")}


def _parameter(asked: list[str] | None, trials: pd.DataFrame) -> str:
    """The name that :func:`tune` knows."""
    if asked:
        return " x ".join(comma_list(asked))
    known = varied(trials)
    if not known:
        text = [str(name) for name in trials if isinstance(trials[name].iloc[0], str)]
        why = f" ({quoted(', '.join(text), marks='')} holds text)" if text else ""
        raise AnalysisError(
            f"The trials vary nothing that units could be tuned to{why}; show a stimulus "
            "that does, such as drifting-gratings."
        )
    return known[0]
