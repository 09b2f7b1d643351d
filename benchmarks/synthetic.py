"""A scan with random weights, in the published layout.

python benchmarks/synthetic.py FOLDER [UNITS]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

SCAN = (8, 5)
SESSION = "wang2025/session-8_scan-5"
SEED = 101


def write_weights(folder: Path, units: int = 8000) -> None:
    """Make the folder that :data:`SESSION` can be opened from."""
    from support.wang2025_synthetic import write_params, write_tables

    write_params(folder, SEED, units, SCAN)
    write_tables(folder, units, SCAN)


if __name__ == "__main__":
    write_weights(Path(sys.argv[1]), *map(int, sys.argv[2:]))
