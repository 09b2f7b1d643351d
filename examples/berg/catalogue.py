"""What is in a data root: models, what they take and give, metadata; nothing is loaded.

Usage: python catalogue.py DATA_ROOT, or with its path in the variable BERG_DIR.
"""

import os
import sys

from insilico_berg import BERG

berg = BERG(berg_dir=sys.argv[1] if len(sys.argv) > 1 else os.environ["BERG_DIR"])

models = berg.list_models()
print(models)

catalog = berg.get_model_catalog(print_format=True)

cards = [berg.describe(model_id) for model_id in models]

metadata = berg.get_model_metadata("fmri-nsd-fwrf", subject=1, roi="V1")
accuracy = metadata["encoding_models"]["explained_variance"]
print(f"{len(accuracy)} voxels, explained variance {accuracy.mean():.0f} % on average")
