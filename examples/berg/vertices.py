"""Vertices of both hemispheres answer pictures: all of them, a region, or a choice.

Usage: python vertices.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

import numpy as np
from insilico_berg import BERG

MODEL = "fmri-nsd_fsaverage-vit_b_32"

berg = BERG(berg_dir=sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])
images = np.random.default_rng(0).integers(0, 256, (2, 3, 128, 128))

model = berg.get_encoding_model(MODEL, subject=1)
(lh, rh), metadata = berg.encode(model, images, return_metadata=True)
print(lh.shape, rh.shape)  # images, vertices

model = berg.get_encoding_model(MODEL, subject=1, selection={"roi": "V1v"})
lh_roi, rh_roi = berg.encode(model, images)
print(lh_roi.shape, rh_roi.shape)

# The vertices of the left side that can be predicted at all; the right side is whole
lh_vertices = (metadata["fmri"]["lh_ncsnr"] > 0).astype(int)
model = berg.get_encoding_model(
    MODEL, subject=1, selection={"lh_vertices": lh_vertices}
)
lh_some, rh_all = berg.encode(model, images)
print(lh_some.shape, rh_all.shape)
