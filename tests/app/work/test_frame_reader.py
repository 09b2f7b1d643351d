"""Frames of the stimulus on show, read in the background."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.work.frame_reader import FILL_FRAMES, FrameReader
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.errors import StimulusError
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.experiment.resolved import Resolver
from insilico_gui.experiment.session_input import Shown
from insilico_gui.stimuli import ArrayStimulus

N_FRAMES = 5 * FILL_FRAMES + 3


@pytest.fixture
def jobs(qapp):
    jobs = Jobs()
    yield jobs
    assert jobs.stop_all()


@pytest.fixture
def experiment():
    experiment, session = ig.Experiment(library=None), LeakySession()
    experiment.put_session(SessionEntry(id=session.id), session)
    clip = np.random.default_rng(0).integers(0, 255, (N_FRAMES, 6, 8), np.uint8)
    experiment.add_stimulus(ArrayStimulus(clip, 10.0), name="clip", show=True)
    experiment.playback.set_length(N_FRAMES, 10.0)
    return experiment


@pytest.fixture
def now(experiment):
    resolver = Resolver(experiment)
    return resolver.resolve


@pytest.fixture
def reader(experiment, jobs):
    reader = FrameReader(experiment, jobs)
    yield reader
    reader.close()


def test_frames_fill_and_are_told(reader, experiment, jobs, now):
    expected = now().frames.frames(0, N_FRAMES)
    experiment.playback.seek_frame(2 * FILL_FRAMES + 1)
    shown, seen = [], []
    reader.replaced.connect(shown.append)
    reader.made.connect(lambda: seen.append(reader.peek(2 * FILL_FRAMES + 1)))
    assert reader.peek(0) is None
    reader.read(now())
    jobs.wait(10.0)
    np.testing.assert_array_equal(shown[0], expected)
    assert len(shown) == 1
    assert len(seen) == 2  # with the frames around the one on show, and at the end
    for picture in seen:
        np.testing.assert_array_equal(picture, expected[2 * FILL_FRAMES + 1])


def test_other_frames_replace_those_that_are_being_read(reader, experiment, jobs, now):
    reader.read(now())
    before = reader._cache
    bright = np.full((4, 6, 8), 255, np.uint8)
    experiment.add_stimulus(ArrayStimulus(bright, 10.0), show=True)
    reader.read(now())
    jobs.wait(10.0)
    with pytest.raises(StimulusError, match="given up"):
        before.frames(0, 1)
    np.testing.assert_array_equal(reader.peek(3), bright[3])
    reader.close()
    assert reader.peek(3) is None


def test_frames_that_are_lent_stay_until_they_are_given_back(reader, experiment, now):
    task = experiment.task("leaky", "clip")
    assert reader.lend(task) is None  # nothing has been read yet
    reader.read(now())
    lent = reader.lend(task)
    expected = now().frames.frames(0, N_FRAMES)
    experiment.set_fit("clip", "pad")
    assert reader.lend(experiment.task("leaky", "clip")) is None  # of another fit
    reader.read(now())
    np.testing.assert_array_equal(lent.frames(0, N_FRAMES), expected)
    reader.give_back(lent)
    with pytest.raises(StimulusError, match="given up"):
        lent.frames(0, 1)


def test_frames_that_do_not_fit_the_disk_are_told(reader, experiment, jobs, now):
    reader.read(now())
    jobs.wait(10.0)
    shown, told = [], []
    reader.replaced.connect(shown.append)
    reader.problem.connect(told.append)
    endless = ArrayStimulus(np.zeros((2, 6, 8), np.uint8), 10.0)
    endless.n_frames = 10**15
    reader.read(replace(now(), shown=Shown("frame", 10**15, 10.0, frames=endless)))
    assert shown == [None] and "GB free" in told[0]
    assert reader.peek(0) is None and not jobs.running
