"""``insilico-gui receptive-fields`` and ``retinotopy``."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated, Any

import typer

from insilico_gui.analysis.cortex.cortical_maps import MIN_R2
from insilico_gui.cli.analyses.analysis_options import Table
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import check_arrays, write_arrays
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table
from insilico_gui.cli.terminal.telling import tell, written
from insilico_gui.errors import AnalysisError, echoed, nearest

METHODS = {
    "dots": "dots",
    "sparse-noise": "sparse noise",
    "sta": "frame average (STA)",
    "contrast-sta": "contrast average",
    "noise": "noise images",
}

Method = Annotated[
    str | None,
    typer.Option(
        help=f"{', '.join(METHODS)}. Default: the best one for what was shown."
    ),
]
FieldLatency = Annotated[
    float | None,
    typer.Option(
        "--latency-s", help="Seconds to the response window. Default: by method."
    ),
]
FieldWindow = Annotated[
    float | None,
    typer.Option("--window-s", help="Seconds of the window. Default: by method."),
]
Maps = Annotated[Path | None, typer.Option(help="File for the maps themselves: .npz.")]


@of_source
def receptive_fields(
    source: Source,
    output: Table = None,
    method: Method = None,
    latency: FieldLatency = None,
    window: FieldWindow = None,
    maps: Maps = None,
    overwrite: Overwrite = False,
) -> None:
    """Map receptive fields, with the centre and size of a fitted Gaussian.

    Shows flashed Gaussian dots unless a stimulus is named (sparse-noise, or a movie
    for sta). Centres come in degrees (rf_azimuth_deg, rf_elevation_deg) and from -1
    to 1 (rf_x_fit, rf_y_fit; y up).
    """
    check_table(output, overwrite)
    check_arrays(maps, overwrite)
    done = source.analyse(
        "receptive fields", _mapping(method, latency, window), shows=_shown(method)
    )
    if maps is not None:
        names = ("rf", "density", "row", "column", "polarity", "lag_s", "unit_id")
        write_arrays(maps, done.result.dataset, names)
    table = done.write(output)
    n_found = int(done.columns["rf_x_fit"].notna().sum())
    tell(n_units=len(table), n_fields=n_found, variant=done.columns.attrs["variant"])
    written(
        output,
        f"{n_found} of {len(table)} units have a field on the screen, by "
        f"{done.columns.attrs['variant']}",
    )


@of_source
def retinotopy(
    source: Source,
    output: Table = None,
    known: Annotated[
        bool,
        typer.Option("--known", help="Use the session's rf_x and rf_y; map no fields."),
    ] = False,
    method: Method = None,
    latency: FieldLatency = None,
    window: FieldWindow = None,
    sigma: Annotated[
        float,
        typer.Option("--sigma-um", help="Width of the smoothing on the sheet, um."),
    ] = 60.0,
    min_r2: Annotated[
        float,
        typer.Option(help="Leave out mapped fields whose Gaussian explains less."),
    ] = MIN_R2,
    maps: Maps = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure azimuth, elevation and visual field sign on the cortical sheet.

    Maps receptive fields as the command receptive-fields does, then smooths their
    centres over the places (x, y) of the units. sign_area names the patch of one
    sign that a unit is in, by the most frequent area there.
    """
    check_table(output, overwrite)
    check_arrays(maps, overwrite)
    asked = (method, source.stimulus, source.part, latency, window)
    if known and any(o is not None for o in asked):
        raise AnalysisError(
            "With --known nothing is shown or mapped; leave out --known, or the "
            "method, stimulus, part, latency and window."
        )
    options = {"known": known, "min_r2": min_r2, "sigma_um": sigma}
    if known:
        done = source.analyse_units("retinotopy", options)
    else:
        options |= _mapping(method, latency, window)
        done = source.analyse("retinotopy", options, shows=_shown(method))
    sheet, signs = done.result.dataset, done.columns
    if maps is not None:
        write_arrays(maps, sheet, tuple(str(name) for name in sheet.variables))
    columns = signs.copy()
    centres = [str(name) for name, array in sheet.items() if array.dims == ("unit",)]
    for place, name in enumerate(centres):
        columns.insert(place, name, sheet[name].to_numpy())
    columns.attrs = {**sheet.attrs["centres"], "retinotopy": signs.attrs}
    table = done.write(output, columns)
    patches = sheet["patch_sign"].to_numpy()
    n_signs = int(signs["field_sign"].notna().sum())
    positive, negative = int((patches > 0).sum()), int((patches < 0).sum())
    tell(
        n_units=len(table),
        n_signs=n_signs,
        n_positive_patches=positive,
        n_negative_patches=negative,
    )
    written(
        output,
        f"{n_signs} of {len(table)} units have a field sign; {positive} patches of "
        f"positive and {negative} of negative sign",
    )


def _mapping(
    method: str | None, latency: float | None, window: float | None
) -> dict[str, Any]:
    """Parameters of the mapping."""
    if method is not None and method not in METHODS:
        raise AnalysisError(
            f"There is no method {echoed(method)}{nearest(method, METHODS)}; choose one "
            f"of {', '.join(METHODS)}."
        )
    chosen = None if method is None else METHODS[method]
    return {"method": chosen, "latency_s": latency, "window_s": window}


def _shown(method: str | None) -> str | None:
    """The family that is shown if none is named; None for that of the analysis."""
    return "sparse noise" if method == "sparse-noise" else None
