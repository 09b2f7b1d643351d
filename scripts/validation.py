"""Measure every declared analysis against a truth, and write the page of the docs.

``scripts/validation`` writes ``docs/reference/validation.md``, with all rows as CSV beside
it. ``--only NAME`` prints the rows of some analyses and ``--quick`` does less of
everything; they write nothing unless a folder is named with ``--output``, in which rows
of other analyses are kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from validating.checks import Settings
from validating.demo import demos
from validating.page import ABOUT, cells, read, write
from validating.running import find_checks, run

from insilico_gui.experiment.analyses import analyses

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def main(arguments: list[str] | None = None) -> int:
    """Run checks; 1 if a number is not what it is held to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="analyses by name")
    parser.add_argument("--quick", action="store_true", help="fewer units and repeats")
    parser.add_argument("--output", type=Path, help="folder of page and table")
    given = parser.parse_args(arguments)
    known = find_checks()
    names = given.only or list(analyses())
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(
            f"There is no check of {', '.join(unknown)}; see validating/of_*.py."
        )
    settings = Settings(given.quick)
    rows = run(names, settings, lambda line: print(line, file=sys.stderr, flush=True))
    folder = given.output or (None if given.only or given.quick else REFERENCE)
    if folder is None:
        for row in rows:
            numbers = "  ".join(cell or "-" for cell in cells(row))
            where = f"{row['session']}, {row['group']}"
            print(
                f"{row['analysis']}: {row['quantity']} [{row['unit']}] {where}  {numbers}"
            )
    else:
        about = about_demo(settings)
        kept = others(folder, names, about) if given.only else []
        order = list(analyses())
        both = sorted(kept + rows, key=lambda row: order.index(row["analysis"]))
        write(folder, both, about)
    missed = [row for row in rows if row["met"] is False]
    for row in missed:
        print(
            f"{row['analysis']}: {row['quantity']} is not {row['bound']}.",
            file=sys.stderr,
        )
    return 1 if missed else 0


def about_demo(settings: Settings) -> dict[str, Any]:
    """What the rows are of."""
    demo = demos(settings)[0]
    return {
        "population": demo.session.attrs["weights_hash"],
        "units": len(demo.rows),
        "units_of_demo": len(demo.session.units),
        "quick": settings.quick,
    }


def others(
    folder: Path, names: list[str], about: dict[str, Any]
) -> list[dict[str, Any]]:
    """Rows of other analyses that are there, of the same units."""
    path = folder / ABOUT
    if not path.exists() or json.loads(path.read_text()) != about:
        return []
    return [row for row in read(folder) if row["analysis"] not in names]


if __name__ == "__main__":
    sys.exit(main())
