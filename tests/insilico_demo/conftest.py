"""The demo session, opened once."""

from __future__ import annotations

import pytest
import torch

from insilico_gui.opening import open_session


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small steps gain little from a second thread, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def demo():
    return open_session("demo", device="cpu")
