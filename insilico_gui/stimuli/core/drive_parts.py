"""Events of drives, and the elements that they are applied to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from insilico_gui.errors import StimulusError, echoed, quoted
from insilico_gui.stimuli.core.drive_bases import number
from insilico_gui.untrusted.limits import refuse_above

Id = int | str
"""Of an element; whole numbers keep all their digits."""

_RESERVED = ("ids", "share")


@dataclass(frozen=True)
class Target:
    """Elements of a session, such as neurons: by groups that they are in, or by id.

    Of several descriptions, elements that fit all of them are meant.

    Parameters
    ----------
    groups : mapping of str to str
        Name of a group by the kind of group, such as ``{"transmitter": "GABA"}``.
    ids : sequence of int or str
        Ids of elements. Whole numbers above 2**53 are kept exactly; floats are refused,
        since they round them.
    share : float, optional
        Above 0, up to 1: only the elements that matter most in a group, as few as make
        this share of it. For groups whose session knows shares.

    Raises
    ------
    StimulusError
        If nothing is named, or something in no such form.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[Id] = ()
    share: float | None = None

    def __post_init__(self) -> None:
        groups = dict(self.groups)
        for kind, name in groups.items():
            if not isinstance(kind, str) or not isinstance(name, str):
                raise StimulusError(
                    f"A group is {echoed({kind: name})}; give names, such as "
                    "{'transmitter': 'GABA'}."
                )
            if kind in _RESERVED:
                raise StimulusError(
                    f"{quoted(kind)} is no kind of group; name another."
                )
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "ids", _ids(self.ids))
        if self.share is not None:
            share = number(self.share, "The share of a group", above=True, high=1.0)
            object.__setattr__(self, "share", share)
        if not groups and not self.ids:
            raise StimulusError(
                "A target names no elements; give a group, or a list of ids."
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which :meth:`from_dict` makes an equal target."""
        return {
            **self.groups,
            **({"ids": list(self.ids)} if self.ids else {}),
            **({} if self.share is None else {"share": self.share}),
        }

    @classmethod
    def from_dict(cls, values: Any) -> Target:
        """See :meth:`to_dict`."""
        if not isinstance(values, Mapping):
            raise StimulusError(
                f"A target is {echoed(values)}; give a mapping, such as "
                "{transmitter: GABA} or {ids: [1, 2]}."
            )
        groups = {k: v for k, v in values.items() if k not in _RESERVED}
        return cls(groups, values.get("ids", ()), values.get("share"))

    def __str__(self) -> str:
        parts = [f"{kind} {name}" for kind, name in self.groups.items()]
        if self.ids:
            parts.append(f"{len(self.ids)} ids")
        return " and ".join(parts)


def _ids(given: Any) -> tuple[Id, ...]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise StimulusError(f"ids are {echoed(given)}; give a list of ids.")
    values = given.tolist() if isinstance(given, np.ndarray) else list(given)
    refuse_above("table_rows", len(values), "A list of ids", StimulusError)
    for value in values:
        if isinstance(value, float | np.floating):
            raise StimulusError(
                f"An id is {echoed(value)}, a number with a point, which rounds long ids; "
                "give whole numbers, or text."
            )
        if isinstance(value, bool) or not isinstance(value, int | np.integer | str):
            raise StimulusError(
                f"An id is {echoed(value)}; give whole numbers, or text."
            )
    return tuple(v if isinstance(v, str) else int(v) for v in values)


@dataclass(frozen=True)
class Stimulate:
    """Random extra events at some elements, for a time.

    Parameters
    ----------
    target : Target
    rate_hz : float
        Of the events of each element.
    strength : float
        Of an event, in the session's unit of strength.
    onset_s : float
    duration_s : float, optional
        Default to the end.
    """

    type: ClassVar[str] = "stimulate"

    target: Target
    rate_hz: float
    strength: float
    onset_s: float = 0.0
    duration_s: float | None = None

    def __post_init__(self) -> None:
        _check_target(self)
        rate = number(self.rate_hz, "The rate of a stimulation (Hz)")
        object.__setattr__(self, "rate_hz", rate)
        strength = number(self.strength, "The strength of a stimulation", -math.inf)
        object.__setattr__(self, "strength", strength)
        _check_times(self, "stimulation")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        given = {"rate_hz": self.rate_hz, "strength": self.strength}
        return {"target": self.target.to_dict(), **given, **_times(self)}

    def __str__(self) -> str:
        return f"stimulate {self.target} at {self.rate_hz:g} Hz{_when(self)}"


@dataclass(frozen=True)
class Silence:
    """Elements that send nothing, for a time.

    Parameters
    ----------
    target : Target
    onset_s : float
    duration_s : float, optional
        Default to the end.
    """

    type: ClassVar[str] = "silence"

    target: Target
    onset_s: float = 0.0
    duration_s: float | None = None

    def __post_init__(self) -> None:
        _check_target(self)
        _check_times(self, "silence")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"target": self.target.to_dict(), **_times(self)}

    def __str__(self) -> str:
        return f"silence {self.target}{_when(self)}"


@dataclass(frozen=True)
class Cut:
    """A region without its connections, all the time.

    Parameters
    ----------
    region : str
    """

    type: ClassVar[str] = "cut"

    region: str

    def __post_init__(self) -> None:
        if not isinstance(self.region, str):
            raise StimulusError(f"A region is {echoed(self.region)}; give its name.")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"region": self.region}

    def __str__(self) -> str:
        return f"cut {self.region}"


Event = Stimulate | Silence | Cut


def _check_target(event: Stimulate | Silence) -> None:
    if isinstance(event.target, Mapping):
        object.__setattr__(event, "target", Target.from_dict(event.target))
    if not isinstance(event.target, Target):
        raise StimulusError(
            f"The target of an event is {echoed(event.target)}; give a Target, or a "
            "mapping such as {transmitter: GABA}."
        )


def _check_times(event: Stimulate | Silence, what: str) -> None:
    onset = number(event.onset_s, f"The onset of a {what} (s)")
    object.__setattr__(event, "onset_s", onset)
    if event.duration_s is not None:
        text = f"The duration of a {what} (s)"
        object.__setattr__(
            event, "duration_s", number(event.duration_s, text, above=True)
        )


def _times(event: Stimulate | Silence) -> dict[str, float]:
    known = {"onset_s": event.onset_s}
    if event.duration_s is not None:
        known["duration_s"] = event.duration_s
    return known


def _when(event: Stimulate | Silence) -> str:
    if event.duration_s is None:
        return f" from {event.onset_s:g} s" if event.onset_s else ""
    return f", {event.onset_s:g} to {event.onset_s + event.duration_s:g} s"
