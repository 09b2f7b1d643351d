"""The two families on the vision transformer: finding and opening. Imports no torch."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from insilico_berg import catalogue
from insilico_berg.tree import scan_tree
from insilico_berg.vit.metadata import (
    N_VERTICES,
    read_eeg_metadata,
    read_vertex_metadata,
)
from insilico_berg.vit.weights import find_backbone
from insilico_gui.device import resolve_device
from insilico_gui.errors import InsilicoError, SessionError, echoed
from insilico_gui.session import SessionInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_berg.tree import Entry
    from insilico_gui.session import Session

THINGS_EEG2 = "things-eeg2"
NSD_FSAVERAGE = "nsd-fsaverage"
N_CHANNELS = 63

_SUBJECT = re.compile(r"sub(?:ject)?-?0*(\d+)", re.IGNORECASE)

logger = logging.getLogger(__name__)


class TransformerTwin:
    """Subjects of one family; see :class:`insilico_gui.twin.Twin`.

    Parameters
    ----------
    family : str
        First part of the ids of its sessions.
    model : str
        Id of the model in the published tree.
    info, open_entry : callable
        Describe an entry of the tree, and open it.
    """

    def __init__(
        self, family: str, model: str, info: _Info, open_entry: _OpenEntry
    ) -> None:
        self._family = family
        self._model = model
        self._info = info
        self._open_entry = open_entry

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Subjects whose weights are below `directory`, without loading them."""
        if directory is None:
            return []
        entries = scan_tree(directory).ready(self._model)
        notes = _missing_backbone(directory) if entries else ""
        return [
            replace(self._info(f"{self._family}/{entry.name}", entry), notes=notes)
            for entry in entries
        ]

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load one subject; older spellings of the id are understood."""
        subject = self._subject(session_id)
        if directory is None:
            raise SessionError(
                f"{session_id} needs its weights; give the folder that holds "
                "encoding_models."
            )
        entry = scan_tree(directory).find(self._model, catalogue.subject(subject))
        name = f"{self._family}/{entry.name}"
        return self._open_entry(name, entry, directory, resolve_device(device))

    def _subject(self, session_id: str) -> int:
        family, _, name = session_id.strip().partition("/")
        found = _SUBJECT.fullmatch(name.strip())
        if family.lower() != self._family or found is None:
            raise SessionError(
                f"{echoed(session_id)} does not name a subject; write it like "
                f"'{self._family}/subject-1'."
            )
        return int(found[1])


class _Info(Protocol):
    def __call__(self, session_id: str, entry: Entry) -> SessionInfo: ...


class _OpenEntry(Protocol):
    def __call__(
        self, session_id: str, entry: Entry, directory: Path, device: str
    ) -> Session: ...


def _open_eeg(session_id: str, entry: Entry, directory: Path, device: str) -> Session:
    from insilico_berg.vit.eeg import open_eeg  # imports torch

    return open_eeg(session_id, entry, directory, device)


def _open_fsaverage(
    session_id: str, entry: Entry, directory: Path, device: str
) -> Session:
    from insilico_berg.vit.fsaverage import open_fsaverage  # imports torch

    return open_fsaverage(session_id, entry, directory, device)


def _missing_backbone(directory: Path) -> str:
    """One sentence if the backbone is not there, on which opening depends."""
    try:
        find_backbone(directory)
    except InsilicoError as error:
        return str(error)
    return ""


def _eeg_info(session_id: str, entry: Entry) -> SessionInfo:
    facts = _facts(entry, _eeg_facts) or (N_CHANNELS, {}, "")
    return _described(session_id, entry, "Human EEG (THINGS EEG2)", facts)


def _fsaverage_info(session_id: str, entry: Entry) -> SessionInfo:
    facts = _facts(entry, _vertex_facts) or (2 * N_VERTICES, {}, "")
    return _described(session_id, entry, "Human cortex on fsaverage (NSD)", facts)


def _described(session_id: str, entry: Entry, what: str, facts: _Facts) -> SessionInfo:
    n_units, areas, accuracy = facts
    title = f"{what}, subject {entry.key.subject}{accuracy}"
    return SessionInfo(session_id, title, n_units, areas, input_kind="images")


def _facts(entry: Entry, read: Callable[[Path, int], _Facts]) -> _Facts | None:
    """What the metadata say, if they are there and sound; opening says if not."""
    if entry.metadata is None:
        return None
    try:
        return read(entry.metadata, entry.metadata.stat().st_mtime_ns)
    except (InsilicoError, OSError) as error:
        logger.warning("%s", error)
        return None


# Number of units, of those in each area, and the accuracy in words; read once a file.
_Facts = tuple[int, dict[str, int], str]


@lru_cache(maxsize=64)
def _eeg_facts(path: Path, modified: int) -> _Facts:
    metadata = read_eeg_metadata(path)
    accuracy = metadata.accuracy.get("correlation")
    return len(metadata.channels), {}, _in_words(accuracy)


@lru_cache(maxsize=64)
def _vertex_facts(path: Path, modified: int) -> _Facts:
    metadata = read_vertex_metadata(path)
    areas = {name: len(rows) for name, rows in metadata.rois.items() if len(rows)}
    accuracy = metadata.columns.get("correlation")
    signal = metadata.columns.get("ncsnr")
    if accuracy is not None and signal is not None:
        accuracy = accuracy[signal > 0]
    return sum(metadata.vertices.values()), areas, _in_words(accuracy)


def _in_words(correlation: NDArray[Any] | None) -> str:
    if correlation is None or not np.isfinite(correlation).any():
        return ""
    return f", mean correlation {np.nanmean(correlation):.2f}"


things_eeg2 = TransformerTwin(THINGS_EEG2, catalogue.EEG, _eeg_info, _open_eeg)
nsd_fsaverage = TransformerTwin(
    NSD_FSAVERAGE, catalogue.VERTICES, _fsaverage_info, _open_fsaverage
)
