"""Vertices (fmri-nsd_fsaverage-vit_b_32): two hemispheres, two arrays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg import catalogue
from insilico_berg.api.arguments import chosen, one_name
from insilico_berg.api.family import IMAGES, SubjectFamily
from insilico_berg.api.model import ImageModel
from insilico_berg.errors import ModelLoadError
from insilico_berg.vit.metadata import HEMISPHERES, read_vertex_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_berg.api.arguments import Selection
    from insilico_berg.api.model import Responses
    from insilico_berg.tree import Entry
    from insilico_berg.vit.fsaverage import FsaverageSession
    from insilico_gui.progress import OnProgress

VECTORS = {side: f"{side}_vertices" for side in HEMISPHERES}
# The published list of regions has one misspelt.
ALIASES = {"OVWFA": "OWFA"}


class Vertices(SubjectFamily):
    """See :class:`insilico_berg.api.family.Family`."""

    id = catalogue.VERTICES
    n_subjects = 8
    arguments = MappingProxyType({"subject": "1 to 8"})
    selection = MappingProxyType(
        {
            "roi": "one region that the metadata name; goes before vertices",
            "lh_vertices": "0 or 1 for each vertex of the left side; without it, all",
            "rh_vertices": "0 or 1 for each vertex of the right side; without it, all",
        }
    )
    stimulus = IMAGES
    response = (
        "left [n, vertices] and right [n, vertices], z-scored within scan session"
    )

    def load(
        self, entry: Entry, directory: Path, selection: Selection, device: str
    ) -> VertexModel:
        """See :meth:`insilico_berg.api.family.Family.load`."""
        # Before the weights, which take a while
        roi = _region(entry, selection["roi"]) if "roi" in selection else None
        from insilico_berg.vit.fsaverage import open_fsaverage  # imports torch

        name = f"{self.id}/{entry.name}"
        session = open_fsaverage(name, entry, directory, device)
        sides = {
            side: chosen(selection[key], session.n_vertices[side], key)
            if key in selection
            else np.arange(session.n_vertices[side])
            for side, key in VECTORS.items()
        }
        if roi is not None:
            rows = session.rois[roi]
            left = session.n_vertices["lh"]
            sides = {"lh": rows[rows < left], "rh": rows[rows >= left] - left}
        return VertexModel(entry, session, sides, everything=not selection)


def _region(entry: Entry, roi: object) -> str:
    """The name that the metadata have for a region."""
    rois: dict[str, object] = {}
    if entry.metadata is not None:
        rois |= read_vertex_metadata(entry.metadata).rois
    if not rois:
        raise ModelLoadError(
            f"The metadata of {entry.name}, which say what belongs to {roi!r}, are "
            "missing or name no region; add them, or select by lh_vertices and "
            "rh_vertices."
        )
    aliases = [alias for alias, meant in ALIASES.items() if meant in rois]
    name = one_name(roi, [*rois, *aliases], "roi")
    return ALIASES.get(name, name)


class VertexModel(ImageModel):
    """Gives its responses as two arrays, of the left and the right side."""

    family_id = catalogue.VERTICES

    def __init__(
        self,
        entry: Entry,
        session: FsaverageSession,
        sides: dict[str, NDArray[np.int64]],
        everything: bool,
    ) -> None:
        first = session.n_vertices["lh"]
        # None, for all of them, spares a copy of the regression
        units = (
            None if everything else np.concatenate([sides["lh"], first + sides["rh"]])
        )
        selected = {VECTORS[side]: rows for side, rows in sides.items()}
        super().__init__(entry, session, selected, units)

    def respond(self, stimulus: NDArray[Any], on_progress: OnProgress) -> Responses:
        """See :meth:`insilico_berg.api.model.EncodingModel.respond`."""
        both = self._images(stimulus, on_progress)
        left = len(self.selected[VECTORS["lh"]])
        return both[:, :left], both[:, left:]
