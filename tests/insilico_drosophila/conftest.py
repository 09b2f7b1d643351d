from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from support.drosophila import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from insilico_drosophila import Fly


@pytest.fixture(scope="session", autouse=True)
def connectomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copies of connectomes do not go to the user's cache."""
    folder = tmp_path_factory.mktemp("connectomes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSILICO_CONNECTOMES", str(folder))
        yield folder


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    """Numbers of the published program; do not change them."""
    with np.load(DATA / "golden.npz") as file:
        return dict(file)


@pytest.fixture(scope="session")
def fly() -> Fly:
    """The fly of the golden numbers."""
    return open_fly(DATA, "630", "ito_2017-10-26_1", "first-round-checkpoint.msgpack")


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up fly of 300 neurons; do not change it."""
    return make_synthetic_fly(tmp_path_factory.mktemp("made"), 3, 300, 30)


@pytest.fixture(scope="session")
def made(made_folder: Path) -> Fly:
    """The made-up fly, opened."""
    return open_fly(made_folder, checkpoint="first-round-checkpoint.msgpack")
