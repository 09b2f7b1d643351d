"""NIfTI, GIFTI and arrays of hemispheres, read back with nibabel and numpy."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import xarray as xr
from make_field_responses import (
    AFFINE,
    INDICES,
    LABELS,
    SHAPE,
    files,
    of_vertices,
    of_voxels,
    sidecar,
)

from insilico_gui.errors import ExportError
from insilico_gui.export import (
    export,
)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".NII.GZ"])
def test_voxels_become_a_volume_for_each_image(tmp_path, suffix):
    responses = of_voxels()
    path = export(responses, tmp_path / f"my.responses{suffix}")
    assert files(tmp_path) == [
        f"my.responses{suffix}",
        f"my.responses{suffix}.json",
    ]
    image = nib.load(path)
    values = image.get_fdata(dtype=np.float32)
    assert values.shape == (*SHAPE, 3)
    assert image.get_data_dtype() == np.float32
    np.testing.assert_allclose(image.affine, AFFINE, atol=1e-6)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert image.header["descrip"].item() == b"response (z)"
    inside = np.zeros(SHAPE, bool)
    for unit, place in enumerate(INDICES):
        inside[tuple(place)] = True
        np.testing.assert_array_equal(values[tuple(place)], responses[:, unit])
    assert np.isnan(values[~inside]).all()
    about = sidecar(tmp_path / f"my.responses{suffix}.json")
    assert about["labels"]["trial"] == LABELS
    assert about["attrs"]["weights_hash"] == "sha256:1"


def test_voxels_that_were_not_selected_are_nan(tmp_path):
    responses = of_voxels()[:, [2, 1]]
    values = nib.load(export(responses, tmp_path / "some.nii")).get_fdata()
    assert np.isfinite(values).sum() == 2 * 3
    np.testing.assert_array_equal(
        values[tuple(INDICES[2])], responses[:, 0].to_numpy().astype(float)
    )


def test_a_volume_without_an_affine_claims_no_space(tmp_path):
    responses = of_voxels()
    del responses.attrs["volume_affine"]
    header = nib.load(export(responses, tmp_path / "x.nii")).header
    assert header["sform_code"] == header["qform_code"] == 0


def test_volumes_are_written_in_blocks(tmp_path, small_blocks):
    labels = [f"{k}.png" for k in range(700)]  # of 16 bytes: three blocks
    responses = of_voxels(labels)
    values = nib.load(export(responses, tmp_path / "x.nii.gz")).get_fdata()
    np.testing.assert_array_equal(
        values[tuple(INDICES.T)].T, responses.to_numpy().astype(float)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume_shape": [4, 5]}, "three whole numbers"),
        ({"volume_shape": [4, 5, 3.0]}, "three whole numbers"),
        ({"volume_shape": [0, 5, 3]}, "three whole numbers"),
        ({"volume_shape": [30000, 30000, 30000]}, "three whole numbers"),
        ({"volume_shape": "455"}, "three whole numbers"),
        ({"volume_shape": [4, 4, 3]}, "'voxel_j' holds 0 to 4, and .* 0 to 3"),
        ({"volume_affine": [[1, 2], [3, 4]]}, "no 4 x 4 matrix"),
        ({"volume_affine": np.zeros((4, 4)).tolist()}, "no 4 x 4 matrix"),
        ({"volume_affine": "identity"}, "no 4 x 4 matrix"),
        ({"volume_affine": (np.eye(4) * np.nan).tolist()}, "no 4 x 4 matrix"),
        ({"volume_affine": np.eye(4)[::-1].tolist()}, "no 4 x 4 matrix"),
    ],
)
def test_volumes_that_make_no_sense_are_refused(tmp_path, change, message):
    with pytest.raises(ExportError, match=message):
        export(of_voxels(**change), tmp_path / "x.nii")
    assert files(tmp_path) == []


def test_places_of_voxels_are_checked(tmp_path):
    responses = of_voxels()
    twice = xr.concat([responses, responses], "unit")
    with pytest.raises(ExportError, match="in the same voxel"):
        export(twice, tmp_path / "x.nii")
    responses["voxel_k"] = responses["voxel_k"] * 0.5
    with pytest.raises(ExportError, match="other things than whole numbers"):
        export(responses, tmp_path / "x.nii")
    responses["voxel_k"] = ("unit", [-1, 0, 0, 0])
    with pytest.raises(ExportError, match="'voxel_k' holds -1 to 0"):
        export(responses, tmp_path / "x.nii")


def test_more_images_than_nifti_counts_are_refused(tmp_path):
    responses = of_voxels([str(k) for k in range(2**15)])
    with pytest.raises(ExportError, match="at most 32,767 volumes"):
        export(responses, tmp_path / "x.nii")
    assert files(tmp_path) == []


def test_vertices_become_a_gifti_file_for_each_hemisphere(tmp_path):
    responses = of_vertices()
    first = export(responses, tmp_path / "z.func.gii")
    assert first.name == "z.lh.func.gii"
    assert files(tmp_path) == ["z.func.gii.json", "z.lh.func.gii", "z.rh.func.gii"]
    for side, n, columns, vertices, structure in (
        ("lh", 7, [0, 2], [5, 2], "CortexLeft"),
        ("rh", 6, [1], [0], "CortexRight"),
    ):
        image = nib.load(tmp_path / f"z.{side}.func.gii")
        assert image.meta["AnatomicalStructurePrimary"] == structure
        assert [array.meta["Name"] for array in image.darrays] == LABELS
        expected = np.full((3, n), np.nan, np.float32)
        expected[:, vertices] = responses[:, columns]
        np.testing.assert_array_equal([a.data for a in image.darrays], expected)
        assert {a.data.dtype for a in image.darrays} == {np.dtype(np.float32)}
    assert sidecar(tmp_path / "z.func.gii.json")["n_vertices"] == {"lh": 7, "rh": 6}


@pytest.mark.parametrize("name", ["z.npy", "z.rh.npy", "z.LH.npy"])
def test_vertices_become_an_array_for_each_hemisphere(tmp_path, name):
    responses = of_vertices()
    export(responses, tmp_path / name)
    assert files(tmp_path) == ["z.lh.npy", "z.npy.json", "z.rh.npy"]
    left = np.load(tmp_path / "z.lh.npy")
    assert left.dtype == np.float32
    assert left.shape == (3, 7)
    np.testing.assert_array_equal(left[:, [5, 2]], responses[:, [0, 2]])
    assert np.isnan(left).sum() == 3 * 5


def test_a_hemisphere_without_units_has_no_file(tmp_path):
    export(of_vertices(), tmp_path / "z.npy")
    with pytest.raises(ExportError, match="exists already"):
        export(of_vertices()[:, 1:2], tmp_path / "z.npy")
    export(of_vertices()[:, 1:2], tmp_path / "z.npy", overwrite=True)
    assert files(tmp_path) == ["z.npy.json", "z.rh.npy"]


@pytest.mark.parametrize(
    ("attrs", "columns", "message"),
    [
        ({"surface_vertices": {"lh": 7}}, {}, "how many vertices 'rh' has"),
        ({"surface_vertices": [7, 7]}, {}, "how many vertices 'lh' has"),
        ({"surface_vertices": {"lh": 10**12, "rh": 6}}, {}, "how many vertices 'lh'"),
        ({"surface_vertices": {"lh": 5, "rh": 6}}, {}, "2 to 5, and .* 0 to 4"),
        ({}, {"hemisphere": ["lh", "../x", "lh"]}, "holds '../x'; give lh or rh"),
        ({}, {"vertex": [5, 0, 5]}, "same vertex of 'lh'"),
        ({}, {"vertex": [5.0, 0.0, 5.0]}, "other things than whole numbers"),
    ],
)
def test_surfaces_that_make_no_sense_are_refused(tmp_path, attrs, columns, message):
    responses = of_vertices(**attrs)
    for name, column in columns.items():
        responses[name] = ("unit", column)
    with pytest.raises(ExportError, match=message):
        export(responses, tmp_path / "x.func.gii")
    assert files(tmp_path) == []
