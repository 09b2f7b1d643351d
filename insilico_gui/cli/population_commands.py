"""``insilico-gui sparseness`` and ``signal-correlations``."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from insilico_gui.analysis import (
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.population.correlations import (
    signal_correlations as correlation_matrix,
)
from insilico_gui.analysis.population.sparseness import SparsenessVariant
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.tuning.image_tuning import IMAGE, image_tuning
from insilico_gui.analysis.tuning.tuned import columns_table, curve_of
from insilico_gui.cli.analysis_options import (
    BurnIn,
    Latency,
    Over,
    Table,
    Window,
)
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.progress import analysis_bar
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import AnalysisError, echoed
from insilico_gui.responses import BURN_IN_FRAMES, unit_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from insilico_gui.progress import OnProgress

DEFAULT = "drifting gratings"
OF_TRIALS = ("condition", 0.0, None, BURN_IN_FRAMES)
"""Defaults of the options for trials: column of the table, latency, window, burn-in."""

VARIANTS: dict[str, SparsenessVariant] = {
    "vinje-gallant": "vinje_gallant",
    "treves-rolls": "treves_rolls",
}


@of_source
def sparseness(
    source: Source,
    output: Table,
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
    responses, tuning = _means(
        source, over, latency, window, burn_in, lambda t: sparseness_columns(t, chosen)
    )
    columns = sparseness_columns(tuning, chosen)
    (shown,) = tuning.attrs["analysis"]["parameters"]
    population = population_sparseness(curve_of(tuning), chosen)
    table = write_table(
        output,
        unit_table(responses),
        columns,
        responses.attrs,
        population_sparseness={
            shown: tuning[shown].to_numpy(),
            f"sparseness_{chosen}": population,
        },
    )
    below = float((curve_of(tuning) < 0).mean())
    if below > 0:
        typer.echo(f"Responses below zero ({below:.0%} of them) count as 0.")
    lifetime = columns[f"lifetime_sparseness_{chosen}"].median()
    typer.echo(
        f"Written: {output} ({len(table)} units, {_number(tuning)}; medians: "
        f"lifetime sparseness {lifetime:.3f}, population "
        f"{np.nanmedian(population):.3f})"
    )


@of_source
def signal_correlations(
    source: Source,
    output: Table,
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
        with output_file(matrix) as partial, partial.open("wb") as file:
            np.save(file, pairs)
    table = write_table(output, unit_table(responses), columns, responses.attrs)
    typer.echo(
        f"Written: {output} ({len(table)} units, {_number(tuning)}; median of means "
        f"{columns['mean_signal_correlation'].median():.3f})"
    )


def _means(
    source: Source,
    over: str,
    latency: float,
    window: float | None,
    burn_in: int,
    measure: "Callable[[xr.Dataset], object]",
) -> "tuple[xr.DataArray, xr.Dataset]":
    """Responses, and the mean response of each unit to each condition or image.

    `measure`, the analysis of the means, is checked before anything is encoded.
    """

    def means(
        responses: "xr.DataArray", on_progress: "OnProgress | None" = None
    ) -> "xr.Dataset":
        if not are_to_images(responses):
            return parameter_tuning(
                responses,
                over,
                latency_s=latency,
                window_s=window,
                burn_in_frames=burn_in,
                on_progress=on_progress,
            )
        if (over, latency, window, burn_in) != OF_TRIALS:
            raise AnalysisError(
                f"{source.session} answers single images, and each is a condition; "
                "leave out --over, --latency, --window and --burn-in."
            )
        return image_tuning(responses)

    responses = source.responses(
        DEFAULT, check=lambda silent: measure(means(silent)), images_too=True
    )
    with analysis_bar("Averaging") as show:
        tuning = means(responses, show)
    return responses, tuning


def _number(tuning: "xr.Dataset") -> str:
    (shown,) = tuning.attrs["analysis"]["parameters"]
    return f"{tuning.sizes[shown]} {'images' if shown == IMAGE else 'conditions'}"
