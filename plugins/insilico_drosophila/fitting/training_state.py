"""Saving where training is, so that it goes on as if it had not stopped.

Beside the published checkpoints, which hold the best weights, a file ``.npz`` holds the
current weights, the moments of Adam, and how far training is. Random numbers are drawn
from the seed and the number of the batch, so they need no saving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from insilico_gui.errors import WeightsError
from insilico_gui.files import publishing
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npz

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ADVICE = "remove it, and train anew"


@dataclass(frozen=True)
class Progress:
    """How far training is.

    Attributes
    ----------
    n_epochs : int
        Epochs that are complete.
    best : float
        Best accuracy, or lowest loss, so far.
    """

    n_epochs: int
    best: float


def save(
    path: Path,
    parameters: Sequence[torch.Tensor],
    optimizer: torch.optim.Adam,
    progress: Progress,
) -> None:
    """Write parameters, the moments of their optimiser, and progress."""
    arrays: dict[str, Any] = {
        "n_epochs": np.array(progress.n_epochs),
        "best": np.array(progress.best),
    }
    for k, one in enumerate(parameters):
        state = optimizer.state.get(one, {})
        arrays[f"value{k}"] = one.detach().cpu().numpy()
        if state:
            arrays[f"step{k}"] = np.array(float(state["step"]))
            arrays[f"mean{k}"] = state["exp_avg"].cpu().numpy()
            arrays[f"square{k}"] = state["exp_avg_sq"].cpu().numpy()
    with publishing(path, WeightsError) as new:
        np.savez(new, **arrays)


def restore(
    path: Path, parameters: Sequence[torch.Tensor], optimizer: torch.optim.Adam
) -> Progress:
    """Put back what :func:`save` wrote.

    Raises
    ------
    WeightsError
        If the file is damaged, or of a network of another size.
    """
    name = path.name
    with reading(name, WeightsError, _ADVICE):
        arrays = read_npz(path, name, WeightsError)
        progress = Progress(int(arrays["n_epochs"]), float(arrays["best"]))
    for k, one in enumerate(parameters):
        values = [arrays.get(f"{part}{k}") for part in ("value", "mean", "square")]
        _check_shapes(values, one, name)
    with torch.no_grad():
        for k, one in enumerate(parameters):
            one.copy_(torch.from_numpy(arrays[f"value{k}"]))
            if f"mean{k}" in arrays:
                optimizer.state[one] = {
                    "step": torch.tensor(float(arrays[f"step{k}"])),
                    "exp_avg": torch.from_numpy(arrays[f"mean{k}"]).to(one.device),
                    "exp_avg_sq": torch.from_numpy(arrays[f"square{k}"]).to(one.device),
                }
    return progress


def _check_shapes(values: Sequence[Any], one: torch.Tensor, name: str) -> None:
    shapes = {array.shape for array in values if array is not None}
    if values[0] is None or shapes != {tuple(one.shape)}:
        raise WeightsError(
            f"{name} holds weights of other sizes than this network's; use the settings "
            "it was trained with, or start in a new folder."
        )
    if not all(np.isfinite(array).all() for array in values if array is not None):
        raise WeightsError(f"{name} holds NaN or infinity; {_ADVICE}.")
