"""``insilico-gui encode`` and ``export``: compute responses, convert their files."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import xarray as xr

import insilico_gui as ig
from insilico_gui.cli.options import (
    AnyOf,
    Areas,
    Behavior,
    Device,
    Directory,
    Fields,
    Output,
    Overwrite,
    Precision,
    Sessions,
    Where,
)
from insilico_gui.cli.outputs import check_output
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.cli.terminal.batches import (
    NAME,
    Job,
    distinct,
    named,
    open_session,
    run_jobs,
)
from insilico_gui.cli.terminal.inputs import behaviors, clips, contents, sessions
from insilico_gui.cli.terminal.telling import (
    is_file,
    needs_output,
    print_file,
    report,
    say,
    tell,
    to_standard_output,
    written,
)
from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding import open_for, precision_sentence
from insilico_gui.encoding.behavior_file import read_behavior
from insilico_gui.errors import ExportError, StimulusError
from insilico_gui.export import Destination, Kind, check_fit, load_suffixes
from insilico_gui.responses import unit_dim, unit_table
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    ImageSet,
    convert,
    open_conditions,
    open_drive,
)
from insilico_gui.stimuli.core.conversion import grey_wanted


def encode(
    session: Sessions,
    stimuli: Annotated[
        list[str],
        typer.Argument(
            metavar="STIMULUS",
            help="Video, folder of images, array, or specification (.yaml, .json); for "
            "sessions driven by images also a single image, and for sessions that answer "
            "conditions a table of them (.csv, .parquet), and for sessions that are "
            "driven a drive (.yaml, .json) or a table of its channels (.csv, .parquet). "
            "Several, a folder of videos, or a pattern are encoded one after the other.",
        ),
    ],
    output: Output = None,
    directory: Directory = None,
    device: Device = "auto",
    precision: Precision = "float32",
    behavior: Behavior = None,
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
            "--interval-s",
            help="Interval (s) between the images taken from a video; default: every "
            "frame.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="One table (.parquet) of the responses to all stimuli, in place of "
            "--output: a row for each stimulus, unit and bin."
        ),
    ] = None,
    bin_s: Annotated[
        float | None,
        typer.Option(help="Length (s) of the bins of --table; default: one bin."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Encode stimuli and write the responses."""
    twins = sessions(session, directory)
    shown = clips(stimuli)
    if table is not None:
        if output is not None or len(twins) != 1:
            raise ExportError(
                "--table is one table of the responses of one session; leave out "
                "--output, and name one session."
            )
        how = How(precision, (area, field, any_of, where), fit, frame_rate, interval)
        opening = (twins[0], directory, device, precision)
        _encode_table(opening, shown, behavior, how, (table, bin_s, overwrite))
        return
    inputs = [(twin, one) for twin in twins for one in shown]
    names = distinct(inputs)
    many = len(inputs) > 1 or shown[0] not in stimuli
    outputs = named(output, names, ".npz", many=many)
    traces = behaviors(behavior, len(shown)) * len(twins)
    how = How(precision, (area, field, any_of, where), fit, frame_rate, interval)
    run_jobs(
        [
            Job(
                one if len(twins) == 1 else f"{twin} {one}",
                functools.partial(
                    _encode,
                    (twin, directory, device, precision),
                    Path(one),
                    None if trace is None else trace.replace(NAME, name),
                    how,
                    place,
                    overwrite,
                ),
            )
            for (twin, one), name, trace, place in zip(
                inputs, names, traces, outputs, strict=True
            )
        ]
    )


@dataclass(frozen=True)
class How:
    """How stimuli are encoded: options of the command."""

    precision: str
    choices: tuple[Any, ...]
    fit: str | None
    frame_rate: float | None
    interval: float | None


def _encode(
    opening: tuple[str, Path | None, str, str],
    stimulus: Path,
    behavior: str | None,
    how: How,
    output: Path | None,
    overwrite: bool,
) -> None:
    """Encode one stimulus by a session (id, directory, device, precision)."""
    check_output(output, overwrite)
    twin = open_session(*opening)
    if output is not None and is_file(output):
        check_fit(output, Kind.of_session(twin))
    shown = _opened(twin, stimulus, how)
    traces = {} if behavior is None else _behavior(twin, shown, behavior, how)
    selection = select(twin, *how.choices)
    fit = how.fit or "crop"
    # Also where no bar is drawn, as stderr is no terminal
    say(f"Encoding {shown.name} for {len(selection):,} units.")
    if output is None or not is_file(output):
        responses = encode_with_bar(twin, shown, selection, fit, **traces)
        print_responses(responses)
    elif output.suffix.lower() == ".zarr":
        responses = encode_with_bar(
            twin, shown, selection, fit, output, overwrite, **traces
        )
    else:
        with Destination(output, overwrite) as place:
            responses = encode_with_bar(twin, shown, selection, fit, **traces)
            output = place.write(responses)
    difference = precision_sentence(responses.attrs)
    if difference is not None:
        say(difference)
    tell(
        session=twin.id,
        stimulus=shown.name,
        n_units=len(selection),
        sizes=dict(responses.sizes),
    )
    written(output)


def _encode_table(
    opening: tuple[str, Path | None, str, str],
    stimuli: list[str],
    behavior: list[str] | None,
    how: How,
    place: tuple[Path, float | None, bool],
) -> None:
    """Encode stimuli by a session, and write one table (path, bin in s, overwrite)."""
    table, bin_s, overwrite = place
    check_output(table, overwrite, (".parquet",))
    twin = open_session(*opening)
    names = distinct([(one,) for one in stimuli])
    shown = {
        name: _opened(twin, Path(one), how)
        for name, one in zip(names, stimuli, strict=True)
    }
    traces = {
        name: _behavior(twin, shown[name], file.replace(NAME, name), how)["behavior"]
        for name, file in zip(names, behaviors(behavior, len(names)), strict=True)
        if file is not None
    }
    selection = select(twin, *how.choices)
    say(f"Encoding {len(shown)} stimuli for {len(selection):,} units.")
    fit: Any = how.fit or "crop"  # checked by encode
    runs = ig.encode(twin, shown, selection, traces or None, fit=fit, progress=True)
    runs.to_parquet(table, bin_s, overwrite=overwrite)
    tell(session=twin.id, stimuli=names, n_units=len(selection))
    written(table, f"{len(selection):,} units, {len(names)} stimuli")


def _opened(
    twin: ig.Session, stimulus: Path, how: How
) -> ig.Stimulus | ImageSet | ConditionTable | Drive:
    """The stimulus in the form that a session takes."""
    if how.fit is not None and is_image_session(twin):
        raise StimulusError(
            f"{twin.id} answers single images and brings them to its size itself; leave "
            "out --fit."
        )
    if is_condition_session(twin) or is_drive_session(twin):
        if (how.fit, how.frame_rate, how.interval) != (None, None, None):
            raise StimulusError(
                f"{twin.id} is shown no frames; leave out --fit, "
                "--frame-rate and --interval-s."
            )
        of_conditions = is_condition_session(twin)
        return open_conditions(stimulus) if of_conditions else open_drive(stimulus)
    return open_for(twin, stimulus, frame_rate=how.frame_rate, interval_s=how.interval)


def _behavior(twin: ig.Session, shown: Any, path: str, how: How) -> dict[str, Any]:
    """Traces for each frame of a video at the session's rate, as an option."""
    n_frames = None
    if is_video_session(twin) and isinstance(shown, ig.Stimulus):
        fit: Any = how.fit or "crop"  # checked by convert
        grey = grey_wanted(twin)
        n_frames = convert(
            shown, twin.frame_shape, twin.frame_rate, fit=fit, grey=grey
        ).n_frames
    return {"behavior": read_behavior(twin, path, n_frames)}


def print_responses(responses: xr.DataArray) -> None:
    """Responses on standard output: rows of text, or part of the JSON."""
    if report().as_json:
        dim = unit_dim(responses)
        told = {"dims": list(responses.dims), "unit_id": responses["unit_id"].values}
        if "time" in responses.coords and dim != "time":
            told["time_s"] = responses["time"].values
        tell(**told, responses=responses.values)
        return
    with TemporaryDirectory() as folder:
        print_file(ig.export(responses, Path(folder) / "responses.csv"))


def export(
    responses: Annotated[
        list[str],
        typer.Argument(
            metavar="RESPONSES [OUTPUT]",
            help="File of responses, and file to write, whose suffix chooses the format; "
            "several files, a folder or a pattern need --output.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, in place of the last argument. For several inputs a "
            "folder, or a name with {name} in it, such as 'csv/{name}.csv'; - is standard "
            "output (.csv).",
        ),
    ] = None,
    area: Areas = None,
    field: Fields = None,
    any_of: AnyOf = False,
    where: Where = None,
    overwrite: Overwrite = False,
) -> None:
    """Convert responses, or those of selected units, to another format."""
    typed = [*responses]
    if output is None and len(typed) > 1:
        output = Path(typed.pop())
    to_standard_output(output)
    needs_output(output)
    given = contents(typed, load_suffixes(), "responses")
    names = distinct([(one,) for one in given])
    outputs = named(output, names, ".csv", many=len(given) > 1 or given != typed)
    choices = (area, field, any_of, where)
    run_jobs(
        [
            Job(one, functools.partial(_export, Path(one), place, choices, overwrite))
            for one, place in zip(given, outputs, strict=True)
        ]
    )


def _export(
    responses: Path, output: Path | None, choices: tuple[Any, ...], overwrite: bool
) -> None:
    """Convert one file."""
    check_output(output, overwrite)
    loaded = choose(ig.load_responses(responses), str(responses), *choices)
    n_units = len(unit_table(loaded))
    tell(n_units=n_units, sizes=dict(loaded.sizes))
    if output is None or not is_file(output):
        print_responses(loaded)
    else:
        output = ig.export(loaded, output, overwrite=overwrite)
    written(output, f"{n_units} units")
