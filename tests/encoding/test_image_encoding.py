"""Images through a session that answers them one by one."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import xarray as xr
from PIL import Image
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.encoding import ImageJob
from insilico_gui.errors import (
    EncodingCancelled,
    EncodingError,
    EncodingMemoryError,
    StimulusError,
)
from insilico_gui.stimuli.readers.images import open_images

TIMES = [-0.1, 0.0, 0.1, 0.2]


def pictures(n=7, size=(8, 10), seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 3, *size), dtype=np.uint8)


def expected(images, n_units=6):
    red, green, _ = (images / 255).mean((2, 3)).T
    gain = np.arange(1, n_units + 1)
    return (red[:, None] * gain + green[:, None] / gain).astype(np.float32)


def test_one_response_for_each_image():
    images = pictures()
    responses = ig.encode(PictureSession(), images)
    assert responses.dims == ("trial", "unit")
    assert responses.dtype == np.float32
    np.testing.assert_array_equal(responses, expected(images))
    assert responses["unit_id"].to_numpy().tolist() == [f"u{k}" for k in range(6)]
    assert responses["trial"].to_numpy()[2] == "image 2"
    for key in ("session", "weights_hash", "stimulus_hash", "response_label"):
        assert responses.attrs[key]


def test_repeats_channels_and_times_are_kept():
    images = pictures()
    responses = ig.encode(PictureSession(times=TIMES), images)
    assert responses.dims == ("trial", "repeat", "channel", "time")
    assert responses.shape == (7, 2, 6, 4)
    np.testing.assert_array_equal(responses["time"], TIMES)
    np.testing.assert_allclose(
        responses.sel(repeat=2).isel(time=3), expected(images) * 3 * 0.2, rtol=1e-6
    )


def test_out_of_memory_of_any_session_is_told(monkeypatch):
    session = PictureSession()

    def respond(images, units):
        raise MemoryError("Unable to allocate 3.00 TiB for an array")
        yield

    monkeypatch.setattr(session, "respond", respond)
    with pytest.raises(EncodingMemoryError, match="one batch of images"):
        ig.encode(session, pictures())


@pytest.mark.parametrize("budget", [1, 3 * 8 * 10 * 2, 2**30])
def test_batches_follow_memory_and_change_nothing(budget):
    images = pictures(70)
    session = PictureSession(memory_budget=budget)
    np.testing.assert_array_equal(ig.encode(session, images), expected(images))
    sizes = [shape[0] for shape in session.batches]
    assert sum(sizes) == 70
    assert max(sizes) == {1: 1, 480: 2, 2**30: 32}[budget]


def test_images_of_several_sizes_keep_their_order(tmp_path):
    sizes = [(8, 10), (8, 10), (5, 5), (8, 10), (12, 4), (12, 4)]
    arrays = [pictures(1, size, seed)[0] for seed, size in enumerate(sizes)]
    for k, array in enumerate(arrays):
        Image.fromarray(np.moveaxis(array, 0, -1)).save(tmp_path / f"{k}.png")
    session = PictureSession()
    responses = ig.encode(session, open_images(tmp_path))
    np.testing.assert_array_equal(
        responses, np.concatenate([expected(array[None]) for array in arrays])
    )
    assert [shape[0] for shape in session.batches] == [2, 1, 1, 2]
    assert responses["trial"].to_numpy().tolist() == [f"{k}.png" for k in range(6)]


def test_some_units():
    images = pictures()
    session = PictureSession(times=TIMES)
    some = ig.encode(session, images, indices=[1, 4])
    everything = ig.encode(session, images)
    xr.testing.assert_equal(
        some.drop_attrs(), everything.isel(channel=[1, 4]).drop_attrs()
    )


@pytest.mark.parametrize("suffix", [".npz", ".zarr", ".csv", ".parquet"])
def test_export_and_back(tmp_path, suffix):
    responses = ig.encode(PictureSession(times=TIMES), pictures())
    ig.export(responses, tmp_path / f"out{suffix}")
    xr.testing.assert_identical(
        ig.load_responses(tmp_path / f"out{suffix}").load(), responses
    )


def test_into_a_zarr_folder(tmp_path):
    images = pictures()
    responses = ig.encode(PictureSession(), images, store=tmp_path / "out.zarr")
    assert responses.encoding["source"].endswith("out.zarr")
    np.testing.assert_array_equal(responses, expected(images))
    with pytest.raises(EncodingError, match="exists"):
        ig.encode(PictureSession(), images, store=tmp_path / "out.zarr")


def test_progress_and_cancel():
    seen = []
    cancel = threading.Event()

    def progressed(done, total):
        seen.append((done, total))
        if done >= 4:
            cancel.set()

    session = PictureSession(memory_budget=3 * 8 * 10 * 2)
    with pytest.raises(EncodingCancelled, match="after 4 of 70 images"):
        ig.encode(session, pictures(70), on_progress=progressed, cancel=cancel)
    assert seen == [(2, 70), (4, 70)]


def test_moments_are_times_within_images_within_the_set():
    images = pictures(5)
    session = PictureSession(times=TIMES)
    job = ImageJob(session, open_images(images), indices=[0, 3])
    for _ in job.run():
        assert job.moments.n_done % 4 == 0
    assert job.moments.shape == (20, 2)
    everything = ig.encode(session, images).mean("repeat")
    for moment in (0, 3, 4, 11, 19):
        trial, time = divmod(moment, 4)
        np.testing.assert_allclose(
            job.moments.row(moment),
            everything.isel(trial=trial, time=time, channel=[0, 3]),
            rtol=1e-6,
        )
    np.testing.assert_array_equal(job.moments.rows(3, 9)[1], job.moments.row(4))


def test_behavior_and_empty_selections_are_refused():
    with pytest.raises(EncodingError, match="takes no behaviour"):
        ig.encode(PictureSession(), pictures(), behavior={"eye": np.zeros((7, 2))})
    with pytest.raises(EncodingError, match="no unit"):
        ig.encode(PictureSession(), pictures(), indices=[])


def test_a_session_driven_by_video_refuses_an_image_set(leaky):
    with pytest.raises(EncodingError, match="driven by video"):
        ig.encode(leaky, open_images(pictures()))


def test_folders_and_files_are_opened_as_the_session_takes_them(tmp_path, leaky):
    for k, image in enumerate(pictures(3)):
        Image.fromarray(np.moveaxis(image, 0, -1)).save(tmp_path / f"{k}.png")
    session = PictureSession()
    opened = ig.encode(session, open_images(tmp_path))
    for given in (tmp_path, str(tmp_path), sorted(tmp_path.iterdir())):
        responses = ig.encode(session, given)
        xr.testing.assert_equal(responses, opened)
    frames = np.random.default_rng(1).integers(0, 256, (4, 8, 10), dtype=np.uint8)
    np.save(tmp_path / "clip.npy", frames)
    one = ig.encode(leaky, tmp_path / "clip.npy")
    assert one.attrs["stimulus"] == "clip.npy"
    two = ig.encode(leaky, [tmp_path / "clip.npy", str(tmp_path / "clip.npy")])
    np.testing.assert_array_equal(two[1], one)


def test_paths_and_opened_stimuli_are_not_mixed(tmp_path, leaky):
    frames = np.zeros((4, 8, 10), np.uint8)
    with pytest.raises(EncodingError, match="open all of them, or none"):
        ig.encode(leaky, [frames, tmp_path / "clip.npy"])
    with pytest.raises(StimulusError, match=r"no file 'clip\.npy'"):
        ig.encode(leaky, tmp_path / "clip.npy")
