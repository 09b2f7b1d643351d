"""Behaviour of a run as a command: constants, traces, undo, and the saved file."""

from __future__ import annotations

import numpy as np
import pytest
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.errors import BehaviorError
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def experiment():
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="leaky"), LeakySession(), name="leaky")
    clip = np.random.default_rng(0).integers(0, 255, (9, 6, 8), np.uint8)
    made.add_stimulus(ArrayStimulus(clip, 10.0, name="noise"))
    return made


def test_constants_are_traces_that_do_not_change(experiment):
    plain = experiment.encode("leaky", "noise")
    experiment.set_behavior("leaky", "noise", {"gain": [2.0]})
    assert experiment.state("leaky", "noise") == "stale"
    by_constant = experiment.encode("leaky", "noise")
    np.testing.assert_allclose(by_constant, 2 * plain, rtol=1e-6)
    (trace,) = experiment.behavior("leaky", "noise").values()
    np.testing.assert_array_equal(trace, np.full((9, 1), 2.0, np.float32))
    experiment.set_behavior("leaky", "noise")
    assert experiment.behavior("leaky", "noise") == {}
    experiment.undo()
    assert list(experiment.behavior("leaky", "noise")) == ["gain"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"gain": np.ones((8, 1))}, r"\[9, 1\]"),
        ({"gain": [np.nan]}, "frame 0"),
        ({"speed": [1.0]}, "gain"),
        ({"gain": [1.0, 2.0]}, r"\[9, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(experiment, given, said):
    before = experiment.document
    with pytest.raises(BehaviorError, match=said):
        experiment.set_behavior("leaky", "noise", given)
    assert experiment.document == before
