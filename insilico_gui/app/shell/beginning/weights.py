"""Weights that installed twins publish, and their download with progress."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from insilico_gui.errors import InsilicoError
from insilico_gui.opening import twins
from insilico_gui.twin import FetchingTwin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MB = 10**6

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fetchable:
    """A twin whose weights are published.

    Attributes
    ----------
    name : str
    twin : FetchingTwin
    n_bytes : int
        Size of the download; 0 if it is known only once it began.
    """

    name: str
    twin: FetchingTwin
    n_bytes: int = 0

    @property
    def text(self) -> str:
        """Name and size."""
        return (
            f"{self.name} ({self.n_bytes / MB:,.0f} MB)" if self.n_bytes else self.name
        )


def fetchable() -> list[Fetchable]:
    """Every installed twin whose weights can be fetched; imports the twins."""
    found, known = [], twins()
    for name in known:
        try:
            twin = known[name]
        except InsilicoError as error:  # a broken package, which its sessions tell of
            logger.info("%s", error)
            continue
        if isinstance(twin, FetchingTwin):
            found.append(Fetchable(name, twin, int(getattr(twin, "fetch_bytes", 0))))
    return found


def download(one: Fetchable, folder: Path, tell: Callable[..., object]) -> None:
    """Download weights into a folder; tells of it in megabytes.

    Parameters
    ----------
    one : Fetchable
    folder : Path
    tell : callable(done, total, elapsed_s, what)
    """
    began = time.monotonic()
    first: list[int] = []

    def told(done: int, total: int, *_: object) -> None:
        if not first:
            first.append(done)
        # Of a download that goes on there is no rate: the beginning came earlier
        elapsed_s = time.monotonic() - began if first[0] < MB else 0.0
        whole = total or one.n_bytes
        if whole:
            tell(done // MB, max(whole // MB, 1), elapsed_s, "MB")
        else:
            tell(done // MB, 0, elapsed_s)

    one.twin.fetch(folder, on_progress=told)
