"""Text of strangers: read whole once its size is known, and JSON as plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    import os

MAX_DIGITS = 400
"""A number that is longer is not one that anybody measured or typed."""


class PlainDataError(ValueError):
    """A text is not of its format, or holds more than plain data; says where and why."""


def read_text(
    path: str | os.PathLike[str],
    error: type[InsilicoError],
    *,
    limit: str = "text_bytes",
) -> str:
    """Text of a file in UTF-8, with or without a byte-order mark.

    Raises
    ------
    InsilicoError
        Of the type `error`, as :func:`.door.open_input` does.
    PlainDataError
        If it is no UTF-8.
    """
    with open_input(path, error, limit=limit) as file:
        content = file.read()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise PlainDataError("it is not text in UTF-8") from cause


def read_json(
    path: str | os.PathLike[str], what: str, error: type[InsilicoError]
) -> Any:
    """Plain data of a JSON file; see :func:`read_text` and :func:`parse_json`."""
    return parse_json(read_text(path, error), what, error)


def parse_json(
    text: str | bytes,
    what: str,
    error: type[InsilicoError],
    *,
    strict: bool = False,
    entries: str = "text_entries",
) -> Any:
    """Plain data of a JSON text.

    Parameters
    ----------
    text : str or bytes
    what : str
        Whose text it is, for the error.
    error : type
        Raised for more entries than the limit `entries`, before they are made.
    strict : bool
        Also refuse NaN, infinity, and numbers of more than :data:`MAX_DIGITS` digits.

    Raises
    ------
    PlainDataError
        If it is no JSON, nested too deeply, or has a name twice.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            raise PlainDataError("it is not text in UTF-8") from cause
    # A list or mapping takes some times the memory of a number
    openings = text.count("[") + text.count("{")
    refuse_above(entries, text.count(",") + 4 * openings, what, error)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant if strict else None,
            parse_int=_integer if strict else None,
        )
    except json.JSONDecodeError as cause:
        raise PlainDataError(f"line {cause.lineno}: {cause.msg}") from cause
    except RecursionError as cause:
        raise PlainDataError("it is nested too deeply") from cause
    except PlainDataError:
        raise
    except ValueError as cause:  # Python reads no number of thousands of digits
        raise PlainDataError("it holds a number of thousands of digits") from cause


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise PlainDataError(f"{quoted(key)} is there twice")
            seen.add(key)
    return values


def _no_constant(word: str) -> None:
    raise PlainDataError(f"{word} is no number")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise PlainDataError(f"it holds a number of {len(digits)} digits")
    return int(digits)
