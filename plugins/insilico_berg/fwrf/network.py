"""The convolutional network whose feature maps the voxels read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import batch_norm, conv2d, max_pool2d, relu

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

IMAGE_SIZE = 227
KEPT = 64  # channels of each 128-channel block that voxels read
EPS = 1e-5

_BLOCKS = tuple(f"enc.{name}" for name in "conv4a conv4b conv5a conv5b conv6a".split())
_CONVOLUTIONS = (
    "pre.conv1.0",
    "pre.conv2.0",
    "enc.conv3",
    *(f"{name}.conv1" for name in (*_BLOCKS, "enc.conv6b")),
)
_NORMS = ("enc.bn1", *(f"{name}.bn1" for name in (*_BLOCKS, "enc.conv6b")))

#: Names of all tensors, as they are published.
NAMES = (
    "mu",
    *(f"{name}.{part}" for name in _CONVOLUTIONS for part in ("weight", "bias")),
    *(
        f"{name}.{part}"
        for name in _NORMS
        for part in ("weight", "bias", "running_mean", "running_var")
    ),
)


class FeatureNetwork:
    """Pictures to three groups of feature maps, of 27, 25 and 13 pixels a side.

    Parameters
    ----------
    tensors : mapping of str to float32 tensor
        One for each of :data:`NAMES`. The numbers of channels are theirs.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = {name: tensors[name] for name in NAMES}

    def to(self, device: str) -> FeatureNetwork:
        """The same network on another device."""
        return FeatureNetwork({k: t.to(device) for k, t in self._tensors.items()})

    @property
    def n_bytes(self) -> int:
        """Memory that the weights take."""
        return sum(t.numel() * t.element_size() for t in self._tensors.values())

    def shapes(self) -> list[tuple[int, int, int]]:
        """Channels, height and width of each group of maps, without computing them.

        Raises
        ------
        RuntimeError
            If the weights do not fit each other.
        """
        empty = torch.empty(1, 3, IMAGE_SIZE, IMAGE_SIZE, device="meta")
        channels, rows, columns = range(1, 4)
        return [
            (maps.shape[channels], maps.shape[rows], maps.shape[columns])
            for maps in self.to("meta")(empty)
        ]

    def __call__(self, pictures: Tensor) -> list[Tensor]:
        """Feature maps.

        Parameters
        ----------
        pictures : float32 tensor, [n, 3, 227, 227]
            RGB, 0 to 255.

        Returns
        -------
        list of float32 tensor, [n, C, h, w]
        """
        centered = pictures / 255 - self._tensors["mu"]
        c1 = relu(self._convolve("pre.conv1.0", centered, stride=4, padding=2), True)
        c1 = max_pool2d(c1, 3, 2)
        c2 = relu(self._convolve("pre.conv2.0", c1, padding=2), True)
        c3 = relu(self._convolve("enc.conv3", self._normalize("enc.bn1", c2)), True)
        c4a = self._block("enc.conv4a", c3)
        c4b = self._block("enc.conv4b", c4a)
        c5a = self._block("enc.conv5a", max_pool2d(c4b, 3, 2, padding=1))
        c5b = self._block("enc.conv5b", c5a)
        c6a = self._block("enc.conv6a", c5b)
        c6b = self._block("enc.conv6b", c6a)
        groups = (
            (c1, c2),
            (c3, c4a[:, :KEPT], c4b[:, :KEPT]),
            (c5a[:, :KEPT], c5b[:, :KEPT], c6a[:, :KEPT], c6b),
        )
        return [torch.cat(maps, dim=1) for maps in groups]

    def _block(self, name: str, maps: Tensor) -> Tensor:
        normal = self._normalize(f"{name}.bn1", maps)
        return relu(self._convolve(f"{name}.conv1", normal, padding=1), True)

    def _convolve(
        self, name: str, maps: Tensor, stride: int = 1, padding: int = 0
    ) -> Tensor:
        weight, bias = (self._tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        return conv2d(maps, weight, bias, stride, padding)

    def _normalize(self, name: str, maps: Tensor) -> Tensor:
        mean, variance, weight, bias = (
            self._tensors[f"{name}.{part}"]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return batch_norm(maps, mean, variance, weight, bias, eps=EPS)
