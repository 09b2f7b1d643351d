"""The page of the docs, and the rows as a table for other programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from validating.demo import AREAS, EDGE, NAMES
from validating.notes import INTRODUCTION, NOTES

NUMBERS = ("truth", "measured", "bias", "spread", "error", "failed")
DIGITS = 4
PAGE, TABLE, ABOUT = "validation.md", "validation.csv", "validation.json"


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose numbers have as many digits as they are good for."""
    return {
        key: float(f"{value:.{DIGITS}g}") + 0.0
        if isinstance(value, float) and key in NUMBERS
        else value
        for key, value in row.items()
    }


def number(value: float | None, signed: bool = False) -> str:
    """A number in a cell; nothing for none."""
    if value is None:
        return ""
    if abs(value) < 5e-7:
        return "0"
    return f"{value:+.2g}" if signed else f"{value:.3g}"


def write(folder: Path, rows: Sequence[dict[str, Any]], about: dict[str, Any]) -> None:
    """Write page, table and what they were made of."""
    kept = [rounded(row) for row in rows]
    with (folder / TABLE).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
    (folder / PAGE).write_text("\n".join(page(kept, about)) + "\n")


def read(folder: Path) -> list[dict[str, Any]]:
    """Rows of the table in a folder; none if there is no table."""
    if not (folder / TABLE).exists():
        return []
    with (folder / TABLE).open(newline="") as file:
        return [typed(row) for row in csv.DictReader(file)]


def typed(row: dict[str, str]) -> dict[str, Any]:
    """A row of text as the row that was written."""
    found: dict[str, Any] = dict(row)
    found |= {name: float(row[name]) if row[name] else None for name in NUMBERS}
    found["units"] = int(row["units"])
    found["met"] = {"True": True, "False": False}.get(row["met"])
    return found


def page(rows: Sequence[dict[str, Any]], about: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    names = list(dict.fromkeys(row["analysis"] for row in rows))
    lines = ["# Truth, measured, bias, spread", "", INTRODUCTION.strip(), ""]
    lines += [
        f"Made with {about['units']} of the {about['units_of_demo']} units of `demo` and "
        f"`demo/noisy`; at the edge, `rf_x` or `rf_y` is beyond {EDGE}; the population "
        f"is `{about['population'][:19]}`.",
        "",
        "## Numbers that are held to",
        "",
        *held(rows),
    ]
    for name in names:
        own = [row for row in rows if row["analysis"] == name]
        lines += ["", f"## {name[0].upper()}{name[1:]}", ""]
        if note := NOTES.get(name):
            lines += [note.strip(), ""]
        lines += of_demo(own) + of_seeded(own)
        if lines[-1] == "":
            lines.pop()
    return lines


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> list[str]:
    """A table in Markdown."""
    head = list(head)
    rows = [head, ["---"] * len(head), *body]
    return [f"| {' | '.join(cells)} |" for cells in rows]


def held(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of numbers with a bound."""
    head = (
        "analysis",
        "quantity",
        "session",
        "group",
        "units",
        "bound",
        "found",
        "met",
    )
    body = []
    for row in rows:
        if row["bound"]:
            of = row["bound"].split()[0]
            body.append(
                (
                    row["analysis"],
                    quantity(row),
                    row["session"],
                    row["group"],
                    str(row["units"]),
                    row["bound"],
                    number(row[of], signed=of == "bias"),
                    "yes" if row["met"] else "**no**",
                )
            )
    return table(head, body)


def quantity(row: dict[str, Any]) -> str:
    """What was measured, with its unit."""
    name, _, rest = row["quantity"].partition(", ")
    said = f"`{name}`" + (f", {rest}" if rest else "")
    return f"{said} ({row['unit']})" if row["unit"] else said


def cells(row: dict[str, Any]) -> list[str]:
    """The numbers of a row."""
    failed = "" if not row["failed"] else f"{100 * row['failed']:.3g} %"
    return [
        str(row["units"]),
        number(row["truth"]),
        number(row["measured"]),
        number(row["bias"], signed=True),
        number(row["spread"]),
        number(row["error"]),
        failed,
    ]


NUMBER_HEAD = ("units", "truth", "measured", "bias", "spread", "error", "failed")


def of_demo(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of the demo sessions: a row inside and one at the edge."""
    found = {
        (row["quantity"], row["session"], row["group"]): row
        for row in rows
        if row["session"] in NAMES and row["group"] != "all"
    }
    if not found:
        return []
    head = ("quantity", "session", "where", *NUMBER_HEAD)
    areas = [f"bias {area}" for area in AREAS]
    body = []
    for (name, session, group), row in found.items():
        if ", " in group:
            continue
        by_area = [found.get((name, session, f"{area}, {group}")) for area in AREAS]
        biases = ["" if one is None else number(one["bias"], True) for one in by_area]
        body.append(
            (quantity(row), session, group, *cells(row), *biases, row["truth_is"])
        )
    return [*table((*head, *areas, "truth is from"), body), ""]


def of_seeded(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of units that were made for an analysis, and of whole populations."""
    chosen = [r for r in rows if r["session"] not in NAMES or r["group"] == "all"]
    if not chosen:
        return []
    head = ("quantity", "of", *NUMBER_HEAD, "truth is from")
    body = [
        (
            quantity(row),
            row["session"] + ("" if row["group"] == "all" else f", {row['group']}"),
            *cells(row),
            row["truth_is"],
        )
        for row in chosen
    ]
    return [*table(head, body), ""]
