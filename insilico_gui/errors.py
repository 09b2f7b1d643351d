"""Errors whose message is one sentence a user can act on.

Every error that bad input can cause derives from :class:`InsilicoError`. Its text names
the thing, says what is wrong with it and what to do; the window shows that sentence and
the log keeps the traceback.
"""

from __future__ import annotations


class InsilicoError(Exception):
    """Base of all errors that insilico_gui raises on purpose."""


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
