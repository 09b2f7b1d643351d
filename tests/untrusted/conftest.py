"""A payload that tells whether it was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Payload:
    """Creates a file when it is unpickled by something that trusts it."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (open, (str(self.marker), "w"))


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that exists once the payload has run."""
    return tmp_path / "code-has-run"


@pytest.fixture
def payload(marker: Path) -> Payload:
    return Payload(marker)
