"""Perspective of the engine: stimulus frames to retinal images.

Grey levels are bytes, so their luminances are a table of 256. Where the retina's pixels
fall on the stimulus depends on the eye alone and is kept while the eye rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from insilico_wang2025.network.perspective import (
    RETINA_SHAPE,
    image_coordinates,
    rotation,
    sample,
    turn,
)

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network.perspective import Periphery
    from insilico_wang2025.network.perspective import Perspective as PlainPerspective


class Perspective:
    """Same function as the plain module."""

    def __init__(self, plain: PlainPerspective) -> None:
        self._plain = plain
        device = plain.retina.grid.device
        greys = torch.arange(256, device=device).float() / 255
        self._luminance = plain.monitor_pixel(greys)
        self._rest: tuple[Tensor, tuple[int, int], Tensor] | None = None

    def __call__(self, frames: Tensor, eye: Tensor, periphery: Periphery) -> Tensor:
        """uint8 [N, T, H, W] and [N, T, 2] -> [N, T, 128, 192]."""
        luminance = self._luminance[frames.flatten(0, 1).int()]
        shape = (frames.shape[2], frames.shape[3])
        seen = sample(luminance, self._coordinates(eye.flatten(0, 1), shape), periphery)
        retinal: Tensor = self._plain.retina_pixel(seen)
        return retinal.view(*frames.shape[:2], *RETINA_SHAPE)

    def _coordinates(self, poses: Tensor, shape: tuple[int, int]) -> Tensor:
        """[K, 128, 192, 2], K = 1 if the eye rests."""
        if not bool((poses == poses[:1]).all()):
            return self._project(poses, shape)
        pose = poses[:1]
        if (
            self._rest is None
            or self._rest[1] != shape
            or not torch.equal(self._rest[0], pose)
        ):
            self._rest = pose.clone(), shape, self._project(pose, shape)
        return self._rest[2]

    def _project(self, poses: Tensor, shape: tuple[int, int]) -> Tensor:
        plain = self._plain
        rays = turn(plain.retina.grid, rotation(plain.mlp(poses)))
        return image_coordinates(plain.monitor.project(rays).uv, shape, RETINA_SHAPE)
