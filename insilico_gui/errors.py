"""Errors whose message is one sentence a user can act on.

Every error that bad input can cause derives from :class:`InsilicoError`. Its text names
the thing, says what is wrong with it and what to do; the window shows that sentence and
the log keeps the traceback.
"""

from __future__ import annotations

MAX_ECHO = 80
"""A value that came from outside is repeated in a message up to this many characters."""


def quoted(value: object, marks: str = "'") -> str:
    """A value from outside as it stands in a message: on one line, and not too long.

    Parameters
    ----------
    value : object
        Text, or anything whose ``str`` says what it is.
    marks : str
        Put before and after it.
    """
    text = str(value)[: MAX_ECHO + 1]
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    if len(shown) > MAX_ECHO:
        shown = f"{shown[: MAX_ECHO - 3]}..."
    return f"{marks}{shown}{marks}"


class InsilicoError(Exception):
    """Base of all errors that insilico_gui raises on purpose.

    Parameters
    ----------
    *args : object
        One sentence: what, why, what to do.
    in_window : str, optional
        The sentence for somebody in the window, where what to do there is something
        else than in Python or on the command line.
    """

    def __init__(self, *args: object, in_window: str | None = None) -> None:
        super().__init__(*args)
        self.in_window = in_window


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
    """Encoding was cancelled by the caller; no response was kept."""


class AnalysisError(InsilicoError):
    """Responses and trial table do not allow the analysis."""


class ExportError(InsilicoError):
    """Responses cannot be written to, or read from, a file."""
