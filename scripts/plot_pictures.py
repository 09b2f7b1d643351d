"""Draw the pictures of docs/reference/plot.md, with the code of that page.

Each picture is the figure of the block of code before it. ``scripts/tour`` runs it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "reference" / "plot.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n!\[[^]]*\]\(([^)]+)\))?", re.M | re.S)
DPI = 90


def draw(page: Path = PAGE) -> dict[str, Any]:
    """Figures of the page, by the path of their picture; runs all of its code."""
    names: dict[str, Any] = {}
    found = {}
    for code, picture in BLOCK.findall(page.read_text()):
        compiled = compile(code, str(page), "exec")
        exec(compiled, names)  # noqa: S102 - the code of our own page
        if picture:
            found[picture] = plt.gcf()
    return found


def main() -> None:
    """Write the pictures."""
    for picture, figure in draw().items():
        figure.savefig(PAGE.parent / picture, dpi=DPI)
        print(picture)


if __name__ == "__main__":
    main()
