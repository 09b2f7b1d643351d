"""The objective of training, and its noise.

Shapes: N videos, T frames, U units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from insilico_wang2025.network import Jitter, Noise
from insilico_wang2025.network.readout import poisson_loss

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network import Network


class Batch(NamedTuple):
    """Videos side by side.

    Attributes
    ----------
    frames : uint8 Tensor, [N, T, H, W]
    eye, behavior : float32 Tensor, [N, T, 2]
    targets : float32 Tensor, [N, T, U]
    """

    frames: Tensor
    eye: Tensor
    behavior: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(*(part.to(device) for part in self))


def draw_noise(n_videos: int, units: int, generator: torch.Generator) -> Noise:
    """Noise of a sequence: readout positions and the place of the monitor."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    position = normal(n_videos, units, 2)
    return Noise(position, Jitter(normal(n_videos, 3), normal(n_videos, 3)))


def noise_to(noise: Noise, device: torch.device) -> Noise:
    """The same on a device; drawn on the CPU, it does not depend on the device."""
    return Noise(
        noise.position.to(device), Jitter(*(part.to(device) for part in noise.jitter))
    )


def objective(
    network: Network,
    batch: Batch,
    burnin_frames: int,
    *,
    stream: int | None = None,
    noise: Noise | None = None,
) -> Tensor:
    """Mean Poisson loss from a fresh state, over videos, frames after the burn-in, units.

    Parameters
    ----------
    network : Network
        Not folded, if gradients are to reach its parameters.
    batch : Batch
    burnin_frames : int
        Frames at the start whose losses are dropped; fewer than T.
    stream : int or None
        Of the response of one stream alone; None = of their mean.
    noise : Noise or None

    Returns
    -------
    Tensor, []
    """
    state = network.initial_state(len(batch.frames), stream)
    with network.holding():
        logs, _ = network(
            batch.frames, batch.eye, batch.behavior, state, stream=stream, noise=noise
        )
    losses = poisson_loss(logs[:, burnin_frames:], batch.targets[:, burnin_frames:])
    return losses.mean()
