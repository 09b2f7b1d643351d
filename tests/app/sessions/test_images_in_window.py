"""A session that answers images, in the window."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support.in_window import use_session, use_stimulus
from support.pictures import PictureSession

import insilico_gui as ig

TIMES = [-0.1, 0.0, 0.1, 0.2]


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k, size in enumerate([(20, 30), (20, 30), (12, 12)]):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{k}.png")
    return folder


def show(window, session, folder):
    use_session(window, session)
    window.open_stimuli([folder])
    window.wait()


def test_a_folder_of_images_is_encoded_and_played(window, pictures):
    session = PictureSession()
    show(window, session, pictures)
    experiment = window.experiment
    assert window.now.responses.dims == ("trial", "unit")
    assert "3 images" in window.panel("Stimulus").info.text()
    layer = window.viewer.layers["Stimulus"]
    assert layer.rgb
    assert layer.data.shape == (3, 1, 16, 16, 3)
    experiment.playback.seek_frame(2)
    assert "image 3 / 3" in window.playback_bar.clock.text()
    now = window.now
    np.testing.assert_array_equal(now.response_at(2), now.responses[2])
    assert window.viewer.dims.current_step[0] == 2
    np.testing.assert_array_equal(
        window.panel("Stimulus").preview.frame, layer.data[2, 0]
    )


def test_responses_in_time_play_within_each_image(window, pictures):
    session = PictureSession(times=TIMES)
    show(window, session, pictures)
    experiment = window.experiment
    assert experiment.playback.n_frames == 3 * 4
    assert experiment.playback.frame_rate == pytest.approx(10.0)
    experiment.playback.seek_frame(6)
    assert window.viewer.dims.current_step[0] == 1
    assert window.playback_bar.clock.text() == "image 2 / 3   +100 ms"
    np.testing.assert_allclose(
        window.now.response_at(6),
        window.now.responses.mean("repeat").isel(trial=1, time=2),
        rtol=1e-6,
    )
    window.viewer.dims.set_current_step(0, 2)
    assert experiment.playback.frame == 8


def test_the_slider_follows_the_number_of_images_where_they_are_hidden(
    window, pictures
):
    show(window, PictureSession(), pictures)
    window.experiment.look(layout="anatomical")
    assert not window.viewer.layers["Stimulus"].visible
    assert window.viewer.dims.range[0].stop == 2
    (pictures / "2.png").unlink()
    window.open_stimuli([pictures])
    window.wait()
    assert not window.viewer.layers["Stimulus"].visible
    assert window.viewer.dims.range[0].stop == 1


def test_selected_units_are_exported_and_read_back(window, pictures, tmp_path):
    show(window, PictureSession(times=TIMES), pictures)
    window.experiment.pick(areas=["V2"])
    now = window.now
    taken = window.experiment.to_export(
        now.session_name, now.stimulus_name, now.selection
    )
    loaded = ig.load_responses(ig.export(taken(), tmp_path / "out.npz"))
    assert loaded.sizes["channel"] == 3
    assert set(loaded["area"].to_numpy()) == {"V2"}


def test_going_between_sessions_of_images_and_of_video(window, pictures, leaky):
    show(window, PictureSession(), pictures)
    use_session(window, leaky)
    window.wait()
    assert window.now.frames is None
    assert "driven by video" in window.panel("Stimulus").info.text()
    window.encode()
    assert "leaky takes videos" in window.playback_bar.message.text()
    array = np.zeros((5, *leaky.frame_shape), np.uint8)
    use_stimulus(window, ig.open_stimulus(array))
    window.wait()
    assert not window.viewer.layers["Stimulus"].rgb
    use_session(window, PictureSession())
    window.wait()
    assert window.now.images.n_images == 5
    assert window.viewer.layers["Stimulus"].rgb


def test_a_damaged_image_leaves_a_usable_window(window, pictures):
    (pictures / "3.png").write_bytes(b"no picture")
    use_session(window, PictureSession())
    window.open_stimuli([pictures])
    window.wait()
    assert "3.png is not an image" in window.playback_bar.message.text()
    (pictures / "3.png").unlink()
    window.open_stimuli([pictures])
    window.wait()
    assert window.now.responses is not None
