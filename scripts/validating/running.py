"""Running checks: all of them, or those of some analyses."""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from validating.checks import CHECKS, Settings

PREFIX = "of_"


def find_checks() -> dict[str, Any]:
    """Checks by the name of their analysis; importing the files registers them."""
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if info.name.startswith(PREFIX):
            import_module(f"validating.{info.name}")
    return CHECKS


def run(
    names: Sequence[str],
    settings: Settings,
    tell: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Rows of the checks of some analyses, on one core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = []
    try:
        for name in names:
            for check in CHECKS[name]:
                start = time.process_time()
                for quantity in check(settings):
                    rows += quantity.rows(name)
                seconds = time.process_time() - start
                tell(f"{name}: {check.__name__} {seconds:.1f} s")
    finally:
        torch.set_num_threads(threads)
    return rows
