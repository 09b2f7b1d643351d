"""A subject's region as a session: its voxels answer pictures."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

import insilico_berg.columns  # noqa: F401 - tells what they are called
from insilico_berg.catalogue import NSD_CITATION, NSD_DOI, VOXEL_SESSIONS
from insilico_berg.fwrf.anatomy import Volume, read_volume
from insilico_berg.fwrf.anatomy import unit_columns as anatomical_columns
from insilico_berg.fwrf.checkpoint import Part, load_part
from insilico_berg.fwrf.network import IMAGE_SIZE
from insilico_berg.fwrf.retinotopy import IMAGE_DEG, pooling_fields, unit_columns
from insilico_berg.image_encoder import ImageEncoder, default_budget
from insilico_berg.metadata import read_metadata
from insilico_berg.pictures import resize
from insilico_gui.device import resolve_device
from insilico_gui.untrusted.hashes import weights_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from insilico_berg.fwrf.network import FeatureNetwork
    from insilico_berg.fwrf.readout import Readout
    from insilico_berg.tree import Entry
    from insilico_gui.session import InputKind


# Memory that a picture takes within the network: maps, and what they are made of.
_NETWORK_BYTES = 7 * 2**20
_PIXEL_BYTES = 18  # of the picture as it comes: twice 8 bits, and float32

logger = logging.getLogger(__name__)


class FwrfSession(ImageEncoder):
    """Voxels of one region of one subject; see :class:`insilico_gui.session.ImageSession`.

    Responses are z-scored: the responses of each voxel had mean 0 and standard deviation
    1 within each scan session.

    Attributes
    ----------
    volume : Volume or None
        Where the voxels are in the subject's volume, if known.
    """

    input_kind: InputKind = "images"
    frame_shape = (IMAGE_SIZE, IMAGE_SIZE)
    response_dims: tuple[str, ...] = ("unit",)
    unit_dim = "unit"
    response_coords: Mapping[str, NDArray[Any]] = MappingProxyType({})
    response_label = "response (z)"

    def __init__(
        self,
        session_id: str,
        parts: Sequence[Part],
        units: pd.DataFrame,
        attrs: Mapping[str, Any],
        device: str,
        volume: Volume | None = None,
    ) -> None:
        self.id = session_id
        self.units = units
        self.attrs = attrs
        self.device = device
        self.volume = volume
        self.memory_budget = default_budget(device)
        self.max_batch = 16 if device == "cpu" else 128
        self._parts = parts

    def fit(self, pictures: Tensor) -> Tensor:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        return resize(pictures, self.frame_shape)

    def image_bytes(self, image_shape: tuple[int, int], n_units: int) -> int:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        height, width = image_shape
        return _NETWORK_BYTES + _PIXEL_BYTES * height * width + 4 * n_units

    def prepare(self, units: NDArray[np.int64] | None) -> Callable[[Tensor], Tensor]:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        readers = self._readers(units)
        n_units = len(self.units) if units is None else len(units)

        def answer(pictures: Tensor) -> Tensor:
            responses = torch.empty((len(pictures), n_units), device=self.device)
            if not len(pictures):
                return responses
            levels = self.fit(pictures)
            shape = pictures.shape[2], pictures.shape[3]
            taken = len(pictures) * self.image_bytes(shape, n_units)
            for network, readout, places in readers:
                left = self.memory_budget - taken
                responses[:, places] = readout(network(levels), left)
            return responses

        return answer

    def _readers(
        self, units: NDArray[np.int64] | None
    ) -> list[tuple[FeatureNetwork, Readout, Tensor]]:
        """Networks that are needed, the voxels that read them, and their columns."""
        chosen = np.arange(len(self.units)) if units is None else units
        readers = []
        first = 0
        for part in self._parts:
            last = first + len(part.readout)
            here = np.flatnonzero((first <= chosen) & (chosen < last))
            if len(here):
                voxels = torch.from_numpy(chosen[here] - first).to(self.device)
                readout = part.readout if units is None else part.readout.take(voxels)
                places = torch.from_numpy(here).to(self.device)
                readers.append((part.network, readout, places))
            first = last
        return readers

    def pooling_field(self, unit: int) -> list[NDArray[np.float32]]:
        """The pooling fields of one voxel, from the finest maps to the coarsest.

        Returns
        -------
        list of float32 array, [h, w]
            Each sums to 1 and spans the picture.
        """
        for part in self._parts:
            if unit < len(part.readout):
                return [field[unit].cpu().numpy() for field in part.readout.fields]
            unit -= len(part.readout)
        raise IndexError(unit)


def open_entry(entry: Entry, device: str) -> FwrfSession:
    """Load the weights and metadata of one region of one subject.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    device = resolve_device(device)
    subject, roi = entry.key.subject, entry.key.roi
    parts = [load_part(path, subject, device) for path in entry.weights]
    voxels = sum(len(part.readout) for part in parts)
    looks = [unit_columns(pooling_fields(part.readout)) for part in parts]
    retinotopic = {
        name: np.concatenate([columns[name] for columns in looks]) for name in looks[0]
    }
    volume = None
    anatomical: dict[str, Any] = {}
    attrs: dict[str, Any] = {
        "twin": "Feature-weighted receptive fields on the Natural Scenes Dataset (fMRI)",
        "model": entry.model,
        "citation": NSD_CITATION,
        "doi": NSD_DOI,
        "subject": subject,
        "roi": roi,
        "response_scale": "z-scored within scan session",
        "image_width_deg": IMAGE_DEG,
        "axes": "RAS",
        "weights_hash": weights_hash(entry.weights),
        "weights_files": [path.name for path in entry.weights],
    }
    if entry.metadata is None:
        logger.warning(
            "%s/%s has no metadata: voxels without places or accuracies",
            VOXEL_SESSIONS,
            entry.name,
        )
    else:
        metadata = read_metadata(entry.metadata)
        volume = read_volume(metadata, voxels)
        anatomical = anatomical_columns(metadata, volume, voxels)
        attrs["metadata_file"] = metadata.file
        if volume is not None:
            attrs["volume_shape"] = list(volume.mask.shape)
            if volume.affine is not None:
                attrs["volume_affine"] = volume.affine.tolist()
    table = pd.DataFrame(
        {
            "unit_id": np.arange(voxels),
            "subject": subject,
            "area": roi,
            **retinotopic,
            **anatomical,
        }
    )
    return FwrfSession(
        f"{VOXEL_SESSIONS}/{entry.name}", parts, table, attrs, device, volume
    )
