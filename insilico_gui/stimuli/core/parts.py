"""Parts of stimuli, and stimuli one after the other; their trials follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.attrs import LazyAttrs
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

PART = "part"
"""Column of the trial table that names the stimulus a trial is of, as in a sequence."""


class StimulusPart(Stimulus):
    """Consecutive frames of another stimulus, such as ``stimulus[10:50]``.

    Trials that are shown from beginning to end are kept, with their onsets moved;
    ``attrs["dropped_trials"]`` counts the others.

    Attributes
    ----------
    source : Stimulus
    start, stop : int
        Frames of the source, the last one excluded.
    """

    def __init__(self, source: Stimulus, start: int, stop: int) -> None:
        if not 0 <= start < stop <= source.n_frames:
            raise StimulusError(
                f"{quoted(source.name, '')} has frames 0 to {source.n_frames}; {start} to "
                f"{stop} is no part of them."
            )
        self.source = source
        self.start, self.stop = start, stop
        self.name = f"{source.name} [{start}:{stop}]"
        self.n_frames = stop - start
        for known in ("frame_shape", "frame_rate", "channels", "pixel_aspect"):
            setattr(self, known, getattr(source, known))
        self.time_precision = source.time_precision
        times: NDArray[np.float64] = source.frame_times
        self._times: NDArray[np.float64] = times[start:stop] - times[start]
        end = times[stop] if stop < source.n_frames else source.duration
        self.trials, dropped = _inside(
            source.trials, float(times[start]), float(end), 0.5 / source.frame_rate
        )
        values = {
            "kind": "part",
            "start_frame": start,
            "stop_frame": stop,
            "dropped_trials": dropped,
        }
        if warning := _warning(source):
            values["warning"] = warning
        self.attrs = LazyAttrs(values, {"source": lambda: dict(source.attrs)})

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """See :attr:`Stimulus.frame_times`."""
        return self._times

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.frames`."""
        self._check_range(start, stop)
        return self.source.frames(self.start + start, self.start + stop)

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        return self.source.color_frame(self.start + k)

    def release(self) -> None:
        """See :meth:`Stimulus.release`."""
        self.source.release()


class JoinedStimulus(Stimulus):
    """Stimuli one after the other; see :func:`join`.

    Attributes
    ----------
    parts : tuple of Stimulus
    """

    def __init__(self, parts: Sequence[Stimulus]) -> None:
        self.parts = tuple(parts)
        first = self.parts[0]
        self.name = " + ".join(dict.fromkeys(part.name for part in self.parts))
        self.frame_shape, self.frame_rate = first.frame_shape, first.frame_rate
        self.channels, self.pixel_aspect = first.channels, first.pixel_aspect
        self.time_precision = max(part.time_precision for part in self.parts)
        lengths = [part.n_frames for part in self.parts]
        self.n_frames = sum(lengths)
        refuse_above("frames", self.n_frames, quoted(self.name, ""), StimulusError)
        self._first = np.cumsum([0, *lengths])
        onsets = np.cumsum([0.0, *(part.duration for part in self.parts)])
        self._times = np.concatenate(
            [
                at + part.frame_times
                for at, part in zip(onsets, self.parts, strict=False)
            ]
        )
        self.trials = _together(self.parts, onsets.tolist())
        values: dict[str, Any] = {
            "kind": "joined",
            "names": [p.name for p in self.parts],
        }
        warnings = [warning for part in self.parts if (warning := _warning(part))]
        if warnings:
            values["warning"] = " ".join(dict.fromkeys(warnings))
        self.attrs = LazyAttrs(
            values, {"parts": lambda: [dict(part.attrs) for part in self.parts]}
        )

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """See :attr:`Stimulus.frame_times`."""
        return self._times

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.frames`."""
        self._check_range(start, stop)
        read = [
            part.frames(max(start - at, 0), min(stop - at, part.n_frames))
            for at, part in zip(self._first.tolist(), self.parts, strict=False)
            if start < at + part.n_frames and at < stop
        ]
        return np.concatenate(read) if read else self.parts[0].frames(0, 0)

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        which = int(np.searchsorted(self._first, k, side="right")) - 1
        return self.parts[which].color_frame(k - int(self._first[which]))

    def release(self) -> None:
        """See :meth:`Stimulus.release`."""
        for part in self.parts:
            part.release()


def join(*stimuli: Stimulus | Sequence[Stimulus]) -> Stimulus:
    """Show stimuli one after the other, as one stimulus.

    Parameters
    ----------
    *stimuli : Stimulus, or one list of them
        Of one size and frame rate.

    Returns
    -------
    Stimulus
        Frames are read when they are asked for. The trial tables follow each other, with
        onsets moved. Trials of different stimuli are told apart by a column ``part``,
        which analyses know from sequences, and by ``condition``, ``"part/condition"``;
        the same stimulus shown again adds repeats.

    Raises
    ------
    StimulusError
        If there are none, or they differ in size, rate, colour or shape of pixels.

    Examples
    --------
    >>> both = ig.stimuli.join(gratings[:300], clip)
    """
    parts: list[Any] = []
    for one in stimuli:
        parts.extend(one if isinstance(one, list | tuple) else [one])
    if not parts:
        raise StimulusError("There are no stimuli to join; give one or more.")
    for one in parts:
        if not isinstance(one, Stimulus):
            raise StimulusError(
                f"A {type(one).__name__} cannot be joined; open it with "
                "insilico_gui.open_stimulus."
            )
        for what, name in (
            ("frame_shape", "size"),
            ("frame_rate", "frame rate"),
            ("channels", "number of channels"),
            ("pixel_aspect", "shape of pixels"),
        ):
            ours, theirs = getattr(parts[0], what), getattr(one, what)
            if ours != theirs:
                raise StimulusError(
                    f"{quoted(one.name, '')} has another {name} than "
                    f"{quoted(parts[0].name, '')} ({theirs} and {ours}); bring both to "
                    "one with insilico_gui.stimuli.convert."
                )
    return parts[0] if len(parts) == 1 else JoinedStimulus(parts)


def _inside(
    trials: pd.DataFrame | None, start_s: float, stop_s: float, tolerance_s: float
) -> tuple[pd.DataFrame | None, int]:
    """Trials shown as a whole between two times, moved; and how many are not."""
    if trials is None or not {"onset", "duration"} <= set(trials.columns):
        return None, 0
    onset = trials["onset"].to_numpy(float)
    end = onset + trials["duration"].to_numpy(float)
    whole = (onset >= start_s - tolerance_s) & (end <= stop_s + tolerance_s)
    kept = trials[whole].reset_index(drop=True)
    kept["onset"] = np.maximum(kept["onset"].to_numpy(float) - start_s, 0.0)
    return (kept if len(kept) else None), int((~whole).sum())


def _together(
    parts: Sequence[Stimulus], onsets: Sequence[float]
) -> pd.DataFrame | None:
    """Trials of all parts in order; None if none of them has any."""
    shown = [
        (part, at, part.trials)
        for part, at in zip(parts, onsets, strict=False)
        if part.trials is not None and len(part.trials)
    ]
    if not shown:
        return None
    labels = _labels([part for part, *_ in shown])
    tables = []
    for label, (_, at, trials) in zip(labels, shown, strict=True):
        table = trials.copy()
        table["onset"] = table["onset"].to_numpy(float) + at
        if len(set(labels)) > 1:
            own = table["condition"] if "condition" in table else range(len(table))
            table["condition"] = [f"{label}/{name}" for name in own]
            table[PART] = label
        tables.append(table)
    texts = {
        name: ""
        for table in tables
        for name in table
        if table[name].dtype.kind not in "fiub"
    }
    every: pd.DataFrame = pd.concat(tables, ignore_index=True).fillna(texts)
    if "repeat" in every and "condition" in every:
        every["repeat"] = every.groupby("condition", sort=False).cumcount()
    return every


def _labels(parts: Sequence[Stimulus]) -> list[str]:
    """A name for each part: equal for the same stimulus, another for any other."""
    known: dict[tuple[str, Any], str] = {}
    labels = []
    for part in parts:
        source = part
        while isinstance(source, StimulusPart):
            source = source.source
        name = source.name.replace(" ", "_")
        key = (name, source.attrs.get("spec_hash") or id(source))
        if key not in known:
            same = sum(other == name for other, _ in known)
            known[key] = name if same == 0 else f"{name}_{same + 1}"
        labels.append(known[key])
    return labels


def _warning(source: Stimulus) -> str:
    return str(source.attrs["warning"]) if "warning" in source.attrs else ""
