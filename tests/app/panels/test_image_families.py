"""Voxels, vertices and EEG in the window, from trees of files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support import berg_fwrf, berg_vit

import insilico_gui as ig

N_IMAGES = 5
TIMES = np.round(np.arange(-0.1, 0.3, 0.05), 3)


@pytest.fixture
def window(kept_window):
    """One window, which begins a new experiment for each test."""
    return kept_window


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    berg_fwrf.write_model(root, voxels=30, retinotopic=True)
    berg_vit.write_eeg(root, times=TIMES)
    berg_vit.write_fsaverage(root)
    berg_vit.write_backbone(root)
    return root


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for k, picture in enumerate(berg_fwrf.pictures(N_IMAGES)):
        Image.fromarray(np.moveaxis(picture, 0, -1)).save(folder / f"{k}.png")
    return folder


def show(window, root, session_id, pictures):
    """Choose and load a session by the panel, then open a folder of images."""
    window.panel("Session").use_folder(root, session_id)
    window.wait()
    window.panel("Session").load()
    window.wait()
    window.open_stimuli([pictures])
    window.wait()
    assert window.now.responses is not None
    return window.experiment


def round_trip(window, path):
    taken = window.experiment.to_export(selection=window.now.selection)()
    loaded = ig.load_responses(ig.export(taken, path))
    np.testing.assert_array_equal(loaded, taken)
    return loaded


def test_voxels(window, qtbot, root, pictures, tmp_path):
    experiment = show(window, root, "nsd-fwrf/subject-1_roi-V1", pictures)
    assert "V1 (30)" in window.panel("Session").info.text()
    assert "explained variance" in window.panel("Session").info.text()
    responses = window.now.responses.to_numpy()

    # Where the voxels look, over the picture; responses have a sign
    layer = window.viewer.layers["Units"]
    assert window.now.view.layout == "retinotopic"
    centers, _ = berg_fwrf.receptive_fields(30)
    np.testing.assert_allclose(layer.data[:, 1:], centers[:, ::-1], atol=1.0)
    low, high = window.map.limits
    assert low == -high < 0
    experiment.look(color_by="polar_angle_deg")
    assert window.map.limits == (-180, 180)
    experiment.look(color_by="response")

    # In the head, the front up
    experiment.look(layout="anatomical")
    x, y = window.now.units[["x", "y"]].to_numpy().T
    np.testing.assert_allclose(layer.data[:, 1:], np.stack([-y, x], axis=1))
    experiment.look(layout="anatomical 3-D")
    assert window.viewer.dims.ndisplay == 3

    # Images against responses
    panel = window.panel("Images")
    strongest = np.argsort(-responses.mean(axis=1))
    qtbot.waitUntil(lambda: panel.ranking.tolist() == strongest.tolist())
    panel.table.cellClicked.emit(0, 0)
    assert panel.frame_on_show == strongest[0]
    assert window.panel("Stimulus").image_list.name == f"{strongest[0]}.png"
    traces = window.panel("Traces")
    assert traces.plot.getAxis("bottom").labelText == "image"
    qtbot.waitUntil(lambda: traces.mean_curve.getData()[0] is not None)
    place, mean = traces.mean_curve.getData()
    np.testing.assert_array_equal(place, np.arange(1, N_IMAGES + 1))
    np.testing.assert_allclose(mean, responses.mean(axis=1), atol=1e-5)
    assert traces.playhead.value() == strongest[0] + 1
    assert not traces.plot.burn_in.isVisible()

    # What does not apply is not offered, and says so where it is asked for
    offered = {slot.title for slot in window.slots if slot.kind.is_offered(window.now)}
    assert {"Images", "Compare", "Population"} <= offered
    assert not {"Tuning", "Receptive fields"} & offered
    assert "not on a sheet" in window.panel("Retinotopy").about.text()
    assert "no trials" in window.panel("Tuning").note.text()
    assert "mapped with video" in window.panel("Receptive fields").note.text()
    window.panel("Retinotopy").compute()
    experiment.compare_with(*experiment.on_show())
    window.panel("Compare").compare()
    window.wait()

    experiment.pick(indices=[3, 4, 9])
    expected = responses[:, [3, 4, 9]].mean(axis=1)
    traces = window.panel("Traces")
    qtbot.waitUntil(
        lambda: np.allclose(traces.mean_curve.getData()[1], expected, atol=1e-5)
    )
    assert round_trip(window, tmp_path / "voxels.parquet").sizes["unit"] == 3


def test_eeg(window, qtbot, root, pictures, tmp_path):
    pytest.importorskip("mne")
    experiment = show(window, root, "things-eeg2/subject-1", pictures)
    n_times = len(TIMES)
    responses = window.now.responses.mean("repeat")
    assert window.now.view.layout == "scalp"
    names = window.now.units["unit_id"].tolist()
    positions = window.viewer.layers["Units"].data
    row, column = positions[:, 1], positions[:, 2]
    assert row[names.index("Fp1")] < row[names.index("Cz")] < row[names.index("O1")]
    assert column[names.index("T7")] < 0 < column[names.index("T8")]

    # The scalp at a time: at an electrode, that electrode's colour
    experiment.playback.seek_frame(2 * n_times + 5)
    layer = window.viewer.layers["Scalp"]
    picture = window.map._backdrop.picture
    now = responses.isel(trial=2, time=5).to_numpy()
    np.testing.assert_allclose(window.now.response_at(2 * n_times + 5), now, rtol=1e-5)
    k = names.index("Cz")
    pixel = 2 * picture.half_side / len(picture.inside)
    at = np.floor((positions[k, 1:] + picture.half_side) / pixel).astype(int)
    scale = window.map.limits[1]
    from_below = len(picture.inside) - 1 - at[0]
    assert picture.picture(now)[from_below, at[1]] == pytest.approx(
        now[k], abs=0.3 * scale
    )
    before = layer.data.copy()
    experiment.playback.seek_frame(2 * n_times + 6)
    assert not np.array_equal(layer.data, before)
    experiment.playback.seek_frame(2 * n_times + 5)
    np.testing.assert_array_equal(layer.data, before)

    # Time courses of the image on show
    panel = window.panel("Time courses")
    ms, mean = panel.mean_curve.getData()
    np.testing.assert_allclose(ms, 1000 * TIMES)
    np.testing.assert_allclose(
        mean, responses.isel(trial=2).mean("channel").to_numpy(), atol=1e-5
    )
    assert len(panel.curves) == len(names)
    np.testing.assert_allclose(
        panel.curves[k].getData()[1],
        responses.isel(trial=2, channel=k).to_numpy(),
        atol=1e-5,
    )
    assert panel.playhead.value() == pytest.approx(1000 * TIMES[5])
    assert panel.plot.getAxis("left").labelText == "CSD (a.u.)"
    panel.each_repeat.click()
    assert len(panel.curves) == len(names) + 4

    # Channels by name, and by lasso on the scalp
    boxes = window.panel("Selection").areas
    item = boxes.item(k)
    assert item.text() == "Cz"
    item.setCheckState(item.checkState().Checked)
    assert window.now.selection.indices.tolist() == [k]
    experiment.look(layout="anatomical 3-D")
    assert "Scalp" not in window.viewer.layers
    window.arm_lasso()
    assert window.now.view.layout == "scalp"
    far = 1e6
    window.map_tools._lasso_changed(
        "drawn", [(-far, -far), (-far, 0), (far, 0), (far, -far)]
    )
    chosen = set(window.now.units["unit_id"].iloc[window.now.selection.indices])
    assert {"T7", "O1"} <= chosen
    assert not chosen & {"T8", "O2"}

    values = round_trip(window, tmp_path / "eeg.npz")
    assert values.dims == ("trial", "repeat", "channel", "time")
    onset = TIMES >= 0
    selected = responses.isel(channel=window.now.selection.indices).to_numpy()
    rms = np.sqrt((selected[..., onset] ** 2).mean(axis=(1, 2)))
    expected = np.argsort(-rms).tolist()
    qtbot.waitUntil(lambda: window.panel("Images").ranking.tolist() == expected)


def test_vertices(window, root, pictures, tmp_path):
    experiment = show(window, root, "nsd-fsaverage/subject-1", pictures)
    assert window.now.view.layout == "list"
    names = window.viewer.layers["Names"].text.string.array.tolist()
    assert "lh V1v" in names
    assert "rh no area" in names
    assert window.map.limits[0] == -window.map.limits[1]
    experiment.playback.seek_frame(3)
    np.testing.assert_array_equal(window.now.response_at(3), window.now.responses[3])
    assert "single numbers" in window.panel("Time courses").about.text()
    experiment.pick(areas=["FFA-1"])
    assert set(round_trip(window, tmp_path / "v.zarr")["area"].to_numpy()) == {"FFA-1"}


def test_missing_backbone_is_told_before_loading(window, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))
    monkeypatch.delenv("INSILICO_VIT_B_32", raising=False)
    berg_vit.write_eeg(tmp_path, times=TIMES)
    window.panel("Session").use_folder(tmp_path, "things-eeg2/subject-1")
    window.wait()
    said = window.panel("Session").info.text()
    assert "63 units" in said
    assert "mean correlation" in said
    assert "backbone are missing" in said.replace("\u200b", "")


def test_frames_of_a_video_cancel_and_several_files(window, root, pictures, video):
    panel = window.panel("Stimulus")
    assert not panel.fit.isHidden()
    window.panel("Session").use_folder(root, "nsd-fwrf/subject-1_roi-V1")
    window.wait()
    window.panel("Session").load()
    window.wait()
    assert panel.fit.isHidden()
    assert panel.form.parentWidget().isHidden()
    assert not panel.why_no_form.isHidden()
    assert panel.info.text().startswith("No images yet")

    panel = window.panel("Stimulus")
    panel.auto_encode.click()
    window.open_stimuli([video])
    window.wait()
    assert window.now.images.n_images == 2  # of two seconds
    panel.interval.setValue(0.0)
    window.wait()
    assert window.now.images.n_images == 48
    window.panel("Stimulus")
    assert "every frame" in panel.info.text()

    told = []
    session = window.now.session
    session.memory_budget = 1  # image by image
    respond = session.respond

    def slowly(images, units=None):
        for block in respond(images, units):
            yield block
            told.append(len(block))
            if len(told) == 2:
                window.jobs.progressed.connect(window.cancel)

    session.respond = slowly
    window.encode()
    window.wait()
    assert 2 <= len(told) < 48
    assert window.now.encoded is None
    assert "Cancelled" in window.playback_bar.message.text()
    window.jobs.progressed.disconnect(window.cancel)

    window.drop([pictures / "3.png", pictures / "1.png"])
    window.wait()
    assert window.now.images.labels == ("3.png", "1.png")
