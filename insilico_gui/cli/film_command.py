"""``insilico-gui film``: a run as a video with its map, its stimulus and traces."""

# Without "from __future__ import annotations": typer needs the types themselves

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import insilico_gui as ig
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import output_file, reserve
from insilico_gui.cli.plots.figure_files import (
    Limits,
    Selected,
    SessionName,
    UnitIds,
    ids_of,
    limits_of,
)
from insilico_gui.cli.plots.plotted import experiment_of, is_experiment, refuse_names
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.steps import select
from insilico_gui.cli.terminal.telling import tell, warn, written
from insilico_gui.encoding import open_for
from insilico_gui.encoding.behavior_file import read_behavior
from insilico_gui.encoding.inputs import stimulus_warning
from insilico_gui.errors import ExportError, echoed, quoted
from insilico_gui.films import FILM_SUFFIXES, Film, film_of
from insilico_gui.films.material import gather
from insilico_gui.films.saving import write_frames
from insilico_gui.progress import progress_bar
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import convert
from insilico_gui.stimuli.core.conversion import grey_wanted

SELECTED = "selected"
"""Name of the selection in the experiment that is made of a session and a stimulus."""


@partial(of_source, suffix=".mp4")
def film(
    source: Source,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .mp4, or .mkv with exact colours."
        ),
    ],
    color: Annotated[
        str, typer.Option(help="Column that colours the units, or response.")
    ] = "response",
    layout: Annotated[
        str | None,
        typer.Option(help="retinotopic, anatomical, functional, scalp or list."),
    ] = None,
    limits: Limits = None,
    unit_ids: UnitIds = None,
    selection: Selected = None,
    session_name: SessionName = None,
    start_s: Annotated[
        float, typer.Option("--from-s", help="First moment of the film, in seconds.")
    ] = 0.0,
    stop_s: Annotated[
        float | None,
        typer.Option(
            "--to-s", help="Where the film ends, in seconds. Default: the end."
        ),
    ] = None,
    size: Annotated[
        str, typer.Option(help="Width and height in pixels, even numbers.")
    ] = "1280x720",
    light: Annotated[
        bool, typer.Option("--light", help="A white page in place of a dark one.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a film of a run: every frame with the map, the stimulus and traces.

    The source is an experiment, or a session with a --stimulus, which is encoded first.
    """
    width, height = _pixels(size)
    choices: dict[str, Any] = {
        "color": color,
        "layout": layout,
        "limits": limits_of(limits),
        "units": tuple(ids_of(unit_ids) or ()),
        "selection": selection,
        "start_s": start_s,
        "stop_s": stop_s,
        "width": width,
        "height": height,
        "dark": not light,
    }
    declared = film_of(choices)
    reserve(output, overwrite, FILM_SUFFIXES)
    if is_experiment(source):
        experiment = experiment_of(source, session_name)
        names = {"session": session_name, "stimulus": source.stimulus}
    else:
        refuse_names(source, session_name, selection)
        experiment, names = _encoded(source)
    _write(experiment, film_of({**dict(declared), **names}), output)


def _write(experiment: ig.Experiment, film: Film, output: Path) -> None:
    material = gather(experiment, film)
    with (
        output_file(output) as partial,
        progress_bar(f"Filming {material.title}", unit="frame") as show,
    ):
        write_frames(material, partial, show)
    tell(n_frames=material.stop - material.first, frame_rate=material.rate)
    written(output)


def _encoded(source: Source) -> tuple[ig.Experiment, dict[str, Any]]:
    """An experiment of a session and a stimulus, encoded, and its names."""
    if source.is_file:
        raise ExportError(
            f"{quoted(source.session, '')} holds responses without their stimulus; name "
            "the session with --stimulus, or give an experiment."
        )
    if source.stimulus is None:
        raise ExportError(
            f"What {source.session} is shown in the film is not said; name it with "
            "--stimulus."
        )
    if source.trials is not None or source.part is not None:
        raise ExportError("A film is of a whole run; leave out --trials and --part.")
    experiment = ig.Experiment(library=None)
    name = experiment.add_session(source.session, source.directory, source.device)
    session = experiment.session(name)
    if is_video_session(session):
        shown: Any = named_stimulus(
            source.stimulus, parse_settings(source.settings or ())
        )
    else:
        shown = open_for(session, source.stimulus)
    if warning := stimulus_warning(shown):
        warn(warning)
    stimulus = experiment.add_stimulus(shown)
    traces: dict[str, Any] = {}
    if source.behavior is not None:
        n_frames = None
        if is_video_session(session):
            how = (session.frame_shape, session.frame_rate)
            n_frames = convert(shown, *how, grey=grey_wanted(session)).n_frames
        traces["behavior"] = read_behavior(session, source.behavior, n_frames)
    given = {"areas": source.areas, "fields": source.fields, "where": source.where}
    if any(given.values()):
        chosen = select(
            session, source.areas, source.fields, source.any_of, source.where
        )
        experiment.select(indices=chosen.indices, session=name, name=SELECTED)
        traces["selection"] = SELECTED
    with progress_bar(f"Encoding {stimulus}") as show:
        experiment.encode(name, stimulus, on_progress=show, **traces)
    return experiment, {"session": name, "stimulus": stimulus}


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ExportError(
            f"{echoed(size)} is no size of a film; write pixels like 1280x720."
        )
    return int(width), int(height)
