"""Where the reference numbers of the whole-brain model of Drosophila are."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "drosophila"
