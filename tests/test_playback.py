"""The clock: a part that loops, every frame or real time, and jumping to trials."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.experiment.playback import Playback


def playing(**given):
    playback = Playback(n_frames=100, frame_rate=10.0, **given)
    playback.toggle()
    return playback


def test_a_part_is_played_over_and_over():
    playback = playing(loop=False)
    playback.seek(2.0)
    playback.set_loop_start()
    playback.seek(3.0)
    playback.set_loop_end()
    assert playback.loop_s == pytest.approx((2.0, 3.1))  # the last frame is played
    playback.seek(3.0)
    playback.advance(0.05)
    assert playback.frame == 30
    playback.advance(0.1)
    assert playback.frame == 20 and playback.playing
    playback.seek(5.0)  # beyond: it goes on from there
    playback.advance(0.2)
    assert playback.frame == 52
    playback.clear_loop()
    assert not playback.has_loop and playback.loop_s == (0.0, 10.0)
    playback.advance(20.0)
    assert not playback.playing and playback.frame == 99


def test_one_end_is_enough_and_ends_keep_their_order():
    playback = playing()
    playback.seek(8.0)
    playback.set_loop_start()
    playback.advance(2.05)
    assert playback.frame == 80
    playback.seek(4.0)
    playback.set_loop_end()  # before the start, which is forgotten
    assert (playback.loop_from, playback.loop_to) == (None, 4.0)
    playback.advance(0.15)
    assert playback.frame == 0
    playback.seek(6.0)
    playback.set_loop_start()
    assert (playback.loop_from, playback.loop_to) == (6.0, None)
    playback.set_length(50, 10.0)
    assert not playback.has_loop


@pytest.mark.parametrize("elapsed", [0.015, 0.1, 0.25, 1.0])
def test_every_frame_is_shown_however_slow_drawing_is(elapsed):
    playback = playing(mode="every frame", loop=False)
    seen = [0]
    for _ in range(1000):
        playback.advance(elapsed)
        if playback.frame != seen[-1]:
            seen.append(playback.frame)
    assert seen == list(range(100)) and not playback.playing


def test_every_frame_is_not_faster_than_real_time():
    playback = playing(mode="every frame", speed=2.0)
    for _ in range(100):
        playback.advance(0.015)
    assert playback.frame == 30
    assert playback.achieved_rate == pytest.approx(20.0, abs=1.1)


def test_real_time_leaves_frames_out_and_says_how_many_are_shown():
    playback = playing()
    assert playback.achieved_rate == 0
    for _ in range(8):
        playback.advance(0.25)
    assert playback.frame == 20
    assert playback.achieved_rate == pytest.approx(4.0)
    told = []
    playback.events.connect(lambda info: told.append(info.signal.name))
    playback.advance(0.05)
    assert told == ["time"]  # counting draws nothing again
    playback.toggle()
    assert playback.achieved_rate == 0


def test_jumping_to_trials():
    playback = Playback(n_frames=100, frame_rate=10.0)
    onsets = np.array([0.5, 2.0, 3.14, 9.0])
    found = []
    while playback.jump(onsets, 1):
        found.append(playback.frame)
    assert found == [5, 20, 32, 90]  # the first frame that shows it
    playback.seek(2.5)
    assert playback.jump(onsets, -1) and playback.frame == 20
    assert playback.jump(onsets, -1) and playback.frame == 5
    assert not playback.jump(onsets, -1) and playback.frame == 5
    assert not playback.jump([], 1)
