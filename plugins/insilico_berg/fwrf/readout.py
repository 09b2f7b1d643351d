"""From feature maps to voxels: pooling fields, then a weighted sum of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# Pooled features of a block of voxels, the two factors of their compression
COPIES = 3
# Memory of a block of voxels that is worked on fastest: on a CPU it stays in the cache.
BLOCK_BYTES = {"cpu": 12 * 2**20, "cuda": 2**28}


def compress(values: Tensor) -> Tensor:
    """Signed compression ``ln(1 + |t|) tanh(t)``, element by element."""
    return values.abs().log1p_().mul_(values.tanh())


@dataclass(frozen=True)
class Readout:
    """Pooling fields and weights of some voxels.

    Attributes
    ----------
    fields : tuple of float32 tensor, [V, h, w]
        For each group of feature maps the weight of each pixel; those of a voxel and
        group sum to 1.
    weights : float32 tensor, [V, F]
        Of the features of all groups, one group after the other.
    bias : float32 tensor, [V]
    """

    fields: tuple[Tensor, ...]
    weights: Tensor
    bias: Tensor

    def __len__(self) -> int:
        return len(self.bias)

    def to(self, device: str) -> Readout:
        """The same readout on another device."""
        return Readout(
            tuple(field.to(device) for field in self.fields),
            self.weights.to(device),
            self.bias.to(device),
        )

    def take(self, voxels: Tensor) -> Readout:
        """The readout of some voxels, in this order."""
        return Readout(
            tuple(field[voxels] for field in self.fields),
            self.weights[voxels],
            self.bias[voxels],
        )

    def voxel_bytes(self, n_images: int) -> int:
        """Memory that each voxel of a block takes, for so many images."""
        features = self.weights.shape[1] // len(self.fields)
        return COPIES * n_images * features * self.weights.element_size()

    def __call__(self, maps: Sequence[Tensor], max_bytes: int) -> Tensor:
        """Responses.

        Parameters
        ----------
        maps : sequence of float32 tensor, [n, C, h, w]
            Feature maps, one for each group. They are compressed, pooled, compressed
            again and weighted.
        max_bytes : int
            How much memory to take for it; at least that of one voxel at a time.

        Returns
        -------
        float32 tensor, [n, V]
        """
        n_images = len(maps[0])
        flat = [compress(group).flatten(2).flatten(0, 1) for group in maps]  # [n C, P]
        best = BLOCK_BYTES[self.bias.device.type]
        size = max(1, min(max_bytes, best) // self.voxel_bytes(n_images))
        responses = self.bias.new_empty((len(self), n_images))
        for start in range(0, len(self), size):
            block = slice(start, start + size)
            responses[block] = self._block(flat, block, n_images)
        return responses.T

    def _block(self, flat: list[Tensor], block: slice, n_images: int) -> Tensor:
        total = self.bias[block, None, None]
        first = 0
        for field, features in zip(self.fields, flat, strict=True):
            pooled = field[block].flatten(1) @ features.T  # [v, n C]
            pooled = compress(pooled).view(len(pooled), n_images, -1)
            last = first + pooled.shape[2]
            weights = self.weights[block, first:last, None]
            total = torch.baddbmm(total, pooled, weights)  # [v, n, 1]
            first = last
        return total[..., 0]
