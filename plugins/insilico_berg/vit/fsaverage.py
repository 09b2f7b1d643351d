"""Human cortex on the fsaverage surface (NSD) as a session: one response a vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from insilico_berg.catalogue import NSD_CITATION, NSD_DOI
from insilico_berg.linear_files import LinearModel, read_fsaverage
from insilico_berg.linear_model import Readout
from insilico_berg.vit.metadata import HEMISPHERES, VertexMetadata, read_vertex_metadata
from insilico_berg.vit.session import TransformerSession, load_parts
from insilico_berg.vit.surface import vertex_positions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from insilico_berg.tree import Entry
    from insilico_berg.vit.backbone import Backbone
    from insilico_berg.vit.session import LastStep

#: Wide regions that hold the others.
STREAMS = tuple(
    "early midventral midlateral midparietal parietal lateral ventral".split()
)
WHOLE = ("nsdgeneral",)


class FsaverageSession(TransformerSession):
    """One subject; see :class:`insilico_gui.session.ImageSession`.

    Attributes
    ----------
    rois : dict of str to int64 array
        Units of each region, of both hemispheres. Regions may share vertices.
    n_vertices : dict of str to int
        Vertices of each hemisphere, ``lh`` and ``rh``; units are first those of ``lh``.
    """

    response_dims: tuple[str, ...] = ("unit",)
    unit_dim = "unit"
    response_label = "response (z)"

    def __init__(
        self,
        session_id: str,
        metadata: VertexMetadata,
        attrs: Mapping[str, Any],
        backbone: Backbone,
        model: LinearModel,
        positions: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> None:
        self.n_vertices = vertices_of(model)
        self.rois = metadata.rois
        self.response_coords: Mapping[str, NDArray[Any]] = {}
        units = unit_table(self.n_vertices, metadata).assign(**(positions or {}))
        super().__init__(session_id, units, attrs, backbone, model)

    def last_step(self, units: NDArray[Any] | None) -> LastStep:
        """See :class:`insilico_berg.vit.session.TransformerSession`."""
        chosen = np.arange(len(self.units)) if units is None else units
        left = self.n_vertices["lh"]
        parts = []
        for side, first, here in (
            ("lh", 0, chosen < left),
            ("rh", left, chosen >= left),
        ):
            readout = Readout(
                self._model.regressions[side], chosen[here] - first, self.device
            )
            places = torch.from_numpy(np.flatnonzero(here)).to(self.device)
            parts.append((places, readout))

        def last_step(scores: Sequence[Tensor]) -> Tensor:
            responses = scores[0].new_empty(len(scores[0]), len(chosen))
            for places, readout in parts:
                responses[:, places] = readout(scores[0])
            return responses

        return last_step


def vertices_of(model: LinearModel) -> dict[str, int]:
    """Number of vertices of each hemisphere."""
    return {side: len(model.regressions[side].coef) for side in HEMISPHERES}


def unit_table(vertices: Mapping[str, int], metadata: VertexMetadata) -> pd.DataFrame:
    """One row for each vertex of both hemispheres.

    A vertex in several regions is listed under the smallest of them.
    """
    counts = [vertices[side] for side in HEMISPHERES]
    total = sum(counts)
    columns: dict[str, Any] = {
        "unit_id": np.arange(total),
        "hemisphere": np.repeat(np.array(HEMISPHERES, dtype=object), counts),
        "vertex": np.concatenate([np.arange(count) for count in counts]),
    }
    wide = (*STREAMS, *WHOLE)
    regions = {name: rows for name, rows in metadata.rois.items() if name not in wide}
    streams = {name: metadata.rois[name] for name in STREAMS if name in metadata.rois}
    for column, named in (("area", regions), ("stream", streams)):
        if named:
            columns[column] = _names(named, total)
    return pd.DataFrame({**columns, **metadata.columns})


def _names(rois: Mapping[str, NDArray[np.int64]], total: int) -> NDArray[Any]:
    names = np.full(total, "", dtype=object)
    for name in sorted(rois, key=lambda name: -len(rois[name])):
        names[rois[name]] = name
    return names


def open_fsaverage(
    session_id: str, entry: Entry, directory: Path | None, device: str
) -> FsaverageSession:
    """Load one subject.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    model = read_fsaverage(entry.weights[0])
    metadata = VertexMetadata(vertices_of(model), {}, {})
    if entry.metadata is not None:
        metadata = read_vertex_metadata(entry.metadata, vertices_of(model))
    backbone, attrs = load_parts(entry, model, directory, device)
    positions = vertex_positions(directory, vertices_of(model))
    about = {
        "twin": "fMRI encoding model on a vision transformer (BERG, NSD on fsaverage)",
        "citation": NSD_CITATION,
        "doi": NSD_DOI,
        "subject": entry.key.subject,
        "surface": "fsaverage",
        "surface_vertices": vertices_of(model),
    }
    if positions:
        about["axes"] = "RAS"
    return FsaverageSession(
        session_id, metadata, {**about, **attrs}, backbone, model, positions
    )
