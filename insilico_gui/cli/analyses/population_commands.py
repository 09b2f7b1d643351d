"""``insilico-gui sparseness`` and ``signal-correlations``."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from insilico_gui.analysis.population.sparseness import SparsenessVariant
from insilico_gui.analysis.tuning.image_tuning import IMAGE
from insilico_gui.analysis.tuning.tuned import curve_of
from insilico_gui.cli.analyses.analysis_options import (
    BurnIn,
    Latency,
    Over,
    Table,
    Window,
)
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table
from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.errors import AnalysisError, echoed
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    import xarray as xr

VARIANTS: dict[str, SparsenessVariant] = {
    "vinje-gallant": "vinje_gallant",
    "treves-rolls": "treves_rolls",
}


@of_source
def sparseness(
    source: Source,
    output: Table = None,
    variant: Annotated[
        str, typer.Option(help=f"Definition: {' or '.join(VARIANTS)}.")
    ] = "vinje-gallant",
    over: Over = "condition",
    latency: Latency = 0.0,
    window: Window = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Measure lifetime sparseness of each unit, and sparseness of the population.

    The stimulus is drifting gratings unless another one is named; for sessions driven by
    images, each image is a condition. The population sparseness of each condition is
    stored with the table's provenance.
    """
    check_table(output, overwrite)
    if variant not in VARIANTS:
        raise AnalysisError(
            f"There is no variant {echoed(variant)}; choose {' or '.join(VARIANTS)}."
        )
    chosen = VARIANTS[variant]
    options = {**_conditions(over, latency, window, burn_in), "variant": chosen}
    done = source.analyse("sparseness", options)
    tuning = done.result.dataset
    (shown,) = tuning.attrs["analysis"]["parameters"]
    population = tuning[f"population_sparseness_{chosen}"].to_numpy()
    table = done.write(
        output,
        population_sparseness={
            shown: tuning[shown].to_numpy(),
            f"sparseness_{chosen}": population,
        },
    )
    below = float((curve_of(tuning) < 0).mean())
    if below > 0:
        say(f"Responses below zero ({below:.0%} of them) count as 0.")
    lifetime = done.columns[f"lifetime_sparseness_{chosen}"].median()
    middle = np.nanmedian(population)
    tell(
        n_units=len(table),
        median_lifetime_sparseness=lifetime,
        median_population_sparseness=middle,
    )
    written(
        output,
        f"{len(table)} units, {_number(tuning)}; medians: "
        f"lifetime sparseness {lifetime:.3f}, population {middle:.3f}",
    )


@of_source
def signal_correlations(
    source: Source,
    output: Table = None,
    over: Over = "condition",
    matrix: Annotated[
        Path | None,
        typer.Option(help="File for the correlation matrix of all units: .npy."),
    ] = None,
    latency: Latency = 0.0,
    window: Window = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Measure signal correlations between units.

    Writes the mean signal correlation of each unit with all others; --matrix also writes
    the correlation of every pair, in the order of the table. The stimulus is drifting
    gratings unless another one is named; for sessions driven by images, each image is a
    condition.
    """
    check_table(output, overwrite)
    if matrix is not None:
        reserve(matrix, overwrite, (".npy",))
    options = _conditions(over, latency, window, burn_in)
    done = source.analyse(
        "signal correlations", {**options, "matrix": matrix is not None}
    )
    if matrix is not None:
        pairs = done.result.dataset["signal_correlation"].to_numpy()
        with output_file(matrix) as partial, partial.open("wb") as file:
            np.save(file, pairs)
        written(matrix)
    table = done.write(output)
    median = done.columns["mean_signal_correlation"].median()
    tell(n_units=len(table), median_mean_signal_correlation=median)
    written(
        output,
        f"{len(table)} units, {_number(done.result.dataset)}; median of means "
        f"{median:.3f}",
    )


def _conditions(
    over: str, latency: float, window: float | None, burn_in: int
) -> dict[str, Any]:
    """Parameters of the means of conditions."""
    return {
        "over": over,
        "latency_s": latency,
        "window_s": window,
        "burn_in_frames": burn_in,
    }


def _number(tuning: "xr.Dataset") -> str:
    (shown,) = tuning.attrs["analysis"]["parameters"]
    return f"{tuning.sizes[shown]} {'images' if shown == IMAGE else 'conditions'}"
