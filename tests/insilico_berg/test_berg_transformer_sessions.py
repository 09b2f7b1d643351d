"""EEG and vertex sessions, found in a tree and opened, on small weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from insilico_berg.linear_files import read_eeg, read_fsaverage
from insilico_berg.linear_model import Projection, Readout
from insilico_berg.vit import electrodes
from insilico_berg.vit.backbone import build
from insilico_berg.vit.metadata import read_vertex_metadata
from insilico_berg.vit.preprocessing import prepare
from insilico_berg.vit.twins import nsd_fsaverage, things_eeg2
from support import berg_vit

from insilico_gui.errors import SelectionError, SessionError, WeightsError
from insilico_gui.session import ImageSession, check_units

if TYPE_CHECKING:
    from insilico_berg.vit.eeg import EegSession
    from insilico_berg.vit.fsaverage import FsaverageSession

EEG, VERTICES = "things-eeg2/subject-1", "nsd-fsaverage/subject-1"
CHANNELS = ("Oz", "Cz", "Fp1", "PO7", "Pz")
TIMES = berg_vit.TIMES[::20]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A tree with one subject of each generation of EEG, and two of vertices."""
    root = tmp_path_factory.mktemp("berg")
    berg_vit.write_backbone(root)
    for subject, generation in ((1, "G2"), (2, "G3"), (3, "G1")):
        berg_vit.write_eeg(
            root, generation, subject=subject, channels=CHANNELS, times=TIMES
        )
    berg_vit.write_fsaverage(root)
    berg_vit.write_fsaverage(root, subject=4, suffix="_nsdcore")
    return root


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (5, 3, 60, 80), dtype=np.uint8)


@pytest.fixture(scope="module")
def eeg(root) -> EegSession:
    return things_eeg2.open(EEG, root, "cpu")


@pytest.fixture(scope="module")
def vertices(root) -> FsaverageSession:
    return nsd_fsaverage.open(VERTICES, root, "cpu")


def one(session, images, units=None) -> np.ndarray:
    return next(iter(session.respond([images], units)))


def scores_of(model, images) -> list[torch.Tensor]:
    backbone = build(berg_vit.vit_tensors(), "small")
    project = Projection(model.scaler, model.components, model.scores, "cpu")
    return project(backbone.layers(prepare(torch.from_numpy(images))))


def test_sessions_are_listed_before_weights_are_loaded(root):
    infos = {info.id: info for info in things_eeg2.sessions(root)}
    assert list(infos) == [f"things-eeg2/subject-{i}" for i in (1, 2, 3)]
    info = infos[EEG]
    assert (info.n_units, info.input_kind) == (5, "images")
    assert "subject 1, mean correlation 0.28" in info.title
    infos = {info.id: info for info in nsd_fsaverage.sessions(root)}
    assert list(infos) == [VERTICES, "nsd-fsaverage/subject-4"]
    assert infos[VERTICES].n_units == 60
    assert infos[VERTICES].areas == {"V1v": 10, "FFA-1": 7, "FBA-2": 3, "early": 14}
    assert things_eeg2.sessions(None) == []


def test_damaged_metadata_do_not_hide_a_session(tmp_path, caplog):
    berg_vit.write_eeg(tmp_path, channels=CHANNELS, times=TIMES)
    path = tmp_path / berg_vit.EEG_FOLDER / "metadata" / "metadata_subject-01.npy"
    path.write_bytes(b"nothing")
    (info,) = things_eeg2.sessions(tmp_path)
    assert (info.id, info.n_units) == (EEG, 63)
    assert "metadata_subject-01.npy was not loaded" in caplog.text


@pytest.mark.parametrize("subject", [1, 2, 3])
def test_eeg_responses(root, images, subject):
    session = things_eeg2.open(f"things-eeg2/subject-{subject}", root, "cpu")
    assert isinstance(session, ImageSession)
    check_units(session.units, session.id)
    assert session.frame_shape == (224, 224)
    assert session.response_dims == ("repeat", "channel", "time")
    assert session.response_coords["repeat"].tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(session.response_coords["time"], TIMES)
    found = one(session, images)
    assert found.shape == (5, 4, 5, 7)
    assert found.dtype == np.float32
    folder = root / berg_vit.EEG_FOLDER / "encoding_models_weights"
    files = {
        1: ["weights_subject-01.npy"],
        2: ["weights_subject-02.npy"],
        3: [
            "StandardScaler_param.npy",
            "pca_param.npy",
            "LinearRegression_param_sub-03.npy",
        ],
    }[subject]
    assert session.attrs["weights_files"] == [*files, berg_vit.BACKBONE]
    model = read_eeg([folder / name for name in files])
    scores = scores_of(model, images)
    scores = scores * 4 if len(scores) == 1 else scores
    for r, s in enumerate(scores):
        regression = model.regressions[str(r + 1)]
        expected = s.numpy() @ regression.coef.T + regression.intercept
        np.testing.assert_allclose(
            found[:, r].reshape(5, -1), expected, rtol=0, atol=1e-5
        )


def test_eeg_selections_slice_the_full_response(eeg, images):
    full = one(eeg, images)
    some = np.array([3, 0, 0])
    np.testing.assert_allclose(
        one(eeg, images, some), full[:, :, some], rtol=0, atol=1e-5
    )
    later = eeg.at([5, 2])
    np.testing.assert_array_equal(later.response_coords["time"], TIMES[[5, 2]])
    np.testing.assert_allclose(
        one(later, images, some), full[:, :, some][..., [5, 2]], rtol=0, atol=1e-5
    )
    again = later.at([1])
    np.testing.assert_array_equal(again.response_coords["time"], TIMES[[2]])
    np.testing.assert_allclose(one(again, images), full[..., [2]], rtol=0, atol=1e-5)
    assert one(eeg, images).shape == full.shape  # itself unchanged
    for wrong in ([], [7], [-1]):
        with pytest.raises(SelectionError, match="time points 0 to 6"):
            eeg.at(wrong)
    with pytest.raises(SelectionError, match="units 0 to 4"):
        one(eeg, images, np.array([5]))


@pytest.mark.parametrize("name", ["eeg", "vertices"])
def test_batches_change_nothing(name, images, request):
    session = request.getfixturevalue(name)
    full = one(session, images)
    parts = list(session.respond(iter([images[:2], images[:0], images[2:]])))
    assert [len(part) for part in parts] == [2, 0, 3]
    np.testing.assert_allclose(np.concatenate(parts), full, rtol=0, atol=1e-5)
    before = session.memory_budget
    session.memory_budget = 1
    assert session.batch_size((60, 80)) == 1
    np.testing.assert_allclose(one(session, images), full, rtol=0, atol=1e-5)
    session.memory_budget = 2**28
    small, large = (session.batch_size((side, side)) for side in (100, 4000))
    assert small > large >= 1
    session.memory_budget = before


def test_vertices_responses(vertices, root, images):
    session = vertices
    assert isinstance(session, ImageSession)
    assert session.response_dims == ("unit",)
    found = one(session, images)
    assert found.shape == (5, 60)
    folder = root / berg_vit.VERTEX_FOLDER / "encoding_models_weights"
    model = read_fsaverage(folder / "weights_subject-01.npy")
    (scores,) = scores_of(model, images)
    for i, side in enumerate(("lh", "rh")):
        regression = model.regressions[side]
        expected = scores.numpy() @ regression.coef.T + regression.intercept
        np.testing.assert_allclose(
            found[:, 30 * i : 30 * (i + 1)], expected, rtol=0, atol=1e-5
        )
    mixed = np.array([45, 3, 59, 0, 3])
    np.testing.assert_allclose(
        one(session, images, mixed), found[:, mixed], rtol=0, atol=1e-5
    )
    right = np.array([31])
    np.testing.assert_allclose(
        one(session, images, right), found[:, right], rtol=0, atol=1e-5
    )
    assert one(session, images, np.zeros(0, np.int64)).shape == (5, 0)


def test_vertex_table(vertices):
    units = vertices.units
    check_units(units, vertices.id)
    assert units["unit_id"].tolist() == list(range(60))
    assert units["hemisphere"].tolist() == ["lh"] * 30 + ["rh"] * 30
    assert units["vertex"].tolist() == [*range(30)] * 2
    area = units["area"].tolist()
    # 4 and 5 are in both, and FFA-1 is smaller
    assert area[:10] == ["V1v"] * 4 + ["FFA-1"] * 5 + [""]
    assert area[30:41] == ["V1v"] * 3 + ["FFA-1"] * 2 + [""] * 2 + ["FBA-2"] * 3 + [""]
    assert (
        units["stream"].tolist()
        == ["early"] * 8 + [""] * 22 + ["early"] * 6 + [""] * 24
    )
    for name in ("ncsnr", "correlation", "r2", "noise_ceiling", "explained_variance"):
        assert units[name].dtype.kind == "f"
    assert (units["ncsnr"].to_numpy()[[27, 28, 29, 57, 58, 59]] == 0).all()
    assert vertices.rois["V1v"].tolist() == [0, 1, 2, 3, 4, 5, 30, 31, 32, 33]
    assert vertices.rois["FBA-2"].tolist() == [37, 38, 39]


def test_later_names_of_accuracies(root):
    session = nsd_fsaverage.open("nsd-fsaverage/sub-04", root, "cpu")
    assert session.id == "nsd-fsaverage/subject-4"
    assert "noise_ceiling_nsdcore" in session.units
    assert "noise_ceiling" not in session.units


def test_vertices_without_metadata(tmp_path, images):
    berg_vit.write_fsaverage(tmp_path, vertices=12, rois={})
    berg_vit.write_backbone(tmp_path)
    folder = tmp_path / berg_vit.VERTEX_FOLDER
    (folder / "metadata" / "metadata_subject-01.npy").unlink()
    (info,) = nsd_fsaverage.sessions(tmp_path)
    assert info.n_units == 2 * 163_842
    session = nsd_fsaverage.open(VERTICES, tmp_path, "cpu")
    assert list(session.units) == ["unit_id", "hemisphere", "vertex"]
    assert one(session, images).shape == (5, 24)


def test_eeg_table(eeg):
    units = eeg.units
    assert units["unit_id"].tolist() == list(CHANNELS)
    content = berg_vit.eeg_metadata(21, CHANNELS, TIMES)["encoding_models"]
    mean = content["correlation_averaged_repetitions"]
    np.testing.assert_allclose(units["correlation"], mean.mean(1))
    np.testing.assert_allclose(units["correlation_peak"], mean.max(1))
    np.testing.assert_allclose(
        units["correlation_single"],
        content["correlation_single_repetitions"].mean((0, 2)),
    )


def test_electrodes_are_where_mne_has_them():
    pytest.importorskip("mne")
    found = electrodes.electrode_positions(berg_vit.CHANNELS)
    by_name = {
        name: np.array([found[axis][i] for axis in "xyz"])
        for i, name in enumerate(berg_vit.CHANNELS)
    }
    assert np.isfinite(list(by_name.values())).all()
    assert by_name["T7"][0] < -60_000 < 60_000 < by_name["T8"][0]
    assert by_name["Oz"][1] < -80_000 < 60_000 < by_name["Fp1"][1]
    assert by_name["Cz"][2] > 80_000
    assert np.isnan(electrodes.electrode_positions(["Elsewhere"])["x"]).all()


def test_without_mne_positions_are_absent(eeg):
    if electrodes.electrode_positions(["Cz"]):
        assert "x" in eeg.units
    else:
        assert not {"x", "y", "z"} & set(eeg.units)


def test_images_as_the_backbone_sees_them(eeg, images):
    found = eeg.seen(images)
    assert (found.shape, found.dtype) == ((5, 3, 224, 224), np.uint8)
    exact = np.arange(256, dtype=np.uint8)[None, None, :, None] * np.ones(
        (1, 3, 1, 256), np.uint8
    )
    assert np.array_equal(eeg.seen(exact), exact[:, :, 16:240, 16:240])


def test_provenance(eeg, vertices, root):
    for session in (eeg, vertices):
        assert session.attrs["weights_hash"].startswith("sha256:")
        assert session.attrs["subject"] == 1
        assert session.attrs["metadata_file"] == "metadata_subject-01.npy"
    assert eeg.response_label == "CSD (a.u.)"
    assert vertices.response_label == "response (z)"
    # one backbone in memory for both
    assert eeg._backbone is vertices._backbone


def test_nan_in_a_matrix_is_told_when_it_is_met(tmp_path, images):
    berg_vit.write_backbone(tmp_path)
    berg_vit.write_fsaverage(tmp_path)
    folder = tmp_path / berg_vit.VERTEX_FOLDER / "encoding_models_weights"
    content = np.load(folder / "weights_subject-01.npy", allow_pickle=True).item()
    content["rh_reg_param"]["coef_"][3, 7] = np.nan
    berg_vit.save(folder / "weights_subject-01.npy", content)
    session = nsd_fsaverage.open(VERTICES, tmp_path, "cpu")
    with pytest.raises(WeightsError, match="hold NaN or infinity"):
        one(session, images)
    assert one(session, images, np.arange(30)).shape == (5, 30)


@pytest.mark.parametrize("name", ["things-eeg2", "things-eeg2/x", "things-eeg2/1"])
def test_ids_that_name_no_subject(root, name):
    with pytest.raises(SessionError, match="does not name a subject"):
        things_eeg2.open(name, root, "cpu")


def test_what_is_missing_is_named(root, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with pytest.raises(SessionError, match="no weights of subject-9"):
        things_eeg2.open("things-eeg2/subject-9", root, "cpu")
    with pytest.raises(SessionError, match="give the folder"):
        things_eeg2.open(EEG, None, "cpu")
    berg_vit.write_eeg(tmp_path, channels=CHANNELS, times=TIMES)
    with pytest.raises(WeightsError, match="backbone are missing"):
        things_eeg2.open(EEG, tmp_path, "cpu")
    metadata = tmp_path / berg_vit.EEG_FOLDER / "metadata" / "metadata_subject-01.npy"
    berg_vit.save(metadata, berg_vit.eeg_metadata(21, CHANNELS[1:], TIMES))
    with pytest.raises(WeightsError, match=r"35 responses, .* names 28"):
        things_eeg2.open(EEG, tmp_path, "cpu")
    metadata.unlink()
    with pytest.raises(SessionError, match="without the metadata"):
        things_eeg2.open(EEG, tmp_path, "cpu")


def test_backbone_of_another_size(tmp_path):
    berg_vit.write_eeg(tmp_path, channels=CHANNELS, times=TIMES)
    berg_vit.write_backbone(tmp_path, width=16)
    with pytest.raises(WeightsError, match=r"480 features .* has 960"):
        things_eeg2.open(EEG, tmp_path, "cpu")


def change_eeg(**new):
    content = berg_vit.eeg_metadata(21, CHANNELS, TIMES)
    for name, value in new.items():
        section = "eeg" if name in content["eeg"] else "encoding_models"
        content[section][name] = value
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no list of ch_names"),
        (change_eeg(ch_names="Oz"), "no list of ch_names"),
        (change_eeg(ch_names=["Oz", "Oz"]), "one of them twice"),
        (change_eeg(times=None), "no times"),
        (change_eeg(times=TIMES[::-1]), "do not ascend"),
        (change_eeg(times=np.full(7, np.nan)), "do not ascend"),
        (change_eeg(times=np.arange(7.0) ** 2), "not sampled evenly"),
        (
            change_eeg(correlation_averaged_repetitions=np.zeros((5, 2))),
            r"shape \[5, 2\]",
        ),
    ],
)
def test_eeg_metadata_that_do_not_fit(root, tmp_path, content, message):
    berg_vit.write_eeg(tmp_path, channels=CHANNELS, times=TIMES)
    metadata = tmp_path / berg_vit.EEG_FOLDER / "metadata" / "metadata_subject-01.npy"
    berg_vit.save(metadata, content)
    with pytest.raises(WeightsError, match=message):
        things_eeg2.open(EEG, tmp_path, "cpu")


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (np.array([30]), "not on the surface"),
        (np.array([-1]), "not on the surface"),
        (np.array([0.5]), "no vertex numbers"),
    ],
)
def test_vertex_metadata_that_do_not_fit(tmp_path, indices, message):
    content = berg_vit.vertex_metadata()
    content["fmri"]["lh_fsaverage_rois"]["V1v"] = indices
    path = berg_vit.save(tmp_path / "metadata.npy", content)
    with pytest.raises(WeightsError, match=message):
        read_vertex_metadata(path)


def test_readouts_of_many_rows_are_streamed(monkeypatch):
    rng = np.random.default_rng(0)
    coef = rng.normal(size=(1000, 6)).astype(np.float32)
    regression = read_regression(coef)
    rows = rng.permutation(1000)[:700]
    scores = torch.from_numpy(rng.normal(size=(3, 6)).astype(np.float32))
    expected = scores.numpy() @ coef[rows].T + regression.intercept[rows]
    for held, at_once in ((2**26, 2**14), (0, 64), (2**26, 64)):
        monkeypatch.setattr("insilico_berg.linear_model.HELD_ON_CPU", held)
        monkeypatch.setattr("insilico_berg.linear_model.ROWS_AT_ONCE", at_once)
        found = Readout(regression, rows, "cpu")(scores)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def read_regression(coef):
    from insilico_berg.linear_model import Regression

    return Regression(coef, np.arange(len(coef), dtype=np.float64) / 100)
