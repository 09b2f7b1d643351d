"""What the page says beside its numbers, from ``notes.md``."""

from __future__ import annotations

from pathlib import Path

_PARTS = Path(__file__).with_suffix(".md").read_text().split("\n## ")

INTRODUCTION = _PARTS[0]

NOTES = dict(part.split("\n", 1) for part in _PARTS[1:])
"""Paragraphs by the name of the analysis."""
