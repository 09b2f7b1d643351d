"""Encoding models published as BERG (NEST before): voxels, vertices and electrodes."""

from __future__ import annotations

from insilico_berg.fwrf.twin import FwrfTwin

__all__ = ["nsd_fwrf"]

nsd_fwrf = FwrfTwin()
