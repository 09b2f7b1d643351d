from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from insilico_wang2025 import twin
from support import wang2025_synthetic as synthetic

if TYPE_CHECKING:
    from pathlib import Path

    from insilico_wang2025.session import Wang2025Session

SEED, UNITS = 101, 64


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder with scans 8-5 and 4-7; 9-3 is in the tables only."""
    folder = tmp_path_factory.mktemp("wang2025")
    synthetic.write_params(folder, SEED, UNITS, (8, 5), (4, 7))
    synthetic.write_tables(folder, UNITS, (8, 5), (4, 7), (9, 3))
    return folder


@pytest.fixture(scope="session")
def session(weights_folder: Path) -> Wang2025Session:
    return twin.open("wang2025/session-8_scan-5", weights_folder, "cpu")


@pytest.fixture(scope="session")
def video() -> np.ndarray:
    """Smooth noise, uint8 [10, 144, 256]."""
    noise = np.random.default_rng(5).normal(size=(10, 18, 32))
    smooth = np.repeat(np.repeat(noise, 8, axis=1), 8, axis=2)
    return np.clip(128 + 50 * smooth, 0, 255).astype(np.uint8)
