"""The family of regions: finding and opening them. Imports no torch."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from insilico_berg import catalogue
from insilico_berg.fwrf.anatomy import count_voxels, median_accuracy
from insilico_berg.metadata import read_metadata
from insilico_berg.tree import scan_tree
from insilico_gui.errors import InsilicoError, SessionError, echoed
from insilico_gui.session import SessionInfo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from insilico_berg.tree import Entry
    from insilico_gui.session import Session


_NAME = re.compile(r"sub(?:ject)?-0*(\d+)_roi-(.+)")

logger = logging.getLogger(__name__)


class FwrfTwin:
    """Voxels of the Natural Scenes Dataset; see :class:`insilico_gui.twin.Twin`."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Regions whose weights are below `directory`, without loading them."""
        if directory is None:
            return []
        return [_info(entry) for entry in scan_tree(directory).ready(catalogue.VOXELS)]

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load one region of one subject."""
        _, _, name = session_id.partition("/")
        match = _NAME.fullmatch(name)
        if match is None:
            raise SessionError(
                f"{echoed(session_id)} does not name a region; write it like "
                f"'{catalogue.VOXEL_SESSIONS}/{catalogue.subject_roi(1, 'V1')}'."
            )
        if directory is None:
            raise SessionError(
                f"{session_id} needs its weights; give the folder that holds them."
            )
        entry = scan_tree(directory).find(
            catalogue.VOXELS, catalogue.subject_roi(int(match[1]), match[2])
        )
        from insilico_berg.fwrf.session import open_entry  # imports torch

        return open_entry(entry, device)


def _info(entry: Entry) -> SessionInfo:
    key = entry.key
    title = f"Voxels of human {key.roi}, subject {key.subject} (NSD, fMRI)"
    voxels = None
    if entry.metadata is not None:
        try:
            metadata = read_metadata(entry.metadata)
            voxels = count_voxels(metadata)
            accuracy = median_accuracy(metadata)
            if accuracy is not None:
                title += f", median explained variance {accuracy:.0f} %"
        except InsilicoError as error:
            # Opening it will say so; the list does without.
            logger.warning("%s", error)
    return SessionInfo(
        f"{catalogue.VOXEL_SESSIONS}/{entry.name}",
        title,
        voxels or 0,
        {key.roi: voxels} if voxels else {},
        input_kind="images",
    )
