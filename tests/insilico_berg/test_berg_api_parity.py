"""Reference vectors through the drop-in interface, on trees of every generation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_berg import BERG
from support import berg_fwrf, berg_vit

VOXELS, EEG = "fmri-nsd-fwrf", "eeg-things_eeg_2-vit_b_32"
VERTICES = "fmri-nsd_fsaverage-vit_b_32"
CLOSE = {"rtol": 0, "atol": 1e-4}


@pytest.fixture(scope="module")
def known():
    with np.load(berg_fwrf.DATA / "fwrf.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def heads():
    with np.load(berg_vit.DATA / "linear_heads.npz") as file:
        return dict(file)


@pytest.mark.filterwarnings("ignore:The images have:UserWarning")
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("layout", berg_fwrf.LAYOUTS)
def test_voxels(tmp_path, known, layout, old):
    seed = int(known["seed"])
    berg_fwrf.write_model(tmp_path, seed=seed, layout=layout, old=old)
    berg_fwrf.write_model(
        tmp_path,
        subject=2,
        roi="lateral",
        voxels=(5, 4),
        seed=seed,
        layout=layout,
        old=old,
    )
    berg = BERG(tmp_path)
    model = berg.get_encoding_model(VOXELS, selection={"roi": "V1"}, subject=1)
    for name in ("up", "down", "same", "rect"):
        found = berg.encode(model, known[f"img_{name}"])
        np.testing.assert_allclose(found, known[f"resp_{name}"], **CLOSE)
    model = berg.get_encoding_model(VOXELS, selection={"roi": "lateral"}, subject=2)
    found, metadata = berg.encode(model, known["img_up"], return_metadata=True)
    np.testing.assert_allclose(found, known["resp_split_up"], **CLOSE)
    assert len(metadata["fmri"]["ncsnr"]) == found.shape[1]


def test_one_voxel_is_a_column(tmp_path, known):
    content = berg_fwrf.checkpoint(int(known["seed"]), 1, 1, "one.")
    folder = berg_fwrf.levels_of(tmp_path)[-1]
    berg_fwrf.save(content, folder / "weights_sub-01_roi-RSC.pt")
    berg = BERG(tmp_path)
    model = berg.get_encoding_model(VOXELS, selection={"roi": "RSC"}, subject=1)
    found = berg.encode(model, known["img_up"].astype(np.int64))
    assert found.shape == (3, 1)
    np.testing.assert_allclose(found, known["ref_onevoxel_up3"].T, **CLOSE)


class StoredFeatures:
    """The outputs of the backbone that the reference vectors of the heads start from."""

    def __init__(self, features):
        self._features = torch.from_numpy(features)

    def layers(self, images):
        features = self._features[: len(images)]
        return (features[:, i] for i in range(features.shape[1]))


@pytest.fixture
def encoded(monkeypatch, heads):
    """Responses of a model to the images behind the stored features."""
    images = np.zeros((len(heads["features"]), 3, 224, 224), np.uint8)

    def encode(berg, model_id, selection=None):
        model = berg.get_encoding_model(model_id, "cpu", selection, subject=1)
        features = StoredFeatures(heads["features"])
        monkeypatch.setattr(model.session, "batch_size", lambda *_: 16)
        monkeypatch.setattr(model.session, "_backbone", features)
        return berg.encode(model, images)

    return encode


@pytest.mark.parametrize("generation", ["G1", "G2", "G3"])
def test_electrodes(tmp_path, heads, encoded, generation):
    berg_vit.write_backbone(tmp_path)
    berg_vit.write_eeg(tmp_path, generation)
    name = "eeg_perrep" if generation == "G3" else "eeg_single"
    berg = BERG(tmp_path)
    full = encoded(berg, EEG)
    assert full.shape == tuple(heads[f"{name}_all_shape"])
    np.testing.assert_allclose(
        full[:, :, ::3, ::5], heads[f"{name}_all_ch_t_sub"], **CLOSE
    )
    np.testing.assert_allclose(full.mean((2, 3)), heads[f"{name}_all_mean"], **CLOSE)
    selection = {
        "channels": [str(channel) for channel in heads["channels"]],
        "timepoints": heads["timepoints"],
    }
    found = encoded(berg, EEG, selection)
    np.testing.assert_allclose(found, heads[f"{name}_sel"], **CLOSE)


def test_vertices_in_full_number(tmp_path, heads, encoded):
    n = 163_842
    left, right = heads["lh_idx"], heads["rh_idx"]
    rois = {"V1v": (left, right), "FBA-2": (left[:0], right[:3])}
    berg_vit.write_backbone(tmp_path)
    berg_vit.write_fsaverage(tmp_path, vertices=n, rois=rois)
    berg = BERG(tmp_path)
    lh, rh = encoded(berg, VERTICES)
    assert [list(lh.shape), list(rh.shape)] == heads["fs_all_shapes"].tolist()
    np.testing.assert_allclose(lh[:, ::5000], heads["fs_all_lh_sub"], **CLOSE)
    np.testing.assert_allclose(rh[:, ::5000], heads["fs_all_rh_sub"], **CLOSE)
    picked = np.zeros(n, np.int64)
    picked[left] = 1
    cases = {
        "fs_roi_V1v": {"roi": "V1v"},
        "fs_roi_FBA2_empty_lh": {"roi": "FBA-2"},
        "fs_roi_beats_vertices": {"roi": "V1v", "lh_vertices": 1 - picked},
    }
    for name, selection in cases.items():
        lh, rh = encoded(berg, VERTICES, selection)
        np.testing.assert_allclose(lh, heads[f"{name}_lh"], err_msg=name, **CLOSE)
        np.testing.assert_allclose(rh, heads[f"{name}_rh"], err_msg=name, **CLOSE)
    lh, rh = encoded(berg, VERTICES, {"lh_vertices": picked})
    np.testing.assert_allclose(lh, heads["fs_lh_only_lh"], **CLOSE)
    np.testing.assert_allclose(rh[:, ::5000], heads["fs_lh_only_rh"], **CLOSE)
    for path in (tmp_path / berg_vit.VERTEX_FOLDER).rglob("weights*"):
        path.unlink()  # a third of a gigabyte
