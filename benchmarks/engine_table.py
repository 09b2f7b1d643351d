"""Put the measured numbers of the engine into its page.

    python benchmarks/engine_table.py RESULTS.json [docs/benchmarks.md]

Writes what ``engine.py``, ``precision.py``, ``pipeline.py``, ``first_response.py`` and
``memory.py`` put into one JSON file between the page's two marks, in place of what was
there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Row = Mapping[str, Any]


def table(rows: Sequence[Row], columns: Mapping[str, str]) -> list[str]:
    """Lines of a table; `columns` has the heading of each key."""
    lines = [" | ".join(columns.values()), " | ".join("---" for _ in columns)]
    lines += [" | ".join(str(row.get(key, "")) for key in columns) for row in rows]
    return [f"| {line} |" for line in lines]


SECTIONS = {
    "engine": (
        "**Network alone** (float32)",
        {
            "name": "case",
            "peak_gflops": "matmul GFLOP/s",
            "plain_ms": "plain ms",
            "folded_ms": "folded ms",
            "engine_ms": "engine ms",
            "speedup": "times faster than plain",
            "speedup_folded": "times faster than folded",
            "plain_efficiency": "plain efficiency",
            "efficiency": "engine efficiency",
            "error": "largest relative difference",
        },
    ),
    "precision": (
        "**In less than float32** (opt-in)",
        {
            "name": "case",
            "units": "units",
            "float32_ms": "float32 ms",
            "ms": "ms",
            "speedup": "times faster",
            "largest_error": "largest relative difference",
            "median_error": "median",
        },
    ),
    "pipeline": (
        "**From a video file to responses**",
        {
            "name": "video, store",
            "frames": "frames",
            "network_ms": "network alone, ms",
            "everything_ms": "everything, ms",
            "ratio": "ratio",
        },
    ),
    "first response": (
        "**Seconds until responses are on the map**",
        {
            "name": "session",
            "encode_to_response_s": "from pressing Encode",
            "video_to_response_s": "from opening a video",
            "folder_to_response_s": "from opening the folder",
        },
    ),
    "memory": (
        "**Peak memory against the length of the video**",
        {
            "name": "session, video",
            "frames": "frames",
            "peak_mb": "peak, MB",
            "ratio": "ratio to the first",
        },
    ),
}
"""Title and columns of the table of each benchmark."""


def text(results: Mapping[str, Any]) -> str:
    """What goes between the marks."""
    where = results["machine"]
    lines = [
        f"{where['device']}, {where['cores']} cores, torch {where['torch']}, "
        f"{where['date']}; medians of runs in turn, in ms for each frame of each video."
    ]
    for name, (title, columns) in SECTIONS.items():
        if rows := results.get(name):
            lines += ["", title, "", *table(rows, columns)]
            lines += [_saving(row) for row in rows if row.get("selected")]
    return "\n".join(lines)


def _saving(row: Row) -> str:
    """What reading out some units saves."""
    return (
        f"\nReading out {row['selected']} of {row['units']} units takes "
        f"{row['engine_ms']} ms where all take {row['all_units_ms']} ms: "
        f"{round(100 * row['saved'])} % saved."
    )


def main() -> None:
    """Rewrite the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument(
        "page", type=Path, nargs="?", default=Path("docs/benchmarks.md")
    )
    arguments = parser.parse_args()
    page = arguments.page.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        parser.error(f"{arguments.page} needs one {BEGIN} and one {END}")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    measured = text(json.loads(arguments.results.read_text()))
    arguments.page.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}")


if __name__ == "__main__":
    main()
