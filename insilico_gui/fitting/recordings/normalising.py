"""Signals of trials at 30 Hz, and their normalisation by constants of the training set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.errors import FitError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.fitting.recordings.signals import Signal
    from insilico_gui.fitting.recordings.sources import Source
    from insilico_gui.fitting.recordings.trials import Trial

_SILENT = 1e-9
_BEHAVIOR = ("pupil x", "pupil y", "pupil radius", "treadmill velocity")


@dataclass(frozen=True)
class Gaps:
    """What becomes of behaviour that is not known.

    Attributes
    ----------
    policy : {"drop", "fill"}
    longest_s : float
        Shorter gaps are interpolated.
    """

    policy: Literal["drop", "fill"]
    longest_s: float

    def __post_init__(self) -> None:
        if self.policy not in ("drop", "fill"):
            raise FitError(
                f"Gaps are treated as {quoted(self.policy)}; give 'drop' or 'fill'."
            )
        if not self.longest_s >= 0:
            raise FitError(f"A gap of {self.longest_s:g} s is not possible; give 0.5.")


@dataclass(frozen=True)
class Sampled:
    """Behaviour of a trial at its frames.

    Attributes
    ----------
    trial : Trial
    behavior : float32 array [n, 4]
        Pupil x, y and radius, velocity; NaN where not known.
    """

    trial: Trial
    behavior: NDArray[np.float32]


@dataclass(frozen=True)
class Constants:
    """Of the training set.

    Attributes
    ----------
    kept : bool array [all units]
        Units whose mean is above 0.
    unit_means : float64 array [all units]
    behavior_mean, behavior_sd : float64 array [4]
        Pupil x, y and radius, velocity.
    """

    kept: NDArray[np.bool_]
    unit_means: NDArray[np.float64]
    behavior_mean: NDArray[np.float64]
    behavior_sd: NDArray[np.float64]

    def plain(self, unit_ids: list[Any]) -> dict[str, Any]:
        """For JSON."""
        return {
            "behavior": list(_BEHAVIOR),
            "behavior_mean": self.behavior_mean.tolist(),
            "behavior_sd": self.behavior_sd.tolist(),
            "unit_id": [int(one) for one in unit_ids],
            "unit_mean": self.unit_means[self.kept].tolist(),
        }


def sample(
    trial: Trial, recording: Source, gaps: Gaps, dropped: dict[str, str]
) -> Sampled | None:
    """A trial's behaviour; None, and a reason in `dropped`, if it has a long gap."""
    times = trial.times
    columns = []
    parts = ((recording.perspective, 2), (recording.radius, 1), (recording.velocity, 1))
    for signal, n in parts:
        if signal is None:
            columns.append(np.full((len(times), n), np.nan, np.float32))
            continue
        values = signal.at(times, gaps.longest_s)
        if gaps.policy == "drop" and np.isnan(values).any():
            dropped[trial.name] = (
                f"{signal.name} is not known for longer than {gaps.longest_s:g} s"
            )
            return None
        columns.append(values)
    return Sampled(trial, np.hstack(columns))


def responses(trial: Trial, recording: Source) -> NDArray[np.float32]:
    """Responses of all planes at the frames of a trial, float32 [n, U].

    Raises
    ------
    FitError
        If they do not cover the trial.
    """
    units = []
    for plane in recording.planes:
        values = plane.responses.at(trial.times, 0.0)
        if not np.isfinite(values).all():
            raise _not_covered(trial, plane.responses)
        units.append(values)
    return np.hstack(units)


def check_covered(trial: Trial, recording: Source) -> None:
    """Raise a FitError if a trial begins before, or ends after, a plane was imaged."""
    for plane in recording.planes:
        imaged = plane.responses.times
        latest = imaged[-1] + 1 / plane.responses.rate
        if trial.times[0] < imaged[0] or trial.times[-1] > latest:
            raise _not_covered(trial, plane.responses)


def _not_covered(trial: Trial, imaged: Signal) -> FitError:
    times, at = trial.times, imaged.times
    return FitError(
        f"The trial {trial.name} from {times[0]:.2f} to {times[-1]:.2f} s is not "
        f"covered by {imaged.name}, which was imaged from {at[0]:.2f} to "
        f"{at[-1]:.2f} s; leave the trial out, or check the clock of the imaging."
    )


def training_constants(
    sampled: list[Sampled],
    recording: Source,
    dropped: dict[str, str],
    notes: list[str],
) -> Constants:
    """Means of the units, mean and standard deviation of the behaviour, over all frames.

    Raises
    ------
    FitError
        If there is no trial for training, or no unit responds in any of them.
    """
    training = [one for one in sampled if one.trial.into == "training"]
    if not training:
        raise _no_training(dropped)
    total, n_frames = np.zeros(0), 0
    for one in training:
        values = responses(one.trial, recording)
        total = values.sum(axis=0, dtype=np.float64) + (total if len(total) else 0)
        n_frames += len(values)
    means = total / n_frames
    kept = means > _SILENT
    if not kept.any():
        raise FitError(
            "No unit responds in the training set; check the signal and its times."
        )
    if not kept.all():
        notes.append(
            f"{int((~kept).sum())} of {len(kept)} units have no response above 0 on "
            "average in the training set and were left out."
        )
    mean, sd = _moments(np.concatenate([one.behavior for one in training]), notes)
    _note_gaps(sampled, notes)
    if not any(one.trial.into == "validation" for one in sampled):
        notes.append("No trial is for validation; a fit has nothing to be checked by.")
    return Constants(kept, means, mean, sd)


def _no_training(dropped: dict[str, str]) -> FitError:
    if not dropped:
        return FitError("There is no trial for training; mark some as training.")
    return FitError(
        f"There is no trial for training: {len(dropped)} were left out, because "
        f"{next(iter(dropped.values()))}; take that to be at the mean (--gaps fill)."
    )


def _moments(
    behavior: NDArray[np.float32], notes: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation [4] of what is known of behaviour [n, 4]."""
    mean, sd = np.zeros(4), np.ones(4)
    for k, name in enumerate(_BEHAVIOR):
        known = behavior[np.isfinite(behavior[:, k]), k].astype(np.float64)
        if len(known):
            mean[k], sd[k] = known.mean(), known.std()
        if sd[k] < 1e-12:
            notes.append(f"The {name} never changes in the training set; it is 0.")
            sd[k] = 1.0
    return mean, sd


def _note_gaps(sampled: list[Sampled], notes: list[str]) -> None:
    """Say in how many frames behaviour that was recorded was not known."""
    recorded = np.any(
        [np.isfinite(one.behavior).any(axis=0) for one in sampled], axis=0
    )
    gaps = sum(
        int(np.isnan(one.behavior[:, recorded]).any(axis=1).sum()) for one in sampled
    )
    if gaps:
        notes.append(
            f"Behaviour was not known in {gaps} frames, which were taken to be at the mean "
            "of the training set (0)."
        )


def normalised(
    one: Sampled, recording: Source, constants: Constants
) -> dict[str, NDArray[np.float32]]:
    """Arrays of a trial as they are written; what is not known is 0."""
    scored = (one.behavior - constants.behavior_mean) / constants.behavior_sd
    scored = np.where(np.isfinite(scored), scored, 0).astype(np.float32)
    means = constants.unit_means[constants.kept]
    units = responses(one.trial, recording)[:, constants.kept] / means
    return {
        "perspectives": np.ascontiguousarray(scored[:, :2]),
        "modulations": np.ascontiguousarray(scored[:, 2:]),
        "units": units.astype(np.float32),
    }
