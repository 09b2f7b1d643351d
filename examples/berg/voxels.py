"""Voxels of V1 answer pictures, and are put back into the subject's volume.

Usage: python voxels.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

import numpy as np
from insilico_berg import BERG

berg = BERG(berg_dir=sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])

model = berg.get_encoding_model(
    "fmri-nsd-fwrf", subject=1, selection={"roi": "V1"}, device="auto"
)

images = np.random.default_rng(0).integers(0, 256, (4, 3, 128, 128))
responses, metadata = berg.encode(model, images, return_metadata=True)
print(responses.shape)  # images, voxels

mask = metadata["fmri"]["roi_mask_volume"]
volume = np.full(mask.shape, np.nan)
volume[mask] = responses[0]
print(volume.shape, np.isfinite(volume).sum())
