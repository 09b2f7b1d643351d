"""Trials of a recording: which clip was shown, when each of its frames, and for what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.fitting.recordings.layout import FRAME_RATE
from insilico_gui.fitting.recordings.signals import check_times
from insilico_gui.fitting.recordings.sources import RATE_TOLERANCE
from insilico_gui.stimuli import Stimulus, convert, open_stimulus

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SETS = ("training", "validation", "evaluation")
_NAME = re.compile(r"[^\w.-]+")
_MOST_TRIALS = 100_000


@dataclass(frozen=True)
class Trial:
    """One presentation of a clip.

    Attributes
    ----------
    name : str
        Of its file.
    clip : Clip
    into : {"training", "validation", "evaluation"}
    rate : float
        Frames of the clip per second.
    times : float64 array [n]
        When its frames at 30 Hz were on, in s.
    """

    name: str
    clip: Clip
    into: str
    rate: float
    times: NDArray[np.float64]


class Clip:
    """A clip as it is written: grey frames at 30 Hz.

    Parameters
    ----------
    path : Path
    frame_shape : (int, int)
    """

    def __init__(self, path: Path, frame_shape: tuple[int, int]) -> None:
        self.name = _NAME.sub("_", path.stem)[:80] or "clip"
        self._stimulus: Stimulus = open_stimulus(path)
        self._shape = frame_shape
        self.n_frames = self._stimulus.n_frames
        if self.n_frames < 2:
            raise FitError(f"{quoted(path.name, '')} has a single frame; give a clip.")

    def rate(self, times: NDArray[np.float64] | None) -> float:
        """Frames per second as it was shown at `times`; None: as it says itself."""
        own = self._stimulus.frame_rate
        if times is None:
            return own
        found = 1 / float(np.median(np.diff(times)))
        if self._stimulus.attrs.get("frame_rate_assumed"):
            own = FRAME_RATE if abs(found / FRAME_RATE - 1) < RATE_TOLERANCE else found
        if abs(found / own - 1) > RATE_TOLERANCE:
            raise FitError(
                f"{self.name} has {own:.4g} frames per second and was shown with "
                f"{found:.4g}; check the frame times, or the clip."
            )
        return own

    def frames(self, rate: float) -> NDArray[np.uint8]:
        """Frames at 30 Hz, uint8 [n, H, W]."""
        shown = convert(self._stimulus, self._shape, self._stimulus.frame_rate)
        frames = shown.frames(0, shown.n_frames)
        return frames[self.places(rate)]

    def places(self, rate: float) -> NDArray[np.int64]:
        """Which of the clip's frames each frame at 30 Hz is."""
        n = max(1, round(self.n_frames * FRAME_RATE / rate))
        places = np.floor(np.arange(n) * rate / FRAME_RATE + 1e-6).astype(np.int64)
        return np.asarray(np.minimum(places, self.n_frames - 1), np.int64)


def trials_of(
    table: pd.DataFrame,
    clips_in: Path,
    frame_times: NDArray[np.float64] | None,
    frame_shape: tuple[int, int],
    validation: float,
    seed: int,
    notes: list[str],
) -> list[Trial]:
    """The trials of a table with the column ``clip``, in order.

    Times are those of `frame_times` [all frames of all trials], or begin at the column
    ``onset`` (s) with the rate of the clip. The column ``set`` says what a trial is for;
    without it clips that were shown several times are for evaluation, and of the others
    a part `validation` is drawn for validation.

    Raises
    ------
    FitError
        If a clip is missing, or clips and times do not fit.
    """
    if "clip" not in table or not len(table):
        raise FitError(
            "The trial table has no column 'clip', or no rows; give a row for each trial "
            "with the name of its clip."
        )
    if len(table) > _MOST_TRIALS:
        raise FitError(f"The trial table has {len(table)} rows; give {_MOST_TRIALS}.")
    names = [str(name) for name in table["clip"]]
    clips = {name: _clip(clips_in, name, frame_shape) for name in dict.fromkeys(names)}
    of_trials = [clips[name] for name in names]
    times = _times(table, of_trials, frame_times, notes)
    into = _sets(table, names, validation, seed, notes)
    counts: dict[str, int] = {}
    width = max(4, len(str(len(names))))
    trials = []
    for k, (clip, on, kind) in enumerate(zip(of_trials, times, into, strict=True)):
        name = f"{k:0{width}d}"
        if kind == "evaluation":
            counts[clip.name] = counts.get(clip.name, 0) + 1
            name = f"{clip.name}/{counts[clip.name] - 1:03d}"
        rate = clip.rate(on)
        trials.append(Trial(name, clip, kind, rate, _at_30_hz(clip, rate, on)))
    by_name = {clip.name for clip in clips.values()}
    if len(by_name) < len(clips):
        raise FitError("Two clips have the same name in different folders; rename one.")
    return trials


def _at_30_hz(
    clip: Clip, rate: float, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """When the frames at 30 Hz were on: where they lie between the clip's frames."""
    places = np.arange(len(clip.places(rate))) * rate / FRAME_RATE
    inside = np.interp(places, np.arange(len(times)), times)
    late = (places - (len(times) - 1)).clip(0, None)
    return np.asarray(inside + late / rate, np.float64)


def _clip(folder: Path, name: str, frame_shape: tuple[int, int]) -> Clip:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise FitError(
            f"The clip {quoted(name)} is named with another folder; put it in the folder "
            "of clips."
        )
    if not (folder / name).exists():
        raise FitError(
            f"The clip {quoted(name)} is not in the folder {quoted(folder.name)}; put it "
            "there, or name the folder of clips (--stimuli)."
        )
    return Clip(folder / name, frame_shape)


def _times(
    table: pd.DataFrame,
    clips: list[Clip],
    frame_times: NDArray[np.float64] | None,
    notes: list[str],
) -> list[NDArray[np.float64]]:
    """Times of the frames of each trial."""
    n_frames = [clip.n_frames for clip in clips]
    if frame_times is not None:
        if len(frame_times) != sum(n_frames):
            raise FitError(
                f"There are {len(frame_times)} frame times and the clips of the "
                f"{len(clips)} trials have {sum(n_frames)} frames; give a time for each "
                "frame of each trial, in order."
            )
        parts = np.split(frame_times, np.cumsum(n_frames)[:-1])
        _note_dropped(parts, notes)
        return parts
    if "onset" not in table:
        raise FitError(
            "It is not known when the clips were shown; give frame times "
            "(--frame-times), or a column 'onset' (s) in the trial table."
        )
    onsets = np.asarray(table["onset"], np.float64)
    if len(onsets) > 1:
        check_times(onsets, "the trials (onset)")
    elif not np.isfinite(onsets).all():
        raise FitError("The onset of the trial is not known (NaN); give it in s.")
    notes.append("Frames were taken to be evenly spaced from the onset of each trial.")
    return [
        on + np.arange(n) / clip.rate(None)
        for on, n, clip in zip(onsets, n_frames, clips, strict=True)
    ]


def _note_dropped(parts: list[NDArray[np.float64]], notes: list[str]) -> None:
    """Say in how many trials frames came late."""
    late = [p for p in parts if np.diff(p).max() > 1.5 * np.median(np.diff(p))]
    if late:
        notes.append(
            f"In {len(late)} of {len(parts)} trials a frame came late by half a frame or "
            "more; signals were taken at the times that were measured."
        )


def _sets(
    table: pd.DataFrame,
    names: list[str],
    validation: float,
    seed: int,
    notes: list[str],
) -> list[str]:
    if "set" in table:
        into = [str(value).strip().lower() for value in table["set"]]
        wrong = sorted({value for value in into if value not in SETS})
        if wrong:
            raise FitError(
                f"The column 'set' of the trial table holds {listed(wrong, chr(39))}; "
                f"write one of {listed(SETS)}."
            )
        return into
    if not 0 <= validation < 1:
        raise FitError(f"The part for validation is {validation:g}; give 0 to 1.")
    shown: dict[str, int] = {}
    for name in names:
        shown[name] = shown.get(name, 0) + 1
    into = ["evaluation" if shown[name] > 1 else "training" for name in names]
    once = [k for k, kind in enumerate(into) if kind == "training"]
    n = round(validation * len(once)) or int(validation > 0 and len(once) > 1)
    chosen = np.random.default_rng(seed).choice(once, n, replace=False) if n else ()
    for k in chosen:
        into[int(k)] = "validation"
    notes.append(
        f"Clips that were shown several times are for evaluation; of the others {n} of "
        f"{len(once)} trials were drawn for validation (seed {seed})."
    )
    return into
