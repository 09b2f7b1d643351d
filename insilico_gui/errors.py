"""Errors whose message is one sentence a user can act on.

Every error that bad input can cause derives from :class:`InsilicoError`. Its text names
the thing, says what is wrong with it and what to do; the window shows that sentence and
the log keeps the traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

MAX_ECHO = 80
"""Length in characters to which values from outside are cut in messages."""

MAX_LISTED = 8
"""Number of names that a message lists; further ones are counted."""

MAX_MESSAGE = 800
"""Length in characters; of a longer message the middle is left out."""


def quoted(value: object, marks: str = "'") -> str:
    """A value from outside for a message: on one line, cut, between quotation `marks`."""
    try:
        text = str(value)[: MAX_ECHO + 1]
    # Whole numbers of thousands of digits have no str; other objects may raise anything
    except Exception:
        text = f"a {type(value).__name__}"
    shown = _one_line(text)
    if len(shown) > MAX_ECHO:
        shown = f"{shown[: MAX_ECHO - 3]}..."
    return f"{marks}{shown}{marks}"


def echoed(value: object) -> str:
    """The ``repr`` of a value from outside, cut as by :func:`quoted`."""
    try:
        text = repr(value)
    except Exception:  # as of whole numbers of thousands of digits
        text = f"a {type(value).__name__}"
    return quoted(text, marks="")


def listed(values: Iterable[object], marks: str = "", none: str = "none") -> str:
    """Values from outside for a message: the first few, each as by :func:`quoted`.

    `none` is returned if there are no values.
    """
    given = list(values)
    parts = [quoted(value, marks) for value in given[:MAX_LISTED]]
    if len(given) > MAX_LISTED:
        parts.append(f"and {len(given) - MAX_LISTED} more")
    return ", ".join(parts) or none


def nearest(word: object, known: Iterable[object]) -> str:
    """``" (did you mean 'x'?)"``, of a word that is misspelt.

    "" if nothing that is known resembles it, with upper and lower case taken as one.
    """
    by_lower = {str(name).lower(): str(name) for name in known}
    found = get_close_matches(str(word)[:MAX_ECHO].lower(), by_lower, n=1, cutoff=0.7)
    return f" (did you mean {quoted(by_lower[found[0]])}?)" if found else ""


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class InsilicoError(Exception):
    """Base of all errors that insilico_gui raises on purpose.

    The message is one line of at most :data:`MAX_MESSAGE` characters.

    Parameters
    ----------
    *args : object
        One sentence: what, why, what to do.
    in_window : str, optional
        The sentence for the window, if the remedy there is another one than in Python
        and on the command line.
    """

    def __init__(self, *args: object, in_window: str | None = None) -> None:
        if len(args) == 1 and isinstance(args[0], str):
            args = (_short(args[0]),)
        super().__init__(*args)
        self.in_window = None if in_window is None else _short(in_window)


def _short(message: str) -> str:
    if len(message) > MAX_MESSAGE:
        end = MAX_MESSAGE // 3
        message = f"{message[: MAX_MESSAGE - end - 5]} ... {message[-end:]}"
    return _one_line(" ".join(message.splitlines()))


class SessionError(InsilicoError):
    """A session cannot be found, read or opened."""


class WeightsError(SessionError):
    """Weights or tables of a session are damaged, incomplete or do not fit together."""


class UntrustedFileError(InsilicoError):
    """A file carries something other than plain data and was not loaded."""


class DeviceError(InsilicoError):
    """The requested compute device does not exist or cannot be used."""


class StimulusError(InsilicoError):
    """A stimulus cannot be read, built or converted."""


class BehaviorError(InsilicoError):
    """Behaviour traces do not fit the session or the stimulus."""


class SelectionError(InsilicoError):
    """A selection names units, areas or fields that the session does not have."""


class EncodingError(InsilicoError):
    """Encoding could not be carried out."""


class EncodingMemoryError(EncodingError):
    """The device ran out of memory even with the smallest chunk."""


class EncodingCancelled(InsilicoError):
    """Encoding was cancelled by the caller.

    Attributes
    ----------
    runs : insilico_gui.encoding.Runs or None
        Of several stimuli, the responses to those that were complete; else None, as no
        response was kept.
    """

    runs: Any = None


class AnalysisError(InsilicoError):
    """Responses and trial table do not allow the analysis."""


class FitError(InsilicoError):
    """A fit, its data, its settings or its checkpoint are wrong, or it failed."""


class ExperimentError(InsilicoError):
    """An experiment, its file or a command on it is wrong."""


class ExportError(InsilicoError):
    """Responses cannot be written to, or read from, a file."""
