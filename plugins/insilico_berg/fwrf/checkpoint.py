"""Reading a file of fitted weights, and saying exactly what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from insilico_berg.fwrf.network import NAMES, FeatureNetwork
from insilico_berg.fwrf.readout import Readout
from insilico_gui.errors import WeightsError, echoed
from insilico_gui.untrusted.tensor_trees import NUMPY_NAMES, load_tensor_tree

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

# What the training script kept beside the weights.
_IGNORED = (*NUMPY_NAMES, "argparse.Namespace")


@dataclass(frozen=True)
class Part:
    """The model of some voxels: one file.

    Attributes
    ----------
    network : FeatureNetwork
    readout : Readout
    """

    network: FeatureNetwork
    readout: Readout


def load_part(path: Path, subject: int, device: str = "cpu") -> Part:
    """Read the best weights of one subject from a file.

    Raises
    ------
    WeightsError
        If the file is damaged; if tensors are missing or do not fit each other; if one
        holds NaN or infinity; if the file is of other subjects.
    UntrustedFileError
        If the file carries code.
    """
    best = _section(load_tensor_tree(path, _IGNORED), "best_params", path)
    subjects = _section(best, "fwrfs", path)
    if subject not in subjects:
        have = ", ".join(str(key) for key in subjects) or "none"
        raise WeightsError(
            f"{path.name} has no weights of subject {subject} (subjects in it: {have});"
            " give the file the name of its own subject."
        )
    encoder = _section(best, "enc", path)
    network = FeatureNetwork({name: _numbers(encoder, name, path) for name in NAMES})
    readout = _section(subjects, subject, path)
    fields = [_numbers(readout, f"rf{group}", path) for group in range(3)]
    weights, bias = (_numbers(readout, name, path) for name in ("w", "b"))
    _check(network, fields, weights, bias, path)
    return Part(
        network.to(device),
        Readout(
            tuple(_pooling(field.to(device)) for field in fields),
            weights.to(device),
            bias.to(device),
        ),
    )


def _pooling(field: Tensor) -> Tensor:
    """Softmax over the pixels of each voxel."""
    return field.flatten(1).softmax(dim=1).view_as(field)


def _section(content: dict[Any, Any], key: str | int, path: Path) -> dict[Any, Any]:
    section = content.get(key)
    if not isinstance(section, dict):
        raise WeightsError(
            f"{path.name} has no section {echoed(key)}; choose a file of fwRF weights "
            "as published."
        )
    return section


def _numbers(section: dict[Any, Any], name: str, path: Path) -> Tensor:
    value = section.get(name)
    if not isinstance(value, torch.Tensor):
        raise WeightsError(
            f"{path.name} lacks the tensor {echoed(name)}; use the complete file as "
            "published."
        )
    if not value.is_floating_point() or not bool(value.isfinite().all()):
        raise WeightsError(
            f"{path.name} has entries in {echoed(name)} that are not finite numbers; "
            "download or copy it again."
        )
    return value.float()


def _check(
    network: FeatureNetwork,
    fields: list[Tensor],
    weights: Tensor,
    bias: Tensor,
    path: Path,
) -> None:
    try:
        maps = network.shapes()
    except (RuntimeError, IndexError) as error:
        raise WeightsError(
            f"{path.name} has layers that do not fit each other; use the file as "
            "published."
        ) from error
    voxels = bias.numel()
    features = sum(channels for channels, _, _ in maps)
    expected = {
        **{f"rf{i}": (voxels, *shape[1:]) for i, shape in enumerate(maps)},
        "w": (voxels, features),
        "b": (voxels,),
    }
    given = (*fields, weights, bias)
    for (name, shape), tensor in zip(expected.items(), given, strict=True):
        if tuple(tensor.shape) != shape:
            raise WeightsError(
                f"{path.name} has {echoed(name)} of shape {list(tensor.shape)} where "
                f"its other tensors need {list(shape)}; use the file as published."
            )
    if not voxels:
        raise WeightsError(f"{path.name} has no voxels; use the file as published.")
