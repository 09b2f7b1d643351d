"""Random commands: a document is always whole, and each command is told once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from support.rounded import LeakyTwin

from insilico_gui.errors import InsilicoError
from insilico_gui.experiment import file
from insilico_gui.experiment.experiment import Experiment

NAMES = st.sampled_from(["a", "b", "c"])
SEEDS = st.integers(0, 3)


def frames(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (6, 6, 8), dtype=np.uint8)


class Commands(RuleBasedStateMachine):
    """Commands on an experiment, of which many are refused."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.patch = patch("insilico_gui.opening.twins", lambda: {"leaky": LeakyTwin()})
        self.patch.start()
        self.experiment = Experiment(library=None)
        self.told = []
        self.experiment.changed.connect(self.told.append)
        self.past = []  # documents before each command that has a history
        self.future = []

    def teardown(self):
        self.patch.stop()
        shutil.rmtree(self.folder)

    def do(self, command, *arguments, **options):
        """A command happens whole and is told once, or is refused and changes nothing."""
        before, n_told = self.experiment.document, len(self.told)
        try:
            command(*arguments, **options)
        except InsilicoError as error:
            assert "\n" not in str(error)
            assert self.experiment.document == before
            assert len(self.told) == n_told
            return False
        changed = self.experiment.document != before
        assert len(self.told) - n_told <= 1 + (not changed)
        if changed:
            assert len(self.told) == n_told + 1
            self.past.append(before)
            self.future = []
        return True

    @rule(name=NAMES, device=st.sampled_from(["cpu", "cpu", "nowhere"]))
    def add_session(self, name, device):
        self.do(self.experiment.add_session, "leaky", device=device, name=name)

    @rule(name=NAMES, seed=SEEDS)
    def add_stimulus(self, name, seed):
        self.do(self.experiment.add_stimulus, frames(seed), frame_rate=10.0, name=name)

    @rule(name=NAMES)
    def remove_session(self, name):
        self.do(self.experiment.remove_session, name)

    @rule(name=NAMES)
    def remove_stimulus(self, name):
        self.do(self.experiment.remove_stimulus, name)

    @rule(
        kind=st.sampled_from(["session", "stimulus", "selection", "nothing"]),
        old=NAMES,
        new=NAMES,
    )
    def rename(self, kind, old, new):
        self.do(self.experiment.rename, kind, old, new)

    @rule(name=NAMES, fit=st.sampled_from(["crop", "pad", "squeeze"]))
    def set_fit(self, name, fit):
        self.do(self.experiment.set_fit, name, fit)

    @rule(session=NAMES, name=NAMES, area=st.sampled_from(["V1", "LM", "nowhere"]))
    def select(self, session, name, area):
        self.do(self.experiment.select, [area], session=session, name=name)

    @rule(name=NAMES)
    def remove_selection(self, name):
        self.do(self.experiment.remove_selection, name)

    @rule(session=NAMES, stimulus=NAMES, selection=st.none() | NAMES, gain=SEEDS)
    def add_run(self, session, stimulus, selection, gain):
        behavior = {"gain": np.full((6, 1), gain, np.float32)} if gain else None
        self.do(
            self.experiment.add_run,
            session,
            stimulus,
            selection=selection,
            behavior=behavior,
        )

    @rule(session=NAMES, stimulus=NAMES)
    def encode(self, session, stimulus):
        done = self.do(self.experiment.encode, session, stimulus)
        if done:
            assert self.experiment.state(session, stimulus) == "done"
            assert self.experiment.responses(session, stimulus).sizes["time"] == 6

    @rule(session=NAMES, stimulus=NAMES, other=NAMES)
    def compare(self, session, stimulus, other):
        run = self.experiment.document.run(session, stimulus)
        if run is None or self.experiment.state(session, stimulus) != "done":
            return
        self.do(
            self.experiment.analyse,
            "comparison",
            session,
            stimulus,
            other_session=session,
            other_stimulus=other,
            burn_in_frames=1,
        )

    @rule(time=st.floats(-1, 5), session=st.none() | NAMES)
    def look(self, time, session):
        before, future = self.experiment.document, self.future
        self.do(self.experiment.look, time_s=time, session=session)
        if self.experiment.document != before:
            self.past.pop()  # the view has no history
            self.future = future

    @precondition(lambda self: self.experiment.can_undo)
    @rule()
    def undo(self):
        present, wanted = self.experiment.document, self.past.pop()
        n_told = len(self.told)
        self.experiment.undo()
        same = {"view": wanted.view}
        assert self.experiment.document.replace(**same) == wanted
        assert len(self.told) == n_told + 1
        self.future.append(present)

    @precondition(lambda self: self.experiment.can_redo)
    @rule()
    def redo(self):
        present, wanted = self.experiment.document, self.future.pop()
        self.experiment.redo()
        same = {"view": wanted.view}
        assert self.experiment.document.replace(**same) == wanted
        self.past.append(present)

    @rule()
    def save_and_open(self):
        path = self.experiment.save(self.folder / "x.insilico.yaml")
        assert self.experiment.is_saved
        opened = Experiment.open(path, library=None)
        document = opened.document.replace(versions={})
        assert document == self.experiment.document.replace(versions={})

    @invariant()
    def the_document_is_whole(self):
        document = self.experiment.document
        assert file.parse(file.as_plain(document), "x") == document
        for run in document.runs:
            assert run.session in document.sessions
            assert run.stimulus in document.stimuli
            state = self.experiment.state(run.session, run.stimulus)
            assert state in ("new", "done", "stale", "failed")
        assert self.experiment.can_undo == bool(self.past)
        assert self.experiment.can_redo == bool(self.future)


TestCommands = pytest.mark.filterwarnings("ignore::UserWarning")(Commands.TestCase)
TestCommands.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
