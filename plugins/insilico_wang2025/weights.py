"""Reading weight files into a network, and saying exactly what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted import load_tensors
from insilico_wang2025.network import Network
from insilico_wang2025.sizes import PUBLISHED, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor


UNITS_KEY = "readout.feature.weights.0"  # its rows are the units


def load_network(
    files: Sequence[Path],
    units: int | None = None,
    device: str = "cpu",
    sizes: Sizes = PUBLISHED,
) -> Network:
    """Build a network for `units` units from the tensors of all files together.

    Without `units`, their number is that of the readout in the files.

    Raises
    ------
    WeightsError
        If a file is damaged; if keys are missing, twice there or unknown; if a tensor
        has another shape or type, or holds NaN or infinity.
    UntrustedFileError
        If a file carries code.
    """
    tensors: dict[str, Tensor] = {}
    origin: dict[str, str] = {}
    for file in files:
        part = load_tensors(file)
        twice = [key for key in part if key in tensors]
        if twice:
            raise WeightsError(
                f"{file.name} and {origin[twice[0]]} both hold {_named(twice)}; use "
                "two files that were published together."
            )
        tensors |= part
        origin |= dict.fromkeys(part, file.name)
    if units is None:
        units = _count_units(tensors, files)
    with torch.device("meta"):
        network = Network(units, sizes)
    _check(tensors, network.state_dict(), origin, [file.name for file in files])
    network.load_state_dict(tensors, assign=True)
    network.requires_grad_(False)
    network.eval()
    network.to(device)
    network.fold()
    return network


def _count_units(tensors: Mapping[str, Tensor], files: Sequence[Path]) -> int:
    if UNITS_KEY not in tensors or not tensors[UNITS_KEY].ndim:
        raise WeightsError(
            f"{' and '.join(file.name for file in files)} do not say how many units "
            f"there are, for want of {UNITS_KEY}; use a complete file of weights."
        )
    return len(tensors[UNITS_KEY])


def _check(
    tensors: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
    origin: Mapping[str, str],
    files: list[str],
) -> None:
    missing = [key for key in expected if key not in tensors]
    if missing:
        raise WeightsError(
            f"{' and '.join(files)} lack {_named(missing)}; use complete files, "
            "published together."
        )

    def refuse(what: str, wrong: Callable[[str], bool]) -> None:
        keys = [key for key in tensors if wrong(key)]
        if keys:
            raise WeightsError(
                f"{origin[keys[0]]} {what} {_named(keys)}; use files published for "
                "this network and these units."
            )

    refuse("holds an unknown tensor", lambda key: key not in expected)
    refuse(
        "has the wrong shape for",
        lambda key: tensors[key].shape != expected[key].shape,
    )
    refuse(
        "has the wrong type of number for",
        lambda key: tensors[key].dtype != expected[key].dtype,
    )
    refuse(
        "has NaN or infinity in", lambda key: not bool(tensors[key].isfinite().all())
    )


def _named(keys: Sequence[str]) -> str:
    others = len(keys) - 1
    return keys[0] + (f" (and {others} more)" if others else "")
