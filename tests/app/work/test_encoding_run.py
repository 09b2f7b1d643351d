"""Encoding while it is watched: what is told, how time follows, what waits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.drops import drop
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.work.encoding_run import EncodingRun
from insilico_gui.app.work.frame_reader import FrameReader
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.errors import EncodingError
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus

N_FRAMES, BURN_IN = 60, 10
FIRST, SECOND = ("leaky", "first"), ("leaky", "second")


@pytest.fixture
def session():
    return LeakySession()


@pytest.fixture
def experiment(session, tmp_path):
    experiment = ig.Experiment(library=tmp_path / "library")
    experiment.put_session(SessionEntry(id=session.id), session)
    experiment.add_stimulus(clip(0), name="first", show=True)
    experiment.add_stimulus(clip(1), name="second")
    experiment.playback.set_length(N_FRAMES, 10.0)
    return experiment


@pytest.fixture
def run(experiment, qapp):
    jobs = Jobs()
    run = EncodingRun(experiment, jobs, FrameReader(experiment, jobs))
    run.wait = jobs.wait
    run.told, run.grown, run.problems = [], [], []
    run.completed.connect(run.told.append)
    run.grew.connect(lambda: run.grown.append(experiment.playback.frame))
    jobs.failed.connect(run.problems.append)
    experiment.changed.connect(lambda _: run.check())  # as the window does
    yield run
    assert jobs.stop_all()


def clip(seed):
    frames = np.random.default_rng(seed).integers(0, 255, (N_FRAMES, 6, 8), np.uint8)
    return ArrayStimulus(frames, 10.0)


@pytest.mark.parametrize("stays", [False, True])
def test_time_follows_the_newest_responses_until_told_to_stay(run, experiment, stays):
    run.add(*FIRST)
    assert experiment.state(*FIRST) == "encoding"
    experiment.playback.seek_frame(7)
    if stays:
        run.stay()
    run.wait(20.0)
    assert run.grown[-1] == (7 if stays else BURN_IN)
    assert stays or N_FRAMES - 1 in run.grown
    assert experiment.playback.frame == (7 if stays else BURN_IN)
    assert run.told == ["Encoded 60 frames of array for 12 units."]
    assert run.running is None and experiment.state(*FIRST) == "done"


def test_playing_goes_on_while_responses_come(run, experiment):
    run.add(*FIRST)
    run.stay()
    experiment.playback.seek_frame(7)
    experiment.playback.playing = True
    run.wait(20.0)
    assert set(run.grown) == {7}


def test_time_is_left_alone_by_a_run_that_is_not_on_show(run, experiment):
    run.add(*SECOND)
    experiment.playback.seek_frame(7)
    run.wait(20.0)
    assert experiment.playback.frame == 7
    assert experiment.state(*SECOND) == "done"


def test_progress_ends_with_all_frames(run):
    run.add(*FIRST)
    told, job = [], run.running
    job.progressed.connect(told.append)
    assert job.title == "Encoding array" and run.part == 0.0
    run.wait(20.0)
    assert told[-1].done == told[-1].total == N_FRAMES
    assert run.part == 0.0  # nothing is under way


def test_runs_are_encoded_in_turn(run, experiment, session):
    run.add(*FIRST)
    first = run.running
    run.add(*SECOND)
    run.add(*SECOND)  # it waits already
    assert run.running is first and run.waiting == [SECOND]
    run.wait(20.0)
    assert len(run.told) == 2 and not run.waiting
    for pair, seed in ((FIRST, 0), (SECOND, 1)):
        expected = ig.encode(session, clip(seed))
        np.testing.assert_array_equal(experiment.at_hand(*pair), expected)


def test_the_same_run_goes_on_and_with_other_settings_starts_anew(run, experiment):
    run.add(*FIRST)
    first = run.running
    run.add(*FIRST)
    assert run.running is first and not first.cancelled and not run.waiting
    experiment.set_fit("first", "stretch")
    assert first.cancelled
    assert experiment.encoded(*FIRST) is None  # what comes in is of another fit
    run.add(*FIRST)
    assert run.waiting == [FIRST]
    run.wait(20.0)
    assert len(run.told) == 1
    assert experiment.document.run(*FIRST).fit == "stretch"
    assert experiment.state(*FIRST) == "done"


def test_what_was_stopped_is_forgotten(run, experiment):
    run.add(*FIRST)
    run.add(*SECOND)
    run.stop()
    run.wait(20.0)
    assert not run.told and not run.problems
    for pair in (FIRST, SECOND):
        assert experiment.encoded(*pair) is None and experiment.at_hand(*pair) is None
        assert experiment.state(*pair) == "new"


def test_one_that_waits_is_dropped_alone(run, experiment):
    run.add(*FIRST)
    run.add(*SECOND)
    run.stop(SECOND)
    run.wait(20.0)
    assert experiment.state(*FIRST) == "done" and experiment.state(*SECOND) == "new"


@pytest.mark.parametrize("what", ["stimulus", "session"])
def test_what_is_removed_is_given_up(run, experiment, what):
    run.add(*FIRST)
    run.add(*SECOND)
    job = run.running
    if what == "stimulus":
        experiment.remove_stimulus("first")
    else:
        experiment.remove_session("leaky")
    assert job.cancelled
    assert run.waiting == ([SECOND] if what == "stimulus" else [])
    run.wait(20.0)
    assert not run.problems
    assert len(run.told) == (1 if what == "stimulus" else 0)
    experiment.undo()  # of the encoding that went on, or of the removal
    if what == "stimulus":
        experiment.undo()
    assert experiment.state(*FIRST) == "new"
    run.add(*FIRST)
    run.wait(20.0)
    assert experiment.state(*FIRST) == "done"


def test_what_was_computed_before_comes_from_the_library(run, experiment, session):
    run.add(*FIRST)
    run.wait(20.0)
    expected = ig.encode(session, clip(0))
    session.calls.clear()
    for again in ("in memory", "on disk"):
        experiment.undo()  # of the encoding
        assert experiment.state(*FIRST) == "new"
        if again == "on disk":
            experiment._responses.clear()
        run.add(*FIRST)
        run.wait(20.0)
        assert run.told[-1] == (
            "Computed before, from the library: 60 frames of array for 12 units."
        )
        np.testing.assert_array_equal(experiment.at_hand(*FIRST), expected)
    assert session.calls == []


def test_what_is_not_open_is_opened_first(run, experiment, tmp_path, monkeypatch):
    expected = clip(0).frames(0, N_FRAMES)
    np.save(tmp_path / "clip.npy", expected)
    np.save(tmp_path / "gone.npy", expected)
    for name in ("clip", "gone"):
        experiment.add_stimulus(tmp_path / f"{name}.npy", frame_rate=10.0, name=name)
    path = experiment.save(tmp_path / "x.insilico.yaml")
    monkeypatch.setattr(
        "insilico_gui.experiment.live.open_session", lambda *_: LeakySession()
    )
    (tmp_path / "gone.npy").unlink()
    experiment.load(path)
    assert not experiment.is_open("leaky", "clip")
    run.add("leaky", "gone")
    run.add("leaky", "clip")
    assert run.running.title == "Opening gone" and run.pair == ("leaky", "gone")
    run.wait(20.0)
    assert len(run.problems) == 1 and "gone.npy" in run.problems[0]
    np.testing.assert_array_equal(
        experiment.at_hand("leaky", "clip"), ig.encode(LeakySession(), clip(0))
    )
    experiment.load(path)
    run.add("leaky", "clip")
    run.stop()
    run.wait(20.0)
    assert experiment.state("leaky", "clip") == "new" and run.running is None


def test_what_a_session_does_not_take_is_refused_at_once(run, experiment):
    pictures = ig.open_images(np.zeros((2, 8, 8), np.uint8))
    experiment.add_stimulus(pictures, name="pictures")
    with pytest.raises(EncodingError, match="takes videos"):
        run.add("leaky", "pictures")
    assert run.running is None and not run.waiting


def test_a_run_that_failed_does_not_show_what_is_stale(run, experiment, session):
    run.add(*FIRST)
    run.wait(20.0)
    experiment.set_fit("first", "pad")
    assert experiment.state(*FIRST) == "stale"

    def broken(*_args, **_options):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    session.advance = broken
    run.add(*FIRST)
    run.wait(20.0)
    assert experiment.state(*FIRST) == "failed" and "mat1" in run.problems[0]
    assert experiment.at_hand(*FIRST) is None and experiment.encoded(*FIRST) is None
    del session.advance
    run.add(*FIRST)
    run.wait(20.0)
    assert experiment.state(*FIRST) == "done"


def test_a_run_that_is_lost_stays_so_if_its_encoding_is_cancelled(run, experiment):
    run.add(*FIRST)
    run.wait(20.0)
    experiment._responses.clear()
    experiment.library.clear()
    experiment.forget(experiment.task(*FIRST))
    assert experiment.state(*FIRST) == "stale"
    run.add(*FIRST)
    run.stop()
    run.wait(20.0)
    assert experiment.state(*FIRST) == "stale" and not experiment.to_recall()


def test_what_is_missing_is_told(window):
    text = window.playback_bar.message.text
    window.wait()
    window.encode()
    assert text() == "⚠ To encode, first choose a session."
    use_session(window, LeakySession())
    window.encode()
    assert text() == "⚠ To encode, first choose a stimulus."
    use_stimulus(window, clip(0))
    window.experiment.pick_none()
    window.experiment.look(encode_selected=True)
    window.encode()
    assert "select some" in text()
    assert window.encoding.running is None and window.now.encoded is None


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
    """The second is on show at once and waits; the first may be stopped for it."""
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
    qtbot.waitUntil(lambda: window.now.stimulus_name == "walk.mp4", timeout=30_000)
    assert window.encoding.waiting == [("demo", "walk.mp4")]
    window.encoding.stop(window.encoding.pair)
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
