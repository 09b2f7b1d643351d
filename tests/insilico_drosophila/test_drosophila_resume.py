"""Fits that are killed, stopped and resumed end as if they had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly
from insilico_drosophila.fitting import plots, second_round
from insilico_drosophila.fitting.task import DrosophilaTask

from insilico_gui import InsilicoError
from insilico_gui.fitting import FitLoop
from insilico_gui.fitting.checkpoint import read_checkpoint
from insilico_gui.fitting.running import run_loop

SETTINGS = {
    "dt": 5.0,
    "batch_size": 6,
    "n_hidden": 8,
    "n_rank": 3,
    "epoch_round1": 3,
    "epoch_round2": 3,
}
RESULTS = (".msgpack", ".npy", ".txt", ".csv")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(second_round, "STEPS_PER_EPOCH", 3)
    monkeypatch.setattr(plots, "find_spec", lambda name: None)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_synthetic_fly(tmp_path_factory.mktemp("resume") / "data", 4, 40, 13)


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory) -> Path:
    """The folder of a fit without interruption; do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_round, "STEPS_PER_EPOCH", 3)
        patch.setattr(plots, "find_spec", lambda name: None)
        folder = tmp_path_factory.mktemp("whole")
        run_loop(loop(data, folder))
        return folder


def loop(data, folder, resume=False, checkpoint_s=0.0, **more) -> FitLoop:
    task = DrosophilaTask(data, {**SETTINGS, **more})
    return FitLoop(task, folder, resume=resume, checkpoint_s=checkpoint_s)


def content(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in RESULTS:
            found[path.name] = path.read_bytes()
    return found


def same_state(one: Path, two: Path) -> None:
    a, b = (read_checkpoint(folder)["state"]["state"] for folder in (one, two))
    np.testing.assert_array_equal(a["rates"], b["rates"])
    np.testing.assert_array_equal(
        a["network"]["engine"]["v"], b["network"]["engine"]["v"]
    )
    assert a["network"]["events"]["random"] == b["network"]["events"]["random"]


def test_a_fit_that_is_cancelled_at_any_step_ends_alike(data, whole, tmp_path):
    """Closed at random steps of the network, some of them within a batch."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "parts"
    for k in rng.integers(30, 110, 5).tolist():
        with closing(loop(data, folder, resume=True).run()) as going:
            for _ in islice(going, k):
                pass
    run_loop(loop(data, folder, resume=True))
    assert content(folder) == content(whole)
    same_state(folder, whole)


KILLED = """
import sys
from pathlib import Path
from insilico_drosophila.fitting import plots, second_round
from insilico_drosophila.fitting.task import DrosophilaTask
from insilico_gui.fitting import FitLoop
second_round.STEPS_PER_EPOCH = 3
plots.find_spec = lambda name: None
task = DrosophilaTask(Path(sys.argv[1]), %r)
loop = FitLoop(task, Path(sys.argv[2]), resume=True, checkpoint_s=0)
for step in loop.run():
    print("step", flush=True)
"""


def test_a_fit_that_is_killed_at_random_moments_ends_alike(data, whole, tmp_path):
    folder = tmp_path / "killed"
    places = [str(Path(__file__).parents[1]), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    rng = np.random.default_rng(1)
    rounds = []
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED % SETTINGS, str(data), str(folder)],
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        for _ in range(rng.integers(30, 110)):
            assert child.stdout.readline() == b"step\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        rounds.append(loop(data, folder, resume=True).round_number)
    assert rounds == sorted(rounds) and rounds[-1] > 0
    run_loop(loop(data, folder, resume=True))
    assert content(folder) == content(whole)
    same_state(folder, whole)


def test_stages_one_by_one_are_the_same_as_all(data, whole, tmp_path):
    for mode in ("train1", "eval1", "train2", "evaluate"):
        run_loop(loop(data, tmp_path, mode=mode))
    assert {p.name for p in tmp_path.glob("checkpoint*")} == {
        f"checkpoint-{mode}.npz" for mode in ("train1", "eval1", "train2", "evaluate")
    }
    ours, theirs = content(tmp_path), content(whole)
    for name in theirs:
        if name not in ("first-round-losses.txt", "curves.csv"):  # they hold the mode
            assert ours[name] == theirs[name], name


def test_a_few_epochs_more(data, tmp_path):
    def stages(folder: Path, parts: list[int]) -> dict[str, bytes]:
        for mode in ("train1", "eval1", "train2"):
            for k, epochs in enumerate(parts):
                more = {"epoch_round1": epochs, "epoch_round2": epochs}
                run_loop(loop(data, folder, k > 0, mode=mode, **more))
        return content(folder)

    once, twice = stages(tmp_path / "a", [2]), stages(tmp_path / "b", [1, 2])
    assert once == twice and "second-round-rnn-checkpoint-v1.msgpack" in once


def test_settings_of_the_log_are_those_of_a_resumed_fit(data, whole, tmp_path):
    with closing(loop(data, tmp_path).run()) as going:
        while not next(going).end_of_round:
            pass
        next(going)  # the checkpoint is written after the round
    task = DrosophilaTask(data, {})
    again = FitLoop(task, tmp_path, resume=True, checkpoint_s=0)
    assert again.round_number == 1 and task.config.n_rank == 3
    run_loop(again)
    assert content(tmp_path) == content(whole)


def test_what_is_not_resumed(data, whole, tmp_path):
    with pytest.raises(InsilicoError, match="train1 has ended after 3 rounds"):
        loop(data, whole, resume=True, epoch_round1=5)
    with pytest.raises(InsilicoError, match="with another n_rank"):
        loop(data, whole, resume=True, n_rank=4)
    other = make_synthetic_fly(tmp_path / "other", 5, 40, 13)
    with pytest.raises(InsilicoError, match="to other data"):
        loop(other, whole, resume=True)


def test_a_step_of_a_batch_is_told_in_blocks(data, tmp_path):
    """So that a batch of minutes can be cancelled within a block of steps."""
    going = loop(data, tmp_path, mode="train1", epoch_round1=1).run()
    steps = [step.step for step in going]
    per_batch = int(1000 / 1.2 / 5)
    assert np.diff(steps).max() <= 9 and steps[-1] == 2 * per_batch
    report = loop(data, tmp_path, True, mode="train1", epoch_round1=1).report()
    assert report.n_steps == 2 * per_batch
