"""What a step of playback does, and what it leaves undone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

from insilico_gui.stimuli import ArrayStimulus

FAST = 60.0


@pytest.fixture
def playing(window):
    """A window that plays a clip, at its first frame; its own clock stands."""
    clip = np.random.default_rng(0).integers(0, 255, (12, 36, 64), np.uint8)
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(FAST)
    playback = window.experiment.playback
    playback.playing = False
    playback.seek_frame(0)
    picture(window)
    playback.toggle()
    window.playback_bar._timer.stop()
    return window


def picture(window):
    return window.viewer.screenshot(canvas_only=True, flash=False)


def test_a_step_replaces_the_frame_without_napari_slicing(playing, qtbot):
    layer, playback = playing.map.stimulus_layer, playing.experiment.playback
    done: Counter[str] = Counter()
    layer.events.set_data.connect(lambda: done.update(["sliced"]))
    layer.events.thumbnail.connect(lambda: done.update(["thumbnail"]))
    for _ in range(7):
        playback.advance(0.1)
    assert playback.frame == 7
    assert not done
    assert playing.map.frames.fast
    while_playing = picture(playing)
    assert (while_playing != np.roll(while_playing, 5, axis=1)).any()
    playback.playing = False
    assert done["sliced"]
    assert playing.viewer.dims.current_step[0] == 7
    np.testing.assert_array_equal(picture(playing), while_playing)
    playback.seek_frame(8)
    assert (picture(playing) != while_playing).any()


def test_what_draws_the_layer_anew_keeps_the_frame_that_plays(playing):
    layer, playback = playing.map.stimulus_layer, playing.experiment.playback
    playback.advance(0.3)
    before = picture(playing)
    layer.refresh()
    np.testing.assert_array_equal(picture(playing), before)
    assert playback.frame == 3


def test_layers_of_others_move_with_the_stimulus(playing):
    viewer, playback = playing.viewer, playing.experiment.playback
    viewer.add_image(np.zeros((12, 1, 36, 64), np.uint8), visible=False)
    playback.advance(0.3)
    assert viewer.dims.current_step[0] == playback.frame == 3


def test_ticks_within_a_frame_draw_the_map_once(playing, monkeypatch):
    drawn: list[int] = []
    draw = playing.map.show_time
    monkeypatch.setattr(playing.map, "show_time", lambda: (drawn.append(1), draw()))
    for _ in range(8):
        playing.experiment.playback.advance(0.02)
    assert playing.experiment.playback.frame == 1
    assert len(drawn) == 1


def test_units_are_drawn_in_every_layout_after_any_other(playing):
    """Also those that lay at another depth before."""
    window, n_units = playing, len(playing.now.units)
    visuals = window.viewer.window._qt_viewer.canvas.layer_to_visual
    layouts = window.map.available_layouts()
    assert {"anatomical", "anatomical 3-D"} <= set(layouts)
    for first in layouts:
        for then in layouts:
            window.experiment.look(layout=first)
            window.experiment.look(layout=then)
            markers = visuals[window.map.units_layer].node.points_markers
            assert len(markers._data) == n_units, (first, then)
