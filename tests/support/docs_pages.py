"""Pages of the documentation, and the code in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def code_blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language, in the order of the page."""
    fences = rf"^```{language}\n(.*?)^```"
    return re.findall(fences, page.read_text(), re.DOTALL | re.MULTILINE)
