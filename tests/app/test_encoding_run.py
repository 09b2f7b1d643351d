"""Encoding while it is watched: what is told, and how time follows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_gui.experiment.window_state import WindowState
from support.drops import drop
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.work.encoding_run import EncodingRun
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.stimuli import ArrayStimulus

N_FRAMES = 60


@pytest.fixture
def experiment():
    experiment = WindowState()
    experiment.use_session(LeakySession())
    experiment.use_stimulus(clip(0))
    return experiment


@pytest.fixture
def run(experiment, qapp):
    jobs = Jobs()
    run = EncodingRun(experiment, jobs)
    run.wait = jobs.wait
    yield run
    assert jobs.stop_all()


def clip(seed):
    frames = np.random.default_rng(seed).integers(0, 255, (N_FRAMES, 6, 8), np.uint8)
    return ArrayStimulus(frames, 10.0)


@pytest.mark.parametrize("stays", [False, True])
def test_time_follows_the_newest_responses_until_told_to_stay(run, experiment, stays):
    told, frames = [], []
    run.completed.connect(told.append)
    run.grew.connect(lambda: frames.append(experiment.playback.frame))
    run.start()
    experiment.playback.seek_frame(7)
    if stays:
        run.stay()
    run.wait(20.0)
    assert frames[-1] == (7 if stays else N_FRAMES - 1)
    assert experiment.playback.frame == (7 if stays else 0)
    assert told == ["Encoded 60 frames of array for 12 units."]
    assert run.running is None


def test_playing_goes_on_while_responses_come(run, experiment):
    experiment.playback.seek_frame(7)
    experiment.playback.playing = True
    seen = []
    run.grew.connect(lambda: seen.append(experiment.playback.frame))
    run.start()
    run.wait(20.0)
    assert set(seen) == {7}


def test_progress_ends_with_all_frames(run):
    told = []
    run.progressed.connect(lambda title, progress: told.append((title, progress)))
    run.start()
    run.wait(20.0)
    assert {title for title, _ in told} == {"Encoding array"}
    assert told[-1][1].done == told[-1][1].total == N_FRAMES


def test_a_second_start_replaces_the_first(run, experiment):
    completed = []
    run.completed.connect(completed.append)
    run.start()
    first = run.running
    experiment.use_stimulus(clip(1))
    run.start()
    assert first.cancelled and run.running is not first
    run.wait(20.0)
    assert len(completed) == 1
    np.testing.assert_array_equal(
        experiment.responses, ig.encode(experiment.session, clip(1))
    )


def test_what_was_stopped_is_forgotten(run, experiment):
    completed, grown = [], []
    run.completed.connect(completed.append)
    run.grew.connect(lambda: grown.append(True))
    run.start()
    run.stop()
    run.wait(20.0)
    assert not completed and not grown
    assert experiment.job is None and experiment.responses is None


def test_what_is_missing_is_told(run, experiment):
    told = []
    run.problem.connect(told.append)
    experiment.clear_selection()
    run.start(selected_only=True)
    experiment.frames = None
    run.start()
    experiment.session = None
    run.start()
    assert "select" in told[0]
    assert told[1:] == [
        "To encode, first choose a stimulus.",
        "To encode, first choose a session.",
    ]
    assert run.running is None and experiment.job is None


class GreedySession(LeakySession):
    """Runs out of the device's memory half-way, as often as `fails` says."""

    fails = 1

    def advance(self, state, frames, behavior, units):
        if self.fails and len(self.calls) > 2:
            self.fails -= 1
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().advance(state, frames, behavior, units)

    def stream(self, chunks, behavior=None, units=None):
        """Unlike the base, does not try again with fewer frames."""
        state = self.initial_state(1)
        for chunk in chunks:
            responses, state = self.advance(state, chunk[None], {}, units)
            yield responses[0]


def test_running_out_of_memory_is_a_sentence_and_the_window_goes_on(window):
    session = GreedySession()
    use_session(window, session)
    use_stimulus(window, clip(0))
    told = []
    window.jobs.failed.connect(told.append)
    window.encode()
    window.wait()
    (sentence,) = told
    assert sentence.startswith("The device 'cpu' ran out of memory with one chunk of")
    assert "Traceback" not in sentence and "\n" not in sentence
    assert window.playback_bar.message.text().endswith(sentence)
    assert window.now.responses is None
    window.encode()
    window.wait()
    assert len(told) == 1
    assert len(window.now.responses) == N_FRAMES


def test_a_second_drop_while_the_first_is_encoded(window, qtbot, video, tmp_path):
    """The first is given up without a complaint, whatever it was at."""
    session = ig.open_session("demo")
    use_session(window, session)
    long = tmp_path / "long.npy"
    np.save(long, np.zeros((3000, *session.frame_shape), np.uint8))
    problems = []
    window.jobs.failed.connect(problems.append)
    drop(window.docks.window, long)
    qtbot.waitUntil(lambda: window.now.encoded is not None, timeout=30_000)
    first = window.now.encoded
    qtbot.waitUntil(lambda: first.moments.n_done > 0, timeout=30_000)
    drop(window.docks.window, video)
    window.wait()
    assert not problems
    assert first.moments.n_done < 3000
    np.testing.assert_array_equal(
        window.now.responses, ig.encode(session, ig.open_stimulus(video))
    )
    assert "walk.mp4" in window.playback_bar.message.text()
    assert not window.playback_bar.progress.isVisible()


def test_closing_gives_the_frames_up(window):
    use_session(window, LeakySession())
    use_stimulus(window, clip(0))
    window.wait()
    window.experiment.playback.playing = True
    assert window.reader.peek(0) is not None
    window.viewer.close()
    assert window.reader.peek(0) is None
    assert not window.experiment.playback.playing
