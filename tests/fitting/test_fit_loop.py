"""The loop of fits: files, curves, pause, stop, exact resume, and what ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from support.falling import Falling

from insilico_gui.errors import FitError
from insilico_gui.fitting import FitControl, FitLoop, read_report
from insilico_gui.fitting.checkpoint import FILE, has_checkpoint
from insilico_gui.fitting.running import run_loop


def content(folder):
    """Files of a fit by name, but for those with times in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("report.json", FILE)
    }


def finished(folder, **options):
    task = Falling(**options)
    report = run_loop(FitLoop(task, folder, checkpoint_s=0))
    return task, report


def test_a_fit_writes_its_files(tmp_path):
    task, report = finished(tmp_path / "run")
    folder = tmp_path / "run"
    names = set(content(folder))
    assert names == {
        "models/0.txt",
        "models/2.txt",
        "rows.csv",
        "best.txt",
        "result.txt",
        "curves.csv",
    }
    assert (folder / "models/0.txt").read_text() == "10.0"  # before any step
    assert float((folder / "result.txt").read_text()) == task.weight[0]
    rows = pd.read_csv(folder / "rows.csv", index_col=0)
    assert rows["distance"].tolist() == report.curves["distance"].tolist()
    assert report.best_round == rows["distance"].idxmin()
    assert report.complete and report.n_steps == 20 and report.rounds_done == 4
    saved = read_report(folder)
    assert saved["data"] == {"n": 3} and saved["settings"]["two"] == [1, 2]
    assert saved["best"]["distance"] == rows["distance"].min()
    assert "complete" in report.sentences()[0]
    assert not [p for p in folder.iterdir() if p.name.startswith(".insilico")]


def test_progress_comes_after_every_step_and_every_round(tmp_path):
    seen = []
    loop = FitLoop(Falling(rounds=2), tmp_path)
    run_loop(loop, lambda step: seen.append((step.round_number, step.step, step.done)))
    steps = [1, 2, 3, 4, 5, 5]
    assert [(r, s) for r, s, _ in seen] == [(r, s) for r in (0, 1) for s in steps]
    parts = [part for *_, part in seen]
    assert parts == sorted(parts) and parts[-1] == 1


@pytest.mark.parametrize("moment", [(0, 0), (0, 3), (2, 0), (2, 4), (3, 1)])
def test_a_fit_that_was_broken_off_ends_alike(moment, tmp_path):
    finished(tmp_path / "whole")
    folder = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        run_loop(FitLoop(Falling(breaks=moment), folder, checkpoint_s=0))
    again = FitLoop(Falling(), folder, resume=True, checkpoint_s=0)
    assert again.round_number == moment[0]
    run_loop(again)
    assert content(folder) == content(tmp_path / "whole")


def test_checkpoints_may_be_rare(tmp_path):
    finished(tmp_path / "whole")
    folder = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        run_loop(FitLoop(Falling(breaks=(3, 1)), folder, checkpoint_s=1e9))
    assert not has_checkpoint(folder)
    run_loop(FitLoop(Falling(), folder, resume=True))
    assert content(folder) == content(tmp_path / "whole")


KILLED = """
import sys, time
from pathlib import Path
from support.falling import Falling
from insilico_gui.fitting import FitLoop
task = Falling(rounds=30, steps=4)
for step in FitLoop(task, Path(sys.argv[1]), resume=True, checkpoint_s=0).run():
    time.sleep(0.002)
"""


def test_a_killed_fit_ends_alike(tmp_path):
    finished(tmp_path / "whole", rounds=30, steps=4)
    folder = tmp_path / "killed"
    places = [str(Path(__file__).parents[1]), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    for wanted in (1, 9, 20):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder)], env=environment
        )
        rows = folder / "rows.csv"
        until = time.monotonic() + 60
        while time.monotonic() < until and child.poll() is None:
            written = rows.exists() and rows.read_text().count("\n") > wanted
            if written and has_checkpoint(folder):
                break
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert has_checkpoint(folder)
    task = Falling(rounds=30, steps=4)
    loop = FitLoop(task, folder, resume=True, checkpoint_s=0)
    assert loop.round_number >= 19
    run_loop(loop)
    assert content(folder) == content(tmp_path / "whole")


def test_more_rounds_go_on_and_other_settings_do_not(tmp_path):
    finished(tmp_path / "whole", rounds=6)
    finished(tmp_path / "run", rounds=3)
    with pytest.raises(FitError, match="holds a fit already; resume it"):
        FitLoop(Falling(), tmp_path / "run")
    with pytest.raises(FitError, match="with another rate, steps"):
        FitLoop(Falling(rate=0.2, steps=2), tmp_path / "run", resume=True)
    with pytest.raises(FitError, match="a fit to other data"):
        FitLoop(Falling(data=(1.0,)), tmp_path / "run", resume=True)

    class Other(Falling):
        name = "other"

    with pytest.raises(FitError, match="a fit of 'falling', not of other"):
        FitLoop(Other(), tmp_path / "run", resume=True)
    longer = FitLoop(Falling(rounds=6), tmp_path / "run", resume=True)
    run_loop(longer)
    for name in ("rows.csv", "result.txt", "best.txt"):
        whole = (tmp_path / "whole" / name).read_bytes()
        assert (tmp_path / "run" / name).read_bytes() == whole


def test_stop_after_a_round_pause_and_stop_at_once(tmp_path):
    loop = FitLoop(Falling(), tmp_path / "a", checkpoint_s=0)
    report = run_loop(loop, lambda step: step.round_number == 1 and loop.stop())
    assert report.rounds_done == 2 and not report.complete
    assert (tmp_path / "a" / "result.txt").exists()

    control, steps, paused = FitControl(), [], threading.Event()

    def on_progress(step):
        steps.append(step)
        if len(steps) == 3:
            control.pause()
            paused.set()

    done = []
    loop = FitLoop(Falling(), tmp_path / "b")
    thread = threading.Thread(
        target=lambda: done.append(run_loop(loop, on_progress, control))
    )
    thread.start()
    assert paused.wait(10)
    time.sleep(0.05)
    assert len(steps) == 3 and control.paused
    control.go_on()
    thread.join(10)
    assert done[0].complete and len(steps) == 24

    control = FitControl()
    loop = FitLoop(Falling(), tmp_path / "c", checkpoint_s=0)
    report = run_loop(
        loop, lambda step: step.round_number == 2 and control.stop(), control
    )
    assert report.rounds_done == 2 and control.stopped
    run_loop(FitLoop(Falling(), tmp_path / "c", resume=True))
    finished(tmp_path / "whole")
    assert content(tmp_path / "c") == content(tmp_path / "whole")


def test_one_fit_at_a_time_in_a_folder(tmp_path):
    going = FitLoop(Falling(), tmp_path).run()
    next(going)
    with pytest.raises(FitError, match="is being written by this program"):
        run_loop(FitLoop(Falling(), tmp_path))
    going.close()
    assert run_loop(FitLoop(Falling(), tmp_path)).complete


def test_curves_can_be_read_while_it_runs(tmp_path):
    loop = FitLoop(Falling(), tmp_path)
    with closing(loop.run()) as going:
        lengths = [len(loop.curves.table()) for step in going if step.end_of_round]
    assert lengths == [1, 2, 3, 4]


def test_values_that_are_not_finite_end_it(tmp_path):
    loop = FitLoop(Falling(breaks=("nan", 2)), tmp_path, checkpoint_s=0)
    with pytest.raises(
        FitError, match="'distance' of falling is nan in round 2"
    ) as told:
        run_loop(loop)
    assert "learning rate" in str(told.value)
    assert pd.read_csv(tmp_path / "rows.csv").shape[0] == 3  # the row is written
    again = FitLoop(Falling(), tmp_path, resume=True)
    assert again.round_number == 2


DAMAGE = {
    "cut": lambda content: content[: len(content) // 2],
    "other": lambda content: b"no checkpoint",
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_checkpoints(kind, tmp_path):
    finished(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(DAMAGE[kind](path.read_bytes()))
    with pytest.raises(FitError, match=r"checkpoint\.npz.*begin the fit anew") as told:
        FitLoop(Falling(), tmp_path, resume=True)
    assert "\n" not in str(told.value)


def test_folders_and_reports_that_are_none(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FitError, match="cannot be made"):
        FitLoop(Falling(), tmp_path / "file" / "run")
    with pytest.raises(FitError, match=r"report\.json"):
        read_report(tmp_path)
    (tmp_path / "report.json").write_text(json.dumps([1]))
    with pytest.raises(FitError, match="no report of a fit"):
        read_report(tmp_path)
