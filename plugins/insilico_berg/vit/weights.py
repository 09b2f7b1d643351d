"""Finding and reading the checkpoint of the backbone, which is published elsewhere.

Nothing is downloaded. The file is looked for, in this order,

1. where :func:`use_backbone` was told it is;
2. where the environment variable ``INSILICO_VIT_B_32`` says;
3. in the data folder: beside ``encoding_models``, in it, or with the weights;
4. in the folder where torch keeps what it downloaded.
"""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted import load_tensors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_berg.vit.backbone import Backbone

FILE_NAME = "vit_b_32-d86f8d99.pth"
VARIABLE = "INSILICO_VIT_B_32"

_FOLDERS = (
    "encoding_models",
    "modality-*",
    "train_dataset-*",
    "model-vit_b_32",
    "encoding_models_weights",
)


class _Chosen:
    path: Path | None = None


def use_backbone(path: str | os.PathLike[str] | None) -> None:
    """Say where the checkpoint of the backbone is; None: look for it."""
    _Chosen.path = None if path is None else Path(path).expanduser()


def find_backbone(directory: Path | None) -> Path:
    """The checkpoint to use with the data in `directory`.

    Raises
    ------
    WeightsError
        Saying where to put it, if it is nowhere.
    """
    told = _Chosen.path or os.environ.get(VARIABLE)
    if told:
        path = Path(told).expanduser()
        if not path.is_file():
            raise WeightsError(
                f"The backbone {path} does not exist; correct the path, or the "
                f"environment variable {VARIABLE}."
            )
        return path
    for path in _candidates(directory):
        if path.is_file():
            return path
    raise WeightsError(
        f"The weights of the ViT-B/32 backbone are missing; put torchvision's file "
        f"{FILE_NAME} (346 MB, from download.pytorch.org/models) into the data folder, "
        f"or its path into the environment variable {VARIABLE}."
    )


def _candidates(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        yield from sorted(directory.glob("vit_b_32*.pth"))
        for start, stop in combinations(range(len(_FOLDERS) + 1), 2):
            pattern = "/".join((*_FOLDERS[start:stop], "vit_b_32*.pth"))
            yield from sorted(directory.glob(pattern))
    yield _torch_cache() / FILE_NAME


def _torch_cache() -> Path:
    """Where ``torch.hub`` keeps checkpoints, by its own rules."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = Path(os.environ.get("TORCH_HOME", caches / "torch"))
    return home.expanduser() / "hub" / "checkpoints"


_loaded: WeakValueDictionary[tuple[object, ...], Backbone] = WeakValueDictionary()
_loading = Lock()


def load_backbone(path: Path, device: str) -> Backbone:
    """Read a checkpoint; sessions that are open at once share it.

    Raises
    ------
    WeightsError
        If it is damaged or of another network.
    UntrustedFileError
        If it carries code.
    """
    from insilico_berg.vit.backbone import build  # imports torch

    with _loading:
        state = path.stat()
        key = (path.resolve(), state.st_size, state.st_mtime_ns, device)
        backbone = _loaded.get(key)
        if backbone is None:
            backbone = build(load_tensors(path), path.name).to(device)
            _loaded[key] = backbone
        return backbone
