"""Signals with times of their own, and their values at the times of stimulus frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import FitError
from insilico_gui.fitting.recordings.layout import FRAME_RATE
from insilico_gui.untrusted.door import as_path, open_input, reading
from insilico_gui.untrusted.plain_arrays import read_npy
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

_AVERAGED = 1.5
"""Signals of this many times the frame rate are averaged, slower ones interpolated."""


@dataclass(frozen=True)
class Signal:
    """Values [n, C] at times [n] in s, which rise."""

    name: str
    times: NDArray[np.float64]
    values: NDArray[Any]

    def __post_init__(self) -> None:
        check_times(self.times, self.name)
        if len(self.times) != len(self.values):
            raise FitError(
                f"There are {len(self.values)} values and {len(self.times)} times of "
                f"{self.name}; give a time for each value."
            )

    @property
    def rate(self) -> float:
        """Samples per second."""
        return 1 / float(np.median(np.diff(self.times)))

    def at(
        self, times: NDArray[np.float64], longest_gap_s: float
    ) -> NDArray[np.float32]:
        """Values [len(times), C], NaN where they are not known.

        Parameters
        ----------
        times : float64 array [T]
            Of stimulus frames, in s.
        longest_gap_s : float
            Over how much missing (NaN, or no samples) a signal is interpolated.
        """
        known = np.isfinite(self.values).all(axis=1)
        found = np.full((len(times), self.values.shape[1]), np.nan, np.float32)
        where, values = self.times[known], self.values[known]
        if len(where) < 2:
            return found
        right = np.searchsorted(where, times, side="right").clip(1, len(where) - 1)
        gap = where[right] - where[right - 1]
        inside = (times >= where[0]) & (times <= where[-1] + 1 / self.rate)
        good = inside & (gap <= max(longest_gap_s, 1.5 / self.rate))
        share = ((times - where[right - 1]) / gap).clip(0, 1)[:, None]
        between = values[right - 1] * (1 - share) + values[right] * share
        found[good] = between[good]
        if self.rate > _AVERAGED * FRAME_RATE:
            self._average(times, where, values, found)
        return found

    def _average(
        self,
        times: NDArray[np.float64],
        where: NDArray[np.float64],
        values: NDArray[Any],
        found: NDArray[np.float32],
    ) -> None:
        """Put in means over the duration of a frame, where there are samples."""
        half = 0.5 / FRAME_RATE
        first, last = (np.searchsorted(where, times + off) for off in (-half, half))
        sums = np.concatenate(
            [
                np.zeros((1, values.shape[1])),
                np.cumsum(values, axis=0, dtype=np.float64),
            ]
        )
        some = (last > first) & np.isfinite(found).all(axis=1)
        count = (last - first)[some, None]
        found[some] = (sums[last[some]] - sums[first[some]]) / count


def check_times(times: NDArray[Any], name: str) -> None:
    """Raise a FitError unless times [n] are finite numbers that rise."""
    if times.ndim != 1 or len(times) < 2 or times.dtype.kind not in "fiu":
        raise FitError(
            f"The times of {name} are {times.dtype} {list(times.shape)}; give numbers in "
            "s [n], two or more."
        )
    if not np.isfinite(times).all():
        k = int(np.flatnonzero(~np.isfinite(times))[0])
        raise FitError(
            f"The times of {name} are not known from sample {k} on (NaN); give a time "
            "for each."
        )
    steps = np.diff(times)
    if (steps <= 0).any():
        k = int(np.flatnonzero(steps <= 0)[0])
        raise FitError(
            f"The times of {name} do not rise: sample {k + 1} is at {times[k + 1]:g} s, "
            f"after {times[k]:g} s; sort them, or check the clock."
        )


def read_times(given: Any, name: str) -> NDArray[np.float64]:
    """Times [n] in s, given as an array or as a file ``.npy`` or ``.csv``."""
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        values = read_columns(given, name, ("time",))[:, 0]
    else:
        values = np.asarray(given)
    check_times(values, name)
    return values.astype(np.float64)


def read_signal(
    given: str | os.PathLike[str], name: str, columns: Sequence[str]
) -> Signal:
    """A signal of a file: a table with ``time`` and `columns`, or an array of them."""
    values = read_columns(given, name, ("time", *columns))
    return Signal(name, values[:, 0].astype(np.float64), values[:, 1:])


def read_columns(
    given: str | os.PathLike[str], name: str, columns: Sequence[str]
) -> NDArray[np.float64]:
    """Columns of numbers [n, len(columns)] of ``.csv`` by name, or of ``.npy`` in order."""
    path = as_path(given, FitError)
    advice = "save it again"
    if path.suffix.lower() == ".csv":
        table = read_csv(path, path.name, FitError, advice)
        lacking = [column for column in columns if column not in table]
        if lacking:
            raise FitError(
                f"The file of {name} has no column {', '.join(lacking)}; it needs "
                f"{', '.join(columns)}."
            )
        numbers = table[list(columns)]
        if any(numbers[column].dtype.kind not in "fiu" for column in columns):
            raise FitError(
                f"The file of {name} has entries that are not numbers; {advice}."
            )
        return numbers.to_numpy(np.float64)
    if path.suffix.lower() != ".npy":
        raise FitError(
            f"The file of {name} is neither .npy nor .csv; save it as one of the two."
        )
    with open_input(path, FitError), reading(path.name, FitError, advice):
        array = read_npy(path, path.name, FitError)
    if array.ndim == 1:
        array = array[:, None]
    if (
        array.ndim != 2
        or array.shape[1] != len(columns)
        or array.dtype.kind not in "fiu"
    ):
        raise FitError(
            f"The file of {name} is {array.dtype} {list(array.shape)}; give numbers "
            f"[n, {len(columns)}]: {', '.join(columns)}."
        )
    return array.astype(np.float64)
