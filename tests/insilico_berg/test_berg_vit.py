"""The backbone and the linear models against reference vectors; files that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_berg import BERG
from insilico_berg.linear_files import read_eeg, read_fsaverage
from insilico_berg.linear_model import Projection, Readout
from insilico_berg.vit.backbone import build
from insilico_berg.vit.preprocessing import prepare
from insilico_berg.vit.weights import find_backbone, load_backbone, use_backbone
from support import berg_vit

from insilico_gui.errors import UntrustedFileError, WeightsError

GENERATIONS = ("G1", "G2", "G3")


@pytest.fixture(scope="module")
def heads() -> dict[str, np.ndarray]:
    with np.load(berg_vit.DATA / "linear_heads.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def full() -> dict[str, np.ndarray]:
    with np.load(berg_vit.DATA / "vit_b_32_eeg.npz") as file:
        return dict(file)


def eeg_files(root, generation):
    folder = root / berg_vit.EEG_FOLDER / "encoding_models_weights"
    if generation == "G1":
        stems = ("StandardScaler_param", "pca_param", "LinearRegression_param_sub-01")
        return [folder / f"{stem}.npy" for stem in stems]
    return [folder / "weights_subject-01.npy"]


def scores_of(model, features: np.ndarray) -> list[torch.Tensor]:
    project = Projection(model.scaler, model.components, model.scores, "cpu")
    layers = torch.from_numpy(features)
    return project(layers[:, i] for i in range(layers.shape[1]))


def eeg_of(model, features: np.ndarray) -> np.ndarray:
    scores = scores_of(model, features)
    each = scores * 4 if len(scores) == 1 else scores
    made = [
        Readout(regression, slice(None), "cpu")(s)
        for regression, s in zip(model.regressions.values(), each, strict=True)
    ]
    return torch.stack(made, 1).numpy().reshape(-1, 4, 63, 140)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_eeg_files_of_every_generation(tmp_path, heads, generation):
    berg_vit.write_eeg(tmp_path, generation)
    model = read_eeg(eeg_files(tmp_path, generation))
    assert model.features == 480
    assert all(isinstance(c.matrix, np.memmap) for c in model.components)
    found = eeg_of(model, heads["features"])
    name = "eeg_perrep" if generation == "G3" else "eeg_single"
    assert tuple(heads[f"{name}_all_shape"]) == found.shape
    np.testing.assert_allclose(
        found[:, :, ::3, ::5], heads[f"{name}_all_ch_t_sub"], rtol=0, atol=1e-4
    )
    np.testing.assert_allclose(
        found.mean((2, 3)), heads[f"{name}_all_mean"], rtol=0, atol=1e-4
    )
    if generation != "G3":
        np.testing.assert_allclose(
            scores_of(model, heads["features"])[0],
            heads["scores_single_f64"],
            rtol=0,
            atol=1e-5,
        )


def test_matrices_of_other_types_and_orders(tmp_path, heads):
    berg_vit.write_eeg(tmp_path)
    path = eeg_files(tmp_path, "G2")[0]
    expected = eeg_of(read_eeg([path]), heads["features"])
    content = np.load(path, allow_pickle=True).item()
    pca = content["pca_param"]
    pca["components_"] = np.asfortranarray(pca["components_"], dtype=">f8")
    for part in content["reg_param"].values():
        part["coef_"] = part["coef_"].astype(np.float64)
    berg_vit.save(path, content)
    found = eeg_of(read_eeg([path]), heads["features"])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_preprocessing_is_exact(full):
    for name in ("img", "rect", "small", "odd"):
        found = prepare(torch.from_numpy(full[name]))
        assert found.shape == (len(full[name]), 3, 224, 224)
        assert np.array_equal(found[..., ::6, ::6], full[f"pre_{name}_sub"])
        np.testing.assert_allclose(
            found.double().mean((2, 3)), full[f"pre_{name}_mean"], rtol=0, atol=1e-9
        )
    assert prepare(torch.zeros(0, 3, 50, 70, dtype=torch.uint8)).shape[0] == 0


@pytest.mark.slow
def test_transformer_and_eeg_of_full_size(tmp_path, full):
    """Part by part, and then through the published interface."""
    path = berg_vit.write_backbone(tmp_path, **berg_vit.FULL, old_names=True)
    backbone = load_backbone(path, "cpu")
    with torch.inference_mode():
        layers = list(backbone.layers(prepare(torch.from_numpy(full["img"]))))
    features = torch.stack(layers, 1).numpy()
    del backbone, layers
    assert features.shape == tuple(full["feat_shape"])
    np.testing.assert_allclose(
        features[:, :, full["feat_tokens"]], full["feat_tok"], rtol=0, atol=2e-4
    )
    np.testing.assert_allclose(
        features.mean((2, 3)), full["feat_mean"], rtol=0, atol=2e-5
    )
    np.testing.assert_allclose(
        features.std((2, 3)), full["feat_std"], rtol=0, atol=2e-4
    )
    berg_vit.write_eeg(tmp_path, seed=31, features=460_800)
    read = read_eeg(eeg_files(tmp_path, "G2"))
    np.testing.assert_allclose(
        scores_of(read, features)[0], full["pca_scores"], rtol=0, atol=1e-3
    )
    berg = BERG(tmp_path)
    model = berg.get_encoding_model("eeg-things_eeg_2-vit_b_32", "cpu", subject=1)
    for found in (
        eeg_of(read, features),
        berg.encode(model, full["img"].astype(np.int64)),
    ):
        np.testing.assert_allclose(
            found[:, :, ::2, ::4], full["eeg_full"], rtol=0, atol=1e-3
        )
        np.testing.assert_allclose(
            found.mean((2, 3)), full["eeg_full_mean"], rtol=0, atol=1e-3
        )
    del model, read
    for path in (*tmp_path.rglob("weights*.npy"), *tmp_path.rglob("*.pth")):
        path.unlink()  # a gigabyte, of which pytest would keep three


def test_checkpoints_in_both_spellings(tmp_path):
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    made = []
    for old in (False, True):
        path = berg_vit.write_backbone(tmp_path / f"{old}.pth", old_names=old)
        backbone = load_backbone(path, "cpu")
        assert backbone.sizes.features == 480
        made.append(torch.stack(list(backbone.layers(images))))
        assert load_backbone(path, "cpu") is backbone
    assert made[0].shape == (12, 2, 5, 8)
    assert torch.equal(*made)


def drop(tensors, key):
    del tensors[key]


def put(key, value):
    return lambda tensors: tensors.__setitem__(key, value)


LAYER = "encoder.layers.encoder_layer_"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: drop(t, "class_token"), "lacks class_token"),
        (lambda t: drop(t, "conv_proj.weight"), "lacks conv_proj.weight"),
        (lambda t: drop(t, f"{LAYER}3.ln_1.bias"), "lacks .*layer_3.ln_1.bias"),
        (put("more", torch.zeros(1)), "unknown tensor more"),
        (put(f"{LAYER}14.ln_1.bias", torch.zeros(8)), "13 layers"),
        (put("class_token", torch.zeros(1, 1, 9)), r"class_token of the shape"),
        (put("class_token", torch.full((1, 1, 8), torch.nan)), "NaN"),
        (put("conv_proj.bias", torch.zeros(8, dtype=torch.int64)), "other things"),
        (put("conv_proj.weight", torch.zeros(8, 3, 100, 100)), "patches of 100"),
        (put("encoder.pos_embedding", torch.zeros(1, 50, 8)), "pos_embedding"),
    ],
)
def test_checkpoints_that_do_not_fit(change, message):
    tensors = berg_vit.vit_tensors()
    change(tensors)
    with pytest.raises(WeightsError, match=f"The backbone b.pth .*{message}"):
        build(tensors, "b.pth")


def test_where_the_backbone_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("INSILICO_VIT_B_32", raising=False)
    root = tmp_path / "data"
    berg_vit.write_eeg(root)
    with pytest.raises(WeightsError, match=r"put torchvision's file vit_b_32-d86f8d99"):
        find_backbone(root)
    with pytest.raises(WeightsError, match="are missing"):
        find_backbone(None)
    places = [
        tmp_path / "torch" / "hub" / "checkpoints",
        root / berg_vit.EEG_FOLDER / "encoding_models_weights",
        root / "encoding_models",
        root,
    ]
    for place in places:
        path = berg_vit.write_backbone(place)
        assert find_backbone(root) == path
    named = berg_vit.write_backbone(tmp_path / "other.pth")
    monkeypatch.setenv("INSILICO_VIT_B_32", str(named))
    assert find_backbone(root) == named
    chosen = berg_vit.write_backbone(tmp_path / "chosen.pth")
    use_backbone(chosen)
    try:
        assert find_backbone(None) == chosen
        use_backbone(tmp_path / "absent.pth")
        with pytest.raises(WeightsError, match=r"absent\.pth does not exist"):
            find_backbone(root)
    finally:
        use_backbone(None)
    assert find_backbone(None) == named


def cut(*keys):
    """Changes an array on a path of keys by dropping its last entries."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = content[keys[-1]][..., :-1]

    return change


def lose(*keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def zero_scale(content):
    content["scaler_param"]["scale_"][5] = 0


def nan_mean(content):
    content["pca_param"]["mean_"][5] = np.nan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lose("scaler_param"), "no section scaler_param"),
        (lose("pca_param", "components_"), "no entries rep-1"),
        (lose("reg_param", "rep-2", "coef_"), "no array coef_ in rep-2"),
        (cut("scaler_param", "scale_"), "mean_ than of scale_"),
        (cut("pca_param", "mean_"), "other features than the scaler"),
        (cut("pca_param", "components_"), "other features than the scaler"),
        (cut("reg_param", "rep-2", "intercept_"), "intercept_ than of coef_ in rep-2"),
        (cut("reg_param", "rep-3", "coef_"), "regressions of different shapes"),
        (zero_scale, "divides by 0"),
        (nan_mean, "NaN or infinity in mean_"),
    ],
)
def test_eeg_files_that_do_not_fit(tmp_path, change, message):
    berg_vit.write_eeg(tmp_path, channels=("Oz", "Cz"), times=berg_vit.TIMES[:3])
    path = eeg_files(tmp_path, "G2")[0]
    content = np.load(path, allow_pickle=True).item()
    change(content)
    berg_vit.save(path, content)
    with pytest.raises(WeightsError, match=rf"weights_subject-01\.npy .*{message}"):
        read_eeg([path])


def test_repeats_must_be_the_same(tmp_path):
    berg_vit.write_eeg(tmp_path, "G3", channels=("Oz",), times=berg_vit.TIMES[:3])
    path = eeg_files(tmp_path, "G3")[0]
    with berg_vit.sklearn_pca():
        content = np.load(path, allow_pickle=True).item()
        lose("pca_param", "rep-4")(content)
        berg_vit.save(path, content)
    with pytest.raises(WeightsError, match="other repeats in the PCA"):
        read_eeg([path])


def test_fewer_components_than_are_used(tmp_path):
    berg_vit.write_fsaverage(tmp_path)
    folder = tmp_path / berg_vit.VERTEX_FOLDER / "encoding_models_weights"
    path = folder / "weights_subject-01.npy"
    content = np.load(path, allow_pickle=True).item()
    pca = content["pca_param"]
    pca["components_"] = pca["components_"][:200]
    berg_vit.save(path, content)
    with pytest.raises(WeightsError, match="fewer than 250 components"):
        read_fsaverage(path)


def test_files_of_joblib_are_refused(tmp_path):
    with pytest.raises(UntrustedFileError, match="files of joblib can run any code"):
        read_eeg([tmp_path / "a.joblib"] * 3)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_weights_with_code_are_refused_and_not_run(tmp_path):
    berg_vit.write_eeg(tmp_path, channels=("Oz",), times=berg_vit.TIMES[:3])
    path = eeg_files(tmp_path, "G2")[0]
    content = np.load(path, allow_pickle=True).item()
    content["pca_param"]["random_state"] = Payload(tmp_path / "ran")
    berg_vit.save(path, content)
    with pytest.raises(UntrustedFileError, match="which is not plain data"):
        read_eeg([path])
    assert not (tmp_path / "ran").exists()
