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
    initialize,
    invariant,
    precondition,
    rule,
)
from support.rounded import LeakyTwin

from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.analysing import AnalysisTask
from insilico_gui.experiment.experiment import Experiment
from insilico_gui.experiment.resolved import Resolver
from insilico_gui.experiment.runs import Task
from insilico_gui.experiment.saving import file
from insilico_gui.experiment.unit_tables import label_of

NAMES = st.sampled_from(["a", "a", "a", "b", "b", "c"])
"""What there is, mostly, so that most commands are carried out."""
SEEDS = st.integers(0, 3)


def frames(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (6, 6, 8), dtype=np.uint8)


class Commands(RuleBasedStateMachine):
    """Commands on an experiment as a window uses it, of which many are refused."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.twin = LeakyTwin()
        self.patch = patch("insilico_gui.opening.twins", lambda: {"leaky": self.twin})
        self.patch.start()
        self.experiment = Experiment(library=None)
        self.experiment.computes_when_asked = False
        self.resolver = Resolver(self.experiment)
        self.tasks = []  # runs that are being computed
        self.analyses = []
        self.told = []
        self.experiment.changed.connect(self.told.append)
        self.past = []  # documents before each command that has a history
        self.future = []

    def teardown(self):
        self.patch.stop()
        shutil.rmtree(self.folder)

    def do(self, command, *arguments, has_history=True, **options):
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
            if has_history:
                self.past.append(before)
                self.future = []
        return True

    @initialize(n_stimuli=st.integers(0, 2), is_encoded=st.booleans())
    def begin(self, n_stimuli, is_encoded):
        """Mostly with an open session, stimuli and responses."""
        if n_stimuli == 0:
            return
        self.do(self.experiment.add_session, "leaky", device="cpu", name="a")
        self.experiment.session("a")
        for seed, name in enumerate("ab"[:n_stimuli]):
            self.add_stimulus(name, seed)
            if is_encoded:
                self.encode("a", name)

    @rule(name=NAMES)
    def open_session(self, name):
        if name in self.experiment.document.sessions:
            n_told = len(self.told)
            try:
                self.experiment.session(name)
            except InsilicoError:
                assert len(self.told) == n_told

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

    # -- the view ----------------------------------------------------------------------

    @rule(time=st.floats(-1, 5), session=st.none() | NAMES)
    def look(self, time, session):
        self.do(self.experiment.look, time_s=time, session=session, has_history=False)

    @rule(session=st.none() | NAMES, stimulus=st.none() | NAMES)
    def show(self, session, stimulus):
        if self.do(self.experiment.show, session, stimulus, has_history=False):
            shown = self.experiment.on_show()
            for asked, found in zip((session, stimulus), shown, strict=True):
                assert asked in (None, found)

    @rule(area=st.sampled_from(["V1", "LM", "nowhere"]))
    def pick(self, area):
        if self.do(self.experiment.pick, [area]):
            assert self.experiment.picked().rule == {"areas": [area]}

    @rule(least=st.none() | st.floats(-1, 1), column=st.sampled_from(["rf_x", "gone"]))
    def narrow(self, least, column):
        where = {} if least is None else {column: (least, None)}
        if self.do(self.experiment.narrow, where):
            units = self.experiment.table(self.experiment.on_show()[0])
            chosen = self.experiment.picked().indices
            assert least is None or (units[column].iloc[chosen] >= least).all()

    @rule()
    def pick_others(self):
        shown = self.resolver.resolve()
        if self.do(self.experiment.pick_others):
            chosen = self.experiment.picked().indices
            both = np.concatenate([chosen, shown.selection.indices])
            assert sorted(both) == list(range(len(shown.units)))

    @rule()
    def pick_none(self):
        if self.do(self.experiment.pick_none):
            assert len(self.experiment.picked()) == 0

    @rule(indices=st.lists(st.integers(0, 13), max_size=4))
    def lasso(self, indices):
        corners = np.zeros((3, 2))
        if self.do(self.experiment.lasso, "anatomical", corners, indices):
            assert set(self.experiment.picked().indices) == set(indices)
            assert self.experiment.picked().rule["layout"] == "anatomical"

    @rule(session=st.none() | NAMES, stimulus=st.none() | NAMES, file=st.booleans())
    def compare_with(self, session, stimulus, file):
        given = {"file": "x.npz"} if file else {}
        self.do(
            self.experiment.compare_with,
            session,
            stimulus,
            **given,
            has_history=False,
        )

    # -- in the background -------------------------------------------------------------

    @rule(selected_only=st.booleans())
    def plan_run(self, selected_only):
        self.do(self.experiment.plan_run, selected_only=selected_only)

    @rule(session=NAMES, stimulus=NAMES)
    def start(self, session, stimulus):
        try:
            task = self.experiment.task(session, stimulus)
        except InsilicoError:
            return
        self.do(self.experiment.start, task)
        assert self.experiment.state(session, stimulus) == "encoding"
        self.tasks.append(task)

    @precondition(lambda self: self.tasks)
    @rule(cancelled=st.booleans())
    def fail(self, cancelled):
        self.do(self.experiment.fail, self.tasks.pop(0), cancelled=cancelled)

    @precondition(lambda self: self.tasks)
    @rule()
    def finish(self):
        task = self.tasks.pop(0)
        responses = task.compute(None, None, None, progress=False)
        before = self.experiment.document
        if self.do(self.experiment.finish, task, responses):
            pair = task.run.session, task.run.stimulus
            assert self.experiment.document.run(*pair).key == task.key
        else:
            assert self.experiment.document == before

    @precondition(lambda self: self.experiment.document.runs)
    @rule(other=NAMES)
    def start_analysis(self, other):
        run = self.experiment.document.runs[-1]
        given = {"other_session": run.session, "other_stimulus": other}
        try:
            task = self.experiment.analysis_task(
                "comparison", run.session, run.stimulus, {**given, "burn_in_frames": 1}
            )
        except InsilicoError:
            return
        self.do(self.experiment.start_analysis, task)
        computing = self.experiment.computing(run.session, run.stimulus)
        assert "comparison" in computing
        self.analyses.append(task)

    @precondition(lambda self: self.analyses)
    @rule()
    def stop_analysis(self):
        self.do(self.experiment.stop_analysis, self.analyses.pop(0))

    @precondition(lambda self: self.analyses)
    @rule()
    def finish_analysis(self):
        task = self.analyses.pop(0)
        try:
            result = task.compute()
        except InsilicoError:
            self.do(self.experiment.stop_analysis, task)
            return
        if self.do(self.experiment.finish_analysis, task, result):
            assert task.entry in self.experiment.document.analyses

    # -- the past ----------------------------------------------------------------------

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

    @precondition(lambda self: self.experiment.path is not None)
    @rule()
    def load(self):
        n_told = len(self.told)
        self.experiment.load(self.experiment.path)
        assert len(self.told) == n_told + 1
        assert self.experiment.is_saved
        self.past, self.future = [], []

    @precondition(lambda self: len(self.experiment.document.runs) > 3)
    @rule()
    def clear(self):
        n_told = len(self.told)
        self.experiment.clear()
        assert len(self.told) == n_told + 1
        assert not self.experiment.document.sessions
        self.past, self.future = [], []

    @invariant()
    def the_document_is_whole(self):
        document = self.experiment.document
        assert file.parse(file.as_plain(document), "x") == document
        for run in document.runs:
            assert run.session in document.sessions
            assert run.stimulus in document.stimuli
            state = self.experiment.state(run.session, run.stimulus)
            assert state in ("new", "encoding", "done", "stale", "failed")
        view = document.view
        assert view.session in (None, *document.sessions)
        assert view.stimulus in (None, *document.stimuli)
        assert view.selection in (None, *document.selections)
        assert self.experiment.can_undo == bool(self.past)
        assert self.experiment.can_redo == bool(self.future)

    @invariant()
    def what_is_on_show_exists(self):
        """It is resolved without an error, and nothing is computed, opened or told."""
        n_opened, n_told = len(self.twin.opened), len(self.told)
        with (
            patch.object(Task, "compute", _never),
            patch.object(AnalysisTask, "compute", _never),
        ):
            now = self.resolver.resolve()
            again = self.resolver.resolve()
        assert (len(self.twin.opened), len(self.told)) == (n_opened, n_told)
        assert again.changed_since(now) == frozenset()
        document = self.experiment.document
        assert now.session_name in (None, *document.sessions)
        assert now.stimulus_name in (None, *document.stimuli)
        assert (now.session_name is None) == (not document.sessions)
        assert (now.stimulus_name is None) == (not document.stimuli)
        for line in now.runs:
            assert line.session in document.sessions
            assert line.stimulus in document.stimuli
        if now.session is not None:
            assert set(now.selection.indices) <= set(range(len(now.units)))
            assert now.selection.session in ("", now.session.id)
        if now.responses is not None:
            assert now.state in ("done", "encoding", "failed")
            assert now.responses.sizes["unit"] == len(now.encoded_rows)
        known = {label_of(entry) for entry in document.analyses}
        for name in now.results:
            assert {name, f"{name} of {now.stimulus_name}"} & known
        if now.reference is not None:
            assert now.view.reference.session in document.sessions


def _never(*_args, **_options):
    pytest.fail("something was computed")


TestCommands = pytest.mark.filterwarnings("ignore::UserWarning")(Commands.TestCase)
TestCommands.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
