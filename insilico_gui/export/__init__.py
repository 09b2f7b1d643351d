"""Export: responses to files that other programs read, and back without loss."""

from __future__ import annotations

from insilico_gui.export.formats import SUFFIXES, export, load_responses

__all__ = ["SUFFIXES", "export", "load_responses"]
