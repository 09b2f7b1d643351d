"""Telling by a hash which files a response was computed with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def weights_hash(files: Iterable[Path]) -> str:
    """Hash of the contents of all files, in the order given: ``sha256:...``."""
    digest = hashlib.sha256()
    for path in files:
        with open_input(path, WeightsError) as file:
            while block := file.read(2**20):
                digest.update(block)
    return f"sha256:{digest.hexdigest()}"
