"""Checks of a training set before it is used, with a report a user can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from insilico_gui.errors import FitError, InsilicoError, quoted
from insilico_gui.untrusted.door import as_path
from insilico_wang2025.data import TRAINING
from insilico_wang2025.fitting.trials import (
    ArrayFile,
    TrainingSet,
    Trial,
    digest,
    find_files,
    read_file_header,
)

if TYPE_CHECKING:
    import os

    import pandas as pd
    from numpy.typing import NDArray

BEHAVIOR = ("perspectives", "modulations")
ROWS_AT_ONCE = 2**22
"""Numbers that are looked at together."""

MEAN_RANGE = (0.2, 5.0)
"""Mean responses of a unit outside of this are reported: they should be divided by it."""


class Problem(NamedTuple):
    """What is wrong with a file, and what to do.

    Attributes
    ----------
    trial, folder, problem, remedy : str
    blocking : bool
        Whether no fit is possible with it.
    """

    trial: str
    folder: str
    problem: str
    remedy: str
    blocking: bool = True


@dataclass(frozen=True)
class CheckReport:
    """What was found in a training set.

    Attributes
    ----------
    problems : tuple of Problem
    trials : tuple of Trial
        Those without a blocking problem.
    units : int
        0 if no file of responses could be read.
    frame_shape : (int, int)
    mean_response : float64 array [U]
        Of each unit over all training trials that could be read; NaN without any.
    """

    problems: tuple[Problem, ...]
    trials: tuple[Trial, ...]
    units: int
    frame_shape: tuple[int, int]
    mean_response: NDArray[np.float64]

    @property
    def blocking(self) -> list[Problem]:
        """Problems that no fit is possible with."""
        return [problem for problem in self.problems if problem.blocking]

    def table(self) -> pd.DataFrame:
        """A row for each problem."""
        import pandas as pd

        return pd.DataFrame(self.problems, columns=list(Problem._fields))


def check_training_data(
    directory: str | os.PathLike[str],
    max_items: int | None = None,
    *,
    fill_missing: bool = False,
) -> CheckReport:
    """Check counts, shapes, types, missing values and mean responses of a training set.

    Parameters
    ----------
    directory : path
        With the sub-folders ``training, samples, stimuli, perspectives, modulations,
        units``, each of ``<trial>.npy``.
    max_items : int, optional
        Look at the first trials only.
    fill_missing : bool
        Whether the fit replaces missing eye positions and behaviour by their mean, so that
        they are no problem.

    Returns
    -------
    CheckReport

    Raises
    ------
    FitError
        If the folder is no training set.
    """
    folder = as_path(directory, FitError)
    files, names = find_files(folder)
    if not names:
        raise FitError(f"{quoted(folder.name)} has no trials; write <trial>.npy files.")
    names = names[:max_items]
    problems: list[Problem] = []
    trials = []
    for name in names:
        trial, found = _check_trial(
            name, {part: files[part].get(name) for part in TRAINING}
        )
        problems += found
        if trial is not None:
            trials.append(trial)
    problems += list(_unlike_most(trials))
    bad = {problem.trial for problem in problems}
    trials = [trial for trial in trials if trial.name not in bad]
    sums = _Means()
    for trial in trials:
        problems += _check_values(trial, sums, fill_missing)
    blocked = {problem.trial for problem in problems if problem.blocking}
    kept = tuple(trial for trial in trials if trial.name not in blocked)
    means = sums.mean()
    problems += list(_check_means(means))
    if not any(trial.training for trial in kept):
        problems.append(
            Problem(
                "", "training", "no usable trial is flagged as training", "flag some"
            )
        )
    first = trials[0].files if trials else None
    return CheckReport(
        tuple(problems),
        kept,
        first["units"].shape[1] if first else 0,
        first["stimuli"].shape[1:3] if first else (0, 0),  # type: ignore[arg-type]
        means,
    )


def open_training_set(
    directory: str | os.PathLike[str],
    max_items: int | None = None,
    *,
    fill_missing: bool = False,
) -> TrainingSet:
    """Check a training set, and open it if nothing forbids a fit.

    Raises
    ------
    FitError
        Naming the first problem, and how many more there are.
    """
    report = check_training_data(directory, max_items, fill_missing=fill_missing)
    if report.blocking:
        first, others = report.blocking[0], len(report.blocking) - 1
        more = f" ({others} more; see insilico_wang2025.check_training_data)" * bool(
            others
        )
        where = f"{first.folder}/{first.trial}.npy" if first.trial else first.folder
        raise FitError(f"{quoted(where)}: {first.problem}{more}; {first.remedy}.")
    return TrainingSet(
        as_path(directory, FitError),
        report.trials,
        report.units,
        report.frame_shape,
        digest(report.trials),
    )


def _check_trial(
    name: str, paths: dict[str, Any]
) -> tuple[Trial | None, list[Problem]]:
    """The trial if its headers are right, and what is wrong."""
    problems: list[Problem] = []
    files: dict[str, ArrayFile] = {}
    for part, path in paths.items():
        if path is None:
            problems.append(
                Problem(
                    name, part, "the file is missing", "copy it, or remove the trial"
                )
            )
            continue
        try:
            files[part] = read_file_header(path)
        except InsilicoError as error:
            problems.append(
                Problem(name, part, str(error).rstrip("."), "write it again")
            )
    if problems:
        return None, problems
    flags = {}
    for part, kinds, what in (
        ("training", "biu", "True or False"),
        ("samples", "iu", "a number of frames"),
    ):
        file = files[part]
        if file.dtype.kind not in kinds or file.shape not in ((), (1,)):
            problems.append(Problem(name, part, f"it is not {what}", "write it again"))
        else:
            flags[part] = int(file.map().reshape(()))
    if problems:
        return None, problems
    problems += _check_shapes(name, files, flags["samples"])
    if problems:
        return None, problems
    return Trial(name, files, bool(flags["training"]), flags["samples"]), []


def _check_shapes(
    name: str, files: dict[str, ArrayFile], samples: int
) -> Iterator[Problem]:
    """Problems with types and shapes of a trial of that many frames."""
    wanted = {
        "stimuli": ("u", 1, 4, "uint8 [frames, height, width, 1]"),
        "perspectives": ("f", 4, 2, "float32 [frames, 2]"),
        "modulations": ("f", 4, 2, "float32 [frames, 2]"),
        "units": ("f", 4, 2, "float32 [frames, units]"),
    }
    for part, (kind, size, ndim, what) in wanted.items():
        shape, dtype = files[part].shape, files[part].dtype
        last = {"stimuli": 1, "units": None}.get(part, 2)
        if (
            dtype.kind != kind
            or dtype.itemsize != size
            or len(shape) != ndim
            or (last is not None and shape[-1] != last)
            or min(shape) < 1
        ):
            yield Problem(
                name, part, f"it is {dtype} {list(shape)}, not {what}", "convert it"
            )
        elif shape[0] != samples:
            yield Problem(
                name,
                part,
                f"it has {shape[0]} frames and samples says {samples}",
                "resample all signals to the stimulus frames",
            )


def _unlike_most(trials: list[Trial]) -> Iterator[Problem]:
    """Trials whose units or frame size differ from those of most trials."""
    for part, where in (("units", slice(1, 2)), ("stimuli", slice(1, 3))):
        shapes = [trial.files[part].shape[where] for trial in trials]
        usual = max(sorted(set(shapes)), key=shapes.count, default=None)
        for trial, shape in zip(trials, shapes, strict=True):
            if shape != usual:
                what = "units" if part == "units" else "pixels"
                yield Problem(
                    trial.name,
                    part,
                    f"it has {_times(shape)} {what} and most trials {_times(usual or ())}",
                    "give the same in all trials",
                )


def _times(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape))


class _Means:
    """Running sums of the responses of training trials."""

    def __init__(self) -> None:
        self._sum: Any = 0.0
        self._n = 0

    def add(self, rows: NDArray[Any]) -> None:
        self._sum = self._sum + rows.sum(axis=0, dtype=np.float64)
        self._n += len(rows)

    def mean(self) -> NDArray[np.float64]:
        if not self._n:
            return np.full(0, np.nan)
        found: NDArray[np.float64] = np.asarray(self._sum / self._n)
        return found


def _check_values(trial: Trial, sums: _Means, fill_missing: bool) -> Iterator[Problem]:
    """Problems with the values of a trial; its responses are added to `sums`."""
    for part in BEHAVIOR:
        missing = ~np.isfinite(trial.files[part].map())
        rows = int(missing.any(axis=1).sum())
        if rows:
            yield Problem(
                trial.name,
                part,
                f"{rows} of {trial.samples} frames are NaN or infinite",
                "fill gaps (0 is the mean of the recording), set fill_missing to do so "
                "during the fit, or remove the trial",
                not (fill_missing and not np.isinf(trial.files[part].map()).any()),
            )
    units = trial.files["units"].map()
    step = max(1, ROWS_AT_ONCE // units.shape[1])
    bad: NDArray[np.bool_] = np.zeros(units.shape[1], bool)
    negative = bad.copy()
    for start in range(0, len(units), step):
        rows_now = np.asarray(units[start : start + step])
        bad |= ~np.isfinite(rows_now).all(axis=0)
        negative |= (rows_now < 0).any(axis=0)
        if trial.training:
            sums.add(np.where(np.isfinite(rows_now), rows_now, 0))
    if bad.any():
        yield Problem(
            trial.name,
            "units",
            f"{int(bad.sum())} units have NaN or infinity, the first in column "
            f"{int(bad.argmax())}",
            "drop these units from all trials, or remove the trial",
        )
    if negative.any():
        yield Problem(
            trial.name,
            "units",
            f"{int(negative.sum())} units have responses below 0, the first in column "
            f"{int(negative.argmax())}",
            "use deconvolved activity or rates, which a Poisson loss can be taken of",
            False,
        )


def _check_means(means: NDArray[np.float64]) -> Iterator[Problem]:
    if not len(means):
        return
    silent = means == 0
    if silent.any():
        yield Problem(
            "",
            "units",
            f"{int(silent.sum())} units never respond, the first in column "
            f"{int(silent.argmax())}",
            "leave them out",
            False,
        )
    low, high = MEAN_RANGE
    off = ~silent & ((means < low) | (means > high))
    if off.any():
        yield Problem(
            "",
            "units",
            f"{int(off.sum())} units have a mean response far from 1, such as "
            f"{means[off][0]:.3g} in column {int(off.argmax())}",
            "divide responses by the unit's mean over the training trials",
            False,
        )
