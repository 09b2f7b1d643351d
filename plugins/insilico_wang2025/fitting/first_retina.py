"""First scale and offset of the retina's pixels, from the training clips.

Grey levels leave the published first values with a small spread about a large mean, so that
first responses to a picture hardly differ. Training from scratch in few steps begins
better with pixels of mean 0 and standard deviation 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_wang2025.fitting.trials import Trial
    from insilico_wang2025.network import Network

STEP = 30  # frames between those that are looked at
TRIALS = 50  # that are looked at, at most


@torch.no_grad()
def standardize_retina(network: Network, trials: Sequence[Trial]) -> None:
    """Set scale and offset so that retinal pixels have mean 0 and standard deviation 1.

    Parameters
    ----------
    network : Network
        On the CPU; its eye at rest, its monitor where training begins.
    trials : sequence of Trial
        For training. Frames that are all of one grey leave the network as it is.
    """
    perspective = network.perspective
    n, total, squares = 0, 0.0, 0.0
    for trial in trials[:: max(1, len(trials) // TRIALS)]:
        frames = np.array(trial.files["stimuli"].map()[::STEP, ..., 0])
        grey = torch.from_numpy(frames)[None].float() / 255
        seen = perspective(grey, torch.zeros(1, len(frames), 2)).double()
        n += seen.numel()
        total += float(seen.sum())
        squares += float(seen.square().sum())
    mean = total / n
    sd = float(np.sqrt(max(squares / n - mean**2, 0.0)))
    if sd > 0:
        pixel = perspective.retina_pixel
        pixel.offset.copy_((pixel.offset - mean) / sd)
        pixel.scale.div_(sd)
