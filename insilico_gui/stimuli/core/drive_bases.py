"""Bases of drives: values of channels in time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from insilico_gui.errors import StimulusError, echoed, listed, quoted
from insilico_gui.untrusted.limits import refuse_above


def number(
    value: Any, what: str, low: float = 0.0, *, above: bool = False, high: float = 1e9
) -> float:
    """A finite number from `low` on (above it, with `above`) up to `high`.

    Raises
    ------
    StimulusError
    """
    is_number = isinstance(value, int | float | np.number)
    if isinstance(value, bool | np.bool_) or not is_number:
        raise StimulusError(f"{what} is {echoed(value)}; give a number.")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or not low <= found <= high or (above and found == low):
        start = f"above {low:g} and " if above else f"at least {low:g} and "
        range_ = f"{'' if math.isinf(low) else start}at most {high:g}"
        raise StimulusError(f"{what} is {found:g}; give a number that is {range_}.")
    return found


def whole(value: Any, what: str, low: int = 0) -> int:
    """A whole number from `low` on."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not low <= int(value) < 2**63:
        raise StimulusError(
            f"{what} is {echoed(value)}; give a whole number, at least {low}."
        )
    return int(value)


@dataclass(frozen=True)
class Constant:
    """The same value of each channel all the time.

    Parameters
    ----------
    values : mapping of str to float
        By name of the channel, in the session's unit of channels.
    others : float
        Of channels that are not named.
    """

    type: ClassVar[str] = "constant"

    values: Mapping[str, float] = field(default_factory=dict)
    others: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            raise StimulusError(
                f"Values of channels are {echoed(self.values)}; give a mapping of names "
                "to numbers."
            )
        checked = {str(k): _value(v, str(k)) for k, v in self.values.items()}
        object.__setattr__(self, "values", checked)
        object.__setattr__(self, "others", _value(self.others, "others"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"values": dict(self.values), "others": self.others}


@dataclass(frozen=True)
class Recorded:
    """Samples of a recording that the session has, one after the other.

    Parameters
    ----------
    recording : str
        Its name; empty for the session's only or first one.
    start : int
        First sample.
    stop : int, optional
        The one after the last; default the end of the recording.
    """

    type: ClassVar[str] = "recorded"

    recording: str = ""
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.recording, str):
            raise StimulusError(
                f"A recording is {echoed(self.recording)}; give its name."
            )
        start = whole(self.start, "The first sample of a recording")
        object.__setattr__(self, "start", start)
        if self.stop is not None:
            stop = whole(self.stop, "The end of the samples of a recording", 1)
            if stop <= start:
                raise StimulusError(
                    f"Samples {start} to {stop} of a recording are none; let them end "
                    "after they begin."
                )
            object.__setattr__(self, "stop", stop)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        known = {"recording": self.recording, "start": self.start, "stop": self.stop}
        return {k: v for k, v in known.items() if v not in ("", None)}


@dataclass(frozen=True)
class Samples:
    """A table of values: a row for each sample in time, a column for each channel.

    Parameters
    ----------
    columns : mapping of str to sequence of float
        Values of a channel in time, in the session's unit of channels.
    interval_s : float
        Time from one sample to the next; the last sample is held to the end.
    others : float
        Of channels that are not named.
    """

    type: ClassVar[str] = "samples"

    columns: Mapping[str, Sequence[float]]
    interval_s: float
    others: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.columns, Mapping) or not self.columns:
            raise StimulusError(
                "A table of a drive has no channels; give at least one column."
            )
        checked: dict[str, tuple[float, ...]] = {}
        for name, values in self.columns.items():
            if isinstance(values, str) or not isinstance(values, Iterable):
                raise StimulusError(f"{quoted(name)} of a drive is no list of numbers.")
            array = list(values)
            refuse_above(
                "table_cells",
                len(array) * len(self.columns),
                "The table of a drive",
                StimulusError,
            )
            checked[str(name)] = tuple(_value(v, str(name)) for v in array)
        lengths = {len(values) for values in checked.values()}
        if len(lengths) > 1 or lengths == {0}:
            raise StimulusError(
                f"The columns of a drive have {listed(sorted(lengths))} samples; give "
                "the same number, at least one, for each."
            )
        object.__setattr__(self, "columns", checked)
        interval = number(self.interval_s, "The interval of a drive (s)", above=True)
        object.__setattr__(self, "interval_s", interval)
        object.__setattr__(self, "others", _value(self.others, "others"))

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        columns = {name: list(values) for name, values in self.columns.items()}
        others = {"others": self.others} if self.others else {}
        return {"columns": columns, "interval_s": self.interval_s, **others}


Base = Constant | Recorded | Samples


def _value(value: Any, channel: str) -> float:
    return number(value, f"The drive of {quoted(channel)}", -math.inf)
