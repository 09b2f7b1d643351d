"""Checks of the parameters of a stimulus, with errors that name the parameter."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import StimulusError, echoed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_gui.stimuli.core.display import Display

_NUMBERS = (int, float, np.integer, np.floating)

MAX_SIZE_DEG = 360.0

LARGEST = 2**53  # beyond this, whole numbers are not exact in floating point


def at_most(bound: float, *, below: bool = False) -> str:
    """The largest number of few digits that is not above `bound`, or is below it.

    A message that offers a number offers one that is accepted: rounding to the nearest
    may land on the wrong side.
    """
    return _few_digits(bound, -1, below)


def at_least(bound: float) -> str:
    """The smallest number of few digits that is not below `bound`; see :func:`at_most`."""
    return _few_digits(bound, 1, False)


def _few_digits(bound: float, towards: int, strictly: bool) -> str:
    """`bound` in four digits, one unit of the last `towards` it if it was passed."""
    nearest = Decimal(f"{bound:.3e}")
    passed = (float(nearest) - bound) * towards
    if passed < 0 or (strictly and passed == 0):
        nearest += towards * Decimal(1).scaleb(nearest.adjusted() - 3)
    return f"{float(nearest):.6g}"


def positive_number(value: object, name: str) -> float:
    """Return `value` as a float.

    Raises
    ------
    StimulusError
        If it is not a finite number above 0.
    """
    number = finite_number(value, name)
    if number <= 0:
        raise StimulusError(f"{name} is {echoed(value)}; give a number above 0.")
    return number


def contrast_above_zero(value: object) -> float:
    """Return a contrast as a float.

    Raises
    ------
    StimulusError
        If it is not a number above 0, to 1.
    """
    return positive_number(within(value, "contrast", 0, 1), "contrast")


def finite_number(value: object, name: str) -> float:
    """Return `value` as a float.

    Raises
    ------
    StimulusError
        If it is not a finite number.
    """
    # bool is an int to Python, and NaN fails every comparison
    if not isinstance(value, bool) and isinstance(value, _NUMBERS):
        if -LARGEST <= value <= LARGEST:
            return float(value) + 0.0  # no -0.0: equal specs have equal hashes
    raise StimulusError(f"{name} is {echoed(value)}; give a number.")


def whole_number(value: object, name: str, lowest: int, highest: int = LARGEST) -> int:
    """Return `value` as an int.

    Raises
    ------
    StimulusError
        If it is not a whole number from `lowest` to `highest`.
    """
    number = finite_number(value, name)
    if number != int(number) or not lowest <= number <= highest:
        span = f"at least {lowest}" if highest == LARGEST else f"{lowest} to {highest}"
        raise StimulusError(f"{name} is {echoed(value)}; give a whole number, {span}.")
    return int(number)


def numbers(value: object, name: str) -> tuple[float, ...]:
    """Return one number, or a sequence of different ones, as a tuple.

    Raises
    ------
    StimulusError
        If it is empty, or holds something else or the same number twice.
    """
    parts = value if isinstance(value, list | tuple | np.ndarray) else [value]
    values = tuple(finite_number(part, name) for part in parts)
    if not values:
        raise StimulusError(f"{name} is empty; give at least one number.")
    if len(set(values)) < len(values):
        raise StimulusError(
            f"{name} holds a number twice: {echoed(value)}; leave one out."
        )
    return values


def one_of(value: object, name: str, choices: Sequence[str]) -> None:
    """Raise StimulusError if `value` is none of `choices`."""
    if value not in choices:
        raise StimulusError(f"{name} is {echoed(value)}; use {' or '.join(choices)}.")


def choices(value: object, name: str, offered: Sequence[str]) -> tuple[str, ...]:
    """Return one or several different words out of `offered`, as a tuple.

    Raises
    ------
    StimulusError
        If there is none, an unknown one, or the same twice.
    """
    parts = value if isinstance(value, list | tuple) else (value,)
    for part in parts:
        one_of(part, name, offered)
    if not parts or len(set(parts)) < len(parts):
        raise StimulusError(
            f"{name} is {echoed(value)}; give {', '.join(offered)}, each at most once."
        )
    return tuple(parts)


def numbers_within(
    value: object, name: str, lowest: float, highest: float
) -> tuple[float, ...]:
    """Return one or several different numbers from `lowest` to `highest`.

    Raises
    ------
    StimulusError
        If there is none, or one is something else.
    """
    return tuple(within(n, name, lowest, highest) for n in numbers(value, name))


def whole_numbers(
    value: object, name: str, lowest: int, highest: int
) -> tuple[int, ...]:
    """Return one or several different whole numbers from `lowest` to `highest`.

    Raises
    ------
    StimulusError
        If there is none, or one is something else.
    """
    given = numbers(value, name)
    return tuple(whole_number(number, name, lowest, highest) for number in given)


def angles_modulo(value: object, name: str, period: float) -> tuple[float, ...]:
    """Return different angles in degrees, brought to 0..`period`.

    Raises
    ------
    StimulusError
        If there is none, one is no number, or two are the same angle.
    """
    # Once is not enough: -1e-300 % 360 is 360
    brought = [angle % period % period for angle in numbers(value, name)]
    return numbers(brought, name)


def evenly_spaced(value: object, name: str, period: float) -> tuple[float, ...]:
    """Return the angles given, or so many of them from 0 up if a count is given.

    Raises
    ------
    StimulusError
        If `value` is neither a sequence of numbers nor a count from 1 to 360.
    """
    if isinstance(value, list | tuple | np.ndarray):
        return numbers(value, name)
    n = whole_number(value, name, 1, 360)
    return tuple(period * k / n for k in range(n))


def frequencies(
    value: object, name: str, highest: float, unit: str
) -> tuple[float, ...]:
    """Return one or several different frequencies that can be shown.

    At half the sampling rate a wave that moves one way is the same as one that moves the
    other way, so `highest` itself is refused.

    Raises
    ------
    StimulusError
        If one is not above 0 and below `highest`; `unit` says of what and why.
    """
    given = numbers(value, name)
    for frequency in given:
        if not 0 < frequency < highest:
            raise StimulusError(
                f"A {name} of {frequency:g} cannot be shown; give one above 0 and up to "
                f"{at_most(highest, below=True)} {unit}."
            )
    return given


def spatial_frequencies(value: object, display: Display) -> tuple[float, ...]:
    """Return ``spatial_frequency``, checked against the pixels of a display."""
    highest = 0.5 / max(display.degrees_per_pixel)
    unit = "cycles per degree, below half a cycle per pixel of this display"
    return frequencies(value, "spatial_frequency", highest, unit)


def temporal_frequencies(
    value: object, frame_rate: float, name: str = "temporal_frequency"
) -> tuple[float, ...]:
    """Return frequencies in Hz, checked against the frame rate."""
    return frequencies(value, name, frame_rate / 2, "Hz, below half the frame rate")


def at_least_a_frame(value: object, name: str, frame_rate: float) -> float:
    """Return a duration in seconds.

    Raises
    ------
    StimulusError
        If it is rounded to no frame at all.
    """
    duration = positive_number(value, name)
    if round(duration * frame_rate) < 1:
        raise StimulusError(
            f"{name} is {duration:g}, less than a frame at {frame_rate:g} "
            f"Hz; give at least {at_least(1 / frame_rate)} s."
        )
    return duration


def within(value: object, name: str, lowest: float, highest: float) -> float:
    """Return `value` as a float.

    Raises
    ------
    StimulusError
        If it is not a number from `lowest` to `highest`.
    """
    number = finite_number(value, name)
    if not lowest <= number <= highest:
        raise StimulusError(
            f"{name} is {echoed(value)}; give a number from {at_least(lowest)} to "
            f"{at_most(highest)}."
        )
    return number


def size_in_degrees(value: object, name: str) -> float:
    """Return a size above 0, in degrees of visual angle.

    Raises
    ------
    StimulusError
        If it is not above 0 or makes no sense as an angle.
    """
    return within(positive_number(value, name), name, 0, MAX_SIZE_DEG)


def at_least_a_pixel(size: float, name: str, display: Display) -> None:
    """Raise StimulusError if a size in degrees is less than a pixel of the display."""
    pixel = max(display.degrees_per_pixel)
    if size < pixel:
        raise StimulusError(
            f"{name} is {size:g}, less than a pixel of this display; give at least "
            f"{at_least(pixel)} degrees."
        )


def position(value: object, name: str) -> tuple[float, float]:
    """Return stimulus coordinates x and y, each -1..1.

    Raises
    ------
    StimulusError
        If it is something else.
    """
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 2:
        raise StimulusError(
            f"{name} is {echoed(value)}; give x and y, each from -1 to 1."
        )
    x, y = value
    return within(x, f"x of {name}", -1, 1), within(y, f"y of {name}", -1, 1)
