"""What a twin is: a family of trained models, as the host sees it.

A twin is registered by its distribution under the entry-point group
``insilico_gui.twins``. The entry point's name is the first part of the ids of its
sessions (``demo``, ``family/session-8_scan-5``), and it loads to an object that satisfies
:class:`Twin`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from insilico_gui.progress import OnProgress
from insilico_gui.session import FLOAT32, Session, SessionInfo


class Twin(Protocol):
    """A family of trained models: what an entry point of this group loads to."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Sessions that can be opened from `directory`, without loading weights.

        Returns an empty sequence if nothing in the folder belongs to this twin.
        """
        ...

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load one session; `session_id` is the full id.

        Raises
        ------
        InsilicoError
            One clear sentence on what is missing or wrong.
        """
        ...


@runtime_checkable
class ReducingTwin(Twin, Protocol):
    """A twin some of whose sessions can compute in less than float32.

    Nothing else changes for it: without `precision`, a session is opened in float32.
    """

    def precisions(self, session_id: str, device: str) -> tuple[str, ...]:
        """What a session can compute in on a device.

        The first is ``"float32"``. The others are at least as fast there.
        """
        ...

    def open(
        self,
        session_id: str,
        directory: Path | None,
        device: str,
        precision: str = FLOAT32,
    ) -> Session:
        """Load one session: a ReducedSession, if the precision is another."""
        ...


@runtime_checkable
class FetchingTwin(Twin, Protocol):
    """A twin whose weights are published: ``insilico-gui fetch`` downloads them."""

    def fetch(
        self,
        directory: Path,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Download the weights into `directory`, so that sessions can be opened there.

        Parameters
        ----------
        directory : Path
            Made if it does not exist.
        on_progress : callable(done, total), optional
            In bytes; the whole is 0 while it is not known.

        Raises
        ------
        InsilicoError
            If they cannot be had, or are not what was published.
        """
        ...
