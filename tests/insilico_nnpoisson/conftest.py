from __future__ import annotations

import pytest
from support import nnpoisson


@pytest.fixture(scope="session")
def golden():
    return nnpoisson.steinmetz()


@pytest.fixture(scope="session")
def golden_synthetic():
    return nnpoisson.synthetic()


@pytest.fixture(scope="session")
def data(golden):
    return nnpoisson.golden_recordings(golden)


@pytest.fixture
def folder(tmp_path):
    return nnpoisson.session_folder(tmp_path / "model")
