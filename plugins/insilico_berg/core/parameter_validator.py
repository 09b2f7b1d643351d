"""Checks that models share, under their published path and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg.api.arguments import check_selection, chosen, one_name
from insilico_berg.errors import (
    InvalidParameterError,
    ParameterTypeError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray


def validate_subject(subject: Any, valid_subjects: Collection[Any]) -> Any:
    """A subject that is one of a list.

    Raises
    ------
    InvalidParameterError
        If it is not.
    """
    if isinstance(subject, np.integer):
        subject = int(subject)
    valid = list(valid_subjects)
    if type(subject) not in {type(one) for one in valid}:
        raise ParameterTypeError(
            f"The subject {subject!r} is a {type(subject).__name__}; give one of "
            f"{', '.join(map(str, valid))}."
        )
    if subject not in valid:
        raise InvalidParameterError(
            f"There is no subject {subject!r}; give one of {', '.join(map(str, valid))}."
        )
    return subject


def validate_selection_keys(
    selection: Mapping[str, Any] | None, valid_keys: Collection[str]
) -> None:
    """Refuse a selection with keys that are not in a list.

    Raises
    ------
    InvalidParameterError
        Naming those that are.
    """
    check_selection(selection, tuple(valid_keys), "the model")


def validate_channels(channels: Any, valid_channels: Sequence[str]) -> list[str]:
    """A list of names of channels that are all in another list.

    Raises
    ------
    ValidationError
        If it is empty, no list, or names another channel.
    """
    if not isinstance(channels, list | tuple) or not channels:
        raise ValidationError(
            f"'channels' is {channels!r:.80}; give a list of names of channels."
        )
    return [one_name(name, valid_channels, "channels") for name in channels]


def validate_binary_array(
    array: Any, expected_length: int, name: str = "array"
) -> NDArray[np.int64]:
    """A vector of zeros and ones, at least one of them 1.

    Raises
    ------
    ValidationError
        If it is of another length, or has other values.
    """
    chosen(array, expected_length, name)
    return np.asarray(array).astype(np.int64)


def get_selected_indices(array: Any) -> NDArray[np.int64]:
    """Where a vector of zeros and ones is 1, ascending."""
    return np.flatnonzero(np.asarray(array))
