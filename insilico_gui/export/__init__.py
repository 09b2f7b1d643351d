"""Export: responses to files that other programs read, and back without loss.

A format is a subclass of :class:`Exporter` in a file of its own; nothing else names it.
What is computed of responses is in :mod:`insilico_gui.analysis`.
"""

from __future__ import annotations

from insilico_gui.export.exporter import Exporter
from insilico_gui.export.fitting import Kind
from insilico_gui.export.formats import (
    Destination,
    check_fit,
    export,
    fitting_suffixes,
    load_responses,
)
from insilico_gui.export.registry import export_suffixes, load_suffixes, suffix_of
from insilico_gui.export.spikes import export_spikes

__all__ = [
    "Destination",
    "Exporter",
    "Kind",
    "check_fit",
    "export",
    "export_spikes",
    "export_suffixes",
    "fitting_suffixes",
    "load_responses",
    "load_suffixes",
    "suffix_of",
]
