"""Results of several runs in one JSON file."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def add(path: Path, kind: str, row: dict[str, object], device: str = "cpu") -> None:
    """Put a row among those of its kind; it takes the place of one of its name.

    Parameters
    ----------
    path : Path
        Made if need be. Results of several devices need a file each.
    kind : str
    row : dict
        With a "name".
    device : str
        ``"cpu"`` or ``"cuda"``.
    """
    results = json.loads(path.read_text()) if path.exists() else {}
    rows = [old for old in results.get(kind, []) if old["name"] != row["name"]]
    results["machine"] = machine(device)
    results[kind] = [*rows, row]
    path.write_text(json.dumps(results, indent=2) + "\n")


def machine(device: str) -> dict[str, object]:
    """Where results come from."""
    import torch

    name = platform.processor()
    if device == "cuda":
        name = torch.cuda.get_device_name()
    elif Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((x.split(":")[1] for x in lines if "model name" in x), name)
    return {
        "device": name.strip(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
    }
