"""Encoding models published as BERG (NEST before): voxels, vertices and electrodes."""

from __future__ import annotations

from insilico_berg.fwrf.twin import FwrfTwin
from insilico_berg.vit.twins import nsd_fsaverage, things_eeg2

__all__ = ["nsd_fsaverage", "nsd_fwrf", "things_eeg2"]

nsd_fwrf = FwrfTwin()
