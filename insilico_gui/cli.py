"""The command line: the window, and every step of the job without one."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm
from typer.core import TyperGroup

import insilico_gui as ig
from insilico_gui.errors import ExportError, InsilicoError, SessionError
from insilico_gui.export import SUFFIXES
from insilico_gui.files import check_target, publish, writing
from insilico_gui.responses import distinct_names, take_units, unit_table
from insilico_gui.selection import select_units

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

HELP_NAMES = ["-h", "--help"]


class WindowByDefault(TyperGroup):
    """What is not a command opens the window: ``insilico-gui demo``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that the user left out."""
        if not args or args[0] not in (*self.commands, *HELP_NAMES):
            args = ["window", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=WindowByDefault,
    help="In silico experiments with digital twins of the brain.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP_NAMES},
)

Directory = Annotated[
    Path | None, typer.Option(help="Folder with the weights; the demo needs none.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="Only this area; repeatable.")
]
Fields = Annotated[
    list[int] | None, typer.Option("--field", help="Only this field; repeatable.")
]
AnyOf = Annotated[
    bool, typer.Option("--any-of", help="Areas or fields instead of areas and fields.")
]
Overwrite = Annotated[bool, typer.Option(help="Replace an existing file.")]


@app.command()
def window(
    session: Annotated[
        str | None, typer.Argument(help="Session to open, such as demo.")
    ] = None,
    directory: Directory = None,
    stimulus: Annotated[
        Path | None, typer.Option(help="Video, images or array to show.")
    ] = None,
    device: Device = "auto",
    demo: Annotated[
        bool, typer.Option("--demo", help="The demo session with a demo clip encoded.")
    ] = False,
    screenshot: Annotated[
        Path | None,
        typer.Option(help="Do the job, save a picture of the window, and leave."),
    ] = None,
    size: Annotated[
        str, typer.Option(help="Size of the window for --screenshot, in pixels.")
    ] = "1600x950",
) -> None:
    """Open the window (this is what happens without a command)."""
    from insilico_gui.app.start import run

    run(
        "demo" if demo and session is None else session,
        directory=directory,
        stimulus=stimulus,
        device=device,
        demo_clip=demo and stimulus is None,
        screenshot=screenshot,
        size=_pixels(size),
    )
    if screenshot is not None:
        typer.echo(f"Picture of the window: {screenshot}")


@app.command()
def sessions(
    directory: Directory = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the sessions that can be opened, and what they hold."""
    infos = ig.session_infos(directory)
    if as_json:
        rows = [
            {
                "id": info.id,
                "title": info.title,
                "n_units": info.n_units,
                "areas": dict(info.areas),
                "fields": {str(k): v for k, v in info.fields.items()},
                "input_kind": info.input_kind,
            }
            for info in infos
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for info in infos:
        areas = ", ".join(f"{area} {n}" for area, n in info.areas.items())
        typer.echo(f"{info.id}\t{info.n_units} units\t{areas or 'areas not known'}")


@app.command()
def encode(
    session: Annotated[str, typer.Argument(help="Session to use, such as demo.")],
    stimulus: Annotated[Path, typer.Argument(help="Video, images or array.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File to write: .npz .csv .parquet .zarr."),
    ],
    directory: Directory = None,
    device: Device = "auto",
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    fit: Annotated[str, typer.Option(help="crop, pad or stretch.")] = "crop",
    frame_rate: Annotated[
        float | None, typer.Option(help="Rate (Hz) of arrays and images.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Encode a stimulus and write the responses."""
    _check_output(output, overwrite)
    twin = ig.open_session(session, directory, device)
    shown = ig.open_stimulus(stimulus, frame_rate=frame_rate)
    selection = ig.select(twin, area, field, combine="any" if any_of else "all")
    if output.suffix.lower() == ".zarr":
        _encode(twin, shown, selection, fit, output, overwrite)
    else:
        responses = _encode(twin, shown, selection, fit)
        ig.export(responses, output, overwrite=overwrite)
    typer.echo(f"Written: {output}")


@app.command()
def tuning(
    session: Annotated[
        str, typer.Argument(help="Session to use, such as demo; or a responses file.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Table to write: .csv.")
    ],
    directory: Directory = None,
    device: Device = "auto",
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    directions: Annotated[int, typer.Option(help="Evenly spaced directions.")] = 16,
    spatial_frequency: Annotated[
        list[float] | None,
        typer.Option("--sf", help="Cycles/degree; repeatable. Default 0.04."),
    ] = None,
    temporal_frequency: Annotated[
        list[float] | None, typer.Option("--tf", help="Hz; repeatable. Default 2.")
    ] = None,
    contrast: Annotated[float, typer.Option(help="0 to 1.")] = 1.0,
    duration: Annotated[float, typer.Option(help="Seconds of a trial.")] = 1.0,
    blank: Annotated[float, typer.Option(help="Seconds of grey before it.")] = 0.5,
    repeats: Annotated[int, typer.Option(help="Presentations of each.")] = 1,
    seed: Annotated[int, typer.Option(help="Order of the trials.")] = 0,
    latency: Annotated[
        float, typer.Option(help="Seconds from onset to the response window.")
    ] = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Show drifting gratings and write each unit's direction tuning.

    Beside the table goes a .json file of the same name with the provenance.
    """
    _check_output(output, overwrite, (".csv",))
    if Path(session).suffix.lower() in SUFFIXES:
        responses = _choose(ig.load_responses(session), session, area, field, any_of)
    else:
        twin = ig.open_session(session, directory, device)
        shown = ig.stimuli.drifting_gratings(
            n_directions=directions,
            spatial_frequency=spatial_frequency or 0.04,
            temporal_frequency=temporal_frequency or 2.0,
            contrast=contrast,
            duration_s=duration,
            blank_s=blank,
            repeats=repeats,
            seed=seed,
        )
        selection = ig.select(twin, area, field, combine="any" if any_of else "all")
        responses = _encode(twin, shown, selection, "crop")
    several = bool(spatial_frequency or temporal_frequency)
    dataset = ig.analysis.direction_tuning(
        responses, latency_s=latency, other="best" if several else "mean"
    )
    columns = ig.analysis.tuning_columns(dataset)
    known = unit_table(responses)
    frame = known.join(
        columns.rename(columns=distinct_names(columns.columns, known.columns))
    )
    with writing(str(output), ExportError):
        partial = output.with_name(f"{output.name}.partial")
        frame.to_csv(partial, index=False)
        publish(partial, output)
        about = {**responses.attrs, "analysis": columns.attrs}
        about.pop("trials", None)
        partial.write_text(json.dumps(about, indent=2, default=str))
        publish(partial, output.with_suffix(".json"))
    typer.echo(f"Written: {output} ({len(frame)} units)")


@app.command()
def export(
    responses: Annotated[Path, typer.Argument(help="Responses written before.")],
    output: Annotated[Path, typer.Argument(help="File to write; format by suffix.")],
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    overwrite: Overwrite = False,
) -> None:
    """Write responses, or those of some areas and fields, in another format."""
    _check_output(output, overwrite)
    loaded = ig.load_responses(responses)
    loaded = _choose(loaded, str(responses), area, field, any_of)
    ig.export(loaded, output, overwrite=overwrite)
    typer.echo(f"Written: {output} ({loaded.sizes['unit']} units)")


@app.command()
def fetch(
    twin: Annotated[str, typer.Argument(help="Twin whose weights to download.")],
    directory: Annotated[Path, typer.Argument(help="Folder to put them in.")],
) -> None:
    """Download the published weights of a twin."""
    from insilico_gui.session import twins

    known = {name: t for name, t in twins().items() if hasattr(t, "fetch")}
    if twin not in known:
        raise SessionError(
            f"There is nothing to download for {twin!r}; weights can be fetched for: "
            f"{', '.join(known) or 'no installed twin'}."
        )
    with tqdm(unit="B", unit_scale=True, desc=f"Fetching {twin}") as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        known[twin].fetch(directory, on_progress=show)
    typer.echo(f"Fetched into {directory}")


def _encode(
    session: ig.Session,
    stimulus: ig.Stimulus,
    selection: ig.Selection,
    fit: str,
    store: Path | None = None,
    overwrite: bool = False,
) -> xr.DataArray:
    with tqdm(unit="frame", desc=f"Encoding {stimulus.name}") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return ig.encode(
            session,
            stimulus,
            selection,
            on_progress=show,
            store=store,
            fit=fit,  # type: ignore[arg-type]  # checked by convert
            overwrite=overwrite,
        )


def _choose(
    responses: xr.DataArray,
    owner: str,
    areas: list[str] | None,
    fields: list[int] | None,
    any_of: bool,
) -> xr.DataArray:
    """Responses of the units in some areas and fields; of all, if none are named."""
    if not areas and not fields:
        return responses
    chosen = select_units(
        unit_table(responses),
        owner,
        areas,
        fields,
        combine="any" if any_of else "all",
    )
    return take_units(responses, chosen.indices, chosen.rule)


def _pixels(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise InsilicoError(f"{size!r} is not a size; write it like 1366x768.")
    return int(width), int(height)


def _check_output(
    output: Path, overwrite: bool, suffixes: Iterable[str] = SUFFIXES
) -> None:
    """Refuse a bad target before any time is spent on what would go there."""
    if output.suffix.lower() not in suffixes:
        raise ExportError(
            f"{output.name} has no known format; end it in {' or '.join(suffixes)}."
        )
    check_target(output, overwrite, ExportError)
    if output.is_dir() and output.suffix.lower() != ".zarr":
        raise ExportError(f"{output} is a folder; choose the name of a file.")


def main() -> None:
    """Run the command line; errors that a user can mend are one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        app()
    except InsilicoError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
