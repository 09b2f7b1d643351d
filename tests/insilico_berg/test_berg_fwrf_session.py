"""Voxel sessions keep the contract, however they are asked."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from insilico_berg import nsd_fwrf
from insilico_berg.fwrf import readout as readout_module
from support import berg_fwrf

import insilico_gui as ig
from insilico_gui.errors import EncodingMemoryError, SelectionError, StimulusError
from insilico_gui.session import ImageSession, check_units

PICTURES = berg_fwrf.pictures(7, 50, 64)
ID = "nsd-fwrf/subject-2_roi-lateral"
# Sums of float32 in another order
CLOSE = {"rtol": 0, "atol": 2e-6}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("berg")
    berg_fwrf.write_model(root, subject=2, roi="lateral", voxels=(5, 4))
    berg_fwrf.write_model(root, voxels=12, retinotopic=True)
    berg_fwrf.write_model(root, roi="V2", voxels=3, with_metadata=False)
    return root


@pytest.fixture
def session(root):
    return nsd_fwrf.open(ID, root, "cpu")


@pytest.fixture(scope="module")
def expected(root):
    (responses,) = nsd_fwrf.open(ID, root, "cpu").respond([PICTURES])
    return responses


def test_the_contract(session):
    assert isinstance(session, ImageSession)
    assert session.id == ID
    assert session.input_kind == "images"
    assert session.frame_shape == (227, 227)
    assert session.response_dims == (session.unit_dim,) == ("unit",)
    assert not session.response_coords
    assert session.device == "cpu"
    check_units(session.units, session.id)
    attrs = json.loads(json.dumps(session.attrs))
    assert attrs["weights_hash"].startswith("sha256:")
    assert (attrs["subject"], attrs["roi"]) == (2, "lateral")
    assert len(attrs["weights_files"]) == 2


def test_it_is_found_and_opened_by_name(root):
    assert [i for i in ig.list_sessions(root) if i.startswith("nsd-fwrf")] == [
        "nsd-fwrf/subject-1_roi-V1",
        "nsd-fwrf/subject-1_roi-V2",
        ID,
    ]
    for name in (ID, "nsd-fwrf/sub-02_roi-lateral"):
        assert ig.open_session(name, root, "cpu").id == ID


def test_listing_takes_no_torch(root):
    code = (
        "import sys, insilico_gui as ig; "
        f"assert {ID!r} in ig.list_sessions({str(root)!r}); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("sizes", [[1] * 7, [3, 0, 4], [7, 0], [2, 5]])
def test_batches_change_nothing(session, expected, sizes):
    batches = np.split(PICTURES, np.cumsum(sizes)[:-1])
    responses = list(session.respond(batches))
    assert [len(part) for part in responses] == sizes
    assert all(part.dtype == np.float32 for part in responses)
    np.testing.assert_allclose(np.concatenate(responses), expected, **CLOSE)


@pytest.mark.parametrize("budget", [1, 40 * 2**20, 10**9])
def test_the_memory_budget_changes_nothing(session, expected, budget):
    session.memory_budget = budget
    (responses,) = session.respond([PICTURES])
    np.testing.assert_allclose(responses, expected, **CLOSE)


def test_blocks_of_voxels_change_nothing(session, expected, monkeypatch):
    for size in (1, 7 * 3 * 256 * 4 * 2):  # one voxel at a time, two
        monkeypatch.setitem(readout_module.BLOCK_BYTES, "cpu", size)
        (responses,) = session.respond([PICTURES])
        np.testing.assert_allclose(responses, expected, **CLOSE)


@pytest.mark.parametrize(
    "units", [[3], [8, 0, 5, 4], [6, 7, 8], [2, 2, 7, 2], [], list(range(9))]
)
def test_units_in_the_order_asked(session, expected, units):
    columns = np.array(units, dtype=np.int32)
    (responses,) = session.respond([PICTURES], columns)
    assert responses.shape == (7, len(units))
    np.testing.assert_allclose(responses, expected[:, columns], **CLOSE)


@pytest.mark.parametrize("units", [None, np.array([4, 1])])
def test_no_images(session, units):
    n = 9 if units is None else 2
    empty = np.zeros((0, 3, 20, 30), np.uint8)
    (responses,) = session.respond([empty], units)
    assert responses.shape == (0, n)
    assert responses.dtype == np.float32
    assert list(session.respond([])) == []


def test_sizes_may_change_from_batch_to_batch(session, expected):
    large = berg_fwrf.pictures(2, 300, 240)
    first, second = session.respond([PICTURES, large])
    np.testing.assert_allclose(first, expected, **CLOSE)
    assert second.shape == (2, 9)


@pytest.mark.parametrize("units", [[9], [-1], [[1, 2]], [0.5]])
def test_units_that_are_not_there(session, units):
    with pytest.raises(SelectionError, match=ID):
        list(session.respond([PICTURES], np.array(units)))


@pytest.mark.parametrize(
    "images", [PICTURES[0], PICTURES[:, :1], PICTURES.transpose(0, 2, 3, 1)]
)
def test_images_of_another_form(session, images):
    with pytest.raises(StimulusError):
        list(session.respond([images]))


def test_what_the_model_sees(session):
    seen = session.seen(PICTURES)
    assert seen.dtype == np.uint8
    assert seen.shape == (7, 3, 227, 227)
    (again,), (direct,) = session.respond([seen]), session.respond([PICTURES])
    np.testing.assert_array_equal(again, direct)


def test_images_that_must_not_be_written_to(session, expected):
    images = PICTURES.copy()
    images.flags.writeable = False
    (responses,) = session.respond([images])
    np.testing.assert_array_equal(responses, expected)


def test_how_many_images_fit(session):
    session.memory_budget = 1
    assert session.batch_size((60, 60)) == 1
    session.memory_budget = 100 * 2**20
    small, large = session.batch_size((60, 60)), session.batch_size((1500, 1500))
    assert 1 <= large < small <= session.max_batch
    session.memory_budget = 2**40
    assert session.batch_size((60, 60)) == session.max_batch


def test_out_of_memory_halves_the_batch(session, expected, monkeypatch, caplog):
    asked = []
    fit = session.fit

    def tight(pictures):
        asked.append(len(pictures))
        if len(pictures) > 2:
            raise torch.OutOfMemoryError("no")
        return fit(pictures)

    monkeypatch.setattr(session, "fit", tight)
    first, second = session.respond([PICTURES, PICTURES[:3]])
    np.testing.assert_allclose(first, expected, **CLOSE)
    np.testing.assert_allclose(second, expected[:3], **CLOSE)
    assert asked == [7, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert "going on with 1 images" in caplog.text


def test_not_even_one_image_fits(session, monkeypatch):
    def none(_):
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(session, "fit", none)
    with pytest.raises(EncodingMemoryError, match="a single image") as caught:
        list(session.respond([PICTURES]))
    assert "The device 'cpu' ran out of memory" in str(caught.value)
    assert "select fewer units." in str(caught.value)
    assert "video" not in str(caught.value)


def test_the_unit_table(root):
    session = nsd_fwrf.open("nsd-fwrf/subject-1_roi-V1", root, "cpu")
    units = session.units
    check_units(units, session.id)
    assert list(units["unit_id"]) == list(range(12))
    assert set(units["area"]) == {"V1"}
    centers, sizes = berg_fwrf.receptive_fields(12)
    np.testing.assert_allclose(units["rf_x"], (centers[:, 0] - 113) / 113.5, atol=0.01)
    np.testing.assert_allclose(units["rf_y"], (113 - centers[:, 1]) / 113.5, atol=0.01)
    np.testing.assert_allclose(units["rf_size_deg"], sizes * 8.4 / 227, rtol=0.05)
    content = berg_fwrf.metadata(12, berg_fwrf.SEED)
    mask, affine = content["fmri"]["roi_mask_volume"], content["fmri"]["fmri_affine"]
    ijk = units[["voxel_i", "voxel_j", "voxel_k"]].to_numpy()
    np.testing.assert_array_equal(ijk, np.argwhere(mask))
    mm = np.c_[ijk, np.ones(12)] @ affine.T
    np.testing.assert_allclose(units[["x", "y", "z"]], 1000 * mm[:, :3])
    for name in ("r2", "noise_ceiling", "explained_variance"):
        np.testing.assert_array_equal(units[name], content["encoding_models"][name])
    np.testing.assert_array_equal(units["ncsnr"], content["fmri"]["ncsnr"])


def test_responses_go_back_into_the_volume(root):
    session = nsd_fwrf.open("nsd-fwrf/subject-1_roi-V1", root, "cpu")
    volume = np.full(session.attrs["volume_shape"], np.nan)
    (responses,) = session.respond([PICTURES[:1]])
    volume[session.volume.mask] = responses[0]
    ijk = tuple(session.units[f"voxel_{axis}"] for axis in "ijk")
    np.testing.assert_array_equal(volume[ijk], responses[0].astype(float))


def test_without_metadata_there_are_no_places(root, caplog):
    session = nsd_fwrf.open("nsd-fwrf/subject-1_roi-V2", root, "cpu")
    assert "no metadata" in caplog.text
    assert session.volume is None
    assert not {"x", "voxel_i", "ncsnr", "r2"} & set(session.units)
    assert {"rf_x", "rf_size_deg", "area"} <= set(session.units)
    assert "metadata_file" not in session.attrs


def test_pooling_fields(session):
    fields = session.pooling_field(6)
    assert [field.shape for field in fields] == [(n, n) for n in berg_fwrf.GRIDS]
    logits = berg_fwrf.readout(11, 2, 4, "split2.")["rf1"][1]
    np.testing.assert_allclose(fields[1], logits.flatten().softmax(0).view(25, 25))


def test_images_are_taken_as_they_are_answered(session):
    taken = []

    def images():
        for i in range(3):
            taken.append(i)
            yield PICTURES[:1]

    responses = session.respond(images())
    next(responses)
    assert taken == [0]
