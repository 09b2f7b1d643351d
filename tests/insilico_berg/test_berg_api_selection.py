"""What is selected, and in which order, through the drop-in interface."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from insilico_berg import BERG
from insilico_berg.errors import BERGWarning
from support import berg_fwrf, berg_mouse, berg_vit

VOXELS, EEG = "fmri-nsd-fwrf", "eeg-things_eeg_2-vit_b_32"
VERTICES, MOUSE = "fmri-nsd_fsaverage-vit_b_32", "calcium_2p-wang_2025-3DCNN"
SCAN = "session-9_scan-3"
CLOSE = {"rtol": 0, "atol": 1e-5}


def vector(length, ones, kind=int):
    made = np.zeros(length, kind)
    made[ones] = 1
    return made


@pytest.fixture(scope="module")
def full(berg, eeg_model, vertex_model, pictures):
    return {
        EEG: berg.encode(eeg_model, pictures),
        VERTICES: berg.encode(vertex_model, pictures),
    }


@pytest.mark.parametrize("subject", [1, np.int64(1), np.uint8(1)])
@pytest.mark.parametrize("roi", ["V1", ["V1"]])
def test_a_region_of_voxels(berg, voxels, pictures, subject, roi):
    model = berg.get_encoding_model(VOXELS, selection={"roi": roi}, subject=subject)
    assert model.name == "subject-1_roi-V1"
    responses = berg.encode(model, pictures)
    assert (responses.shape, responses.dtype) == ((3, 7), np.float32)
    np.testing.assert_array_equal(responses, berg.encode(voxels, pictures))
    assert model.selected["voxels"].tolist() == list(range(7))


TIMES = [3, 139, 50]
BINARY = {
    "list": vector(140, TIMES).tolist(),
    "int": vector(140, TIMES),
    "float": vector(140, TIMES, float),
    "bool": vector(140, TIMES, bool),
    "list of bool": vector(140, TIMES, bool).tolist(),
}


@pytest.mark.parametrize("name", BINARY)
def test_time_points_ascend(berg, full, pictures, name):
    model = berg.get_encoding_model(
        EEG, selection={"timepoints": BINARY[name]}, subject=1
    )
    found = berg.encode(model, pictures)
    np.testing.assert_allclose(found, full[EEG][..., sorted(TIMES)], **CLOSE)
    assert model.selected["timepoints"].tolist() == sorted(TIMES)
    assert model.selected["channels"].tolist() == list(range(63))


@pytest.mark.parametrize("kind", [list, tuple])
def test_channels_keep_their_order(berg, full, pictures, kind):
    names = kind(["Oz", "Fp1", "Oz"])
    selection = {"channels": names, "timepoints": vector(140, [7])}
    model = berg.get_encoding_model(EEG, selection=selection, subject=1)
    rows = [berg_vit.CHANNELS.index(name) for name in names]
    found, metadata = berg.encode(model, pictures, return_metadata=True)
    assert found.shape == (3, 4, 3, 1)
    np.testing.assert_allclose(found, full[EEG][:, :, rows][..., [7]], **CLOSE)
    # metadata are whole; what was selected goes with them
    assert len(metadata["eeg"]["ch_names"]) == 63
    named = [metadata["eeg"]["ch_names"][i] for i in metadata.selected["channels"]]
    assert named == ["Oz", "Fp1", "Oz"]
    assert metadata.selected["timepoints"].tolist() == [7]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_no_dimension_is_dropped(berg, pictures, n):
    selection = {"channels": ["Cz"], "timepoints": vector(140, [0])}
    model = berg.get_encoding_model(EEG, selection=selection, subject=1)
    assert berg.encode(model, pictures[:n]).shape == (n, 4, 1, 1)


def test_absent_and_none_are_everything(berg, full, pictures):
    nothing = {"channels": None, "timepoints": None}
    for selection in (None, {}, nothing):
        model = berg.get_encoding_model(EEG, selection=selection, subject=1)
        np.testing.assert_array_equal(berg.encode(model, pictures), full[EEG])


def check_sides(found, full, left, right):
    assert isinstance(found, tuple)
    for values, whole, rows in zip(found, full, (left, right), strict=True):
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, whole[:, rows], **CLOSE)


EVERY = slice(None)


@pytest.mark.parametrize(
    ("selection", "left", "right"),
    [
        (None, EVERY, EVERY),
        ({"roi": None}, EVERY, EVERY),
        ({"roi": "V1v"}, range(6), range(4)),
        ({"roi": "FBA-2"}, [], range(7, 10)),  # none on the left
        # A side without a vector is whole
        ({"lh_vertices": vector(30, [4, 2])}, [2, 4], EVERY),
        ({"rh_vertices": vector(30, [9], bool)}, EVERY, [9]),
        (
            {
                "lh_vertices": vector(30, [5]),
                "rh_vertices": vector(30, [0, 29]).tolist(),
            },
            [5],
            [0, 29],
        ),
        # A region goes before vertices
        (
            {"roi": "V1v", "lh_vertices": vector(30, [29]), "rh_vertices": [1] * 30},
            range(6),
            range(4),
        ),
    ],
)
def test_vertices(berg, full, pictures, selection, left, right):
    model = berg.get_encoding_model(VERTICES, selection=selection, subject=1)
    check_sides(berg.encode(model, pictures), full[VERTICES], left, right)
    numbers = np.arange(30)
    assert model.selected["lh_vertices"].tolist() == numbers[left].tolist()
    assert model.selected["rh_vertices"].tolist() == numbers[right].tolist()


@pytest.mark.parametrize("name", ["OWFA", "OVWFA"])
def test_the_region_with_two_names(tmp_path, pictures, name):
    berg_vit.write_backbone(tmp_path)
    rois = {"OWFA": (slice(2, 4), slice(0, 1)), "V1v": (slice(0, 2), slice(3, 5))}
    berg_vit.write_fsaverage(tmp_path, rois=rois)
    berg = BERG(tmp_path)
    whole = berg.encode(berg.get_encoding_model(VERTICES, subject=1), pictures)
    model = berg.get_encoding_model(VERTICES, selection={"roi": name}, subject=1)
    check_sides(berg.encode(model, pictures), whole, [2, 3], [0])


@pytest.mark.parametrize("n", [0, 1])
def test_few_images(berg, voxels, eeg_model, vertex_model, pictures, n):
    assert berg.encode(voxels, pictures[:n]).shape == (n, 7)
    assert berg.encode(eeg_model, pictures[:n]).shape == (n, 4, 63, 140)
    left, right = berg.encode(vertex_model, pictures[:n])
    assert (left.shape, right.shape) == ((n, 30), (n, 30))


@pytest.mark.parametrize("kind", [np.int64, np.uint16, np.float32, ">i2"])
@pytest.mark.parametrize("model", ["voxels", "eeg_model"])
def test_the_type_of_images_changes_nothing(berg, request, model, pictures, kind):
    model = request.getfixturevalue(model)
    expected = berg.encode(model, pictures)
    assert expected.std() > 0.01
    np.testing.assert_array_equal(berg.encode(model, pictures.astype(kind)), expected)


@pytest.mark.parametrize("model", ["voxels", "eeg_model"])
def test_flipped_views_of_images(berg, request, model, pictures):
    model = request.getfixturevalue(model)
    flipped = pictures[:, ::-1, :, ::-1]
    expected = berg.encode(model, flipped.copy())
    np.testing.assert_array_equal(berg.encode(model, flipped), expected)
    seen = model.session.seen(flipped)
    np.testing.assert_array_equal(seen, model.session.seen(flipped.copy()))


@pytest.mark.parametrize("case", berg_mouse.selections()["cases"], ids=repr)
def test_neurons_of_the_mouse(berg, case):
    model = berg.get_encoding_model(
        MOUSE, selection=case["selection"], train_session=SCAN
    )
    assert model.selected["units"].tolist() == case["expected_indices"]


def test_parts_of_the_mouse(berg, mouse, clip):
    whole = berg.encode(mouse, clip)
    assert (whole.shape, whole.dtype) == ((2, 24), np.float32)
    selection = {"field": [np.int64(5), 1, 1], "roi": ["LM"], "unit_index": None}
    model = berg.get_encoding_model(MOUSE, selection=selection, subject=SCAN)
    rows = model.selected["units"]
    assert 0 < len(rows) < 24
    found, metadata = berg.encode(model, clip, return_metadata=True)
    np.testing.assert_allclose(found, whole[:, rows], **CLOSE)
    masks = metadata["calcium_2p"]
    union = masks["roi"]["LM"] | masks["field_masks"]["field_5"]
    union = union | masks["field_masks"]["field_1"]
    assert metadata.selected["units"].tolist() == np.flatnonzero(union).tolist()


def test_videos_of_the_mouse(berg, mouse, clip):
    whole = berg.encode(mouse, clip)
    # side by side, each begins anew; types other than 8 bits mean the same
    both = berg.encode(mouse, np.stack([clip[::-1], clip]).astype(np.int64))
    assert both.shape == (2, 2, 24)
    np.testing.assert_array_equal(both[1], whole)
    np.testing.assert_allclose(both[0, 0], berg.encode(mouse, clip[::-1])[0], **CLOSE)
    np.testing.assert_array_equal(berg.encode(mouse, np.fmin(clip + 0.25, 255)), whole)
    assert berg.encode(mouse, clip[:0]).shape == (0, 24)
    assert berg.encode(mouse, clip[None, :0]).shape == (1, 0, 24)
    assert berg.encode(mouse, clip[None][:0]).shape == (0, 2, 24)


def test_the_mouse_is_that_of_the_other_twin(berg, berg_root, mouse, clip):
    from insilico_wang2025 import scan

    model, ids = scan(9, 3, berg_root / berg_mouse.MODEL / "encoding_models_weights")
    expected = model.predict(clip)
    np.testing.assert_allclose(berg.encode(mouse, clip), expected, **CLOSE)
    units = berg.get_model_metadata(MOUSE, train_session=SCAN)["calcium_2p"]["unit_id"]
    assert ids["unit_id"].tolist() == units.tolist()


def test_weights_whose_neurons_have_another_order(tmp_path, clip):
    ids = berg_mouse.metadata()["calcium_2p"]["unit_id"]
    berg_mouse.write_mouse(tmp_path, readout=ids[::-1])
    berg = BERG(tmp_path)
    with pytest.warns(BERGWarning, match="matched by unit_id"):
        whole = berg.get_encoding_model(MOUSE, train_session=SCAN)
    assert whole.selected["units"].tolist() == list(range(24))[::-1]
    with pytest.warns(BERGWarning, match="matched by unit_id"):
        model = berg.get_encoding_model(MOUSE, selection={"field": [2]}, subject=SCAN)
    # rows 9 and 22 of the metadata are columns 14 and 1 of the weights
    assert model.selected["units"].tolist() == [22, 9]
    expected = berg.encode(whole, clip)[:, [1, 14]]
    np.testing.assert_allclose(berg.encode(model, clip), expected, **CLOSE)


@pytest.mark.parametrize("dashes", [True, False])
@pytest.mark.parametrize("folder", [berg_mouse.MODEL, berg_mouse.OLD_MODEL])
def test_spellings_of_the_mouse(tmp_path, folder, dashes):
    berg_mouse.write_mouse(tmp_path, model=folder, dashes=dashes)
    berg = BERG(tmp_path)
    assert berg.list_models() == [MOUSE]
    for name in ("session9_scan3", " Session-9_SCAN-3 "):
        metadata = berg.get_model_metadata(MOUSE, train_session=name)
        assert len(metadata["calcium_2p"]["unit_id"]) == 24
        again = berg.get_model_metadata(MOUSE, subject=name)
        assert again["calcium_2p"].keys() == metadata["calcium_2p"].keys()
    model = berg.get_encoding_model(
        "2p_ca-natural_videos-3DCNN", selection={"field": [2]}, subject="session9_scan3"
    )
    assert (model.model_id, model.name) == (MOUSE, SCAN)
    assert model.selected["units"].tolist() == [9, 22]


def test_metadata_of_the_older_folder(tmp_path):
    berg_mouse.write_mouse(tmp_path)
    current, old = (tmp_path / m for m in (berg_mouse.MODEL, berg_mouse.OLD_MODEL))
    old.mkdir(parents=True)
    shutil.move(current / "metadata", old / "metadata")
    model = BERG(tmp_path).get_encoding_model(
        MOUSE, selection={"roi": ["RL"]}, subject=SCAN
    )
    assert model.selected["units"].tolist() == [0, 11, 15, 16]


def test_progress_and_with(berg, voxels, mouse, clip):
    told = []
    images = berg_fwrf.pictures(20)

    def on_progress(done, total):
        told.append((done, total))

    quiet = berg.encode(voxels, images, show_progress=False)
    seen = berg.encode(voxels, images, show_progress=True, on_progress=on_progress)
    np.testing.assert_array_equal(quiet, seen)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (20, 20)
    told.clear()
    berg.encode(mouse, np.stack([clip, clip]), on_progress=on_progress)
    assert told == [(2, 4), (4, 4)]
    with berg.get_encoding_model(VOXELS, selection={"roi": "V1"}, subject=1) as model:
        assert "cpu" in repr(model) or "cuda" in repr(model)
        np.testing.assert_array_equal(berg.encode(model, images), quiet)
        assert berg.encode(model, images, device=model.device).shape == (20, 7)
        model.device = "cuda:7"
        with pytest.warns(BERGWarning, match="stays on the device 'cuda:7'"):
            berg.encode(model, images[:1], device="cpu")
    assert "closed" in repr(model)
    with pytest.raises(ValueError, match="was closed"):
        berg.encode(model, images)
