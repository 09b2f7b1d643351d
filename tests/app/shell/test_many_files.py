"""Many files at once: added, queued, one failing; and the question for a frame rate."""

from __future__ import annotations

import time

import numpy as np
import pytest
from support.drops import drop
from support.in_window import use_session
from support.leaky import LeakySession
from support.mouse import LEFT

from insilico_gui.settings import read_settings

LIMIT_S = 120.0


class SomeFail(LeakySession):
    """Breaks on a video that begins white."""

    def advance(self, state, frames, behavior, units):
        if frames[0, 0].min() == 255:
            raise MemoryError("as much as this")
        return super().advance(state, frames, behavior, units)


def saved(folder, name, first=0, n=12):
    folder.mkdir(exist_ok=True)
    frames = np.random.default_rng(ord(name[0])).integers(0, 200, (n, 18, 32), np.uint8)
    frames[0] = first
    np.save(folder / name, frames)
    return folder / name


@pytest.fixture
def loaded(window):
    use_session(window, SomeFail(12, (18, 32)))
    return window


def test_files_queue_and_one_that_fails_is_said_while_the_others_go_on(
    loaded, tmp_path, qtbot
):
    window, lab = loaded, tmp_path / "lab"
    files = [saved(lab, "a.npy"), saved(lab, "white.npy", 255), saved(lab, "c.npy")]
    broken = lab / "broken.npy"
    broken.write_bytes(b"\x93NUMPY and no more")
    said = []
    say = window.playback_bar.say
    window.playback_bar.say = lambda text, **how: (said.append(text), say(text, **how))
    drop(window.viewer.window._qt_window, files[0], broken, *files[1:])
    window.wait(LIMIT_S)
    states = {line.stimulus: line.state for line in window.now.runs}
    assert states == {"a.npy": "done", "white.npy": "failed", "c.npy": "done"}
    assert any("broken.npy" in text for text in said)
    # also when all is over
    last = window.playback_bar.message.text()
    assert "white.npy" in last
    assert "broken.npy" in last
    assert "Encoded" in last
    # one question for all of them, at an assumed rate meanwhile
    (question,) = window.frame_rates.dialogs.values()
    assert "30 Hz" in question.about.text()
    assert window.now.stimulus.frame_rate == 30
    question.reject()
    assert not window.frame_rates.dialogs
    assert read_settings()[0].frame_rates == ()


def test_the_frame_rate_is_asked_once_for_a_kind_in_a_folder(loaded, tmp_path, qtbot):
    window, lab = loaded, tmp_path / "lab"
    drop(window.viewer.window._qt_window, saved(lab, "a.npy"), saved(lab, "bb.npy"))
    window.wait(LIMIT_S)
    assert window.now.responses.sizes["time"] == 4  # 12 frames at 30 Hz, answered at 10
    (question,) = window.frame_rates.dialogs.values()
    question.rate.setValue(5.0)
    qtbot.mouseClick(question.button, LEFT)
    window.wait(LIMIT_S)
    for name in ("a.npy", "bb.npy"):
        assert window.experiment.document.stimuli[name].frame_rate == 5.0
        assert window.experiment.state(window.now.session_name, name) == "done"
    assert window.now.responses.sizes["time"] == 24
    assert window.now.stimulus.frame_rate == 5.0
    # the next one of the folder is not asked for; one of another folder is
    drop(window.viewer.window._qt_window, saved(lab, "c.npy"))
    window.wait(LIMIT_S)
    assert not window.frame_rates.dialogs
    assert window.now.stimulus_name == "c.npy"
    assert window.now.stimulus.frame_rate == 5.0
    drop(window.viewer.window._qt_window, saved(tmp_path / "other", "d.npy"))
    window.wait(LIMIT_S)
    (question,) = window.frame_rates.dialogs.values()
    question.reject()
    (kept,) = read_settings()[0].frame_rates
    assert (kept.kind, kept.folder, kept.rate) == (".npy files", str(lab), 5.0)


def test_opening_is_cancelled_within_half_a_second(loaded, tmp_path, qtbot):
    """Of a file of which all is read for its hash, for much longer than that."""
    window, path = loaded, tmp_path / "long.npy"
    shape = (6000, 1200, 1600)  # without taking room on the disk
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + int(np.prod(shape)))
    drop(window.viewer.window._qt_window, path)
    qtbot.waitUntil(lambda: bool(window.jobs.announced()), timeout=5000)
    qtbot.wait(200)
    (job,) = window.jobs.announced()
    assert job.title == "Opening long.npy"
    ended = []
    job.ended.connect(lambda _job: ended.append(time.monotonic()))
    asked = time.monotonic()
    qtbot.mouseClick(window.playback_bar.cancel_button, LEFT)
    assert window.playback_bar.message.text().startswith("Cancelling: Opening")
    qtbot.waitUntil(lambda: bool(ended), timeout=10_000)
    assert ended[0] - asked < 0.5
    window.wait(LIMIT_S)
    assert window.playback_bar.message.text().startswith("Cancelled: Opening")
    assert window.now.stimuli == ()
