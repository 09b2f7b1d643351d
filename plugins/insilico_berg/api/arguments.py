"""Checks of arguments and selections that several models share."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg.errors import (
    InvalidParameterError,
    ParameterTypeError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Selection = dict[str, Any]


def check_selection(
    selection: Mapping[str, Any] | None, keys: Sequence[str], model: str
) -> Selection:
    """A selection without the entries that are None.

    Raises
    ------
    InvalidParameterError
        If it is no dictionary, or has other keys than `keys`.
    """
    if selection is None:
        return {}
    if not isinstance(selection, dict):
        raise ParameterTypeError(
            f"The selection is a {type(selection).__name__}; give a dictionary with any "
            f"of {', '.join(sorted(keys))}."
        )
    unknown = [repr(key) for key in selection if key not in keys]
    if unknown:
        raise InvalidParameterError(
            f"The selection has {', '.join(unknown)}, which {model} does not know; "
            f"valid keys: {', '.join(sorted(keys))}."
        )
    return {key: value for key, value in selection.items() if value is not None}


def check_arguments(
    arguments: Mapping[str, Any], names: Sequence[str], model: str
) -> None:
    """Refuse arguments that a model does not take.

    Raises
    ------
    InvalidParameterError
        Naming those that it takes.
    """
    unknown = [name for name in arguments if name not in names]
    if unknown:
        raise ParameterTypeError(
            f"{model} takes no argument {', '.join(unknown)}; it takes "
            f"{', '.join(names)}."
        )


def subject_of(arguments: Mapping[str, Any], n_subjects: int, model: str) -> int:
    """The subject: a whole number from 1.

    Raises
    ------
    InvalidParameterError
        If it is missing, no whole number, or not one of the subjects.
    """
    valid = f"1 to {n_subjects}"
    subject = arguments.get("subject")
    if subject is None:
        raise ParameterTypeError(
            f"{model} needs the argument subject; give one of {valid}."
        )
    if isinstance(subject, bool) or not isinstance(subject, int | np.integer):
        raise ParameterTypeError(
            f"The subject {subject!r} is a {type(subject).__name__}; give a whole number "
            f"of {valid}."
        )
    if not 1 <= subject <= n_subjects:
        raise InvalidParameterError(
            f"{model} has no subject {subject}; give one of {valid}."
        )
    return int(subject)


def one_name(value: object, names: Sequence[str], key: str) -> str:
    """A name of a list.

    Raises
    ------
    ValidationError
        If it is no text, or not in the list.
    """
    if not isinstance(value, str):
        raise ValidationError(
            f"{key!r} is a {type(value).__name__}; give one name as text, one of "
            f"{', '.join(names)}."
        )
    if value not in names:
        close = [name for name in names if name.lower() == value.lower()]
        close = close or difflib.get_close_matches(value, names, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValidationError(
            f"{key!r} has {value!r}, which is not there{hint}; valid names: "
            f"{', '.join(names)}."
        )
    return value


def chosen(values: object, length: int, key: str) -> NDArray[np.int64]:
    """Where a vector of 0 and 1 is 1, ascending.

    Raises
    ------
    ValidationError
        If it is no list or array, not of this length, has other values, or no 1.
    """
    if not isinstance(values, list | np.ndarray):
        raise ValidationError(
            f"{key!r} is a {type(values).__name__}; give a list or array of {length} "
            "zeros and ones."
        )
    shape = list(np.shape(values)) if isinstance(values, np.ndarray) else [len(values)]
    if shape != [length]:
        raise ValidationError(
            f"{key!r} has the shape {shape}; give {length} zeros and ones."
        )
    if isinstance(values, list):
        binary = all(_is_binary(value) for value in values)
    else:
        binary = values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())
    if not binary:
        raise ValidationError(
            f"{key!r} has values other than 0 and 1; give 1 for what is wanted and 0 for "
            "the rest."
        )
    indices = np.flatnonzero(np.asarray(values))
    if not len(indices):
        raise ValidationError(f"{key!r} has no 1; choose at least one.")
    return indices


def _is_binary(value: object) -> bool:
    number = isinstance(value, bool | int | float | np.bool_ | np.number)
    return number and value in (0, 1)
