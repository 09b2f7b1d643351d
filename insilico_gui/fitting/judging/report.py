"""A judgement on one page: HTML that needs no other file, or PDF. Needs matplotlib."""

from __future__ import annotations

import base64
import html
import io
import os
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import FitError, quoted
from insilico_gui.files import publishing
from insilico_gui.fitting.judging import pictures
from insilico_gui.untrusted.door import as_path

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from insilico_gui.fitting.judging.judgement import Judgement

SUFFIXES = (".html", ".pdf")
_STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;color:#222;max-width:1100px;"
    "margin:2em auto;padding:0 1em}h1{font-size:1.4em}h2{font-size:1.1em;"
    "margin:1.4em 0 .3em}table{border-collapse:collapse;font-size:13px}"
    "td,th{padding:2px 12px 2px 0;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}img{max-width:100%}"
    ".note{background:#fff6dd;padding:.4em .8em}.small{color:#666;font-size:12px}"
)


def check_report(path: str | os.PathLike[str]) -> None:
    """Raise what :func:`write_report` will raise, before anything is computed.

    Raises
    ------
    FitError
        If the name has another suffix, or matplotlib is not installed.
    """
    suffix = as_path(path, FitError).suffix.lower()
    if suffix not in SUFFIXES:
        raise FitError(
            f"{quoted(os.fspath(path))} is no report; end its name in "
            f"{' or '.join(SUFFIXES)}."
        )
    if find_spec("matplotlib") is None:
        raise FitError(
            "A report needs matplotlib, which is not installed; install "
            "insilico-gui[plots]."
        )


def write_report(judgement: Judgement, path: str | os.PathLike[str]) -> None:
    """Write a judgement as one page with pictures; the suffix chooses HTML or PDF.

    Parameters
    ----------
    judgement : Judgement
    path : path
        ``.html`` or ``.pdf``; an older file is replaced.

    Raises
    ------
    FitError
        If the name has another suffix, it cannot be written, or matplotlib is missing.
    """
    check_report(path)
    with publishing(as_path(path, FitError), FitError) as new:
        draw_report(judgement, new)


def draw_report(judgement: Judgement, new: Path) -> None:
    """:func:`write_report` to a name that is written now, and replaces none."""
    if new.suffix.lower() == ".pdf":
        _page(judgement).savefig(new, format="pdf", dpi=200, metadata=_dated())
    else:
        new.write_text(_html(judgement), encoding="utf-8")


def _dated() -> dict[str, Any]:
    """Metadata that are the same for the same content."""
    return {"Title": "Predicted and recorded responses", "CreationDate": None}


def _html(judgement: Judgement) -> str:
    title = f"{judgement.about['session']} judged by {judgement.about['evaluation']}"
    first, medians, *notes = judgement.sentences()
    body = [f"<h1>{_safe(title)}</h1>", f"<p>{_safe(first)}<br>{_safe(medians)}</p>"]
    body += [f"<p class='note'>{_safe(note)}</p>" for note in notes]
    for column in ("area", "field"):
        if column in judgement.table:
            body.append(f"<h2>By {column}</h2>")
            body.append(_html_table(pictures.by_group(judgement.table, column)))
    if not {"area", "field"} & {*judgement.table}:
        body.append(_html_table(pictures.by_group(judgement.table, "area")))
    for heading, figure in _figures(judgement):
        body.append(f"<h2>{_safe(heading)}</h2>")
        body.append(f"<img alt='{_safe(heading)}' src='{_as_png(figure)}'>")
    body.append(f"<p class='small'>{_safe(_source(judgement))}</p>")
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{_safe(title)}</title><style>{_STYLE}</style></head><body>"
        + "\n".join(body)
        + "</body></html>\n"
    )


def _source(judgement: Judgement) -> str:
    about = judgement.about
    weights = about.get("weights_hash")
    return (
        f"{about['variant']}. "
        + (f"Weights {weights}. " if weights else "")
        + f"insilico-gui {version('insilico-gui')}."
    )


def _figures(judgement: Judgement) -> list[tuple[str, Figure]]:
    """The pictures of the HTML page, with their headings."""
    from matplotlib.figure import Figure

    accuracy = Figure((11, 3.2), layout="constrained")
    axes = accuracy.subplots(1, 3)
    pictures.histogram(axes[0], judgement.table, "area")
    pictures.histogram(axes[1], judgement.table, "field")
    pictures.scatter(axes[2], judgement.table)
    found = [("Prediction accuracy", accuracy)]
    rows = pictures.example_units(judgement.table)
    if rows:
        shown = Figure((11, 1.5 * len(rows) + 0.4), layout="constrained")
        _traces(
            shown.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0], judgement
        )
        found.append((_traces_title(judgement), shown))
    raster = Figure((11, 4.2), layout="constrained")
    pair = raster.subplots(1, 2, sharex=True)
    image, by = pictures.rasters(pair, judgement)
    raster.colorbar(image, ax=list(pair), label="response (z)", shrink=0.7)
    found.append((f"Responses, units sorted alike (by {by} of the recording)", raster))
    return found


def _traces_title(judgement: Judgement) -> str:
    clip = judgement.clips[0]
    return (
        f"Example units, clip {clip.name}: {len(clip.recorded)} recorded repeats (grey), "
        "their mean (black), prediction (red)"
    )


def _traces(axes: Any, judgement: Judgement) -> None:
    rows = pictures.example_units(judgement.table)
    for one, row in zip(axes, rows, strict=False):
        pictures.traces(one, judgement.clips[0], judgement.table, row)
    if rows:
        axes[len(rows) - 1].set_xlabel("time (s)")


def _page(judgement: Judgement) -> Figure:
    """All of it on a page of A4."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(rect=(0.04, 0.02, 0.92, 0.96))
    figure = Figure((8.27, 11.69), layout=layout)
    heights = (2.3, 2.2, 3.4, 3.2)
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    head, top, middle, below = [
        figure.add_subfigure(grid[row]) for row in range(len(heights))
    ]
    _head(head, judgement)
    axes = top.subplots(1, 3)
    pictures.histogram(axes[0], judgement.table, "area")
    pictures.histogram(axes[1], judgement.table, "field")
    pictures.scatter(axes[2], judgement.table)
    rows = pictures.example_units(judgement.table)
    shown: list[Axes] = []
    if rows:
        column = middle.subplots(len(rows), 1, sharex=True, squeeze=False)
        shown = list(column[:, 0])
        _traces(shown, judgement)
        middle.suptitle(_traces_title(judgement), fontsize=7)
    pair = below.subplots(1, 2, sharex=True)
    image, by = pictures.rasters(pair, judgement)
    below.suptitle(
        f"Responses, units sorted alike (by {by} of the recording)", fontsize=8
    )
    bar = below.colorbar(image, ax=list(pair), shrink=0.7)
    bar.set_label("response (z)", size=7)
    for one in (*axes, *shown, *pair, bar.ax):
        one.tick_params(labelsize=6)
        for text in (one.title, one.xaxis.label, one.yaxis.label):
            text.set_size(7)
    return figure


def _head(part: Any, judgement: Judgement) -> None:
    """Title, sentences and the table by area."""
    import textwrap

    axes = part.subplots()
    axes.axis("off")
    about = judgement.about
    axes.set_title(
        _plain(f"{about['session']} judged by {about['evaluation']}"), loc="left"
    )
    lines = [*judgement.sentences(), _source(judgement)]
    text = "\n".join(line for one in lines for line in textwrap.wrap(_plain(one), 125))
    axes.text(0, 1, text, va="top", fontsize=7, transform=axes.transAxes)
    table = pictures.by_group(judgement.table, "area")
    cells = [[_cell(value) for value in row] for row in table.to_numpy(object)]
    drawn = axes.table(
        cells,
        rowLabels=[_plain(str(name)) for name in table.index],
        colLabels=list(table.columns),
        loc="lower left",
        cellLoc="right",
        edges="horizontal",
        bbox=(0.08, 0, 0.9, min(0.6, 0.1 * (len(cells) + 1))),
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(7)
    for cell in drawn.get_celld().values():
        cell.set_linewidth(0.3)


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _html_table(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in ("", *table.columns))
    rows = "".join(
        f"<tr><td>{_safe(name)}</td>"
        + "".join(f"<td>{_safe(_cell(value))}</td>" for value in row)
        + "</tr>"
        for name, row in zip(table.index, table.to_numpy(object), strict=True)
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _as_png(figure: Figure) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _safe(text: object) -> str:
    return html.escape(str(text), quote=True)
