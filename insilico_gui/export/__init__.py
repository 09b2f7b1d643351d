"""Export: responses to files that other programs read, and back without loss."""

from __future__ import annotations

from insilico_gui.export.fitting import Kind
from insilico_gui.export.formats import (
    EXPORT_SUFFIXES,
    SUFFIXES,
    Destination,
    check_fit,
    export,
    fitting_suffixes,
    load_responses,
    suffix_of,
)

__all__ = [
    "EXPORT_SUFFIXES",
    "SUFFIXES",
    "Destination",
    "Kind",
    "check_fit",
    "export",
    "fitting_suffixes",
    "load_responses",
    "suffix_of",
]
