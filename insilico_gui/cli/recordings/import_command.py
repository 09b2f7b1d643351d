"""``insilico-gui import-recording``: NWB and suite2p to the published layout."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated, Literal

import typer

from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.fitting.recordings.importing import import_recording as imported
from insilico_gui.progress import progress_bar


def import_recording(
    source: Annotated[
        Path, typer.Argument(help="File .nwb, or the folder that suite2p wrote.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not exist.")],
    trials: Annotated[
        Path | None,
        typer.Option(
            help="Table .csv with a row per trial: clip, and optionally set (training, "
            "validation, evaluation) and onset (s); default the trials of the .nwb."
        ),
    ] = None,
    stimuli: Annotated[
        Path | None,
        typer.Option(help="Folder of the clips; default that of the trial table."),
    ] = None,
    frame_times: Annotated[
        Path | None,
        typer.Option(
            help="Times (s) of all stimulus frames of all trials, in order: .npy or .csv."
        ),
    ] = None,
    imaging_times: Annotated[
        Path | None,
        typer.Option(help="Times (s) of the frames of a plane, for suite2p."),
    ] = None,
    signal: Annotated[
        str | None,
        typer.Option(
            help="Of suite2p spks (default), F or dF; of .nwb the name of the responses."
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate-hz", help="Volumes per second, if no file says it."),
    ] = None,
    pupil: Annotated[
        Path | None,
        typer.Option(help="Pupil: .csv with time, x, y, radius, or .npy [n, 4]."),
    ] = None,
    treadmill: Annotated[
        Path | None,
        typer.Option(help="Treadmill: .csv with time, velocity, or .npy [n, 2]."),
    ] = None,
    validation: Annotated[
        float,
        typer.Option(help="Part of the trials for validation, if no column set says."),
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Of drawing trials for validation.")] = 0,
    gaps: Annotated[
        Literal["drop", "fill"],
        typer.Option(
            help="Trials with behaviour that is not known for longer than "
            "--longest-gap-s: leave them out, or take it to be at its mean."
        ),
    ] = "drop",
    longest_gap: Annotated[
        float,
        typer.Option(
            "--longest-gap-s", help="Gap (s) of behaviour that is still interpolated."
        ),
    ] = 0.5,
) -> None:
    """Import a recording as a training and an evaluation set.

    Signals are resampled to the stimulus frames at 30 Hz and normalised by constants of
    the training set.
    """
    with progress_bar("Importing", unit="trial") as show:
        report = imported(
            source,
            out,
            trials=trials,
            stimuli=stimuli,
            frame_times=frame_times,
            imaging_times=imaging_times,
            signal=signal,
            rate_hz=rate,
            pupil=pupil,
            treadmill=treadmill,
            validation=validation,
            seed=seed,
            gaps=gaps,
            longest_gap_s=longest_gap,
            on_progress=show,
        )
    for sentence in report.sentences():
        say(sentence)
    tell(report=report.sentences())
    written(out)
