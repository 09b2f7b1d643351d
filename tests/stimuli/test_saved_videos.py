"""Stimuli as video files: what is written is read back."""

from __future__ import annotations

import numpy as np
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus, Display, save_video


def shown(shape=(5, 9, 14), rate=24.0):
    """Blobs that are larger than the blocks of a video."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (shape[0], 2, 2))
    frames = np.kron(coarse, np.ones((1, shape[1], shape[2]), int))
    return ArrayStimulus(frames[:, : shape[1], : shape[2]].astype(np.uint8), rate)


@pytest.mark.parametrize("shape", [(5, 9, 14), (1, 16, 32)])
def test_mkv_holds_the_exact_frames(tmp_path, shape):
    stimulus = shown(shape)
    done = []
    path = save_video(
        stimulus, tmp_path / "a.mkv", on_progress=lambda *now: done.append(now)
    )
    again = ig.open_stimulus(path)
    if shape[0] > 1:  # times are in whole milliseconds
        assert again.frame_rate == pytest.approx(24)
    np.testing.assert_array_equal(
        again.frames(0, again.n_frames), stimulus.frames(0, shape[0])
    )
    assert done[-1] == (shape[0], shape[0])


@pytest.mark.parametrize("shape", [(6, 32, 64), (6, 33, 65)])
def test_mp4_holds_nearly_the_frames(tmp_path, shape):
    stimulus = shown(shape, 30000 / 1001)
    again = ig.open_stimulus(save_video(stimulus, str(tmp_path / "a.mp4")))
    assert again.frame_shape == shape[1:]
    assert again.n_frames == shape[0]
    assert again.frame_rate == pytest.approx(30000 / 1001)
    difference = again.frames(0, 6).astype(int) - stimulus.frames(0, 6)
    assert abs(difference).mean() < 3


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    stimulus = shown()
    with pytest.raises(StimulusError, match=r"end it in \.mp4 or \.mkv"):
        save_video(stimulus, tmp_path / "a.mov")
    save_video(stimulus, tmp_path / "a.mkv")
    with pytest.raises(StimulusError, match="exists already"):
        save_video(stimulus, tmp_path / "a.mkv")
    save_video(stimulus, tmp_path / "a.mkv", overwrite=True)

    class Uneven(ArrayStimulus):
        frame_times = np.array([0, 0.1, 0.11, 0.3, 0.4])

    uneven = Uneven(stimulus.frames(0, 5), 24.0)
    with pytest.raises(StimulusError, match=r"frame rate of .* varies"):
        save_video(uneven, tmp_path / "b.mkv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mkv"]


def test_the_command_line_writes_them(tmp_path):
    out = tmp_path / "bars.mkv"
    family = "moving-bars", "--set", "directions=1", "-o", out
    assert run("stimulus", *family).exit_code == 0
    bars = ig.stimuli.moving_bars(directions=1)
    again = ig.open_stimulus(out)
    assert again.frame_shape == Display().pixels
    np.testing.assert_array_equal(again.frames(40, 50), bars.frames(40, 50))
    assert again.n_frames == bars.n_frames
    assert "exists already" in error_of("stimulus", *family)
