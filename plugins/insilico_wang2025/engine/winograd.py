"""Causal temporal convolution by Winograd's minimal filtering F(4, 3).

Four output frames of a three-frame kernel need twelve spatial convolutions if computed
as written; combined along time, six do. The frames that enter and leave are weighted
sums, which cost little beside a convolution.

Frames are channels-last, [N, T, H, W, C]: a frame is one contiguous block, and a
temporal sum is one pass over memory.

Reference: Lavin and Gray (2016), Fast Algorithms for Convolutional Neural Networks,
CVPR, section 4.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

#: Output frames of a tile, and frames before the current one that a kernel sees.
TILE = 4
HISTORY = 2

#: Kernel frames (columns) to the kernels of the six products (rows).
_KERNELS = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)


def pointwise(x: Tensor, weight: Tensor, bias: Tensor, groups: int) -> Tensor:
    """Apply one matrix per group to every pixel of [B, H, W, C]."""
    return _convolve(x, weight, bias, 1, 0, groups)


class TemporalConv:
    """A 3x3x3 layer: causal in time, any stride in space.

    Parameters
    ----------
    weight : Tensor, [C, C / groups, 3, 3, 3]
        Time, height, width.
    bias : Tensor, [C]
    groups : int
    stride : int
        In space. With 1 the picture is padded with zeros, with 2 it is not padded.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, groups: int, stride: int = 1
    ) -> None:
        self._groups = groups
        self._stride = stride
        kernels = torch.tensor(_KERNELS, dtype=torch.float64, device=weight.device)
        mixed = torch.einsum("kt,oityx->koiyx", kernels, weight.double())
        self._products = [channels_last(part.to(weight.dtype)) for part in mixed]
        self._taps = [channels_last(weight[:, :, t]) for t in range(3)]
        self._bias = bias

    def __call__(self, seen: Tensor) -> Tensor:
        """[N, T + 2, H, W, C], the first two being history, to [N, T, h, w, C]."""
        n, seen_frames, height, width, channels = seen.shape
        frames = seen_frames - HISTORY
        if self._stride == 2:
            height, width = (height - 1) // 2, (width - 1) // 2
        out = seen.new_empty(n, frames, height, width, channels)
        whole = frames - frames % TILE
        if whole:
            self._tiles(seen[:, : whole + HISTORY], out[:, :whole])
        rest = frames - whole
        if rest == 3:
            self._tiles(seen[:, whole:], out[:, whole:])
        elif rest:
            self._direct(seen[:, whole:], out[:, whole:])
        return out

    def multiply_in(self, dtype: torch.dtype) -> None:
        """Round the kernels; products are made in this type from now on."""
        self._products = [part.to(dtype) for part in self._products]
        self._taps = [part.to(dtype) for part in self._taps]

    def _tiles(self, seen: Tensor, out: Tensor) -> None:
        """Whole tiles, or one that lacks its last frame."""
        frames = out.shape[1]
        last = frames % TILE == 0
        d = [seen[:, j : j + frames - 2 : TILE] for j in range(TILE + 2 * last + 1)]
        a, b = d[4] - d[2], d[3] - d[1]
        m3 = self._product(3, torch.add(a, b, alpha=2))
        m4 = self._product(4, torch.sub(a, b, alpha=2))
        m0 = self._product(0, torch.add(a, d[0] - d[2], alpha=4))
        if last:
            m5 = self._product(5, (d[5] - d[3]).sub_(b, alpha=4))
        torch.sub(d[4], d[2], alpha=4, out=a)
        torch.sub(d[3], d[1], alpha=4, out=b)
        # every output holds the first product once, so that is where the bias goes
        m1 = self._product(1, a + b, self._bias)
        m2 = self._product(2, a.sub_(b))
        p, q = m1 + m2, m1.sub_(m2)
        r, s = m3 + m4, m3.sub_(m4)
        y = [out[:, j::TILE] for j in range(min(TILE, frames))]
        torch.add(m0.add_(p), r, out=y[0])
        torch.add(q, s, alpha=2, out=y[1])
        torch.add(p, r, alpha=4, out=y[2])
        if last:
            torch.add(m5.add_(q), s, alpha=8, out=y[3])

    def _direct(self, seen: Tensor, out: Tensor) -> None:
        frames = out.shape[1]
        out.copy_(self._convolve(seen[:, 2:], self._taps[2], self._bias))
        for t in range(2):
            out.add_(self._convolve(seen[:, t : t + frames], self._taps[t]))

    def _product(self, k: int, x: Tensor, bias: Tensor | None = None) -> Tensor:
        return self._convolve(x, self._products[k], bias)

    def _convolve(
        self, x: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        padding = 1 if self._stride == 1 else 0
        flat = x.flatten(0, 1)
        y = _convolve(flat, weight, bias, self._stride, padding, self._groups)
        return y.reshape(*x.shape[:2], *y.shape[1:])


def channels_last(weight: Tensor) -> Tensor:
    """Store a kernel as the pictures are stored."""
    return weight.contiguous(memory_format=torch.channels_last)


def _convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    padding: int,
    groups: int,
) -> Tensor:
    # in the precision of the weight; of float32 numbers nothing is done
    bias = None if bias is None else bias.to(weight.dtype)
    rounded = x.to(weight.dtype).permute(0, 3, 1, 2)
    y = functional.conv2d(rounded, weight, bias, stride, padding, groups=groups)
    return y.permute(0, 2, 3, 1).to(x.dtype)
