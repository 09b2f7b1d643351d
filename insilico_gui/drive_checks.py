"""The check of drives against the description of a session."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from insilico_gui.drive import n_windows
from insilico_gui.errors import InsilicoError, StimulusError, listed, quoted
from insilico_gui.stimuli.core.drive_bases import Constant, Recorded
from insilico_gui.stimuli.core.drive_parts import Cut, Silence, Stimulate
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from insilico_gui.drive import DriveDescription, DriveOption, DriveSession
    from insilico_gui.stimuli.core.drive import Drive, OptionValue
    from insilico_gui.stimuli.core.drive_bases import Base
    from insilico_gui.stimuli.core.drive_parts import Event

_ROUNDING = 1e-9


def check_drive(session: DriveSession, drive: Drive) -> Drive:
    """A drive that a session takes, with everything that has a default.

    Parameters
    ----------
    session : DriveSession
    drive : Drive

    Returns
    -------
    Drive
        With a duration, a window, a step, all options and the name of its recording.

    Raises
    ------
    StimulusError
        If a channel, group, region, recording or option is not known, a unit is another
        one, or a time or value is out of range.
    InsilicoError
        As :meth:`DriveSession.elements` does.
    """
    about, owner = session.description, session.id
    for measure, unit in (
        ("base", about.channel_unit),
        ("strength", about.strength_unit),
    ):
        given = drive.units.get(measure, unit)
        if given != unit:
            raise StimulusError(
                f"The {measure} of {quoted(drive.name)} is given in {quoted(given)} and "
                f"{owner} takes it in {quoted(unit)}; convert its values."
            )
    base, length = _checked_base(about, drive, owner)
    duration = drive.duration_s or length
    if duration is None:
        raise StimulusError(
            f"{quoted(drive.name)} has a constant base and no duration; give duration_s."
        )
    step = _within("step", drive.step_s, about.step_s, about.step_low, about.step_high)
    window = _within(
        "window", drive.window_s, about.window_s, about.window_low, about.window_high
    )
    if window < step or duration < step:
        raise StimulusError(
            f"A window of {window:g} s and a duration of {duration:g} s are not both at "
            f"least one step, {step:g} s."
        )
    complete = replace(
        drive,
        base=base,
        duration_s=duration,
        window_s=window,
        step_s=step,
        options=_checked_options(about, drive, owner),
    )
    refuse_above(
        "frames", n_windows(complete), f"The responses to {drive.name}", StimulusError
    )
    for event in drive.events:
        _check_event(session, event, duration, step)
    return complete


def _within(
    what: str, given: float | None, default: float, low: float, high: float
) -> float:
    value = default if given is None else given
    if not low * (1 - _ROUNDING) <= value <= high * (1 + _ROUNDING):
        raise StimulusError(
            f"A {what} of {value:g} s is not {_range(low, high)} s; {default:g} s is "
            "usual."
        )
    return value


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def _checked_base(
    about: DriveDescription, drive: Drive, owner: str
) -> tuple[Base, float | None]:
    """The base, and the length (s) of its samples."""
    base = drive.base
    if isinstance(base, Recorded):
        known = about.recording(base.recording, owner)
        stop = known.n_samples if base.stop is None else base.stop
        if not base.start < stop <= known.n_samples:
            raise StimulusError(
                f"{known.name} of {owner} has samples 0 to {known.n_samples - 1}, and "
                f"{base.start} to {stop - 1} were asked for; choose among those."
            )
        length = (stop - base.start) * known.interval_s
        return Recorded(known.name, base.start, stop), length
    columns = base.values if isinstance(base, Constant) else base.columns
    for name, values in columns.items():
        if name not in about.channels:
            raise StimulusError(
                f"{owner} has no channel {quoted(name)} to be driven; the channels are "
                f"{listed(about.channels)}."
            )
        given = (values,) if isinstance(values, float) else values
        _check_values(about, name, given, owner)
    _check_values(about, "others", (base.others,), owner)
    if isinstance(base, Constant):
        return base, None
    return base, base.n_samples * base.interval_s


def _check_values(
    about: DriveDescription, name: str, values: Sequence[float], owner: str
) -> None:
    for value in values:
        if not about.channel_low <= value <= about.channel_high:
            raise StimulusError(
                f"The drive of {quoted(name)} is {value:g} {about.channel_unit}; {owner} "
                f"takes values that are {_range(about.channel_low, about.channel_high)}."
            )


def _checked_options(
    about: DriveDescription, drive: Drive, owner: str
) -> dict[str, OptionValue]:
    known = {option.name: option for option in about.options}
    for name, value in drive.options.items():
        if name not in known:
            raise StimulusError(
                f"{owner} has no option {quoted(name)}; there are {listed(known)}."
            )
        _check_option(known[name], value)
    return {name: drive.options.get(name, o.default) for name, o in known.items()}


def _check_option(option: DriveOption, value: OptionValue) -> None:
    if option.kind == "switch":
        fits, words = isinstance(value, bool), "true or false"
    elif option.kind == "choice":
        fits, words = value in option.values, f"one of {listed(option.values)}"
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and option.low <= float(value) <= option.high
        words = f"a number, {_range(option.low, option.high)}"
    if not fits:
        raise StimulusError(
            f"The option {option.name} of a drive is {quoted(value)}; give {words}."
        )


def _check_event(
    session: DriveSession, event: Event, duration: float, step: float
) -> None:
    about, owner = session.description, session.id
    if isinstance(event, Cut):
        if event.region not in about.regions:
            raise StimulusError(
                f"{owner} has no region {quoted(event.region)} to cut; there are "
                f"{listed(about.regions)}."
            )
        return
    _check_target(session, event)
    if event.onset_s >= duration:
        raise StimulusError(
            f"The event '{event}' begins at {event.onset_s:g} s, after the drive has ended "
            f"({duration:g} s); begin earlier, or give a longer duration_s."
        )
    if isinstance(event, Stimulate):
        highest = min(about.rate_high, 1 / step)  # an event in each step
        if event.rate_hz > highest * (1 + _ROUNDING):
            raise StimulusError(
                f"The event '{event}' has a rate above {highest:g} Hz, the most that "
                f"{owner} takes in steps of {step:g} s; give a lower one."
            )
        if not about.strength_low <= event.strength <= about.strength_high:
            raise StimulusError(
                f"The event '{event}' has a strength of {event.strength:g} "
                f"{about.strength_unit}, and {owner} takes "
                f"{_range(about.strength_low, about.strength_high)}."
            )


def _check_target(session: DriveSession, event: Stimulate | Silence) -> None:
    about, target = session.description, event.target
    for kind, name in target.groups.items():
        names = about.groups.get(kind)
        if names is None:
            raise StimulusError(
                f"{session.id} has no groups by {quoted(kind)}; choose "
                f"{listed(about.groups)}, or give ids."
            )
        if name not in names:
            raise StimulusError(
                f"{session.id} has no {kind} {quoted(name)}; there are {listed(names)}."
            )
    if target.share is not None and not set(target.groups) & set(about.shared):
        raise StimulusError(
            f"A share is of a group by {listed(about.shared)}; leave it out of the "
            f"target of '{event}'."
        )
    try:
        session.elements(target)
    except InsilicoError:
        raise
    except (ValueError, OverflowError, TypeError) as error:
        raise StimulusError(
            f"{session.id} cannot find the elements of '{event}'; check its ids."
        ) from error
