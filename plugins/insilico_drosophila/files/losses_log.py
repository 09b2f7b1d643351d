"""The log of a training run, whose first line holds all settings.

That line, ``Namespace(key=value, ...)``, is parsed as Python, and only literals are
admitted: nothing in it is run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import WeightsError, quoted
from insilico_gui.untrusted.text import PlainDataError, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_CHARACTERS = 20_000
_ADVICE = "give the settings as arguments, in a new folder"


def read_settings(path: Path) -> dict[str, Any]:
    """Settings in the first line of ``first-round-losses.txt``.

    Raises
    ------
    WeightsError
        If the line is anything but ``Namespace`` with literals.
    """
    try:
        text = read_text(path, WeightsError)
    except PlainDataError as cause:
        raise WeightsError(
            f"{path.name} cannot be read: {cause}; {_ADVICE}."
        ) from cause
    return parse_settings(text.split("\n", 1)[0].strip(), path.name)


def parse_settings(line: str, name: str) -> dict[str, Any]:
    """Settings of one line; see :func:`read_settings`."""
    if len(line) > _MOST_CHARACTERS:
        raise WeightsError(f"The first line of {name} is too long; {_ADVICE}.")
    try:
        call = ast.parse(line, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as cause:
        raise _no_settings(line, name) from cause
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.func.id != "Namespace"
        or call.args
    ):
        raise _no_settings(line, name)
    settings = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise _no_settings(line, name)
        try:
            settings[keyword.arg] = ast.literal_eval(keyword.value)
        except (
            ValueError,
            TypeError,
            SyntaxError,
            MemoryError,
            RecursionError,
        ) as cause:
            raise WeightsError(
                f"The setting {quoted(keyword.arg)} in the first line of {name} is no "
                f"plain value; {_ADVICE}."
            ) from cause
    return settings


def settings_line(settings: Mapping[str, Any]) -> str:
    """The first line of a log."""
    return f"Namespace({', '.join(f'{k}={v!r}' for k, v in settings.items())})"


def _no_settings(line: str, name: str) -> WeightsError:
    return WeightsError(
        f"The first line of {name} is {quoted(line)} and not Namespace(key=value, ...); "
        f"{_ADVICE}."
    )
