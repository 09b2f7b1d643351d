from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from insilico_berg import BERG
from support import berg_fwrf, berg_mouse, berg_vit

if TYPE_CHECKING:
    from pathlib import Path

    from insilico_berg.api.model import EncodingModel


@pytest.fixture(scope="session")
def berg_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with one instance of every model; do not change it."""
    root = tmp_path_factory.mktemp("berg_root")
    berg_fwrf.write_model(root)
    berg_vit.write_backbone(root)
    berg_vit.write_eeg(root)
    berg_vit.write_fsaverage(root)
    berg_mouse.write_mouse(root)
    return root


@pytest.fixture(scope="session")
def berg(berg_root: Path) -> BERG:
    return BERG(berg_root)


@pytest.fixture(scope="session")
def voxels(berg: BERG) -> EncodingModel:
    return berg.get_encoding_model("fmri-nsd-fwrf", selection={"roi": "V1"}, subject=1)


@pytest.fixture(scope="session")
def eeg_model(berg: BERG) -> EncodingModel:
    return berg.get_encoding_model("eeg-things_eeg_2-vit_b_32", subject=1)


@pytest.fixture(scope="session")
def vertex_model(berg: BERG) -> EncodingModel:
    return berg.get_encoding_model("fmri-nsd_fsaverage-vit_b_32", subject=1)


@pytest.fixture(scope="session")
def mouse(berg: BERG) -> EncodingModel:
    model_id = "calcium_2p-wang_2025-3DCNN"
    return berg.get_encoding_model(model_id, train_session="session-9_scan-3")


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    return berg_fwrf.pictures(3)


@pytest.fixture(scope="session")
def clip() -> np.ndarray:
    """Two frames."""
    return np.random.default_rng(2).integers(0, 256, (2, 144, 256), dtype=np.uint8)
