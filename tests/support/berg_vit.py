"""Synthetic weights of the models built on a vision transformer, and trees of them.

Every tensor is drawn from a generator seeded with its own name: the rule that the
reference vectors in ``tests/data/berg`` were made with. By default everything is small:
a transformer of 12 layers, 5 tokens and 8 channels, so 480 features.
"""

from __future__ import annotations

import math
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DATA = Path(__file__).parents[1] / "data" / "berg"
BACKBONE = "vit_b_32-d86f8d99.pth"

SMALL = {"layers": 12, "width": 8, "hidden": 32, "patch": 112}
FULL = {"layers": 12, "width": 768, "hidden": 3072, "patch": 32}

CHANNELS = tuple(
    """Fp1 F3 F7 FT9 FC5 FC1 C3 T7 TP9 CP5 CP1 Pz P3 P7 O1 Oz O2 P4 P8 TP10 CP6 CP2 Cz C4
    T8 FT10 FC6 FC2 F4 F8 Fp2 AF7 AF3 AFz F1 F5 FT7 FC3 FCz C1 C5 TP7 CP3 P1 P5 PO7 PO3
    POz PO4 PO8 P6 P2 CPz CP4 TP8 C6 C2 FC4 FT8 F6 F2 AF4 AF8""".split()
)
TIMES = np.round(-0.1 + 0.005 * np.arange(140), 3)

EEG_FOLDER = "encoding_models/modality-eeg/train_dataset-things_eeg_2/model-vit_b_32"
VERTEX_FOLDER = (
    "encoding_models/modality-fmri/train_dataset-nsd_fsaverage/model-vit_b_32"
)


def draw(
    seed: int, key: str, shape: Sequence[int], scale: float = 1, offset: float = 0
) -> np.ndarray:
    """One tensor, float32."""
    rng = np.random.default_rng(zlib.crc32(f"{seed}:{key}".encode()))
    z = rng.standard_normal(tuple(shape), dtype=np.float32)
    z *= np.float32(scale)
    z += np.float32(offset)
    return z


def vit_tensors(
    seed: int = 31,
    *,
    layers: int = SMALL["layers"],
    width: int = SMALL["width"],
    hidden: int = SMALL["hidden"],
    patch: int = SMALL["patch"],
    old_names: bool = False,
) -> dict[str, torch.Tensor]:
    """State dictionary of a transformer, with a classifier that nobody needs."""
    shapes: dict[str, tuple[int, ...]] = {
        "class_token": (1, 1, width),
        "conv_proj.weight": (width, 3, patch, patch),
        "conv_proj.bias": (width,),
        "encoder.pos_embedding": (1, (224 // patch) ** 2 + 1, width),
    }
    for i in range(layers):
        at = f"encoder.layers.encoder_layer_{i}."
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"{at}{norm}.{part}": (width,) for part in ("weight", "bias")}
        attention = f"{at}self_attention."
        shapes |= {
            f"{attention}in_proj_weight": (3 * width, width),
            f"{attention}in_proj_bias": (3 * width,),
            f"{attention}out_proj.weight": (width, width),
            f"{attention}out_proj.bias": (width,),
            f"{at}mlp.0.weight": (hidden, width),
            f"{at}mlp.0.bias": (hidden,),
            f"{at}mlp.3.weight": (width, hidden),
            f"{at}mlp.3.bias": (width,),
        }
    shapes |= {"encoder.ln.weight": (width,), "encoder.ln.bias": (width,)}
    shapes |= {"heads.head.weight": (10, width), "heads.head.bias": (10,)}
    tensors = {
        key: torch.from_numpy(draw(seed, f"vit.{key}", shape, *_vit_affine(key, shape)))
        for key, shape in shapes.items()
    }
    if old_names:
        for new, old in (("mlp.0", "mlp.linear_1"), ("mlp.3", "mlp.linear_2")):
            tensors = {key.replace(new, old): value for key, value in tensors.items()}
    return tensors


def _vit_affine(key: str, shape: tuple[int, ...]) -> tuple[float, float]:
    if key == "class_token":
        return 0.5, 0
    if key == "encoder.pos_embedding":
        return 0.1, 0
    if len(shape) == 1:
        return 0.1, float(".ln" in key and key.endswith("weight"))
    return 1 / math.sqrt(math.prod(shape[1:])), 0


def scaler(seed: int, features: int) -> dict[str, Any]:
    """What ``vars`` of a fitted StandardScaler holds."""
    scale = np.float32(1) + np.float32(0.2) * np.abs(
        draw(seed, "scaler.scale_", (features,))
    )
    mean = draw(seed, "scaler.mean_", (features,), 0.5)
    return {
        "scale_": scale.astype(np.float64),
        "mean_": mean.astype(np.float64),
        "var_": scale.astype(np.float64) ** 2,
        "n_features_in_": features,
        "n_samples_seen_": np.int64(1),
    }


def pca(seed: int, features: int, repeat: int | None = None, k: int = 250) -> dict:
    """What ``vars`` of a fitted PCA holds."""
    prefix = "pca." if repeat is None else f"pca.rep-{repeat}."
    shape = (k, features)
    return {
        "components_": draw(seed, f"{prefix}components_", shape, features**-0.5),
        "mean_": draw(seed, f"{prefix}mean_", (features,), 0.1),
        "explained_variance_": np.ones(k),
        "explained_variance_ratio_": np.ones(k),
        "singular_values_": np.ones(k),
        "n_components_": k,
        "n_samples_": 1,
        "noise_variance_": np.float64(1),
        "n_features_in_": features,
    }


def regression(seed: int, name: str, responses: int, k: int = 250) -> dict[str, Any]:
    """What ``vars`` of a fitted LinearRegression holds."""
    return {
        "coef_": draw(seed, f"{name}.coef_", (responses, k), 0.1),
        "intercept_": draw(seed, f"{name}.intercept_", (responses,), 0.1),
        "n_features_in_": k,
    }


def regressions(seed: int, responses: int) -> dict[str, Any]:
    """One for each of the four repeats of the EEG models."""
    names = [f"rep-{r}" for r in (1, 2, 3, 4)]
    return {name: regression(seed, f"reg.{name}", responses) for name in names}


@contextmanager
def sklearn_pca() -> Iterator[type]:
    """A class that is pickled under the name of scikit-learn's PCA."""
    name = "sklearn.decomposition._pca"
    kind = type("PCA", (), {"__module__": name})
    before = {key: sys.modules.get(key) for key in _parents(name)}
    for key in before:
        sys.modules[key] = ModuleType(key)
    sys.modules[name].PCA = kind
    try:
        yield kind
    finally:
        for key, module in before.items():
            if module is None:
                del sys.modules[key]
            else:
                sys.modules[key] = module


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def save(path: Path, content: Mapping[str, Any]) -> Path:
    """A pickled dictionary in a ``.npy``, as the models are published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, dict(content), allow_pickle=True)
    return path


def write_backbone(path: Path, seed: int = 31, **sizes: Any) -> Path:
    """A checkpoint of the backbone: in a folder, or with the name given."""
    if path.suffix != ".pth":
        path = path / BACKBONE
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(vit_tensors(seed, **sizes), path)
    return path


def eeg_metadata(
    seed: int = 21, channels: Sequence[str] = CHANNELS, times: np.ndarray = TIMES
) -> dict[str, Any]:
    """Metadata of an EEG model."""
    shape = (len(channels), len(times))
    images = {"img_concepts": ["00001_aardvark"], "img_files": ["aardvark_01b.jpg"]}
    return {
        "eeg": {"ch_names": list(channels), "times": np.asarray(times)},
        "encoding_models": {
            "correlation_averaged_repetitions": draw(seed, "cc", shape, 0.1, 0.3),
            "correlation_single_repetitions": draw(seed, "cc1", (4, *shape), 0.1, 0.2),
            "train_img_info": {f"train_{k}": v for k, v in images.items()},
            "test_img_info": {f"test_{k}": v for k, v in images.items()},
        },
    }


def write_eeg(
    root: Path,
    generation: str = "G2",
    *,
    subject: int = 1,
    seed: int = 21,
    features: int = 480,
    channels: Sequence[str] = CHANNELS,
    times: np.ndarray = TIMES,
) -> Path:
    """Weights and metadata of one subject in the layout of a generation: G1, G2, G3."""
    folder = root / EEG_FOLDER / "encoding_models_weights"
    scale = scaler(seed, features)
    reg = regressions(seed, len(channels) * len(times))
    name = f"sub-{subject:02}" if generation == "G1" else f"subject-{subject:02}"
    if generation == "G1":
        shared = pca(seed, features)
        # 1000 components were kept, of which 250 are used
        extra = draw(seed, "pca.unused", (20, features))
        shared["components_"] = np.concatenate([shared["components_"], extra])
        save(folder / "StandardScaler_param.npy", scale)
        save(folder / "pca_param.npy", shared)
        save(folder / f"LinearRegression_param_{name}.npy", reg)
    elif generation == "G2":
        content = {
            "scaler_param": scale,
            "pca_param": pca(seed, features),
            "reg_param": reg,
        }
        save(folder / f"weights_{name}.npy", content)
    else:
        with sklearn_pca() as kind:
            parts = {}
            for r in (1, 2, 3, 4):
                parts[f"rep-{r}"] = kind()
                vars(parts[f"rep-{r}"]).update(pca(seed, features, r))
            content = {"scaler_param": scale, "pca_param": parts, "reg_param": reg}
            save(folder / f"weights_{name}.npy", content)
    metadata = eeg_metadata(seed, channels, times)
    save(folder.parent / "metadata" / f"metadata_{name}.npy", metadata)
    return root


ROIS = {
    "V1v": (slice(0, 6), slice(0, 4)),
    "FFA-1": (slice(4, 9), slice(3, 5)),
    "FBA-2": (slice(0, 0), slice(7, 10)),
    "early": (slice(0, 8), slice(0, 6)),
}


def vertex_metadata(
    seed: int = 21,
    vertices: int = 30,
    rois: Mapping[str, tuple[Any, Any]] = ROIS,
    suffix: str = "",
) -> dict[str, Any]:
    """Metadata of a vertex model; `rois` picks vertices of the left and right side."""
    fmri: dict[str, Any] = {}
    model: dict[str, Any] = {"train_img_num": np.arange(9)}
    for i, side in enumerate(("lh", "rh")):
        fmri[f"{side}_ncsnr"] = np.abs(draw(seed, f"{side}.ncsnr", (vertices,), 0.3))
        fmri[f"{side}_ncsnr"][-3:] = 0
        every = np.arange(vertices)
        picked = {name: every[both[i]] for name, both in rois.items()}
        fmri[f"{side}_fsaverage_rois"] = picked
        for name in ("correlation", "r2", "noise_ceiling", "explained_variance"):
            key = f"{side}_{name}{suffix}"
            model[key] = draw(seed, key, (vertices,), 0.2, 0.4)
    return {"fmri": fmri, "encoding_models": model}


def write_fsaverage(
    root: Path,
    *,
    subject: int = 1,
    seed: int = 21,
    features: int = 480,
    vertices: int = 30,
    rois: Mapping[str, tuple[Any, Any]] = ROIS,
    suffix: str = "",
) -> Path:
    """Weights and metadata of one subject; few vertices unless told otherwise."""
    folder = root / VERTEX_FOLDER
    content = {
        "scaler_param": scaler(seed, features),
        "pca_param": pca(seed, features),
        "lh_reg_param": regression(seed, "lh_reg", vertices),
        "rh_reg_param": regression(seed, "rh_reg", vertices),
    }
    name = f"subject-{subject:02}.npy"
    save(folder / "encoding_models_weights" / f"weights_{name}", content)
    metadata = vertex_metadata(seed, vertices, rois, suffix)
    save(folder / "metadata" / f"metadata_{name}", metadata)
    return root
