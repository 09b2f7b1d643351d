"""How objects show themselves in a notebook: small tables and pictures, as HTML.

Names come from files of strangers: every text goes through :func:`text_of`, which escapes
it, and pictures are embedded, so that nothing is fetched when HTML is shown.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

LONGEST = 120
"""Characters of a cell; what is longer is cut."""

MOST_ROWS = 40
"""Rows of a table; of more, the rest is counted."""

CELL = "text-align:left"
MUTED = "opacity:0.65"


def text_of(value: object, longest: int = LONGEST) -> str:
    """Any value as text of HTML: escaped, on one line, and cut."""
    try:
        text = str(value)
    except Exception:  # as of whole numbers of thousands of digits
        text = f"a {type(value).__name__}"
    text = " ".join(text[: longest + 1].split())
    if len(text) > longest:
        text = f"{text[: longest - 3]}..."
    return escape(
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def card(
    title: object,
    rows: Mapping[str, object],
    *,
    pictures: str = "",
    tables: Sequence[str] = (),
) -> str:
    """An object in a notebook: what it is, what is known of it, and pictures.

    Parameters
    ----------
    title : object
        What it is, in a line.
    rows : mapping of str to object
        Facts by their names; empty ones are left out.
    pictures : str
        From :func:`picture`.
    tables : sequence of str
        HTML from :func:`table` and :func:`folded`, below the facts.
    """
    known = {name: value for name, value in rows.items() if value not in ("", None)}
    facts = "".join(
        f'<tr><td style="{CELL};{MUTED}">{text_of(name)}</td>'
        f'<td style="{CELL}">{text_of(value)}</td></tr>'
        for name, value in known.items()
    )
    below = "".join(tables)
    return (
        '<div class="insilico-gui" style="display:inline-block;max-width:100%">'
        f"<div><b>{text_of(title)}</b></div>"
        f'<div style="display:flex;gap:16px;align-items:flex-start">'
        f'<table style="border:none;margin:2px 0">{facts}</table>'
        f"<div>{pictures}</div></div>{below}</div>"
    )


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table of texts; of many rows the first ones."""
    every = list(rows)
    head = "".join(f'<th style="{CELL}">{text_of(cell, 60)}</th>' for cell in header)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{CELL}">{text_of(cell, 60)}</td>' for cell in row)
        + "</tr>"
        for row in every[:MOST_ROWS]
    )
    rest = len(every) - MOST_ROWS
    more = f'<div style="{MUTED}">and {rest:,} more</div>' if rest > 0 else ""
    return (
        f'<table style="margin:4px 0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{more}"
    )


def folded(summary: object, content: str) -> str:
    """HTML that is shown when its summary is clicked."""
    return f"<details><summary>{text_of(summary)}</summary>{content}</details>"


def picture(pixels: NDArray[np.uint8], alt: str = "") -> str:
    """An embedded picture, uint8 [H, W] or [H, W, 3]."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    height, width = pixels.shape[:2]
    return (
        f'<img alt="{text_of(alt)}" width="{width}" height="{height}" '
        f'style="margin-right:2px" src="data:image/png;base64,{data}">'
    )


def smaller(frame: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A frame [H, W] or [H, W, 3] within these pixels, its aspect kept."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(frame))
    image.thumbnail((width, height), Image.Resampling.BOX)
    return np.asarray(image)


def count_of(numbers: Mapping[Any, int], longest: int = 8) -> str:
    """Counts in words, the largest first: ``"V1 823, RL 533"``."""
    ordered = sorted(numbers.items(), key=lambda one: -one[1])
    words = [f"{quoted(name, '')} {n:,}" for name, n in ordered[:longest]]
    if len(ordered) > longest:
        words.append(f"and {len(ordered) - longest} more")
    return ", ".join(words)
