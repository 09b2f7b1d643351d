"""Voxels (fmri-nsd-fwrf): a subject and a region make an instance."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg import catalogue
from insilico_berg.api.arguments import one_name, subject_of
from insilico_berg.api.family import IMAGES, SubjectFamily
from insilico_berg.api.model import ImageModel
from insilico_berg.errors import ParameterTypeError
from insilico_berg.tree_files import Key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from insilico_berg.api.arguments import Selection
    from insilico_berg.tree import Entry


class Voxels(SubjectFamily):
    """See :class:`insilico_berg.api.family.Family`."""

    id = catalogue.VOXELS
    n_subjects = 8
    arguments = MappingProxyType({"subject": "1 to 8"})
    selection = MappingProxyType(
        {"roi": f"needed: one of {', '.join(catalogue.VOXEL_ROIS)}"}
    )
    metadata_arguments = ("subject", "roi")
    stimulus = IMAGES
    response = "[n, voxels], z-scored within scan session"

    def key(self, arguments: Mapping[str, Any], selection: Selection) -> Key:
        """The region is part of the selection here."""
        subject = super().key(arguments, selection).subject
        if "roi" not in selection:
            raise ParameterTypeError(
                f"{self.id} needs a selection of one region; give e.g. "
                "selection={'roi': 'V1'}."
            )
        roi = selection["roi"]
        if isinstance(roi, list) and len(roi) == 1:
            roi = roi[0]
        return Key(subject, one_name(roi, catalogue.VOXEL_ROIS, "roi"))

    def metadata_key(self, arguments: Mapping[str, Any]) -> Key:
        """The region is an argument of its own here."""
        subject = subject_of(arguments, self.n_subjects, self.id)
        if arguments.get("roi") is None:
            raise ParameterTypeError(
                f"The metadata of {self.id} are of one region; give e.g. roi='V1'."
            )
        return Key(subject, one_name(arguments["roi"], catalogue.VOXEL_ROIS, "roi"))

    def load(
        self, entry: Entry, directory: Path, selection: Selection, device: str
    ) -> VoxelModel:
        """See :meth:`insilico_berg.api.family.Family.load`."""
        from insilico_berg.fwrf.session import open_entry  # imports torch

        session = open_entry(entry, device)
        return VoxelModel(entry, session, {"voxels": np.arange(len(session.units))})


class VoxelModel(ImageModel):
    """The voxels of one region."""

    family_id = catalogue.VOXELS
