"""Checks of the parameters of a stimulus, with errors that name the parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERS = (int, float, np.integer, np.floating)

LARGEST = 2**53  # beyond this, whole numbers are not exact in floating point


def positive_number(value: object, name: str) -> float:
    """Return `value` as a float.

    Raises
    ------
    StimulusError
        If it is not a finite number above 0.
    """
    number = finite_number(value, name)
    if number <= 0:
        raise StimulusError(f"{name} is {value!r}; give a number above 0.")
    return number


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
    raise StimulusError(f"{name} is {value!r}; give a number.")


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
        raise StimulusError(f"{name} is {value!r}; give a whole number, {span}.")
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
        raise StimulusError(f"{name} holds a number twice: {value!r}; leave one out.")
    return values


def one_of(value: object, name: str, choices: Sequence[str]) -> None:
    """Raise StimulusError if `value` is none of `choices`."""
    if value not in choices:
        raise StimulusError(f"{name} is {value!r}; use {' or '.join(choices)}.")


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
            f"{name} is {value!r}; give a number from {lowest:g} to {highest:g}."
        )
    return number


def position(value: object, name: str) -> tuple[float, float]:
    """Return stimulus coordinates x and y, each -1..1.

    Raises
    ------
    StimulusError
        If it is something else.
    """
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 2:
        raise StimulusError(f"{name} is {value!r}; give x and y, each from -1 to 1.")
    x, y = value
    return within(x, f"x of {name}", -1, 1), within(y, f"y of {name}", -1, 1)
