"""An experiment on a small session that really computes."""

from __future__ import annotations

import numpy as np
import pytest
from support.rounded import LeakyTwin

import insilico_gui as ig
from insilico_gui.experiment.experiment import Experiment


@pytest.fixture
def leaky_twin(monkeypatch):
    made = LeakyTwin()
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"leaky": made})
    return made


@pytest.fixture
def frames():
    return np.random.default_rng(4).integers(0, 256, (24, 6, 8), dtype=np.uint8)


@pytest.fixture
def demo(tmp_path):
    """Demo session with short gratings and dots, in a library of its own."""
    made = Experiment(library=tmp_path / "library")
    made.add_session("demo")
    gratings = ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.4, blank_s=0.2)
    made.add_stimulus(gratings, name="gratings")
    return made
