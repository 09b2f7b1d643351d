"""Encoding models published as BERG (NEST before): voxels, vertices and electrodes.

Scripts written for BERG run with the import changed:

>>> from insilico_berg import BERG
>>> berg = BERG("data")  # doctest: +SKIP

Importing this package takes no torch.
"""

from __future__ import annotations

from insilico_berg.api import BERG
from insilico_berg.api.others_twin import RegisteredTwin
from insilico_berg.errors import (
    BERGError,
    BERGWarning,
    InvalidParameterError,
    ModelLoadError,
    ModelNotFoundError,
    ResourceError,
    StimulusError,
    ValidationError,
)
from insilico_berg.fwrf.twin import FwrfTwin
from insilico_berg.vit.twins import nsd_fsaverage, things_eeg2

__all__ = [
    "BERG",
    "BERGError",
    "BERGWarning",
    "InvalidParameterError",
    "ModelLoadError",
    "ModelNotFoundError",
    "ResourceError",
    "StimulusError",
    "ValidationError",
    "nsd_fsaverage",
    "nsd_fwrf",
    "registered_models",
    "things_eeg2",
]

nsd_fwrf = FwrfTwin()
registered_models = RegisteredTwin()
