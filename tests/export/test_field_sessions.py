"""Sessions of the plugins, exported to the formats of their fields."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from insilico_berg import nsd_fsaverage, nsd_fwrf, things_eeg2
from make_field_responses import (
    read_epochs,
)
from support import berg_fwrf, berg_vit

import insilico_gui as ig
from insilico_gui.export import (
    Kind,
    export,
    fitting_suffixes,
    load_responses,
)


@pytest.fixture(scope="module")
def images():
    return berg_fwrf.pictures(3)


def encoded_and_stored(session, images, folder, suffix, units=None):
    assert suffix in fitting_suffixes(Kind.of_session(session))
    responses = ig.encode(session, np.moveaxis(images, 1, -1), indices=units)
    return load_responses(export(responses, folder / "stored.zarr"))


def test_a_region_in_the_volume_of_its_subject(tmp_path, images):
    session = nsd_fwrf.open(
        "nsd-fwrf/subject-1_roi-V1", berg_fwrf.write_model(tmp_path / "tree"), "cpu"
    )
    about = berg_fwrf.metadata(7, berg_fwrf.SEED)["fmri"]
    loaded = encoded_and_stored(session, images, tmp_path, ".nii.gz")
    image = nib.load(export(loaded, tmp_path / "v1.nii.gz"))
    np.testing.assert_allclose(image.affine, about["fmri_affine"])
    expected = np.full((*about["roi_mask_volume"].shape, 3), np.nan)
    expected[about["roi_mask_volume"]] = loaded.to_numpy().T
    np.testing.assert_array_equal(image.get_fdata(), expected)


def test_vertices_on_their_surface(tmp_path, images):
    root = tmp_path / "tree"
    berg_vit.write_backbone(root)
    berg_vit.write_fsaverage(root)
    session = nsd_fsaverage.open("nsd-fsaverage/subject-1", root, "cpu")
    chosen = [3, 29, 30, 41]
    loaded = encoded_and_stored(session, images, tmp_path, ".func.gii", chosen)
    export(loaded, tmp_path / "z.func.gii")
    for side, vertices, columns in (("lh", [3, 29], [0, 1]), ("rh", [0, 11], [2, 3])):
        expected = np.full((3, 30), np.nan, np.float32)
        expected[:, vertices] = loaded[:, columns]
        image = nib.load(tmp_path / f"z.{side}.func.gii")
        np.testing.assert_array_equal([a.data for a in image.darrays], expected)


def test_the_scalp_as_epochs(tmp_path, images):
    root = tmp_path / "tree"
    berg_vit.write_backbone(root)
    berg_vit.write_eeg(root)
    session = things_eeg2.open("things-eeg2/subject-1", root, "cpu")
    loaded = encoded_and_stored(session, images, tmp_path, "-epo.fif", [15, 22])
    epochs = read_epochs(export(loaded, tmp_path / "x-epo.fif"))
    assert epochs.ch_names == ["Oz", "Cz"]
    assert epochs.get_channel_types() == ["csd", "csd"]
    assert (epochs.tmin, epochs.tmax) == pytest.approx((-0.1, 0.595))
    np.testing.assert_array_equal(
        epochs.get_data(copy=True), loaded.to_numpy().reshape(12, 2, 140)
    )
    assert epochs.metadata["repeat"].tolist() == [1, 2, 3, 4] * 3
    assert np.isfinite([c["loc"][:3] for c in epochs.info["chs"]]).all()
