"""Recordings in NWB files: responses, pupil and treadmill, frame times, trials."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.fitting.recordings.signals import Signal, check_times
from insilico_gui.fitting.recordings.sources import (
    ONE_PLANE,
    Plane,
    Source,
    check_finite,
    check_rate,
)
from insilico_gui.untrusted.door import check_input, reading
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_ADVICE = "write it again with pynwb, or look at it with a viewer of NWB files"
PREFERRED = ("spks", "deconvolved", "event", "dfoverf", "fluorescence")
_VELOCITY = ("running", "velocity", "speed", "treadmill", "locomotion")
_MOST_SERIES = 1000


def is_nwb(path: Path) -> bool:
    """Whether a file is named as an NWB file."""
    return path.suffix.lower() == ".nwb"


def read_nwb(
    path: Path, signal: str | None = None, rate_hz: float | None = None
) -> Source:
    """What an NWB file holds of a recording.

    Parameters
    ----------
    path : Path
    signal : str, optional
        Name of the container, or series, of responses; default deconvolved ones if there
        are some, else dF/F, else fluorescence.
    rate_hz : float, optional
        Checked against the times.

    Raises
    ------
    FitError
        If pynwb is not installed, or the file is damaged or lacks responses, or its
        arrays and times do not fit together.
    """
    if find_spec("pynwb") is None:
        raise FitError(
            "NWB files are read with pynwb, which is not installed; install "
            "insilico-gui[nwb]."
        )
    import pynwb

    check_input(path, FitError)
    name = quoted(path.name, marks="")
    with (
        reading(name, FitError, _ADVICE),
        pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as io,
    ):
        file = io.read()
        series = _series(file, pynwb)
        planes = _planes(series, signal, rate_hz, pynwb)
        source = Source(name, planes)
        _behavior(series, source, pynwb)
        source.frame_times = _frame_times(file, source)
        if file.trials is not None:
            source.trials = _trials(file.trials)
    return source


def _series(file: Any, pynwb: Any) -> dict[str, Any]:
    """All time series of the processing modules and the acquisition, by their path."""
    found: dict[str, Any] = {}

    def walk(prefix: str, thing: Any, depth: int) -> None:
        if isinstance(thing, pynwb.TimeSeries):
            found[prefix] = thing
        elif depth < 4 and len(found) < _MOST_SERIES:
            for child in getattr(thing, "children", ()):
                if getattr(child, "name", None):
                    walk(f"{prefix}/{child.name}", child, depth + 1)

    for module in file.processing.values():
        walk(module.name, module, 0)
    for series in file.acquisition.values():
        walk(f"acquisition/{series.name}", series, 0)
    return found


def _planes(
    series: Mapping[str, Any], signal: str | None, rate_hz: float | None, pynwb: Any
) -> list[Plane]:
    """Planes of the chosen responses."""
    groups: dict[str, list[Any]] = {}
    for path, one in series.items():
        if isinstance(one, pynwb.ophys.RoiResponseSeries):
            container = path.split("/")[-2]
            key = container if container != "ophys" else one.name
            groups.setdefault(key, []).append(one)
    if not groups:
        raise FitError(
            "The file has no responses of regions (RoiResponseSeries) in its processing "
            "modules; segment the imaging first."
        )
    chosen = _chosen(groups, signal)
    planes = []
    seen: set[int] = set()
    for number, one in enumerate(sorted(groups[chosen], key=lambda s: str(s.name))):
        planes.append(_plane(one, number, rate_hz))
        twice = seen & {*planes[-1].units["unit_id"]}
        if twice:
            raise FitError(f"The unit {min(twice)} is in two planes; name one signal.")
        seen |= {*planes[-1].units["unit_id"]}
    return planes


def _chosen(groups: Mapping[str, list[Any]], signal: str | None) -> str:
    names = {
        key: f"{key} {' '.join(str(s.name) for s in g)}" for key, g in groups.items()
    }
    if signal is not None:
        for key, group in groups.items():
            if signal == key or signal in [s.name for s in group]:
                return key
        raise FitError(
            f"The file has no responses {quoted(signal)}; choose one of {listed(groups)}."
        )
    for word in PREFERRED:
        found = [key for key, text in names.items() if word in text.lower()]
        if len(found) == 1:
            return found[0]
        if found:
            break
    if len(groups) == 1:
        return next(iter(groups))
    raise FitError(
        f"The file has several kinds of responses, {listed(groups)}; name one (--signal)."
    )


def _plane(series: Any, number: int, rate_hz: float | None) -> Plane:
    name = quoted(series.name, marks="")
    shape = tuple(series.data.shape)
    rows = np.asarray(series.rois.data[:]).astype(np.int64)
    if len(shape) == 1:
        shape = (*shape, 1)
    if len(shape) != 2 or shape[1] != len(rows):
        raise FitError(
            f"The responses {name} are {list(shape)} for {len(rows)} regions; they should "
            "be [frames, regions]."
        )
    check_memory(8 * shape[0] * shape[1], f"The signal {name}", FitError)
    values = _scaled(series).reshape(shape)
    table = series.rois.table
    ids = np.asarray(table.id[:]).astype(np.int64)[rows]
    kept = np.arange(len(rows))
    for column in ("iscell", "is_cell", "Accepted", "accepted"):
        if column in table.colnames:
            marked = np.asarray(table[column].data[:])[rows].reshape(len(rows), -1)[
                :, 0
            ]
            kept = np.flatnonzero(marked.astype(float) > 0.5)
            break
    if not len(kept):
        raise FitError(f"No region of {name} is accepted as a cell.")
    values = values[:, kept].astype(np.float32)
    check_finite(values, name)
    times = _times_of(series, name, shape[0])
    check_rate(times, rate_hz, name)
    units = pd.DataFrame(
        {
            "unit_id": ONE_PLANE * number + ids[kept],
            "field": number + 1,
            "roi": ids[kept],
        }
    )
    return Plane(Signal(name, times, values), units)


def _scaled(series: Any) -> NDArray[Any]:
    """Data of a series in its unit, float64."""
    factor = 1.0 if series.conversion is None else float(series.conversion)
    offset = float(getattr(series, "offset", 0.0) or 0.0)
    return np.asarray(series.data[:], np.float64) * factor + offset


def _times_of(series: Any, name: str, n: int) -> NDArray[np.float64]:
    if series.timestamps is not None:
        times = np.asarray(series.timestamps[:], np.float64)
    elif series.rate:
        times = float(series.starting_time or 0.0) + np.arange(n) / float(series.rate)
    else:
        raise FitError(f"{name} has neither times nor a rate above 0; {_ADVICE}.")
    if len(times) != n:
        raise FitError(
            f"{name} has {n} values and {len(times)} times; give a time for each value."
        )
    check_times(times, name)
    return times


def _behavior(series: Mapping[str, Any], source: Source, pynwb: Any) -> None:
    """Pupil and treadmill, by the kind of series and by name."""
    for path, one in series.items():
        if isinstance(one, pynwb.ophys.RoiResponseSeries) or one.data is None:
            continue
        shape = tuple(np.shape(one.data))
        words = path.lower()
        is_velocity = any(word in words for word in _VELOCITY)
        is_pupil = "pupil" in words or "eye" in words
        if is_velocity and source.velocity is None and _columns(shape) == 1:
            source.velocity = _signal(one, shape)
        elif is_pupil and source.perspective is None and _columns(shape) == 2:
            source.perspective = _signal(one, shape)
        elif is_pupil and source.radius is None and _columns(shape) == 1:
            source.radius = _signal(one, shape)


def _columns(shape: tuple[int, ...]) -> int:
    return 0 if not shape or len(shape) > 2 else (shape[1] if len(shape) == 2 else 1)


def _signal(series: Any, shape: tuple[int, ...]) -> Signal:
    name = quoted(series.name, marks="")
    values = _scaled(series).reshape(shape[0], -1)
    return Signal(name, _times_of(series, name, shape[0]), values)


def _frame_times(file: Any, source: Source) -> NDArray[np.float64] | None:
    """Times of the stimulus frames: of the only presentation that has times."""
    found = {
        name: series
        for name, series in file.stimulus.items()
        if getattr(series, "timestamps", None) is not None
    }
    if len(found) != 1:
        return None
    (name, series), *_ = found.items()
    source.notes.append(f"Frame times are those of the stimulus {quoted(name, '')}.")
    times = np.asarray(series.timestamps[:], np.float64)
    check_times(times, f"the stimulus {quoted(name, '')}")
    return times


def _trials(table: Any) -> pd.DataFrame:
    """The columns of the trial table that are used here."""
    found: dict[str, Any] = {
        "onset": np.asarray(table["start_time"].data[:], np.float64)
    }
    for name in ("clip", "set", "trial"):
        if name in table.colnames:
            found[name] = [str(value) for value in table[name].data[:]]
    return pd.DataFrame(found)
