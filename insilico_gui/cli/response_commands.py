"""``insilico-gui encode`` and ``export``: compute responses, convert their files."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated

import typer

import insilico_gui as ig
from insilico_gui.cli.options import (
    AnyOf,
    Areas,
    Device,
    Directory,
    Fields,
    Output,
    Overwrite,
    Precision,
    Session,
    Where,
)
from insilico_gui.cli.outputs import check_output
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding import open_for, precision_sentence
from insilico_gui.errors import StimulusError
from insilico_gui.export import Destination, Kind, check_fit
from insilico_gui.responses import unit_table
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    ImageSet,
    open_conditions,
    open_drive,
)


def encode(
    session: Session,
    stimulus: Annotated[
        Path,
        typer.Argument(
            help="Video, folder of images, array, or specification (.yaml, .json); for "
            "sessions driven by images also a single image, and for sessions that answer "
            "conditions a table of them (.csv, .parquet), and for sessions that are "
            "driven a drive (.yaml, .json) or a table of its channels (.csv, .parquet)."
        ),
    ],
    output: Output,
    directory: Directory = None,
    device: Device = "auto",
    precision: Precision = "float32",
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    where: Where = None,
    fit: Annotated[
        str | None,
        typer.Option(
            help="How a video of another aspect ratio is fitted: crop (default), pad or "
            "stretch."
        ),
    ] = None,
    frame_rate: Annotated[
        float | None, typer.Option(help="Frame rate (Hz) of arrays and images.")
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(
            help="Interval (s) between the images taken from a video; default: every "
            "frame."
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Encode a stimulus and write the responses."""
    check_output(output, overwrite)
    twin = ig.open_session(session, directory, device, precision)
    check_fit(output, Kind.of_session(twin))
    if fit is not None and is_image_session(twin):
        raise StimulusError(
            f"{twin.id} answers single images and brings them to its size itself; leave "
            "out --fit."
        )
    shown: ig.Stimulus | ImageSet | ConditionTable | Drive
    if is_condition_session(twin) or is_drive_session(twin):
        if (fit, frame_rate, interval) != (None, None, None):
            raise StimulusError(
                f"{twin.id} is shown no frames; leave out --fit, "
                "--frame-rate and --interval."
            )
        of_conditions = is_condition_session(twin)
        shown = open_conditions(stimulus) if of_conditions else open_drive(stimulus)
    else:
        shown = open_for(twin, stimulus, frame_rate=frame_rate, interval_s=interval)
    selection = select(twin, area, field, any_of, where)
    how = fit or "crop"
    # Also where no bar is drawn, as stderr is no terminal
    typer.echo(f"Encoding {shown.name} for {len(selection):,} units.")
    if output.suffix.lower() == ".zarr":
        responses = encode_with_bar(twin, shown, selection, how, output, overwrite)
    else:
        with Destination(output, overwrite) as place:
            responses = encode_with_bar(twin, shown, selection, how)
            output = place.write(responses)
    difference = precision_sentence(responses.attrs)
    if difference is not None:
        typer.echo(difference)
    typer.echo(f"Written: {output}")


def export(
    responses: Annotated[Path, typer.Argument(help="File of responses.")],
    output: Annotated[
        Path, typer.Argument(help="File to write; the suffix chooses the format.")
    ],
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    where: Where = None,
    overwrite: Overwrite = False,
) -> None:
    """Convert responses, or those of selected units, to another format."""
    check_output(output, overwrite)
    loaded = ig.load_responses(responses)
    loaded = choose(loaded, str(responses), area, field, any_of, where)
    output = ig.export(loaded, output, overwrite=overwrite)
    typer.echo(f"Written: {output} ({len(unit_table(loaded))} units)")
