"""NIfTI, GIFTI and MNE epochs, read back with the libraries of these fields."""

from __future__ import annotations

import json
import sys
import warnings

import mne
import nibabel as nib
import numpy as np
import pytest
import xarray as xr
from insilico_berg import nsd_fsaverage, nsd_fwrf, things_eeg2
from make_responses import make_responses
from support import berg_fwrf, berg_vit

import insilico_gui as ig
from insilico_gui.errors import ExportError
from insilico_gui.export import (
    EXPORT_SUFFIXES,
    SUFFIXES,
    Kind,
    check_fit,
    export,
    fitting_suffixes,
    load_responses,
    suffix_of,
)

LABELS = ["a/cat.png", "b;ird: é.png", "猫.png"]
AFFINE = [[-1.8, 0, 0.1, 40], [0, 1.8, 0, -50], [0, 0.1, 1.8, -20], [0, 0, 0, 1]]
SHAPE = (4, 5, 3)
INDICES = np.array([[3, 0, 2], [0, 4, 1], [2, 2, 2], [0, 0, 0]])
ATTRS = {
    "session": "some/session",
    "weights_hash": "sha256:1",
    "response_label": "response (z)",
}


def of_units(columns, attrs, n_units, labels=LABELS):
    values = np.random.default_rng(0).standard_normal((len(labels), n_units), "f4")
    coords = {"trial": labels, "unit_id": ("unit", np.arange(n_units))}
    coords |= {name: ("unit", column) for name, column in columns.items()}
    return xr.DataArray(values, coords, ("trial", "unit"), attrs={**ATTRS, **attrs})


def of_voxels(labels=LABELS, **attrs):
    columns = {f"voxel_{axis}": INDICES[:, i] for i, axis in enumerate("ijk")}
    volume = {"volume_shape": list(SHAPE), "volume_affine": AFFINE}
    return of_units(columns, {**volume, **attrs}, 4, labels)


def of_vertices(**attrs):
    columns = {"hemisphere": ["lh", "rh", "lh"], "vertex": [5, 0, 2]}
    about = {"surface": "fsaverage", "surface_vertices": {"lh": 7, "rh": 6}}
    return of_units(columns, {**about, **attrs}, 3)


def of_channels(times=berg_vit.TIMES, channels=("Oz", "Fp1", "nose"), **attrs):
    about = {"channel_type": "csd", "electrode_layout": "extended 10-20"}
    sizes = len(LABELS), 2, len(channels), len(times)
    return xr.DataArray(
        np.random.default_rng(0).standard_normal(sizes, "f4"),
        {
            "trial": LABELS,
            "repeat": [1, 2],
            "time": np.asarray(times, float),
            "unit_id": ("channel", list(channels)),
        },
        ("trial", "repeat", "channel", "time"),
        attrs={**ATTRS, **about, **attrs},
    )


def read_epochs(path):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword")  # of pandas, in MNE
        warnings.filterwarnings("ignore", "This filename", RuntimeWarning)
        return mne.read_epochs(path, proj=False, verbose="error")


def sidecar(path):
    return json.loads(path.read_text(encoding="utf-8"))


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# -- voxels ----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".NII.GZ"])
def test_voxels_become_a_volume_for_each_image(tmp_path, suffix):
    responses = of_voxels()
    path = export(responses, tmp_path / f"my.responses{suffix}")
    assert files(tmp_path) == sorted(["my.responses.json", f"my.responses{suffix}"])
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
    about = sidecar(tmp_path / "my.responses.json")
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


# -- vertices --------------------------------------------------------------------------


def test_vertices_become_a_gifti_file_for_each_hemisphere(tmp_path):
    responses = of_vertices()
    first = export(responses, tmp_path / "z.func.gii")
    assert first.name == "z.lh.func.gii"
    assert files(tmp_path) == ["z.json", "z.lh.func.gii", "z.rh.func.gii"]
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
    assert sidecar(tmp_path / "z.json")["n_vertices"] == {"lh": 7, "rh": 6}


@pytest.mark.parametrize("name", ["z.npy", "z.rh.npy", "z.LH.npy"])
def test_vertices_become_an_array_for_each_hemisphere(tmp_path, name):
    responses = of_vertices()
    export(responses, tmp_path / name)
    assert files(tmp_path) == ["z.json", "z.lh.npy", "z.rh.npy"]
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
    assert files(tmp_path) == ["z.json", "z.rh.npy"]


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


# -- channels --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["eeg-epo.fif", "eeg.fif"])
def test_courses_become_epochs(tmp_path, name):
    responses = of_channels()
    trials = {"category": ["animal", "animal", "food"], "score": [0.5, 1.0, np.nan]}
    responses.attrs["trials"] = trials
    epochs = read_epochs(export(responses, tmp_path / name))
    assert files(tmp_path) == sorted([name, "eeg.json"])
    assert epochs.ch_names == ["Oz", "Fp1", "nose"]
    assert epochs.get_channel_types() == ["csd"] * 3
    assert {str(channel["unit"]) for channel in epochs.info["chs"]} == {
        "-1 (FIFF_UNIT_NONE)"
    }
    np.testing.assert_allclose(epochs.times, berg_vit.TIMES, atol=1e-9)
    assert epochs.info["sfreq"] == 200
    assert epochs.baseline is None
    np.testing.assert_array_equal(
        epochs.get_data(copy=True), responses.to_numpy().reshape(6, 3, 140)
    )
    table = epochs.metadata
    assert table["image"].tolist() == np.repeat(LABELS, 2).tolist()
    assert table["repeat"].tolist() == [1, 2] * 3
    assert table["category"].tolist() == np.repeat(trials["category"], 2).tolist()
    assert len(epochs["a/cat.png"]) == len(epochs["repeat == 2 and score == 1"]) * 2
    assert list(epochs.event_id.values()) == [1, 2, 3]
    assert "b_ird: é.png" in epochs.event_id
    assert json.loads(epochs.info["description"])["session"] == "some/session"


def test_electrodes_are_where_the_layout_has_them(tmp_path):
    epochs = read_epochs(export(of_channels(), tmp_path / "x-epo.fif"))
    occipital, frontal, unknown = (c["loc"][:3] for c in epochs.info["chs"])
    assert occipital[1] < -0.05 < 0.05 < frontal[1]
    assert frontal[0] < -0.02
    assert abs(occipital[0]) < 0.01
    assert not np.isfinite(unknown).any()
    bare = of_channels(electrode_layout="none")
    epochs = read_epochs(export(bare, tmp_path / "bare-epo.fif"))
    assert not any(np.isfinite(c["loc"][:3]).any() for c in epochs.info["chs"])


def test_channels_without_a_type_are_not_called_eeg(tmp_path):
    responses = of_channels()
    del responses.attrs["channel_type"]
    epochs = read_epochs(export(responses, tmp_path / "x-epo.fif"))
    assert epochs.get_channel_types() == ["misc"] * 3


def test_repeats_and_labels_may_be_missing(tmp_path):
    responses = of_channels().mean("repeat").astype("f4").drop_vars("trial")
    responses.attrs = dict(ATTRS)
    epochs = read_epochs(export(responses, tmp_path / "x-epo.fif"))
    np.testing.assert_array_equal(epochs.get_data(copy=True), responses)
    assert epochs.metadata["image"].tolist() == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"times": [0.0, 0.1, 0.3]}, "evenly spaced"),
        ({"times": [0.1]}, "evenly spaced"),
        ({"times": [0.3, 0.2, 0.1]}, "evenly spaced"),
        ({"times": [0.0025, 0.0075, 0.0125]}, "evenly spaced"),
        ({"times": [0.0, np.nan, 0.2]}, "evenly spaced"),
        ({"channels": ("Oz", "Oz")}, "same name"),
        ({"channels": ("Oz", "電")}, "cannot hold the channel name"),
        ({"channel_type": "stim"}, "'channel_type' is 'stim'; give one of csd"),
    ],
)
def test_courses_that_fif_cannot_hold_are_refused(tmp_path, options, message):
    with pytest.raises(ExportError, match=message):
        export(of_channels(**options), tmp_path / "x-epo.fif")
    assert files(tmp_path) == []


# -- all of them -----------------------------------------------------------------------

ALL = {
    ".nii.gz": of_voxels,
    ".nii": of_voxels,
    ".func.gii": of_vertices,
    ".npy": of_vertices,
    "-epo.fif": of_channels,
    ".fif": of_channels,
}


@pytest.mark.parametrize("suffix", ALL)
def test_responses_of_another_kind_are_refused(tmp_path, suffix):
    others = [make for make in ALL.values() if make is not ALL[suffix]]
    for make in (make_responses, lambda: make_responses(3), *others):
        responses = make()
        assert suffix not in fitting_suffixes(Kind.of_responses(responses))
        with pytest.raises(
            ExportError, match=r"these responses have .*; export them to"
        ):
            export(responses, tmp_path / f"x{suffix}")
    assert files(tmp_path) == []


def test_formats_that_fit_are_offered():
    assert {*EXPORT_SUFFIXES} == {*SUFFIXES, *ALL}
    for suffix, make in ALL.items():
        fitting = fitting_suffixes(Kind.of_responses(make()))
        expected = [s for s in ALL if ALL[s] is ALL[suffix]]
        assert fitting == (*SUFFIXES, *expected)


@pytest.mark.parametrize("suffix", ALL)
def test_existing_files_are_replaced_on_request_only(tmp_path, suffix):
    responses = ALL[suffix]()
    first = export(responses, tmp_path / f"x{suffix}")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ExportError, match=f"{first.name} exists already"):
        export(responses, tmp_path / f"x{suffix}")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    responses.values *= 2
    export(responses, tmp_path / f"x{suffix}", overwrite=True)
    assert files(tmp_path) == sorted(before)
    assert first.read_bytes() != before[first.name]


@pytest.mark.parametrize("suffix", ALL)
def test_a_sidecar_of_something_else_is_not_replaced(tmp_path, suffix):
    other = tmp_path / "x.json"
    for text in (
        "[1, 2]",
        '{"format": "insilico_gui sidecar", "files": ["y.nii"]}',
        "{",
    ):
        other.write_text(text)
        with pytest.raises(ExportError, match="does not belong to"):
            export(ALL[suffix](), tmp_path / f"x{suffix}", overwrite=True)
        assert files(tmp_path) == ["x.json"]
        assert other.read_text() == text


def test_a_table_and_a_volume_do_not_share_a_sidecar(tmp_path):
    responses = of_voxels()
    export(responses, tmp_path / "x.csv")
    with pytest.raises(ExportError, match="does not belong to"):
        export(responses, tmp_path / "x.nii", overwrite=True)
    xr.testing.assert_identical(
        load_responses(tmp_path / "x.csv").rename(None), responses
    )


@pytest.mark.parametrize("suffix", ALL)
def test_an_error_leaves_what_was_there(tmp_path, suffix, monkeypatch):
    from insilico_gui.export import formats, sidecar

    responses = ALL[suffix]()
    export(responses, tmp_path / f"x{suffix}")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    module = formats.FIELD_FORMATS[suffix]
    monkeypatch.setattr(module, "write_sidecar", full)
    with pytest.raises(ExportError, match="the disk is full"):
        export(responses[::-1], tmp_path / f"x{suffix}", overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert sidecar.write_sidecar is not full


@pytest.mark.parametrize("suffix", ALL)
def test_they_cannot_be_loaded(tmp_path, suffix):
    export(ALL[suffix](), tmp_path / f"x{suffix}")
    with pytest.raises(
        ExportError, match=r"load one of \.npz, \.csv, \.parquet, \.zarr"
    ):
        load_responses(tmp_path / f"x{suffix}")


@pytest.mark.parametrize(
    ("suffix", "package", "extra"),
    [
        (".nii.gz", "nibabel", "fmri"),
        (".func.gii", "nibabel", "fmri"),
        ("-epo.fif", "mne", "eeg"),
    ],
)
def test_a_missing_package_is_named(tmp_path, suffix, package, extra, monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    message = rf"{package}, which is not installed; .* 'insilico-gui\[{extra}\]'"
    with pytest.raises(ExportError, match=message):
        export(ALL[suffix](), tmp_path / f"x{suffix}")
    with pytest.raises(ExportError, match=message):
        check_fit(tmp_path / f"x{suffix}", Kind.of_responses(ALL[suffix]()))
    assert files(tmp_path) == []


def test_arrays_of_vertices_need_no_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    assert export(of_vertices(), tmp_path / "x.npy").exists()


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.nii.gz", ".nii.gz"),
        ("a.gz", ""),
        (".nii.gz", ""),
        ("A.NII", ".nii"),
        ("s-epo.fif", "-epo.fif"),
        ("s_epo.fif", ".fif"),
        ("x.lh.func.gii", ".func.gii"),
        ("x.surf.gii", ""),
        ("x.npz", ".npz"),
    ],
)
def test_suffixes_may_have_two_parts(name, suffix):
    assert suffix_of(f"some.folder/{name}") == suffix


# -- sessions of the plugins -----------------------------------------------------------


@pytest.fixture(scope="module")
def images():
    return berg_fwrf.pictures(3)


def encoded_and_stored(session, images, folder, suffix, units=None):
    assert suffix in fitting_suffixes(Kind.of_session(session))
    responses = ig.encode(session, np.moveaxis(images, 1, -1), units)
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
