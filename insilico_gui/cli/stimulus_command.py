"""``insilico-gui stimulus``: specifications of stimuli, to look at, to keep, to render."""

# Without "from __future__ import annotations": typer needs the types themselves

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.lib import format as npy

from insilico_gui.cli.analyses.analysis_options import Settings
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import check_output, output_file
from insilico_gui.cli.terminal import completing
from insilico_gui.cli.terminal.completing import family_names
from insilico_gui.cli.terminal.telling import (
    STANDARD_OUTPUT,
    is_file,
    report,
    say,
    show,
    tell,
    written,
)
from insilico_gui.errors import ExportError, StimulusError
from insilico_gui.files import require_space
from insilico_gui.files.formulas import write_csv
from insilico_gui.progress import in_blocks, progress_bar
from insilico_gui.stimuli import RenderedStimulus, Sequence, StimulusSpec, save_spec
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.render.video_file import VIDEO_SUFFIXES, write_frames
from insilico_gui.stimuli.spec.files import SPEC_SUFFIXES, as_yaml

FRAMES = ".npy"
TRIALS = ".csv"
BLOCK = 64  # frames rendered at once


def stimulus(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="A family such as drifting-gratings, or a specification (.yaml, "
            ".json); several are shown one after the other.",
            autocompletion=completing.families,
        ),
    ] = None,
    settings: Settings = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .yaml or .json the specification, .npy or .mkv the "
            "frames, .mp4 nearly the frames, .csv the trial table; - is the specification "
            "on standard output.",
        ),
    ] = None,
    blank: Annotated[
        float,
        typer.Option(
            "--blank-s", help="Of a sequence: seconds of grey around each part."
        ),
    ] = 1.0,
    repeats: Annotated[
        int, typer.Option(help="Of a sequence: how often the whole is shown.")
    ] = 1,
    random_order: Annotated[
        bool, typer.Option("--random", help="Parts in a new order for each repeat.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the random order.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Describe a parametric stimulus or a sequence of them; write it to a file.

    Without a name, the families are listed. A specification that was written can be
    edited, and encoded like a video.
    """
    if not sources:
        families = []
        for name, family in zip(family_names(), FAMILIES.values(), strict=True):
            about = (family.__doc__ or "").partition("\n")[0]
            show(f"{name}\t{about}")
            families.append({"name": name, "about": about})
        tell(families=families)
        return
    if output is not None:
        known = (*sorted(SPEC_SUFFIXES), FRAMES, *VIDEO_SUFFIXES, TRIALS)
        check_output(output, overwrite, known)
    specs = [_spec(name, settings if len(sources) == 1 else None) for name in sources]
    if len(specs) == 1:
        spec = specs[0]
    elif settings:
        raise StimulusError(
            "Parameters can be set for one family at a time; write each to a file and "
            "name the files."
        )
    else:
        spec = Sequence(
            parts=tuple(specs),
            blank_s=blank,
            repeats=repeats,
            order="random" if random_order else "sequential",
            seed=seed,
        )
    say(_summary(spec))
    tell(
        n_frames=spec.n_frames,
        frame_rate=spec.frame_rate,
        n_trials=len(spec.trials),
    )
    if output is None or not is_file(output):
        tell(specification=spec.to_dict(), trials=spec.trials.to_dict("records"))
        if not report().as_json:
            blank_line = "" if output == STANDARD_OUTPUT else "\n"
            typer.echo(f"{blank_line}{as_yaml(spec)}", nl=False)
        return
    suffix = output.suffix.lower()
    if suffix in SPEC_SUFFIXES:
        save_spec(spec, output, overwrite=overwrite)
    else:
        _write(spec, output)
    written(output)


def _spec(name: str, settings: list[str] | None) -> StimulusSpec:
    shown = named_stimulus(name, parse_settings(settings or ()))
    if not isinstance(shown, RenderedStimulus):
        raise StimulusError(
            f"{name} is no parametric stimulus; name a family or a specification."
        )
    return shown.spec


def _summary(spec: StimulusSpec) -> str:
    """What it is, and what its parts are."""
    height, width = spec.display.pixels
    lines = [
        f"{_length(spec)}, {spec.n_frames} frames at {spec.frame_rate:g} Hz, "
        f"{width} x {height} pixels"
    ]
    if isinstance(spec, Sequence):
        lines += [f"  {_length(part)}" for part in spec.parts]
    return "\n".join(lines)


def _length(spec: StimulusSpec) -> str:
    seconds = spec.n_frames / spec.frame_rate
    return f"{spec.title}: {len(spec.trials)} trials, {seconds:.1f} s"


def _write(spec: StimulusSpec, output: Path) -> None:
    """Write frames or the trial table; complete, or not at all."""
    suffix = output.suffix.lower()
    with output_file(output) as partial:
        if suffix == TRIALS:
            write_csv(spec.trials, partial)
        elif suffix in VIDEO_SUFFIXES:
            shown = spec.stimulus()
            with progress_bar(f"Rendering {shown.name}", unit="frame") as show:
                write_frames(shown, partial, show)
        else:
            shape = (spec.n_frames, *spec.display.pixels)
            require_space(output.parent, math.prod(shape), ExportError)
            _render(spec.stimulus(), partial, shape)


def _render(
    stimulus: RenderedStimulus, path: Path, shape: tuple[int, int, int]
) -> None:
    # Not through a map: on a full disk, that would end the process without a word
    with (
        path.open("wb") as file,
        progress_bar(f"Rendering {stimulus.name}", unit="frame") as show,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(file, header)
        for block in in_blocks(shape[0], BLOCK, show):
            frames = stimulus.frames(block.start, block.stop)
            file.write(np.ascontiguousarray(frames).data)
