"""The voxel models against reference vectors, step by step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_berg import nsd_fwrf
from insilico_berg.fwrf.checkpoint import load_part
from insilico_berg.fwrf.readout import compress
from insilico_berg.fwrf.retinotopy import pooling_fields
from insilico_berg.pictures import resize
from support import berg_fwrf

SIZE = (227, 227)


@pytest.fixture(scope="module")
def known():
    with np.load(berg_fwrf.DATA / "fwrf.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def session(tmp_path_factory, known):
    root = tmp_path_factory.mktemp("fwrf")
    berg_fwrf.write_model(root, subject=1, roi="V1", voxels=7, seed=int(known["seed"]))
    return nsd_fwrf.open("nsd-fwrf/subject-1_roi-V1", root, "cpu")


@pytest.fixture(scope="module")
def part(tmp_path_factory, known):
    path = tmp_path_factory.mktemp("part") / "weights.pt"
    berg_fwrf.save(berg_fwrf.checkpoint(int(known["seed"]), 1, 7), path)
    return load_part(path, 1)


@pytest.mark.parametrize("name", ["up", "down", "same", "rect"])
def test_pictures_are_resized_exactly(known, name):
    levels = resize(torch.from_numpy(known[f"img_{name}"]), SIZE).numpy()
    np.testing.assert_array_equal(levels[:, :, ::5, ::5], known[f"pre_{name}_sub"])
    np.testing.assert_array_equal(levels.sum((2, 3)), known[f"pre_{name}_sum"])


@pytest.mark.parametrize("name", ["up", "down", "same", "rect"])
def test_responses(session, known, name):
    (responses,) = session.respond([known[f"img_{name}"]])
    assert responses.dtype == np.float32
    np.testing.assert_allclose(responses, known[f"resp_{name}"], rtol=0, atol=2e-6)


def test_feature_maps_and_pooled_features(part, known):
    with torch.inference_mode():
        levels = resize(torch.from_numpy(known["img_up"][:1]), SIZE)
        maps = part.network(levels)
        flat = [compress(group)[0].flatten(1) for group in maps]
        pooled = torch.cat(
            [
                field[[0, 3]].flatten(1) @ group.T
                for field, group in zip(part.readout.fields, flat, strict=True)
            ],
            dim=1,
        )
    for i, group in enumerate(maps):
        assert list(group.shape) == list(known[f"fmap{i}_shape"])
        sub, mean = group[0, ::32].numpy(), group[0].mean((1, 2)).numpy()
        np.testing.assert_allclose(sub, known[f"fmap{i}_sub"], rtol=0, atol=2e-6)
        np.testing.assert_allclose(mean, known[f"fmap{i}_mean"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(pooled, known["phi_pre_v03"], rtol=0, atol=2e-6)
    twice = compress(pooled)
    np.testing.assert_allclose(twice, known["phi_post_v03"], rtol=0, atol=2e-6)


@pytest.mark.parametrize("old", [False, True])
def test_a_model_in_two_files(tmp_path, known, old):
    seed = int(known["seed"])
    berg_fwrf.write_model(
        tmp_path, subject=2, roi="lateral", voxels=(5, 4), seed=seed, old=old
    )
    session = nsd_fwrf.open("nsd-fwrf/subject-2_roi-lateral", tmp_path, "cpu")
    (responses,) = session.respond([known["img_up"]])
    np.testing.assert_allclose(responses, known["resp_split_up"], rtol=0, atol=2e-6)


def test_a_model_of_one_voxel(tmp_path, known):
    content = berg_fwrf.checkpoint(int(known["seed"]), 1, 1, "one.")
    folder = berg_fwrf.levels_of(tmp_path)[-1]
    berg_fwrf.save(content, folder / "weights_sub-01_roi-RSC.pt")
    session = nsd_fwrf.open("nsd-fwrf/subject-1_roi-RSC", tmp_path, "cpu")
    (responses,) = session.respond([known["img_up"]])
    # The reference gives one voxel as a row; here, images are always rows.
    assert responses.shape == (3, 1)
    reference = known["ref_onevoxel_up3"].T
    np.testing.assert_allclose(responses, reference, rtol=0, atol=2e-6)


def test_receptive_fields(part, known):
    fields = pooling_fields(part.readout)
    for found, name in (
        (fields.centers, "derived_centre_px_xy"),
        (fields.sizes, "derived_sigma_px"),
        (fields.shares, "derived_layer_weight"),
    ):
        np.testing.assert_allclose(found, known[name], rtol=1e-5)
