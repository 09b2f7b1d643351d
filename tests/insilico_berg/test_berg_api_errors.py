"""What the drop-in interface says to wrong input, line by line of its documentation."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from insilico_berg import (
    BERG,
    BERGError,
    BERGWarning,
    InvalidParameterError,
    ModelLoadError,
    ModelNotFoundError,
    ResourceError,
    StimulusError,
    ValidationError,
)
from support import berg_fwrf, berg_mouse, berg_vit

from insilico_gui.errors import InsilicoError

VOXELS, EEG = "fmri-nsd-fwrf", "eeg-things_eeg_2-vit_b_32"
VERTICES, MOUSE = "fmri-nsd_fsaverage-vit_b_32", "calcium_2p-wang_2025-3DCNN"
V1 = {"roi": "V1"}
SCAN = "session-9_scan-3"


@pytest.mark.parametrize(
    "call", ["get_encoding_model", "describe", "get_model_metadata"]
)
@pytest.mark.parametrize("model_id", ["fmri-nsd-resnet", "fwrf", "", None, 3])
def test_unknown_ids(berg, call, model_id):
    with pytest.raises(
        ModelNotFoundError, match="known are calcium_2p-wang_2025-3DCNN"
    ):
        getattr(berg, call)(model_id)


@pytest.mark.parametrize(
    ("model_id", "arguments", "selection", "kind", "message"),
    [
        (VOXELS, {}, V1, InvalidParameterError, "needs the argument subject"),
        (EEG, {}, None, InvalidParameterError, "needs the argument subject"),
        (MOUSE, {}, None, InvalidParameterError, "argument train_session"),
        (VOXELS, {"subject": 9}, V1, InvalidParameterError, "no subject 9; .*1 to 8"),
        (VERTICES, {"subject": 0}, None, InvalidParameterError, "no subject 0"),
        (EEG, {"subject": 11}, None, InvalidParameterError, "no subject 11; .*1 to 10"),
        (EEG, {"subject": "1"}, None, InvalidParameterError, "'1' is a str"),
        (EEG, {"subject": 1.0}, None, InvalidParameterError, "1.0 is a float"),
        (EEG, {"subject": True}, None, InvalidParameterError, "True is a bool"),
        (EEG, {"subject": 1, "roi": "V1"}, None, InvalidParameterError, "argument roi"),
        (
            VOXELS,
            {"subject": 1},
            None,
            InvalidParameterError,
            "selection of one region",
        ),
        (VOXELS, {"subject": 1}, {}, InvalidParameterError, "selection of one region"),
        (VOXELS, {"subject": 1}, {"roi": None}, InvalidParameterError, "one region"),
        (VOXELS, {"subject": 1}, ["V1"], InvalidParameterError, "selection is a list"),
        (
            EEG,
            {"subject": 1},
            {"roi": "V1"},
            InvalidParameterError,
            "valid keys: channels, timepoints",
        ),
        (
            VERTICES,
            {"subject": 1},
            {"channels": []},
            InvalidParameterError,
            "valid keys: lh_vertices, rh_vertices, roi",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"area": ["V1"]},
            InvalidParameterError,
            "valid keys: field, roi, unit_index",
        ),
        (VOXELS, {"subject": 1}, {"roi": 1}, ValidationError, "is a int"),
        (VOXELS, {"subject": 1}, {"roi": []}, ValidationError, "is a list"),
        (VOXELS, {"subject": 1}, {"roi": ["V1", "V2"]}, ValidationError, "is a list"),
        (VOXELS, {"subject": 1}, {"roi": "v1"}, ValidationError, "mean 'V1'"),
        (VERTICES, {"subject": 1}, {"roi": ["V1v"]}, ValidationError, "is a list"),
        (VERTICES, {"subject": 1}, {"roi": "V9"}, ValidationError, "valid names: V1v"),
        (EEG, {"subject": 1}, {"channels": "Oz"}, ValidationError, "is a str"),
        (EEG, {"subject": 1}, {"channels": ["Oz", "X"]}, ValidationError, "has 'X'"),
        (EEG, {"subject": 1}, {"channels": ["oz"]}, ValidationError, "mean 'Oz'"),
        (EEG, {"subject": 1}, {"channels": [3]}, ValidationError, "is a int"),
        (EEG, {"subject": 1}, {"channels": []}, ValidationError, "is empty"),
        (EEG, {"subject": 1}, {"channels": ()}, ValidationError, "is empty"),
        (
            MOUSE,
            {"train_session": "8_5"},
            None,
            InvalidParameterError,
            "'8_5' is no scan .* session-8_scan-5",
        ),
        (MOUSE, {"train_session": 8}, None, InvalidParameterError, "8 is no scan"),
        (
            MOUSE,
            {"train_session": "session-1_scan-1"},
            None,
            InvalidParameterError,
            "is no scan",
        ),
        (
            MOUSE,
            {"train_session": SCAN, "subject": "session-8_scan-5"},
            None,
            InvalidParameterError,
            "different scans",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"roi": "V1"},
            InvalidParameterError,
            "is a str; give a list",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"field": 1},
            InvalidParameterError,
            "is a int; give a list",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"field": [7]},
            InvalidParameterError,
            "has 7, .*fields: 1, 2, 3, 4, 5, 6",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"field": ["1"]},
            InvalidParameterError,
            "has '1'",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"roi": [], "field": []},
            InvalidParameterError,
            "holds no neuron",
        ),
        (
            MOUSE,
            {"train_session": SCAN},
            {"roi": ["V9"]},
            ValidationError,
            "valid names: V1, LM, AL, RL",
        ),
    ],
)
def test_wrong_arguments_and_selections(
    berg, model_id, arguments, selection, kind, message
):
    with pytest.raises(kind, match=message) as caught:
        berg.get_encoding_model(model_id, "cpu", selection, **arguments)
    # both kinds of except of a script find a ValidationError
    assert isinstance(caught.value, InvalidParameterError)
    assert isinstance(caught.value, BERGError)


VECTORS = {
    "tuple": ((1,) * 140, "is a tuple"),
    "text": ("1" * 140, "is a str"),
    "short": ([1] * 139, r"shape \[139\]"),
    "two dimensions": (np.ones((140, 1)), r"shape \[140, 1\]"),
    "two": (np.full(140, 2), "other than 0 and 1"),
    "half": ([0.5] * 140, "other than 0 and 1"),
    "words": (["1"] * 140, "other than 0 and 1"),
    "nan": (np.full(140, np.nan), "other than 0 and 1"),
    "nested": ([[1]] * 140, "other than 0 and 1"),
    "none": ([0] * 140, "has no 1"),
    "no true": (np.zeros(140, bool), "has no 1"),
}


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize(
    ("model_id", "arguments", "key", "length"),
    [
        (EEG, {"subject": 1}, "timepoints", 140),
        (VERTICES, {"subject": 1}, "lh_vertices", 30),
        (VERTICES, {"subject": 1}, "rh_vertices", 30),
        (MOUSE, {"train_session": SCAN}, "unit_index", 24),
    ],
)
def test_vectors_that_are_not_binary(berg, model_id, arguments, key, length, name):
    values, message = VECTORS[name]
    short = 140 - length
    selection = {key: values[short:]}
    message = message.replace("139", str(length - 1)).replace("140", str(length))
    with pytest.raises(ValidationError, match=f"'{key}' .*{message}"):
        berg.get_encoding_model(model_id, "cpu", selection, **arguments)


def test_vectors_are_checked_beside_a_region(berg):
    selection = {"roi": "V1v", "lh_vertices": [1] * 29}
    with pytest.raises(ValidationError, match="'lh_vertices' has the shape"):
        berg.get_encoding_model(VERTICES, "cpu", selection, subject=1)


@pytest.mark.parametrize(
    "case", berg_mouse.selections()["errors"], ids=lambda c: c["why"]
)
def test_reference_selections_that_are_wrong(berg, case):
    with pytest.raises(InvalidParameterError):
        berg.get_encoding_model(
            MOUSE, "cpu", case["selection"], train_session="session-9_scan-3"
        )


@pytest.fixture
def spoilt(berg_root, tmp_path):
    """A copy of the data root, for changes."""
    root = tmp_path / "root"
    shutil.copytree(berg_root, root)
    return SimpleNamespace(
        berg=BERG(root),
        file=lambda name: next(root.rglob(name)),
    )


LOADS = {
    "weights_sub-01_roi-V1.pt": (VOXELS, V1, {"subject": 1}),
    "weights_subject-01.npy": (EEG, None, {"subject": 1}),
    "params_9_3.pt": (MOUSE, None, {"train_session": SCAN}),
}


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("damage", ["missing", "corrupt"])
def test_files_that_are_missing_or_corrupt_are_named(spoilt, name, damage):
    model_id, selection, arguments = LOADS[name]
    path = spoilt.file(name)
    if model_id == EEG:
        path = (
            spoilt.berg.berg_dir
            / berg_vit.EEG_FOLDER
            / f"encoding_models_weights/{name}"
        )
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelLoadError, match=name):
        spoilt.berg.get_encoding_model(model_id, "cpu", selection, **arguments)


def test_other_files_that_are_missing(spoilt, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    berg = spoilt.berg
    spoilt.file(berg_vit.BACKBONE).unlink()
    with pytest.raises(ModelLoadError, match=berg_vit.BACKBONE):
        berg.get_encoding_model(EEG, subject=1)
    spoilt.file("session-9_scan-3_metadata.npy").unlink()
    with pytest.raises(
        ModelLoadError, match=r"session-9_scan-3_metadata\.npy are missing"
    ):
        berg.get_encoding_model(MOUSE, train_session=SCAN)
    spoilt.file("params_core.pt").unlink()
    with pytest.raises(ModelLoadError, match=r"needs params_core\.pt"):
        berg.get_encoding_model(MOUSE, train_session=SCAN)
    folder = berg.berg_dir / berg_mouse.MODEL / "encoding_models_weights"
    shutil.rmtree(folder)
    with pytest.raises(ModelLoadError, match=r"params_9_3\.pt .* is missing"):
        berg.get_encoding_model(MOUSE, train_session=SCAN)
    with pytest.raises(ModelLoadError, match=r"weights_sub-02_roi-lateral_split-1\.pt"):
        berg.get_encoding_model(VOXELS, selection={"roi": "lateral"}, subject=2)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(
    ("part", "load"),
    [
        ("encoding_models_weights/weights_subject-01.npy", "get_encoding_model"),
        ("metadata/metadata_subject-01.npy", "get_model_metadata"),
    ],
)
def test_code_in_files_is_not_run(spoilt, tmp_path, part, load):
    path = spoilt.berg.berg_dir / berg_vit.EEG_FOLDER / part
    marker = tmp_path / "code-has-run"
    np.save(path, {"eeg": Payload(marker)}, allow_pickle=True)
    kinds = {"get_model_metadata": InvalidParameterError}
    with pytest.raises(kinds.get(load, ModelLoadError), match="not plain data"):
        getattr(spoilt.berg, load)(EEG, subject=1)
    assert not marker.exists()


def test_files_of_joblib_are_refused(tmp_path):
    folder = tmp_path / berg_vit.EEG_FOLDER / "encoding_models_weights"
    folder.mkdir(parents=True)
    for stem in ("StandardScaler", "pca", "LinearRegression"):
        name = f"{stem}_param{'_sub-01' if stem == 'LinearRegression' else ''}.joblib"
        (folder / name).touch()
    with pytest.raises(ModelLoadError, match="files of joblib can run any code"):
        BERG(tmp_path).get_encoding_model(EEG, subject=1)


def test_a_region_without_metadata(spoilt):
    folder = spoilt.berg.berg_dir / berg_vit.VERTEX_FOLDER / "metadata"
    shutil.rmtree(folder)
    with pytest.raises(ModelLoadError, match=r"metadata of subject-1.* are missing"):
        spoilt.berg.get_encoding_model(VERTICES, selection={"roi": "V1v"}, subject=1)


def test_metadata_of_other_neurons(spoilt):
    content = berg_mouse.metadata()
    content["calcium_2p"]["unit_id"] += 1
    folder = spoilt.berg.berg_dir / berg_mouse.MODEL
    np.save(folder / "metadata" / "session-9_scan-3_metadata.npy", content)
    with pytest.raises(ModelLoadError, match=r"other units|other neurons"):
        spoilt.berg.get_encoding_model(MOUSE, train_session=SCAN)


@pytest.mark.parametrize("device", ["tpu", "cuda:99", 5])
def test_devices_that_are_not_there(berg, voxels, pictures, device):
    with pytest.raises(InvalidParameterError, match="evice"):
        berg.get_encoding_model(VOXELS, device, V1, subject=1)
    with pytest.raises(InvalidParameterError, match="evice"):
        berg.encode(voxels, pictures, device=device)


@pytest.mark.parametrize("model", ["voxels", "eeg_model", "vertex_model"])
@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([[1, 2]], "is a list"),
        (np.zeros((3, 8, 8), np.uint8), r"shape \[3, 8, 8\]"),
        (np.zeros(0), r"shape \[0\]"),
        (np.zeros((2, 8, 8, 3), np.uint8), "move the channels forward"),
        (np.zeros((2, 1, 8, 8), np.uint8), "three channels"),
        (np.zeros((2, 3, 0, 8), np.uint8), "without a pixel"),
        (np.full((1, 3, 8, 8), 256), "values of 256 to 256"),
        (np.full((1, 3, 8, 8), -1), "values of -1"),
        (np.full((1, 3, 8, 8), np.nan), "values of nan"),
        (np.full((1, 3, 8, 8), 0.5), "multiply them by 255"),
        (np.full((1, 3, 8, 8), "a"), "of type <U1"),
    ],
)
def test_images_that_are_wrong(berg, request, model, images, message):
    with pytest.raises(StimulusError, match=message):
        berg.encode(request.getfixturevalue(model), images)


@pytest.mark.parametrize(
    ("video", "message"),
    [
        ([0], "is a list"),
        (np.zeros((144, 256), np.uint8), r"shape \[144, 256\]"),
        (np.zeros((2, 144, 255), np.uint8), r"shape \[2, 144, 255\]"),
        (np.zeros((2, 256, 144), np.uint8), "resized first"),
        (np.zeros((1, 1, 1, 144, 256), np.uint8), "resized first"),
        (np.full((1, 144, 256), 300), "values of 300"),
        (np.full((1, 144, 256), 0.5), "multiply them by 255"),
    ],
)
def test_videos_that_are_wrong(berg, mouse, video, message):
    with pytest.raises(StimulusError, match=message):
        berg.encode(mouse, video)


def test_images_that_are_not_square_are_warned_of(berg, voxels, eeg_model):
    for model in (voxels, eeg_model):
        with pytest.warns(BERGWarning, match="90 x 60 pixels"):
            berg.encode(model, berg_fwrf.pictures(1, 60, 90))


def test_metadata_that_are_missing(spoilt, pictures):
    berg = spoilt.berg
    model = berg.get_encoding_model(VOXELS, "cpu", V1, subject=1)
    path = spoilt.file("metadata_sub-01_roi-V1.npy")
    path.write_bytes(b"nothing")
    with pytest.warns(BERGWarning, match="could not be read: metadata_sub-01_roi-V1"):
        responses, metadata = berg.encode(model, pictures, return_metadata=True)
    assert responses.shape == (3, 7)
    assert metadata is None
    with pytest.raises(InvalidParameterError, match="was not loaded"):
        berg.get_model_metadata(VOXELS, subject=1, roi="V1")
    path.unlink()
    model = berg.get_encoding_model(VOXELS, "cpu", V1, subject=1)
    with pytest.warns(BERGWarning, match="not in its folder"):
        responses, metadata = berg.encode(model, pictures, return_metadata=True)
    assert metadata is None
    with pytest.raises(InvalidParameterError, match=r"metadata_sub-01_roi-V1\.npy"):
        berg.get_model_metadata(VOXELS, subject=1, roi="V1")


@pytest.mark.parametrize(
    ("model_id", "arguments", "message"),
    [
        (VOXELS, {}, "argument subject"),
        (VOXELS, {"subject": 1}, "give e.g. roi='V1'"),
        (VOXELS, {"subject": 1, "roi": "V9"}, "'V9', which is not there"),
        (VOXELS, {"subject": 1, "region": "V1"}, "give e.g. roi='V1'"),
        (EEG, {}, "argument subject"),
        (EEG, {"subject": 2}, "metadata_subject-02.npy .* missing"),
        (MOUSE, {}, "argument train_session"),
        (MOUSE, {"train_session": "session-4_scan-7"}, "session-4_scan-7_metadata.npy"),
    ],
)
def test_metadata_that_are_asked_for_wrongly(berg, model_id, arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        berg.get_model_metadata(model_id, **arguments)


def test_what_is_no_model(berg, pictures):
    with pytest.raises(InvalidParameterError, match="model is a dict"):
        berg.encode({}, pictures)


@pytest.mark.parametrize("folder", [None, 3, "nowhere"])
def test_what_is_no_data_root(folder):
    with pytest.raises(InvalidParameterError, match=r"berg_dir is a|is no folder"):
        BERG(folder)


def test_memory_that_runs_out(berg, pictures, monkeypatch):
    from insilico_berg.fwrf import session

    def exhausted(*_):
        raise MemoryError

    model = berg.get_encoding_model(VOXELS, "cpu", V1, subject=1)
    monkeypatch.setattr(model.session, "_answer", exhausted)
    with pytest.raises(ResourceError, match="single image"):
        berg.encode(model, pictures)
    monkeypatch.setattr(session, "load_part", exhausted)
    with pytest.raises(ResourceError, match="while the model was loaded"):
        berg.get_encoding_model(VOXELS, "cpu", V1, subject=1)


def test_all_errors_are_errors_of_this_project():
    for kind in (ModelNotFoundError, ModelLoadError, ResourceError, StimulusError):
        assert issubclass(kind, BERGError)
    assert issubclass(BERGError, InsilicoError)
