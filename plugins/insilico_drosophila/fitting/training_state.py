"""Weights and the moments of their optimiser as plain arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def saved(
    parameters: Sequence[torch.Tensor], optimizer: torch.optim.Adam
) -> dict[str, Any]:
    """What :func:`restore` takes, copied."""
    found = []
    for one in parameters:
        part: dict[str, Any] = {"value": _copy(one)}
        if moments := optimizer.state.get(one, {}):
            part["step"] = float(moments["step"])
            part["mean"] = _copy(moments["exp_avg"])
            part["square"] = _copy(moments["exp_avg_sq"])
        found.append(part)
    return {"parameters": found}


def restore(
    state: Mapping[str, Any],
    parameters: Sequence[torch.Tensor],
    optimizer: torch.optim.Adam,
) -> None:
    """Put back what :func:`saved` gave.

    Raises
    ------
    ValueError
        If it is of a network of another size.
    """
    for one, part in zip(parameters, state["parameters"], strict=True):
        arrays = [part[name] for name in ("value", "mean", "square") if name in part]
        if any(array.shape != tuple(one.shape) for array in arrays):
            raise ValueError("weights of another size")
        with torch.no_grad():
            one.copy_(torch.from_numpy(part["value"]))
        if "mean" in part:
            optimizer.state[one] = {
                "step": torch.tensor(float(part["step"])),
                "exp_avg": torch.from_numpy(part["mean"]).to(one.device, copy=True),
                "exp_avg_sq": torch.from_numpy(part["square"]).to(
                    one.device, copy=True
                ),
            }


def _copy(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    return np.array(tensor.detach().cpu().numpy())
