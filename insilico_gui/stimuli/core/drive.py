"""Drives: stimuli that are applied to channels and elements of a model, not shown.

A drive is plain data. It becomes rates and events in a session of the input kind
``"drive"``, which checks it against its own description; see :mod:`insilico_gui.drive`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from insilico_gui.errors import StimulusError, echoed, listed, quoted
from insilico_gui.stimuli.core.drive_bases import (
    Base,
    Constant,
    Recorded,
    Samples,
    number,
    whole,
)
from insilico_gui.stimuli.core.drive_parts import Cut, Event, Silence, Stimulate

OptionValue = float | bool | str
"""What an option of a session may be."""

MAX_EVENTS = 1000
MAX_DURATION_S = 24 * 3600.0
MEASURES = ("base", "strength")
"""What :attr:`Drive.units` may name."""

_BASES: dict[str, type[Base]] = {
    kind.type: kind for kind in (Constant, Recorded, Samples)
}
_EVENTS: dict[str, type[Event]] = {
    kind.type: kind for kind in (Stimulate, Silence, Cut)
}


@dataclass(frozen=True)
class Drive:
    """What a session of the kind ``"drive"`` is driven with.

    Parameters
    ----------
    base : Constant, Recorded or Samples
        Values of the channels in time; beyond its last sample that is held.
    duration_s : float, optional
        Default the length of the base's samples; needed with a :class:`.Constant` base.
    events : sequence of Stimulate, Silence or Cut
        What happens on top of it: the perturbation. Their order plays no part.
    seed : int
        Of all random events. The same seed gives the same events at an element and a
        time whatever the perturbation is, so that control and perturbed differ by that
        alone.
    window_s : float, optional
        Responses are rates in windows of this length; default the session's.
    step_s : float, optional
        Length of a step of the simulation; default the session's.
    options : mapping of str to float, bool or str
        Options of the session, such as parts of the model that can be left out.
    units : mapping of str to str
        Unit of the values of the ``"base"`` and of the ``"strength"`` of events; a
        session that takes another one refuses the drive.
    name : str
        For people; no part of its hash.

    Raises
    ------
    StimulusError
        If a part is none, or a number is out of range.

    Examples
    --------
    >>> Drive(
    ...     Constant({"left": 5.0}),
    ...     duration_s=1.0,
    ...     events=[Silence(Target({"kind": "inhibitory"}), onset_s=0.5)],
    ... )  # doctest: +SKIP
    """

    base: Base = field(default_factory=Recorded)
    duration_s: float | None = None
    events: Sequence[Event] = ()
    seed: int = 0
    window_s: float | None = None
    step_s: float | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default="drive", compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.base, Base):
            raise StimulusError(
                f"The base of a drive is {echoed(self.base)}; give Constant, Recorded or "
                "Samples."
            )
        events = tuple(self.events)
        if len(events) > MAX_EVENTS or not all(isinstance(e, Event) for e in events):
            raise StimulusError(
                f"The events of a drive are a list of up to {MAX_EVENTS} of Stimulate, "
                "Silence and Cut."
            )
        object.__setattr__(self, "events", events)
        object.__setattr__(self, "seed", whole(self.seed, "The seed of a drive"))
        for key, what in (
            ("duration_s", "The duration of a drive (s)"),
            ("window_s", "The window of the responses (s)"),
            ("step_s", "The step of the simulation (s)"),
        ):
            given = getattr(self, key)
            if given is not None:
                found = number(given, what, above=True, high=MAX_DURATION_S)
                object.__setattr__(self, key, found)
        object.__setattr__(self, "options", _options(self.options))
        object.__setattr__(self, "units", _units(self.units))
        if not isinstance(self.name, str) or not self.name:
            raise StimulusError(f"A drive is called {echoed(self.name)}; give text.")

    @property
    def attrs(self) -> Mapping[str, Any]:
        """Provenance: the whole drive as plain data."""
        return MappingProxyType(self.to_dict())

    @property
    def is_perturbed(self) -> bool:
        """Whether anything happens on top of the base."""
        return bool(self.events)

    def control(self) -> Drive:
        """The same drive without its events, with the same random events otherwise."""
        return replace(self, events=(), name=f"{self.name} (control)")

    def fingerprint(self) -> str:
        """Hash of all but the name: equal for equal drives."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which :meth:`from_dict` makes an equal drive."""
        values: dict[str, Any] = {
            "kind": "drive",
            "base": {"type": self.base.type, **self.base.to_dict()},
        }
        for key in ("duration_s", "window_s", "step_s"):
            if getattr(self, key) is not None:
                values[key] = getattr(self, key)
        if self.events:
            values["events"] = [{"type": e.type, **e.to_dict()} for e in self.events]
        values["seed"] = self.seed
        if self.options:
            values["options"] = dict(self.options)
        if self.units:
            values["units"] = dict(self.units)
        return values

    @classmethod
    def from_dict(cls, values: Any, name: str = "drive") -> Drive:
        """A drive from plain data, such as :meth:`to_dict` gives.

        Raises
        ------
        StimulusError
            Naming the entry that is wrong.
        """
        if not isinstance(values, Mapping):
            raise StimulusError(
                f"{quoted(name)} is no drive; give a mapping with base, duration_s and "
                "events."
            )
        given = {k: v for k, v in values.items() if k != "kind"}
        if values.get("kind", "drive") != "drive":
            raise StimulusError(
                f"{quoted(name)} is of the kind {quoted(values['kind'])}, not a drive."
            )
        known = [f.name for f in fields(cls) if f.name != "name"]
        _refuse_unknown(given, known, "A drive")
        events = given.pop("events", ())
        if not isinstance(events, list | tuple):
            raise StimulusError(
                f"The events of {quoted(name)} are {echoed(events)}; give a list."
            )
        if "base" in given:
            given["base"] = _part(given["base"], _BASES, "base")
        made = tuple(_part(event, _EVENTS, "event") for event in events)
        return cls(events=made, name=name, **given)

    def __repr__(self) -> str:
        parts = "; ".join(map(str, self.events)) or "no events"
        return f"<Drive {self.name!r}: {self.base.type}, {parts}>"


def _part(values: Any, kinds: Mapping[str, type[Any]], what: str) -> Any:
    """A part from plain data, by its ``type``."""
    found = kinds.get(str(values.get("type"))) if isinstance(values, Mapping) else None
    if found is None:
        raise StimulusError(
            f"The {what} of a drive is {echoed(values)}; give a mapping whose type is "
            f"one of {listed(kinds)}."
        )
    given = {k: v for k, v in values.items() if k != "type"}
    parts = fields(found)
    _refuse_unknown(given, [f.name for f in parts], f"The {what} {found.type}")
    try:
        return found(**given)
    except TypeError as error:  # an argument without a default is missing
        needed = [f.name for f in parts if f.name not in given]
        raise StimulusError(
            f"The {what} {found.type} of a drive needs {listed(needed)}; give it."
        ) from error


def _refuse_unknown(given: Mapping[Any, Any], known: Sequence[str], what: str) -> None:
    for key in given:
        if key not in known:
            raise StimulusError(
                f"{what} has no entry {quoted(key)}; there are {listed(known)}."
            )


def _options(given: Any) -> dict[str, OptionValue]:
    if not isinstance(given, Mapping):
        raise StimulusError(f"Options of a drive are {echoed(given)}; give a mapping.")
    options: dict[str, OptionValue] = {}
    for key, value in given.items():
        if not isinstance(key, str) or not key.isidentifier():
            raise StimulusError(f"{quoted(key)} is no name of an option.")
        if isinstance(value, bool | str):
            options[key] = value
        else:
            options[key] = number(value, f"The option {key}", float("-inf"))
    return options


def _units(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or not all(
        key in MEASURES and isinstance(value, str) for key, value in given.items()
    ):
        raise StimulusError(
            f"The units of a drive are {echoed(given)}; give those of {listed(MEASURES)}."
        )
    return dict(given)
