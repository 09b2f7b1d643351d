"""The blocks of code of a page or a notebook, with the mark that stands before each.

A mark is an HTML comment on the line before a block: ``<!-- not run: REASON -->``,
``<!-- file: NAME -->`` for a block that is a file of the reader, and
``<!-- given: NAME, NAME -->`` for what lies in the folder beside it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(
    r"(?:^<!-- (?P<mark>not run|file|given): (?P<value>[^\n]+) -->\n\n?)?"
    r"^(?P<fence>```+)(?P<language>[^\n]*)\n(?P<code>.*?)^(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)
MARK = re.compile(r"^<!-- (?:not run|file|given): ", re.MULTILINE)

RUN = ("python", "bash")


@dataclass(frozen=True)
class Block:
    """One block; `line` is that of its fence, from 1."""

    page: Path
    line: int
    language: str
    code: str
    mark: str
    value: str

    @property
    def is_run(self) -> bool:
        """Whether it is run, rather than left out or written to a file."""
        return self.language in RUN and self.mark not in ("not run", "file")

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line} ({self.language})"


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page, in order: of a notebook its cells, without directives."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        text = as_markdown(json.loads(text))
    found = []
    marks = 0
    for match in FENCE.finditer(text):
        marks += match["mark"] is not None
        if match["language"].startswith("{"):
            continue
        line = text.count("\n", 0, match.start("fence")) + 1
        found.append(
            Block(
                page,
                line,
                match["language"],
                match["code"],
                match["mark"] or "",
                match["value"] or "",
            )
        )
    assert marks == len(MARK.findall(text)), f"{page.name}: a mark is at no block"
    return found


def as_markdown(notebook: dict[str, Any]) -> str:
    """The cells of a notebook, those of code as blocks of Python."""
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        is_code = cell["cell_type"] == "code"
        cells.append(f"```python\n{source}\n```" if is_code else source)
    return "\n\n".join(cells) + "\n"


def given_to(blocks: list[Block]) -> list[str]:
    """Names of what is given to a page, in order."""
    values = [block.value for block in blocks if block.mark == "given"]
    return [name for value in values for name in value.split(", ")]
