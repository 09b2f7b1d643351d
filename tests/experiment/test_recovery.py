"""An unsaved experiment outlives its process, and two processes never share one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.errors import ExperimentError
from insilico_gui.experiment.saving.recovery import KEPT, Recovery, find_leftovers

#: Keeps an experiment with a stimulus from memory, tells of it, and waits to be killed.
WINDOW = """
import sys, time
from pathlib import Path
import numpy as np
import insilico_gui as ig
from insilico_gui.experiment.saving.recovery import Recovery

experiment = ig.Experiment(library=None)
experiment.add_session("demo")
frames = np.arange(4 * 6 * 8, dtype=np.uint8).reshape(4, 6, 8)
experiment.add_stimulus(frames, frame_rate=10.0, name="counted")
recovery = Recovery(Path(sys.argv[1]))
recovery.write(*experiment.content(), Path(sys.argv[2]))
print("kept", flush=True)
time.sleep(600)
"""


def an_experiment(name="demo", seed=0):
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo", name=name)
    frames = np.random.default_rng(seed).integers(0, 256, (4, 6, 8), np.uint8)
    experiment.add_stimulus(frames, frame_rate=10.0, name="noise")
    return experiment


@pytest.fixture
def killed(tmp_path):
    """Folder of what a process kept that was then killed; its file had this path."""
    root, path = tmp_path / "recovery", tmp_path / "day one.insilico.yaml"
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(root), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "kept"
        assert find_leftovers(root) == []  # it is running
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return root, path


def test_a_killed_process_leaves_its_experiment(killed):
    root, path = killed
    (leftover,) = find_leftovers(root)
    assert leftover.path == path
    document, arrays = leftover.read()
    assert list(document.sessions) == ["demo"]
    assert list(document.stimuli) == ["counted"]
    (frames,) = arrays.values()
    np.testing.assert_array_equal(frames.ravel(), np.arange(4 * 6 * 8))

    opened = ig.Experiment(library=None)
    opened.put(document, arrays, leftover.path, saved=False)
    assert opened.path == path
    assert not opened.is_saved
    np.testing.assert_array_equal(opened.stimulus("counted").frames(0, 4), frames)

    # Whoever found it holds it: nobody else is offered it, until it is let go of
    assert find_leftovers(root) == []
    leftover.let_go()
    (again,) = find_leftovers(root)
    again.remove()
    assert find_leftovers(root) == []
    assert not again.folder.exists()


def test_a_leftover_that_is_opened_is_kept_by_its_new_window(killed):
    root, _ = killed
    (leftover,) = find_leftovers(root)
    recovery = Recovery(root)
    recovery.adopt(leftover)
    assert recovery.folder == leftover.folder
    assert find_leftovers(root) == []
    experiment = an_experiment("other")
    recovery.write(*experiment.content(), None)
    document, _ = leftover.read()
    assert list(document.sessions) == ["other"]
    recovery.clear()
    assert not leftover.folder.exists()


def test_two_windows_keep_their_own(tmp_path):
    windows = [Recovery(tmp_path), Recovery(tmp_path)]
    for k, recovery in enumerate(windows):
        recovery.write(*an_experiment(f"session {k}", seed=k).content(), None)
    folders = {recovery.folder for recovery in windows}
    assert len(folders) == 2
    assert find_leftovers(tmp_path) == []
    windows[0].clear()  # it was saved
    assert {p for p in tmp_path.iterdir() if p.is_dir()} == {windows[1].folder}
    windows[1].clear()


def test_nothing_is_kept_before_the_first_change(tmp_path):
    recovery = Recovery(tmp_path / "recovery")
    recovery.clear()
    assert recovery.folder is None
    assert not (tmp_path / "recovery").exists()


def test_the_latest_is_kept_and_found_first(tmp_path):
    recovery = Recovery(tmp_path)
    for name in ("first", "second"):
        recovery.write(*an_experiment(name).content(), tmp_path / "x.insilico.yaml")
    assert recovery.folder is not None
    kept = recovery.folder / KEPT
    opened = ig.Experiment.open(kept, library=None)
    assert list(opened.document.sessions) == ["second"]
    arrays = list(kept.parent.rglob("*.npy"))
    assert len(arrays) == 1  # equal frames are written once
    recovery.clear()


def test_a_damaged_leftover_is_one_sentence(killed):
    root, _ = killed
    place = next(root.glob(f"*/{KEPT}"))
    place.write_text(place.read_text().replace("sessions:", "sessions: ["))
    (leftover,) = find_leftovers(root)
    with pytest.raises(ExperimentError, match="cannot be read"):
        leftover.read()
    leftover.remove()
    assert find_leftovers(root) == []


def test_a_folder_without_an_experiment_is_removed(tmp_path):
    empty = tmp_path / "window-0123"
    (empty / "kept").mkdir(parents=True)
    foreign = tmp_path / "something else"
    foreign.mkdir()
    assert find_leftovers(tmp_path) == []
    assert not empty.exists()
    assert foreign.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ExperimentError, match="INSILICO_RECOVERY"):
        Recovery(file / "recovery").write(*an_experiment().content(), None)
    assert find_leftovers(Path(file)) == []
