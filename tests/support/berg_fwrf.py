"""fwRF models with random weights: files and folders as they are published.

Every tensor is drawn from a generator seeded with its own name: the rule that the
reference vectors in ``tests/data/berg`` were made with.
"""

from __future__ import annotations

import argparse
import pickle
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from pathlib import Path

GRIDS = (27, 25, 13)
FEATURES = 768
MODEL = "encoding_models/modality-fmri/train_dataset-nsd/model-fwrf"
#: Where the folder of the model is, by generation.
LAYOUTS = {
    "current": MODEL,
    "training script": MODEL.replace("train_dataset", "training_dataset"),
}

_BLOCKS = {name: 128 for name in "conv4a conv4b conv5a conv5b conv6a".split()}
_BLOCKS["conv6b"] = 64


def draw(
    seed: int, key: str, shape: tuple[int, ...], scale: float, offset: float = 0
) -> torch.Tensor:
    """One tensor of normal numbers."""
    rng = np.random.default_rng(zlib.crc32(f"{seed}:{key}".encode()))
    z = rng.standard_normal(shape, dtype=np.float32)
    return torch.from_numpy(np.float32(offset) + np.float32(scale) * z)


def encoder(
    seed: int, prefix: str = "", mean_prefix: str | None = None
) -> dict[str, Any]:
    """State dict of the network.

    Parameters
    ----------
    prefix : str
        Goes before each key: gives another network for the same seed.
    mean_prefix : str, optional
        Prefix for the mean picture, if it is another.
    """
    made: dict[str, Any] = {}

    def convolution(name: str, *shape: int) -> None:
        fan = int(np.prod(shape[1:]))
        key = f"{prefix}enc.{name}"
        made[f"{name}.weight"] = draw(seed, f"{key}.weight", shape, np.sqrt(2 / fan))
        made[f"{name}.bias"] = draw(seed, f"{key}.bias", shape[:1], 0.1)

    def norm(name: str, n: int) -> None:
        key = f"{prefix}enc.{name}"
        made[f"{name}.weight"] = draw(seed, f"{key}.weight", (n,), 0.1, 1)
        made[f"{name}.bias"] = draw(seed, f"{key}.bias", (n,), 0.1)
        made[f"{name}.running_mean"] = draw(seed, f"{key}.running_mean", (n,), 0.1)
        spread = draw(seed, f"{key}.running_var", (n,), 1).abs()
        made[f"{name}.running_var"] = 1 + np.float32(0.2) * spread
        made[f"{name}.num_batches_tracked"] = torch.tensor(0)

    mean_prefix = prefix if mean_prefix is None else mean_prefix
    made["mu"] = draw(seed, f"{mean_prefix}enc.mu", (1, 3, 1, 1), 0.05, 0.45)
    convolution("pre.conv1.0", 64, 3, 11, 11)
    convolution("pre.conv2.0", 192, 64, 5, 5)
    convolution("enc.conv3", 128, 192, 3, 3)
    norm("enc.bn1", 192)
    for name, channels in _BLOCKS.items():
        convolution(f"enc.{name}.conv1", channels, 128, 3, 3)
        norm(f"enc.{name}.bn1", 128)
    return made


def readout(seed: int, subject: int, voxels: int, prefix: str = "") -> dict[str, Any]:
    """State dict of the voxels of one subject."""
    key = f"{prefix}fwrf.{subject}"
    made = {
        f"rf{i}": draw(seed, f"{key}.rf{i}", (voxels, n, n), 3)
        for i, n in enumerate(GRIDS)
    }
    made["w"] = draw(seed, f"{key}.w", (voxels, FEATURES), 4 / np.sqrt(FEATURES))
    made["b"] = draw(seed, f"{key}.b", (voxels,), 0.1)
    return made


def checkpoint(
    seed: int,
    subject: int,
    voxels: int,
    prefix: str = "",
    mean_prefix: str | None = None,
) -> dict[str, Any]:
    """Everything that is in a published file."""
    enc = encoder(seed, prefix, mean_prefix)
    best = {"enc": enc, "fwrfs": {subject: readout(seed, subject, voxels, prefix)}}
    # The last epoch's weights are others than the best: nothing may read them.
    last = {"enc": {}, "fwrfs": {subject: {"b": torch.full((voxels,), torch.nan)}}}
    return {
        "best_params": best,
        "final_params": last,
        "stim_mean": enc["mu"].numpy(),
        "args.": argparse.Namespace(subject=subject, lr=np.float64(1e-3)),
        "trn_hist": [np.float32(0.5), np.float32(0.4)],
        "hold_hist": [0.6],
        "hold_cc_hist": [np.zeros(voxels, np.float32)],
        "best_epoch": 3,
        "best_joint_cc_score": np.float64(0.2),
        "subject_val_cc": {subject: np.zeros(voxels)},
        "betas_info": {"betas": "fithrf_GLMdenoise_RR"},
    }


def save(content: dict[str, Any], path: Path, old: bool = False) -> Path:
    """Write a file of weights.

    Parameters
    ----------
    old : bool
        As torch before 1.6 and numpy before 2.0 wrote it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    if old:
        path.write_bytes(path.read_bytes().replace(b"numpy._core", b"numpy.core"))
    return path


def metadata(voxels: int, seed: int = 0) -> dict[str, Any]:
    """Metadata of voxels that are scattered in a small volume."""
    rng = np.random.default_rng(seed)
    shape = (5, 6, 2 + voxels // 10)
    mask = np.zeros(shape, bool)
    mask.flat[rng.choice(mask.size, voxels, replace=False)] = True
    affine = np.diag([1.8, 1.8, 1.8, 1.0])
    affine[:3, 3] = -4, 2.5, 7
    ceiling = rng.uniform(20, 70, voxels).astype(np.float32)
    return {
        "fmri": {
            "ncsnr": rng.uniform(0.2, 0.8, voxels).astype(np.float32),
            "roi_mask_volume": mask,
            "fmri_affine": affine,
        },
        "encoding_models": {
            "r2": (ceiling * 0.005).astype(np.float32),
            "noise_ceiling": ceiling,
            "explained_variance": rng.uniform(10, 100, voxels).astype(np.float32),
            "train_img_num": np.arange(20),
            "val_img_num": np.arange(20, 25),
            "test_img_num": np.arange(25, 30),
        },
    }


def save_metadata(content: dict[str, Any], path: Path, old: bool = False) -> Path:
    """Write a dictionary as numpy does, or as numpy before 2.0 did (`old`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.array(None)
    array[()] = content
    if not old:
        np.save(path, array)
        return path
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|O", "fortran_order": False, "shape": ()}
        )
        text = pickle.dumps(array, protocol=3)
        file.write(text.replace(b"numpy._core", b"numpy.core"))
    return path


def write_model(
    root: Path,
    *,
    subject: int = 1,
    roi: str = "V1",
    voxels: int | tuple[int, ...] = 7,
    seed: int = 11,
    layout: str = "current",
    with_metadata: bool = True,
    old: bool = False,
) -> Path:
    """Add one model to a data root.

    Parameters
    ----------
    voxels : int or tuple of int
        How many there are; a tuple makes files ``_split-1``, ``_split-2``, ...
    layout : str
        One of :data:`LAYOUTS`.
    old : bool
        Files as older versions of torch and numpy wrote them.

    Returns
    -------
    Path
        The root.
    """
    folder = root / LAYOUTS[layout]
    name = f"sub-{subject:02d}_roi-{roi}"
    weights = folder / "encoding_models_weights"
    if isinstance(voxels, int):
        save(checkpoint(seed, subject, voxels), weights / f"weights_{name}.pt", old)
    else:
        for i, n in enumerate(voxels, start=1):
            content = checkpoint(seed, subject, n, f"split{i}.", "split1.")
            save(content, weights / f"weights_{name}_split-{i}.pt", old)
        voxels = sum(voxels)
    if with_metadata:
        file = folder / "metadata" / f"metadata_{name}.npy"
        save_metadata(metadata(voxels, seed), file, old)
    return root
