"""Trees of every generation are scanned by their files."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from insilico_berg import catalogue, nsd_fwrf
from insilico_berg.metadata import read_metadata
from insilico_berg.tree import scan_tree
from support import berg_fwrf

from insilico_gui.errors import SessionError, WeightsError

WEIGHTS = "encoding_models_weights"
EEG = "encoding_models/modality-eeg/train_dataset-things_eeg_2/model-vit_b_32"
VERTICES = "encoding_models/modality-fmri/train_dataset-nsd_fsaverage/model-vit_b_32"
MOUSE = "encoding_models/modality-calcium_2p/train_dataset-wang_2025/model-3DCNN"
OLD_MOUSE = MOUSE.replace("wang_2025", "natural_videos")


def touch(root, folder, *names, part=WEIGHTS):
    for name in names:
        path = root / folder / part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names_of(catalogue, model):
    return [entry.name for entry in catalogue.ready(model)]


def test_a_tree_of_all_models(tmp_path):
    touch(tmp_path, berg_fwrf.MODEL, "weights_sub-03_roi-mfs-words.pt")
    touch(tmp_path, VERTICES, "weights_subject-08.npy", "weights_subject-02.npy")
    touch(tmp_path, EEG, "weights_subject-10.npy")
    touch(tmp_path, MOUSE, "params_core.pt", "params_8_5.pt", "params_4_7.pt")
    found = scan_tree(tmp_path)
    assert {model: names_of(found, model) for model in found.models} == {
        catalogue.MOUSE: ["session-4_scan-7", "session-8_scan-5"],
        catalogue.EEG: ["subject-10"],
        catalogue.VOXELS: ["subject-3_roi-mfs-words"],
        catalogue.VERTICES: ["subject-2", "subject-8"],
    }


def test_models_that_are_known_and_not_there(tmp_path):
    nothing = scan_tree(tmp_path)
    assert nothing.models == {}
    lengths = {model: len(names) for model, names in nothing.absent().items()}
    assert lengths == {
        catalogue.MOUSE: 13,
        catalogue.EEG: 10,
        catalogue.VOXELS: 8 * 23,
        catalogue.VERTICES: 8,
    }
    touch(tmp_path, EEG, "weights_subject-10.npy")
    assert scan_tree(tmp_path).absent()[catalogue.EEG] == [
        f"subject-{i}" for i in range(1, 10)
    ]


@pytest.mark.parametrize("layout", berg_fwrf.LAYOUTS)
@pytest.mark.parametrize("level", range(6))
def test_any_folder_on_the_way_may_be_chosen(tmp_path, layout, level):
    for subject, roi in ((1, "V1"), (2, "V1"), (1, "hV4")):
        berg_fwrf.write_model(
            tmp_path, subject=subject, roi=roi, voxels=2, layout=layout
        )
    folders = berg_fwrf.levels_of(tmp_path, layout)
    infos = nsd_fwrf.sessions(folders[level])
    names = ["subject-1_roi-V1", "subject-1_roi-hV4", "subject-2_roi-V1"]
    assert [info.id for info in infos] == [f"nsd-fwrf/{name}" for name in names]
    assert [info.n_units for info in infos] == [2, 2, 2]
    assert infos[1].areas == {"hV4": 2}
    assert infos[0].input_kind == "images"


def test_the_accuracy_is_told_before_loading(tmp_path):
    berg_fwrf.write_model(tmp_path, voxels=40)
    (info,) = nsd_fwrf.sessions(tmp_path)
    about = berg_fwrf.metadata(40, berg_fwrf.SEED)["encoding_models"]
    median = np.median(about["explained_variance"])
    assert info.title.endswith(f"median explained variance {median:.0f} %")


def test_a_relative_folder_and_one_behind_a_link(tmp_path, monkeypatch):
    berg_fwrf.write_model(tmp_path / "data", voxels=2)
    model = tmp_path / "data" / berg_fwrf.MODEL
    link = tmp_path / "linked"
    link.symlink_to(model.parent.parent.parent, target_is_directory=True)
    assert len(nsd_fwrf.sessions(link)) == 1
    monkeypatch.chdir(model)
    assert len(nsd_fwrf.sessions(type(tmp_path)("."))) == 1


def test_a_model_copied_out_of_its_tree(tmp_path):
    berg_fwrf.write_model(tmp_path / "tree", voxels=2)
    shutil.copytree(tmp_path / "tree" / berg_fwrf.MODEL, tmp_path / "model-fwrf")
    (info,) = nsd_fwrf.sessions(tmp_path / "model-fwrf")
    assert info.n_units == 2
    assert nsd_fwrf.open(info.id, tmp_path / "model-fwrf", "cpu").units.shape[0] == 2


@pytest.mark.parametrize(
    ("names", "metadata", "model"),
    [
        (["weights_subject-01.npy"], {"eeg": {"times": [0.0]}}, catalogue.EEG),
        (["weights_subject-01.npy"], {"fmri": {}}, catalogue.VERTICES),
        (
            [
                "LinearRegression_param_sub-01.npy",
                "StandardScaler_param.npy",
                "pca_param.npy",
            ],
            None,
            catalogue.EEG,
        ),
    ],
)
def test_a_transformer_model_copied_out_of_its_tree(tmp_path, names, metadata, model):
    touch(tmp_path, "model-vit_b_32", *names)
    if metadata is not None:
        path = tmp_path / "model-vit_b_32" / "metadata" / "metadata_subject-01.npy"
        berg_fwrf.save_metadata(metadata, path)
    found = scan_tree(tmp_path / "model-vit_b_32")
    assert names_of(found, model) == ["subject-1"]
    assert list(found.models) == [model]


def test_names_that_mean_nothing_are_passed_over(tmp_path):
    touch(
        tmp_path,
        berg_fwrf.MODEL,
        "weights_sub-01_roi-V1train_phase-02.pt",
        "weights_sub-01_roi-V1train_phase-03.pt",
        "weights_sub-all_roi-V1.pt",
        "notes.txt",
        "weights_sub-01_roi-V1.pt.part",
    )
    (tmp_path / berg_fwrf.MODEL / WEIGHTS / "weights_sub-01_roi-V3.pt").mkdir()
    touch(tmp_path, "encoding_models/modality-x/train_dataset-y/model-z", "weights.pt")
    assert scan_tree(tmp_path).models == {}


def test_files_of_a_split_region_belong_together(tmp_path):
    name = "weights_sub-01_roi-ventral_split-{}.pt"
    touch(tmp_path, berg_fwrf.MODEL, name.format(2))
    found = scan_tree(tmp_path)
    assert names_of(found, catalogue.VOXELS) == []
    with pytest.raises(SessionError, match=r"only .*split-2\.pt is there"):
        found.find(catalogue.VOXELS, "subject-1_roi-ventral")
    touch(tmp_path, berg_fwrf.MODEL, name.format(1))
    entry = scan_tree(tmp_path).find(catalogue.VOXELS, "subject-1_roi-ventral")
    assert [path.name for path in entry.weights] == [name.format(1), name.format(2)]


def test_metadata_without_weights(tmp_path):
    touch(tmp_path, berg_fwrf.MODEL, "metadata_sub-01_roi-V1.npy", part="metadata")
    found = scan_tree(tmp_path)
    assert names_of(found, catalogue.VOXELS) == []
    assert found.models[catalogue.VOXELS]["subject-1_roi-V1"].metadata is not None
    with pytest.raises(SessionError, match="are missing"):
        found.find(catalogue.VOXELS, "subject-1_roi-V1")


def test_generations_of_eeg(tmp_path):
    """Subject 1 is current, 2 of the first npy files, 3 of joblib, 4 of several."""
    regression = "LinearRegression_param_sub-{}.{}"
    touch(
        tmp_path,
        EEG,
        "weights_subject-01.npy",
        "weights_subject-04.npy",
        regression.format("02", "npy"),
        regression.format("04", "npy"),
        regression.format("03", "joblib"),
        regression.format("04", "joblib"),
        "StandardScaler_param.joblib",
        "pca_param.joblib",
    )
    touch(
        tmp_path, EEG, "metadata_sub-02.npy", "metadata_subject-01.npy", part="metadata"
    )
    found = scan_tree(tmp_path)
    assert names_of(found, catalogue.EEG) == ["subject-1", "subject-4"]
    with pytest.raises(
        SessionError, match=r"StandardScaler_param.npy and pca_param.npy"
    ):
        found.find(catalogue.EEG, "subject-2")
    with pytest.raises(SessionError, match="joblib can run any code"):
        found.find(catalogue.EEG, "subject-3")
    assert len(found.find(catalogue.EEG, "subject-4").weights) == 1

    touch(tmp_path, EEG, "StandardScaler_param.npy", "pca_param.npy")
    entry = scan_tree(tmp_path).find(catalogue.EEG, "subject-2")
    assert [path.name for path in entry.weights] == [
        "StandardScaler_param.npy",
        "pca_param.npy",
        "LinearRegression_param_sub-02.npy",
    ]
    assert entry.metadata is not None
    assert entry.metadata.name == "metadata_sub-02.npy"


def test_the_current_spelling_of_metadata_goes_first(tmp_path):
    names = ("metadata_sub-01.npy", "metadata_subject-01.npy")
    touch(tmp_path, EEG, *names, part="metadata")
    touch(tmp_path, EEG, "weights_subject-01.npy")
    assert (
        scan_tree(tmp_path).find(catalogue.EEG, "subject-1").metadata.name == names[1]
    )


@pytest.mark.parametrize(
    "folder",
    [
        MOUSE,
        OLD_MOUSE,
        MOUSE.replace("calcium_2p", "2p_ca"),
        "encoding_models/modality-calcium/train_dataset-mouse/model-mouse",
    ],
)
def test_names_of_the_mouse_model(tmp_path, folder):
    touch(tmp_path, folder, "params_core.pt", "params_8_5.pt")
    touch(tmp_path, folder, "session8_scan5_metadata.npy", part="metadata")
    entry = scan_tree(tmp_path).find(catalogue.MOUSE, "session-8_scan-5")
    assert [path.name for path in entry.weights] == ["params_core.pt", "params_8_5.pt"]
    assert entry.metadata.name == "session8_scan5_metadata.npy"


def test_mouse_metadata_of_either_folder_and_spelling(tmp_path):
    touch(tmp_path, MOUSE, "params_core.pt", "params_8_5.pt", "params_4_7.pt")
    current, old = "session-8_scan-5_metadata.npy", "session8_scan5_metadata.npy"
    touch(tmp_path, OLD_MOUSE, current, old, part="metadata")
    entries = scan_tree(tmp_path).models[catalogue.MOUSE]
    assert entries["session-8_scan-5"].metadata.name == current
    assert entries["session-4_scan-7"].metadata is None
    touch(tmp_path, MOUSE, old, part="metadata")
    entry = scan_tree(tmp_path).models[catalogue.MOUSE]["session-8_scan-5"]
    assert "wang_2025" in str(entry.metadata)


def test_weights_of_the_older_folder_fill_in(tmp_path):
    touch(tmp_path, MOUSE, "params_8_5.pt")
    touch(tmp_path, OLD_MOUSE, "params_core.pt", "params_8_5.pt")
    entry = scan_tree(tmp_path).find(catalogue.MOUSE, "session-8_scan-5")
    assert all("natural_videos" in str(path) for path in entry.weights)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(tmp_path):
    touch(tmp_path, EEG, "weights_subject-01.npy")
    folder = tmp_path / EEG / WEIGHTS
    folder.chmod(0)
    try:
        with pytest.raises(SessionError, match="cannot be read"):
            scan_tree(tmp_path)
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("recorded", ["fmri", "eeg", "calcium_2p"])
@pytest.mark.parametrize("model", ["encoding_models", "encoding_model"])
def test_metadata_in_the_plural_and_the_singular(tmp_path, recorded, model, old):
    content = {recorded: {"a": np.arange(3)}, model: {"r2": np.ones(3)}, "more": "x"}
    path = berg_fwrf.save_metadata(content, tmp_path / "metadata.npy", old)
    metadata = read_metadata(path)
    assert metadata.content["more"] == "x"
    np.testing.assert_array_equal(metadata.recorded["a"], np.arange(3))
    np.testing.assert_array_equal(
        metadata.numbers(metadata.model, "r2", (3,)), np.ones(3)
    )
    assert metadata.numbers(metadata.model, "absent", (3,)) is None


def test_metadata_without_sections(tmp_path):
    path = berg_fwrf.save_metadata({}, tmp_path / "metadata.npy")
    assert (dict(read_metadata(path).recorded), dict(read_metadata(path).model)) == (
        {},
        {},
    )
    berg_fwrf.save_metadata({"fmri": [1]}, path)
    with pytest.raises(WeightsError, match="no section"):
        read_metadata(path)
