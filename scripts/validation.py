"""Measure every declared analysis against a truth, and write the page of the docs.

``scripts/validation`` writes ``docs/reference/validation.md`` with the rows as CSV.
``--only NAME`` prints the rows of some analyses, ``--quick`` does less of everything;
both write nothing unless a folder is named with ``--output``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from validating.checks import Settings
from validating.demo import demos
from validating.page import cells, write
from validating.running import find_checks, run

import insilico_gui as ig
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
        demo = demos(settings)[0]
        about = {
            "population": ig.open_session("demo").attrs["weights_hash"],
            "units": len(demo.rows),
            "units_of_demo": len(demo.session.units),
            "quick": given.quick,
            "analyses": names,
        }
        write(folder, rows, about)
    missed = [row for row in rows if row["met"] is False]
    for row in missed:
        print(
            f"{row['analysis']}: {row['quantity']} is not {row['bound']}.",
            file=sys.stderr,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
