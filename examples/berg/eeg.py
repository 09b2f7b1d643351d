"""EEG answers pictures: whole, then some channels in a time window.

Usage: python eeg.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

import numpy as np
from insilico_berg import BERG

MODEL = "eeg-things_eeg_2-vit_b_32"

berg = BERG(berg_dir=sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])
images = np.random.default_rng(0).integers(0, 256, (3, 3, 128, 128))

model = berg.get_encoding_model(MODEL, subject=1)
responses, metadata = berg.encode(model, images, return_metadata=True)
print(responses.shape)  # images, repeats, channels, time points

times = metadata["eeg"]["times"]
posterior = [name for name in metadata["eeg"]["ch_names"] if name[0] in "OP"]
selection = {
    "channels": posterior,
    "timepoints": ((times >= 0.1) & (times <= 0.2)).astype(int),
}
with berg.get_encoding_model(MODEL, subject=1, selection=selection) as model:
    window = berg.encode(model, images, show_progress=False)
print(window.shape)

course = window.mean(axis=(0, 1, 2))  # over images, repeats and channels
print(course.shape)
