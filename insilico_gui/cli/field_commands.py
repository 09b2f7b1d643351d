"""``insilico-gui receptive-fields`` and ``retinotopy``."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import typer

import insilico_gui as ig
from insilico_gui.analysis.cortex.cortical_maps import (
    KNOWN,
    MEASURED,
    MIN_R2,
    sheet_maps,
)
from insilico_gui.analysis.fields.registry import (
    check_mapping,
    map_fields,
    mapping_methods,
)
from insilico_gui.cli.analysis_options import Table
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.progress import analysis_bar
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table, write_table
from insilico_gui.errors import AnalysisError, echoed
from insilico_gui.experiment.declared.shown_frames import shown_frames
from insilico_gui.responses import distinct_names, unit_table
from insilico_gui.stimuli import Display
from insilico_gui.units.identity import measured_names, result_table

if TYPE_CHECKING:
    import xarray as xr

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
        "--latency", help="Seconds to the response window. Default: by method."
    ),
]
FieldWindow = Annotated[
    float | None,
    typer.Option("--window", help="Seconds of the window. Default: by method."),
]
Maps = Annotated[Path | None, typer.Option(help="File for the maps themselves: .npz.")]


@of_source
def receptive_fields(
    source: Source,
    output: Table,
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
    _check_maps(maps, overwrite)
    responses, fields, columns = _mapped(source, method, latency, window)
    if maps is not None:
        names = ("rf", "density", "row", "column", "polarity", "lag_s", "unit_id")
        _write_maps(maps, fields, names)
    table = write_table(output, unit_table(responses), columns, responses.attrs)
    n_found = int(columns["rf_x_fit"].notna().sum())
    typer.echo(
        f"Written: {output} ({n_found} of {len(table)} units have a field on the "
        f"screen, by {columns.attrs['variant']})"
    )


@of_source
def retinotopy(
    source: Source,
    output: Table,
    known: Annotated[
        bool,
        typer.Option("--known", help="Use the session's rf_x and rf_y; map no fields."),
    ] = False,
    method: Method = None,
    latency: FieldLatency = None,
    window: FieldWindow = None,
    sigma: Annotated[
        float, typer.Option(help="Width of the smoothing on the sheet, um.")
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
    _check_maps(maps, overwrite)
    asked = (method, source.stimulus, source.part, latency, window)
    if known and any(o is not None for o in asked):
        raise AnalysisError(
            "With --known nothing is shown or mapped; leave out --known, or the "
            "method, stimulus, part, latency and window."
        )
    if known:
        units, provenance = source.units()
        columns = _known_centres(units, source.session)
    else:
        responses, _, mapped = _mapped(source, method, latency, window)
        units, provenance = unit_table(responses), responses.attrs
        columns = mapped[["rf_azimuth_deg", "rf_elevation_deg", "rf_r2"]]
        columns.attrs = dict(mapped.attrs)
    lacking = [name for name in ("x", "y") if name not in units]
    if lacking:
        raise AnalysisError(
            f"The unit table of {source.session} has no column {lacking[0]!r}, so "
            "where its units lie on the cortex is not known; retinotopy needs x and y."
        )
    fields = columns.rename(columns=distinct_names(map(str, columns), map(str, units)))
    fields.index = units.index
    with analysis_bar("Smoothing") as show:
        sheet, signs = sheet_maps(
            units if known else units.join(fields),
            KNOWN if known else MEASURED,
            Display(),
            min_r2=min_r2,
            sigma_um=sigma,
            on_progress=show,
        )
    analysis = {**columns.attrs, "retinotopy": signs.attrs}
    columns = columns.join(signs[measured_names(signs)])
    columns.attrs = analysis
    if maps is not None:
        _write_maps(maps, sheet, tuple(str(name) for name in sheet.variables))
    write_table(output, units, columns, provenance)
    patches = sheet["patch_sign"].to_numpy()
    typer.echo(
        f"Written: {output} ({int(signs['field_sign'].notna().sum())} of {len(units)} "
        f"units have a field sign; {(patches > 0).sum()} patches of positive and "
        f"{(patches < 0).sum()} of negative sign)"
    )


def _mapped(
    source: Source, method: str | None, latency: float | None, window: float | None
) -> "tuple[xr.DataArray, xr.Dataset, pd.DataFrame]":
    """Responses, maps and columns."""
    if method is not None and method not in METHODS:
        raise AnalysisError(
            f"There is no method {echoed(method)}; choose one of {', '.join(METHODS)}."
        )
    default = "sparse noise" if method == "sparse-noise" else "gaussian dots"
    # A parametric stimulus is made again from what a file of responses says of it; a
    # movie must be named.
    named = not source.is_file or source.stimulus is not None
    stimulus = source.shown(default) if named else None
    if source.is_file:
        source = source.without_stimulus()
    windows: dict[str, Any] = {"latency_s": latency, "window_s": window}

    def check(silent: "xr.DataArray") -> None:
        shown = shown_frames(silent, stimulus)
        check_mapping(silent, shown, _method(method, silent, shown), **windows)

    responses = source.responses(default, check=check)
    frames = shown_frames(responses, stimulus)
    chosen = _method(method, responses, frames)
    with analysis_bar(f"Mapping by {chosen}") as show:
        fields, _, columns = map_fields(
            responses,
            frames,
            chosen,
            **windows,
            on_progress=show,
        )
    return responses, fields, columns


def _method(
    asked: str | None, responses: "xr.DataArray", frames: ig.Stimulus | None
) -> str:
    """The method by its name in the analysis; the best one if none is asked for."""
    if asked is not None:
        return METHODS[asked]
    methods = mapping_methods(responses, frames)
    if not methods:
        raise AnalysisError(
            "No receptive fields can be mapped from these responses; show "
            "gaussian-dots, sparse-noise, or a movie of at least 10 s."
        )
    return methods[0]


def _known_centres(units: pd.DataFrame, session: str) -> pd.DataFrame:
    if not {"rf_x", "rf_y"} <= set(units.columns):
        raise AnalysisError(
            f"The unit table of {session} has no rf_x and rf_y; leave out --known to "
            "map receptive fields."
        )
    display = Display()
    azimuth, elevation = display.to_degrees(
        units["rf_x"].to_numpy(float), units["rf_y"].to_numpy(float)
    )
    columns = result_table(
        {"rf_azimuth_deg": azimuth, "rf_elevation_deg": elevation}, units
    )
    columns.attrs = {
        "variant": "rf_x, rf_y of the session",
        "angles": "per axis",
        "display": display.to_dict(),
    }
    return columns


def _check_maps(maps: Path | None, overwrite: bool) -> None:
    if maps is not None:
        reserve(maps, overwrite, (".npz",))


def _write_maps(path: Path, dataset: "xr.Dataset", names: tuple[str, ...]) -> None:
    """Arrays of a dataset, under their names."""
    arrays: dict[str, Any] = {
        name: dataset[name].to_numpy() for name in names if name in dataset.variables
    }
    texts = {k: v.astype(str) for k, v in arrays.items() if v.dtype.kind in "OT"}
    with output_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **{**arrays, **texts})
