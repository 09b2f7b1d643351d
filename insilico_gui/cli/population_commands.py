"""``insilico-gui sparseness`` and ``signal-correlations``."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from insilico_gui.analysis import (
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.correlations import (
    signal_correlations as correlation_matrix,
)
from insilico_gui.analysis.sparseness import SparsenessVariant
from insilico_gui.analysis.tuned import columns_table, curve_of
from insilico_gui.analysis.windows import BURN_IN_FRAMES
from insilico_gui.cli.analysis_options import (
    BurnIn,
    Latency,
    Over,
    Table,
    Window,
)
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.progress import analysis_bar
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.steps import check_output
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import AnalysisError, ExportError
from insilico_gui.files import publish, writing
from insilico_gui.responses import unit_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

DEFAULT = "drifting gratings"
VARIANTS: dict[str, SparsenessVariant] = {
    "vinje-gallant": "vinje_gallant",
    "treves-rolls": "treves_rolls",
}


@of_source
def sparseness(
    source: Source,
    output: Table,
    variant: Annotated[
        str, typer.Option(help=f"{' or '.join(VARIANTS)}.")
    ] = "vinje-gallant",
    over: Over = "condition",
    latency: Latency = 0.0,
    window: Window = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Measure sparseness: of each unit over conditions, and of the population.

    Shows drifting gratings unless a stimulus is named. The sparseness of the
    population in each condition goes with the table's other information.
    """
    check_table(output, overwrite)
    if variant not in VARIANTS:
        raise AnalysisError(
            f"There is no variant {variant!r}; choose {' or '.join(VARIANTS)}."
        )
    chosen = VARIANTS[variant]
    responses, tuning = _means(
        source, over, latency, window, burn_in, lambda t: sparseness_columns(t, chosen)
    )
    columns = sparseness_columns(tuning, chosen)
    population = population_sparseness(curve_of(tuning), chosen)
    table = write_table(
        output,
        unit_table(responses),
        columns,
        responses.attrs,
        population_sparseness={
            over: tuning[over].to_numpy(),
            f"sparseness_{chosen}": population,
        },
    )
    lifetime = columns.iloc[:, 0].median()
    typer.echo(
        f"Written: {output} ({len(table)} units, {len(population)} conditions; medians: "
        f"lifetime sparseness {lifetime:.3f}, population {np.nanmedian(population):.3f})"
    )


@of_source
def signal_correlations(
    source: Source,
    output: Table,
    over: Over = "condition",
    matrix: Annotated[
        Path | None,
        typer.Option(help="File for the correlation of every pair of units: .npy."),
    ] = None,
    latency: Latency = 0.0,
    window: Window = None,
    burn_in: BurnIn = BURN_IN_FRAMES,
    overwrite: Overwrite = False,
) -> None:
    """Measure how alike units are in what they respond to.

    Writes the mean signal correlation of each unit with all others; --matrix also
    that of every pair, in the order of the table. Shows drifting gratings unless a
    stimulus is named.
    """
    check_table(output, overwrite)
    if matrix is not None:
        check_output(matrix, overwrite, (".npy",))
    responses, tuning = _means(
        source,
        over,
        latency,
        window,
        burn_in,
        lambda t: mean_signal_correlation(curve_of(t)),
    )
    curve = curve_of(tuning)
    columns = columns_table(
        tuning,
        {"mean_signal_correlation": mean_signal_correlation(curve)},
        "Pearson, over means of conditions",
    )
    if matrix is not None:
        with analysis_bar("Correlating") as show:
            pairs = correlation_matrix(curve, on_progress=show)
        partial = matrix.with_name(f"{matrix.name}.partial")
        with writing(str(matrix), ExportError):
            try:
                with partial.open("wb") as file:
                    np.save(file, pairs)
                publish(partial, matrix)
            finally:
                partial.unlink(missing_ok=True)
    table = write_table(output, unit_table(responses), columns, responses.attrs)
    typer.echo(
        f"Written: {output} ({len(table)} units, {len(curve)} conditions; median of "
        f"means {columns.iloc[:, 0].median():.3f})"
    )


def _means(
    source: Source,
    over: str,
    latency: float,
    window: float | None,
    burn_in: int,
    measure: "Callable[[xr.Dataset], object]",
) -> "tuple[xr.DataArray, xr.Dataset]":
    """Responses, and the mean response of units to each condition.

    `measure` is what will be made of the means: it is tried before anything is encoded.
    """
    windows: dict[str, Any] = {
        "latency_s": latency,
        "window_s": window,
        "burn_in_frames": burn_in,
    }
    responses = source.responses(
        DEFAULT,
        check=lambda silent: measure(parameter_tuning(silent, over, **windows)),
    )
    with analysis_bar("Averaging") as show:
        tuning = parameter_tuning(responses, over, **windows, on_progress=show)
    return responses, tuning
