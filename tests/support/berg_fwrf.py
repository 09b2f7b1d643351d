"""fwRF models with random weights: files and folders as they are published.

Every tensor is drawn from a generator seeded with its own name: the rule that the
reference vectors in ``tests/data/berg`` were made with.
"""

from __future__ import annotations

import argparse
import pickle
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

DATA = Path(__file__).parents[1] / "data" / "berg"
GRIDS = (27, 25, 13)
PIXELS = (7 + 8 * np.arange(27), 15 + 8 * np.arange(25), 15 + 16 * np.arange(13))
FEATURES = 768
SEED = 11
MODEL = "encoding_models/modality-fmri/train_dataset-nsd/model-fwrf"
#: Where the folder of the model is, by generation.
LAYOUTS = {
    "current": MODEL,
    "training script": MODEL.replace("train_dataset", "training_dataset"),
}

_BLOCKS = dict.fromkeys("conv4a conv4b conv5a conv5b conv6a".split(), 128)
_BLOCKS["conv6b"] = 64


def draw(
    seed: int, key: str, shape: tuple[int, ...], scale: float, offset: float = 0
) -> torch.Tensor:
    """One tensor of normal numbers."""
    rng = np.random.default_rng(zlib.crc32(f"{seed}:{key}".encode()))
    z = rng.standard_normal(shape, dtype=np.float32)
    return torch.from_numpy(np.float32(offset) + np.float32(scale) * z)


@cache
def encoder(
    seed: int, prefix: str = "", mean_prefix: str | None = None
) -> dict[str, Any]:
    """State dict of the network; do not change it.

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


def receptive_fields(voxels: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Centres (column, row) [V, 2] and standard deviations [V] in pixels."""
    rng = np.random.default_rng(seed)
    return rng.uniform(60, 166, (voxels, 2)), rng.uniform(10, 16, voxels)


def gaussian_fields(centers: np.ndarray, sizes: np.ndarray) -> dict[str, torch.Tensor]:
    """Logits of round pooling fields in these places, the same in all groups."""
    made = {}
    for i, pixels in enumerate(PIXELS):
        x = pixels[None, None, :] - centers[:, 0, None, None]
        y = pixels[None, :, None] - centers[:, 1, None, None]
        logits = -(x**2 + y**2) / (2 * sizes[:, None, None] ** 2)
        made[f"rf{i}"] = torch.from_numpy(logits.astype(np.float32))
    return made


def checkpoint(
    seed: int,
    subject: int,
    voxels: int,
    prefix: str = "",
    mean_prefix: str | None = None,
    retinotopic: bool = False,
) -> dict[str, Any]:
    """Everything that is in a published file.

    Parameters
    ----------
    retinotopic : bool
        Round receptive fields (:func:`receptive_fields`) instead of random ones, which
        have no place.
    """
    enc = dict(encoder(seed, prefix, mean_prefix))
    best = {"enc": enc, "fwrfs": {subject: readout(seed, subject, voxels, prefix)}}
    if retinotopic:
        best["fwrfs"][subject] |= gaussian_fields(*receptive_fields(voxels, seed))
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


def pictures(n: int, height: int = 60, width: int = 60, seed: int = 0) -> np.ndarray:
    """Random RGB pictures, uint8 [n, 3, H, W], with coarse and fine structure."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 160, (n, 3, -(-height // 8), -(-width // 8)))
    levels = np.kron(coarse, np.ones((8, 8), int))[:, :, :height, :width]
    return (levels + rng.integers(0, 96, levels.shape)).astype(np.uint8)


def levels_of(root: Path, layout: str = "current") -> list[Path]:
    """Every folder from the root to the weights: what somebody may choose."""
    folder = root
    made = [root]
    for part in (*Path(LAYOUTS[layout]).parts, "encoding_models_weights"):
        folder = folder / part
        made.append(folder)
    return made


def write_model(
    root: Path,
    *,
    subject: int = 1,
    roi: str = "V1",
    voxels: int | tuple[int, ...] = 7,
    seed: int = SEED,
    layout: str = "current",
    retinotopic: bool = False,
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
    retinotopic : bool
        See :func:`checkpoint`.
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
        content = checkpoint(seed, subject, voxels, retinotopic=retinotopic)
        save(content, weights / f"weights_{name}.pt", old)
    else:
        for i, n in enumerate(voxels, start=1):
            content = checkpoint(seed, subject, n, f"split{i}.", "split1.")
            save(content, weights / f"weights_{name}_split-{i}.pt", old)
        voxels = sum(voxels)
    if with_metadata:
        file = folder / "metadata" / f"metadata_{name}.npy"
        save_metadata(metadata(voxels, seed), file, old)
    return root
