from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insilico_gui.experiment.playback import Playback


@given(
    n=st.integers(1, 20_000),
    rate=st.sampled_from([7.5, 23.976, 24, 25, 29.97, 30, 60, 144]),
    part=st.floats(0, 1),
)
def test_every_frame_can_be_reached(n, rate, part):
    playback = Playback(frame_rate=rate, n_frames=n)
    frame = round(part * (n - 1))
    playback.seek_frame(frame)
    assert playback.frame == frame


def test_time_passes_at_the_chosen_speed():
    playback = Playback(frame_rate=30, n_frames=300, speed=0.5)
    playback.advance(1.0)
    assert playback.time == 0  # paused
    playback.toggle()
    playback.advance(1.0)
    assert playback.time == pytest.approx(0.5)
    assert playback.frame == 15


def test_the_end_loops_or_stops():
    playback = Playback(frame_rate=10, n_frames=20, playing=True)
    playback.seek(1.9)
    playback.advance(0.3)
    assert playback.playing and playback.time == pytest.approx(0.2)
    playback.loop = False
    playback.seek(1.9)
    playback.advance(0.3)
    assert not playback.playing and playback.frame == 19
    playback.toggle()
    assert playback.playing and playback.frame == 0


def test_seek_and_step_stay_within():
    playback = Playback(frame_rate=10, n_frames=20)
    playback.seek(99)
    assert playback.frame == 19
    playback.step(5)
    assert playback.frame == 19
    playback.step(-50)
    assert playback.frame == 0


def test_signals_tell_of_changes():
    playback = Playback(frame_rate=10, n_frames=20)
    seen = []
    playback.events.time.connect(seen.append)
    playback.seek_frame(3)
    playback.seek_frame(3)
    assert seen == [pytest.approx(0.3)]
