"""Recordings of other programs in the published layout: 30 Hz, normalised, checked.

Signals are resampled to the stimulus frames; behaviour is z-scored and responses are
divided by their mean, with constants of the training set alone. The result is written
beside its target and appears when it is whole.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.files import claim, require_space, settle
from insilico_gui.files.formulas import write_csv
from insilico_gui.fitting.recordings.layout import UNITS_TABLE
from insilico_gui.fitting.recordings.normalising import (
    Constants,
    Gaps,
    Sampled,
    check_covered,
    normalised,
    sample,
    training_constants,
)
from insilico_gui.fitting.recordings.nwb import is_nwb, read_nwb
from insilico_gui.fitting.recordings.signals import read_signal, read_times
from insilico_gui.fitting.recordings.suite2p import read_suite2p
from insilico_gui.fitting.recordings.trials import SETS, Trial, trials_of
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.fitting.recordings.sources import Source
    from insilico_gui.progress import OnProgress

FRAME_SHAPE = (144, 256)
REPORT = "import.json"
FOLDERS = {"training": "training_data", "evaluation": "evaluation_data"}

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True)
class ImportReport:
    """What was imported.

    Attributes
    ----------
    folder : Path
        With ``training_data``, ``evaluation_data`` and ``import.json``.
    source : str
    n_units : int
    trials, frames : dict of str to int
        Of each set.
    dropped : dict of str to str
        Trials that were left out, and why.
    constants : Constants
        Of the training set, by which signals were normalised.
    notes : tuple of str
        What was assumed, filled or left out, a sentence each.
    """

    folder: Path
    source: str
    n_units: int
    trials: dict[str, int]
    frames: dict[str, int]
    dropped: dict[str, str]
    constants: Constants = field(repr=False)
    notes: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """The report in a few sentences."""
        sets = ", ".join(
            f"{self.trials[name]} trials ({self.frames[name]} frames) for {name}"
            for name in SETS
        )
        found = [f"{self.source}: {self.n_units} units; {sets}.", *self.notes]
        if self.dropped:
            reasons: dict[str, list[str]] = {}
            for trial, why in self.dropped.items():
                reasons.setdefault(why, []).append(trial)
            found += [
                f"{len(names)} trials were left out because {why}: {listed(names)}."
                for why, names in reasons.items()
            ]
        return found


def import_recording(
    source: AnyPath,
    out: AnyPath,
    *,
    trials: AnyPath | None = None,
    stimuli: AnyPath | None = None,
    frame_times: Any = None,
    imaging_times: Any = None,
    signal: str | None = None,
    rate_hz: float | None = None,
    pupil: AnyPath | None = None,
    treadmill: AnyPath | None = None,
    validation: float = 0.1,
    seed: int = 0,
    gaps: Literal["drop", "fill"] = "drop",
    longest_gap_s: float = 0.5,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Write a recording in the published layout of training and evaluation sets.

    Parameters
    ----------
    source : path
        A file ``.nwb``, or the folder that suite2p wrote.
    out : path
        Folder to write; it must not exist yet.
    trials : path, optional
        Table ``.csv`` with a row for each trial: ``clip`` (file name), and optionally
        ``set`` (training, validation or evaluation) and ``onset`` (s). Default the trials
        of the NWB file.
    stimuli : path, optional
        Folder of the clips; default that of the trial table.
    frame_times : path or array, optional
        Times (s) of all frames of all trials, in order; default those of the NWB file,
        else from the ``onset`` of each trial.
    imaging_times : path or array, optional
        Times (s) of the frames of each plane; suite2p only. Default from 0 at the rate.
    signal : str, optional
        suite2p: ``spks`` (default), ``F`` or ``dF``; NWB: name of the responses.
    rate_hz : float, optional
        Volumes per second, where a file does not say it.
    pupil, treadmill : path, optional
        ``.csv`` with ``time``, ``x``, ``y``, ``radius`` and ``time``, ``velocity``, or
        ``.npy`` of these columns.
    validation, seed
        Which part of the trials is drawn for validation, if the table does not say.
    gaps : {"drop", "fill"}
        Trials in which behaviour is not known for longer than `longest_gap_s`: leave
        them out, or take it to be at the mean of the training set (0).
    longest_gap_s : float
        Shorter gaps are interpolated.
    on_progress : callable(done, total), optional
        In trials.

    Returns
    -------
    ImportReport

    Raises
    ------
    InsilicoError
        If a file is missing or damaged, or counts, rates or times do not fit.
    """
    target = as_path(out, FitError)
    _check_target(target)
    recording = _source(source, signal, rate_hz, imaging_times)
    _take_behavior(recording, pupil, treadmill)
    given = _given_trials(recording, source, trials, stimuli)
    if frame_times is not None:
        recording.frame_times = read_times(frame_times, "the stimulus frames")
    notes = recording.notes
    shown = trials_of(
        *given, recording.frame_times, FRAME_SHAPE, validation, seed, notes
    )
    policy = Gaps(gaps, longest_gap_s)
    dropped: dict[str, str] = {}
    sampled = []
    for k, trial in enumerate(shown):
        check_covered(trial, recording)
        found = sample(trial, recording, policy, dropped)
        if found is not None:
            sampled.append(found)
        if on_progress is not None:
            on_progress(k + 1, 2 * len(shown))
    constants = training_constants(sampled, recording, dropped, notes)
    _check_even(sampled, notes)
    return _written(target, recording, sampled, constants, dropped, on_progress)


def _check_target(target: Path) -> None:
    if not target.parent.is_dir():
        raise FitError(f"There is no folder {quoted(target.parent)}; make it first.")
    settle(target.parent)
    if target.exists() or target.is_symlink():
        raise FitError(
            f"{quoted(target.name)} exists already; choose another name, or move it away."
        )


def _source(
    given: AnyPath, signal: str | None, rate_hz: float | None, imaging_times: Any
) -> Source:
    path = as_path(given, FitError)
    if rate_hz is not None and not 0 < rate_hz < 1e5:
        raise FitError(f"A rate of {rate_hz:g} Hz is not possible; give one above 0.")
    if not path.exists():
        raise FitError(f"There is no {quoted(path)}; check the name.")
    if path.is_dir():
        times = None
        if imaging_times is not None:
            times = read_times(imaging_times, "the imaging")
        return read_suite2p(path, signal or "spks", rate_hz, times)
    if not is_nwb(path):
        raise FitError(
            f"{quoted(path.name, '')} is no recording that can be imported; give a file "
            ".nwb, or the folder that suite2p wrote."
        )
    if imaging_times is not None:
        raise FitError("An NWB file has its imaging times; leave out others.")
    return read_nwb(path, signal, rate_hz)


def _take_behavior(
    recording: Source, pupil: AnyPath | None, treadmill: AnyPath | None
) -> None:
    """Behaviour of files, in place of what the recording has."""
    if pupil is not None:
        both = read_signal(pupil, "the pupil", ("x", "y", "radius"))
        recording.perspective = type(both)(both.name, both.times, both.values[:, :2])
        recording.radius = type(both)(both.name, both.times, both.values[:, 2:])
    if treadmill is not None:
        recording.velocity = read_signal(treadmill, "the treadmill", ("velocity",))
    lacking = {
        "pupil position": recording.perspective,
        "pupil radius": recording.radius,
        "treadmill velocity": recording.velocity,
    }
    recording.notes += [
        f"The {what} was not recorded and is 0 (its mean) in all trials."
        for what, signal in lacking.items()
        if signal is None
    ]


def _given_trials(
    recording: Source, source: AnyPath, trials: AnyPath | None, stimuli: AnyPath | None
) -> tuple[pd.DataFrame, Path]:
    """The trial table, and the folder of clips."""
    table = recording.trials
    folder = as_path(source, FitError).parent
    if trials is not None:
        path = as_path(trials, FitError)
        folder = path.parent
        table = read_csv(path, path.name, FitError, "save it again")
    if table is None:
        raise FitError(
            f"{recording.name} does not say which clips were shown; give a trial table "
            "(--trials)."
        )
    return table, folder if stimuli is None else as_path(stimuli, FitError)


def _check_even(sampled: list[Sampled], notes: list[str]) -> None:
    lengths = {len(s.trial.times) for s in sampled if s.trial.into == "evaluation"}
    if len(lengths) > 1:
        notes.append(
            f"The clips for evaluation have {min(lengths)} to {max(lengths)} frames; the "
            "published evaluation takes clips of one length."
        )


def _written(
    target: Path,
    recording: Source,
    sampled: list[Sampled],
    constants: Constants,
    dropped: dict[str, str],
    on_progress: OnProgress | None,
) -> ImportReport:
    """Write all of it beside the target, and give it its name."""
    n_frames = sum(len(one.trial.times) for one in sampled)
    n_units = int(constants.kept.sum())
    per_frame = FRAME_SHAPE[0] * FRAME_SHAPE[1] + 4 * (n_units + 4)
    require_space(target.parent, n_frames * per_frame, FitError)
    units = recording.units.iloc[np.flatnonzero(constants.kept)]
    report = ImportReport(
        target,
        recording.name,
        n_units,
        _counted(sampled, frames=False),
        _counted(sampled, frames=True),
        dropped,
        constants,
        tuple(dict.fromkeys(recording.notes)),
    )
    with claim(target.parent, [target.name], FitError) as held:
        folder = held.new / target.name
        for k, one in enumerate(sampled):
            _write_trial(folder, one, recording, constants)
            if on_progress is not None:
                on_progress(len(sampled) + k + 1, 2 * len(sampled))
        for kind in {one.trial.into for one in sampled} - {"validation"}:
            write_csv(units, folder / FOLDERS[kind] / UNITS_TABLE)
        about = {**asdict(report), "folder": target.name}
        about["constants"] = constants.plain(units["unit_id"].tolist())
        text = json.dumps(about, indent=1, ensure_ascii=False)
        (folder / REPORT).write_text(text + "\n", encoding="utf-8")
        held.publish([target.name])
    return report


def _counted(sampled: list[Sampled], *, frames: bool) -> dict[str, int]:
    return {
        kind: sum(
            len(one.trial.times) if frames else 1
            for one in sampled
            if one.trial.into == kind
        )
        for kind in SETS
    }


def _write_trial(
    folder: Path, one: Sampled, recording: Source, constants: Constants
) -> None:
    trial: Trial = one.trial
    arrays: dict[str, Any] = normalised(one, recording, constants)
    arrays["stimuli"] = trial.clip.frames(trial.rate)[..., None]
    place = folder / FOLDERS["evaluation"]
    if trial.into != "evaluation":
        place = folder / FOLDERS["training"]
        arrays["training"] = np.array(trial.into == "training")
        arrays["samples"] = np.array(len(trial.times))
    for kind, array in arrays.items():
        path = place / kind / f"{trial.name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.save(file, array)
