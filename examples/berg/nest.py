"""The same as scripts for NEST, BERG's former name, write it.

Usage: python nest.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

import numpy as np
from insilico_berg.nest import NEST

nest = NEST(sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])

for modality in nest.which_modalities():
    print(modality, nest.which_train_datasets(modality))
rois = nest.which_rois("fmri", "nsd")
print(rois)

images = np.random.default_rng(0).integers(0, 256, (2, 3, 128, 128))

fmri_model = nest.get_encoding_model(
    modality="fmri", train_dataset="nsd", model="fwrf", subject=1, roi="V1"
)
fmri, fmri_metadata = nest.encode(fmri_model, images, return_metadata=True)
print(fmri.shape)

eeg_model = nest.get_encoding_model(
    modality="eeg", train_dataset="things_eeg_2", model="vit_b_32", subject=1
)
eeg, eeg_metadata = nest.encode(eeg_model, images, device="auto")
print(eeg.shape)

alone = nest.encode(eeg_model, images, return_metadata=False)
