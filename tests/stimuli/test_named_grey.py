"""Which grey levels of a colour video a session gets, against the standards' formulas."""

from __future__ import annotations

import av
import numpy as np
import pytest
from stimulus_videos import write_video
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import convert, open_stimulus

REC_709 = 1
COLORS = ((250, 20, 20), (20, 240, 30), (30, 20, 250), (128, 128, 128))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Four frames, each of one colour, stored as luma and differences of Rec. 709."""
    frames = [np.full((24, 32, 3), color, np.uint8) for color in COLORS]
    path = tmp_path_factory.mktemp("grey") / "colours.mkv"
    write_video(
        path,
        frames,
        codec="ffv1",
        pixel_format="yuv444p",
        rate=10,
        colorspace=REC_709,
        color_range=1,
    )
    return open_stimulus(path), path


def planes(path):
    """Luma and differences of the first pixel of each frame, as stored: 0..1, -.5...5."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            y, u, v = (np.frombuffer(plane, np.uint8)[0] for plane in frame.planes)
            yield (y - 16) / 219, (u - 128.0) / 224, (v - 128.0) / 224


def test_the_levels_are_those_of_the_standards(video):
    stimulus, path = video
    stored = stimulus.frames(0, 4)[:, 0, 0]
    rec601 = stimulus.grey_frames(0, 4, "Rec. 601")[:, 0, 0]
    for k, (y, u, v) in enumerate(planes(path)):
        red, blue = y + 2 * (1 - 0.2126) * v, y + 2 * (1 - 0.0722) * u
        green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
        weights = np.array([0.299, 0.587, 0.114])
        assert stored[k] == pytest.approx(255 * y, abs=0.51)
        levels = np.clip([red, green, blue], 0, 1)
        assert rec601[k] == pytest.approx(255 * weights @ levels, abs=1)
    assert np.abs(stored.astype(int) - rec601).max() >= 15  # they are not the same
    assert stored[3] == rec601[3]


def test_the_session_says_which(video):
    stimulus, _ = video
    plain, wanting = LeakySession(), LeakySession()
    wanting.grey = "Rec. 601"
    found = {}
    for session in (plain, wanting):
        responses = ig.encode(session, stimulus, fit="stretch")
        found[session] = responses
        name = getattr(session, "grey", "stored luma")
        assert responses.attrs["stimulus_attrs"]["grey"] == name
        direct = convert(stimulus, (6, 8), 10.0, "stretch", grey=name)
        by_array = ig.encode(LeakySession(), direct.frames(0, 4))
        np.testing.assert_array_equal(responses, by_array)
    assert not np.allclose(found[plain], found[wanting])
    wanting.grey = "average"
    with pytest.raises(StimulusError, match=r"'average'.*Rec\. 601"):
        ig.encode(wanting, stimulus)


def test_without_colour_both_are_the_same():
    stimulus = ig.stimuli.drifting_gratings(n_directions=2, duration_s=0.2)
    np.testing.assert_array_equal(
        stimulus.grey_frames(3, 9, "Rec. 601"), stimulus.frames(3, 9)
    )
    assert "grey" not in convert(stimulus, (144, 256), 30.0).attrs
