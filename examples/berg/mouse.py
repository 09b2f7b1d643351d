"""Neurons of mouse visual cortex answer a video: all of a scan, then some.

Usage: python mouse.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

import numpy as np
from insilico_berg import BERG

MODEL = "calcium_2p-wang_2025-3DCNN"

berg = BERG(berg_dir=sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])
video = np.random.default_rng(0).integers(0, 256, (3, 144, 256), dtype=np.uint8)

model = berg.get_encoding_model(MODEL, train_session="session-9_scan-3")
responses, metadata = berg.encode(model, video, return_metadata=True)
print(responses.shape)  # frames, neurons

# Neurons that are in V1 or in the first imaging field
selection = {"roi": ["V1"], "field": [1]}
model = berg.get_encoding_model(
    MODEL, train_session="session9_scan3", selection=selection
)
some = berg.encode(model, np.stack([video, video[::-1]]))
print(some.shape)  # videos, frames, neurons
