"""A window that is used all day holds no more than one that was just opened."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import weakref

import numpy as np
import psutil
import pytest
import torch
from qtpy.QtCore import QCoreApplication, QEvent
from support import wang2025_synthetic as synthetic
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.stimuli import ArrayStimulus

SESSIONS, SETTLED = int(os.environ.get("INSILICO_LEAK_SESSIONS", "8")), 4
"""How many sessions follow each other, and after how many memory has settled."""

TOLERANCE = 0.02
"""By which part memory may grow after that."""


def let_go():
    """Give back all memory that nobody holds."""
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def open_files():
    """The files, pipes and sockets that are open.

    Qt has an event of the system for each thread of its pool, and starts threads as they
    are needed: those count as no file.
    """
    if sys.platform != "linux":
        return [file.path for file in psutil.Process().open_files()]
    targets = []
    for handle in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # that of the listing itself
            targets.append(os.readlink(f"/proc/self/fd/{handle}"))
    return [target for target in targets if not target.startswith("anon_inode:")]


def measure():
    """Megabytes that are resident, and how many files are open."""
    let_go()
    return psutil.Process().memory_info().rss / 2**20, len(open_files())


def held_by(window):
    """What belongs to the session and the stimulus that are loaded now."""
    controls = window.viewer.window._qt_viewer.controls.widgets
    now, layers = window.now, list(window.viewer.layers)
    parts = [now.session, now.stimulus, now.frames, now.encoded]
    parts += [*layers, *(controls[layer] for layer in layers)]
    return [weakref.ref(part) for part in parts if part is not None]


def remove(experiment, session, stimulus):
    """Take a session and a stimulus, if there are any, out of the experiment."""
    if session is not None:
        experiment.remove_session(session)
    if stimulus is not None:
        experiment.remove_stimulus(stimulus)


def use(window, session, seed):
    """Load, show and encode in place of what was there; what then belongs to it."""
    before = window.experiment.on_show()
    rng = np.random.default_rng(seed)
    clip = rng.integers(0, 255, (6, *session.frame_shape), np.uint8)
    use_session(window, session, opens_again=True)
    use_stimulus(window, ArrayStimulus(clip, session.frame_rate))
    remove(window.experiment, *before)
    window.encode()
    window.wait()
    assert window.now.encoded.moments.n_done > 0
    return held_by(window)


def left(earlier, now):
    """What is still there of an earlier session; the layer of the stimulus is kept."""
    kept = [id(ref()) for ref in now]
    there = [ref() for ref in earlier if ref() is not None]
    return [repr(part)[:80] for part in there if id(part) not in kept]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with a session of a twin whose weights come from files."""
    folder = tmp_path_factory.mktemp("weights")
    scan = (8, 5)
    synthetic.write_params(folder, 1, 20, scan)
    synthetic.write_tables(folder, 20, scan)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_sessions_leave_nothing_behind(window):
    earlier, figures = [], {}
    for k in range(1, SESSIONS + 1):
        now = use(window, ig.open_session("demo"), k)
        if k % SETTLED == 0:
            figures[k] = measure()
            print(
                f"{k} sessions: {figures[k][0]:.1f} MB, {figures[k][1]} files",
                flush=True,
            )
            assert not left(earlier, now), k
            earlier.clear()
        earlier += now
    (settled, files), *others = figures.values()
    assert max(memory for memory, _ in others) <= settled * (1 + TOLERANCE), figures
    assert {count for _, count in others} == {files}, figures


@pytest.mark.slow
def test_sessions_of_several_kinds_leave_nothing_behind(window, weights):
    (info,) = [info for info in ig.session_infos(weights) if "wang" in info.id]
    openers = [
        lambda: ig.open_session(info.id, weights),
        lambda: ig.open_session("demo"),
        lambda: LeakySession(30, (18, 32)),
    ]
    earlier, counts, files = [], [], []
    with torch.no_grad():
        for k in range(9):
            now = use(window, openers[k % 3](), k)
            let_go()
            assert not left(earlier, now), k
            earlier = now
            files.append(sorted(open_files()))
            counts.append(len(files[-1]))
    # Each kind keeps what it needs when it is first used, so that the first round settles;
    # what a kind leaves behind later is there in all of the third round. A file that is
    # being written just now is not
    assert min(counts[6:]) <= min(counts[3:6]), files
