"""Protocols of twins: families of trained models whose sessions can be opened.

A twin is registered by its distribution under the entry-point group
``insilico_gui.twins``. The entry point's name is the first part of the ids of its
sessions (``demo``, ``family/session-8_scan-5``), and it loads to an object that satisfies
:class:`Twin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import pandas as pd

from insilico_gui.progress import OnProgress
from insilico_gui.session import FLOAT32, Session, SessionInfo


class Twin(Protocol):
    """A family of trained models; an entry point of the group loads to such an object."""

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
            If something is missing or wrong, in one sentence.
        """
        ...


@runtime_checkable
class ReducingTwin(Twin, Protocol):
    """A twin with sessions that can compute in less than float32.

    Without `precision`, a session is opened in float32.
    """

    def precisions(self, session_id: str, device: str) -> tuple[str, ...]:
        """Precisions in which a session can compute on a device.

        The first is ``"float32"``; the others are at least as fast.
        """
        ...

    def open(
        self,
        session_id: str,
        directory: Path | None,
        device: str,
        precision: str = FLOAT32,
    ) -> Session:
        """Load one session; a ReducedSession unless the precision is float32."""
        ...


@runtime_checkable
class FetchingTwin(Twin, Protocol):
    """A twin whose weights are published: ``insilico-gui fetch`` downloads them.

    One that knows the size of the download has it as an attribute ``fetch_bytes``.
    """

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
            Bytes done, and in all (0 while that is not known).

        Raises
        ------
        InsilicoError
            If they cannot be downloaded, or differ from the published ones.
        """
        ...


@runtime_checkable
class PublishingTwin(Twin, Protocol):
    """A twin of which more is published than weights: ``fetch NAME-WHAT`` downloads it.

    Attributes
    ----------
    published : mapping of str to str
        What can be downloaded, such as ``"properties"``, and a sentence on it.
    """

    published: Mapping[str, str]

    def fetch_published(
        self,
        what: str,
        directory: Path,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Download one of `published` into `directory`; see :class:`FetchingTwin`."""
        ...


@runtime_checkable
class PropertiesTwin(Twin, Protocol):
    """A twin whose units have published properties: ``ig.open_properties`` reads them."""

    def open_properties(self, directory: Path, weights: bool) -> pd.DataFrame | None:
        """Join the tables of a folder by the identity of units; None if it holds none.

        Parameters
        ----------
        directory : Path
        weights : bool
            Whether weights of the readout are columns too.

        Raises
        ------
        InsilicoError
            If tables or arrays do not fit together.
        """
        ...
