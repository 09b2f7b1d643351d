"""Feedforward part of the engine: retinal images to feature maps.

The same function as :class:`insilico_wang2025.network.feedforward.Feedforward`, with
its linear maps rearranged:

- Nothing but the pooled sum of the second convolution and the skip connection of a
  block is used, so blocks 0 and 1 pool *before* that convolution, which then has a
  quarter of the positions: averaging the outputs of neighbouring positions is the same
  as averaging their inputs.
- The skip connection becomes part of the next pointwise layer, which sees the pooled
  block input after the nonlinearity as a fourth part.
- The first layer, 6 x 6 with stride 2, is a 3 x 3 layer on blocks of 2 x 2 pixels.
- The gain of the nonlinearity is part of the weights that follow.

Frames are channels-last, [N, T, H, W, C], channels stream by stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from torch.nn import functional

from insilico_wang2025.engine.folded import bias_of, weight_of
from insilico_wang2025.engine.winograd import (
    HISTORY,
    TemporalConv,
    channels_last,
    pointwise,
)
from insilico_wang2025.network.feedforward import BLOCKS
from insilico_wang2025.network.layers import GELU_GAIN, STREAMS

if TYPE_CHECKING:
    from torch import nn

    from insilico_wang2025.network.feedforward import DenseBlock
    from insilico_wang2025.network.feedforward import Feedforward as PlainFeedforward

#: Streams that go through a block as one: few where pictures are large, so that what
#: passes from operation to operation stays in the cache.
STREAMS_TOGETHER = (1, 4, 4)

#: Per temporal convolution the two frames before this chunk, [N, 2, H, W, C].
History = tuple[Tensor, ...]


class Feedforward:
    """Weights of the plain module, rearranged."""

    def __init__(self, plain: PlainFeedforward) -> None:
        self._first = _First(plain.inputs[0])
        heads = (plain.inputs[1], plain.inputs[2], plain.out)
        self._stages = [
            [
                _Block(block, head, range(s, s + together), pooled=i < 2)
                for s in range(0, STREAMS, together)
            ]
            for i, (block, head, together) in enumerate(
                zip(plain.blocks, heads, STREAMS_TOGETHER, strict=True)
            )
        ]

    def multiply_in(self, dtype: torch.dtype) -> None:
        """Make products in this type from now on, but for the small first layer."""
        for stage in self._stages:
            for block in stage:
                block.multiply_in(dtype)

    def initial_state(self, n_videos: int, device: torch.device) -> History:
        """Zeros."""
        shapes = []
        for i, (channels, height, width) in enumerate(BLOCKS):
            together = STREAMS_TOGETHER[i]
            edge = 1 if i < 2 else 0  # pooled with stride 1: one more each way
            pair = [
                (height, width, channels, together),
                (height + edge, width + edge, channels, together),
            ]
            shapes += pair * (STREAMS // together)
        return tuple(
            torch.zeros(n_videos, HISTORY, height, width, together * c, device=device)
            for height, width, c, together in shapes
        )

    def __call__(self, retinal: Tensor, state: History) -> tuple[Tensor, History]:
        """[N, T, 128, 192] -> [N, T, 16, 24, S * 128]."""
        pixels = self._first.blocks(retinal)
        before = iter(state)
        after: list[Tensor] = []
        parts: list[Tensor] = []
        for i, stage in enumerate(self._stages):
            size = len(parts) // len(stage)
            inputs, parts = parts, []
            for k, block in enumerate(stage):
                if i == 0:
                    x = self._first(pixels, block.streams)
                    x = x.reshape(*retinal.shape[:2], *x.shape[1:])
                else:
                    x = torch.cat(inputs[k * size : k * size + size], dim=-1)
                x, *histories = block(x, next(before), next(before))
                parts.append(x)
                after += histories
        return torch.cat(parts, dim=-1), tuple(after)


class _First:
    """The 6 x 6 layer with stride 2 and repeated edges; one channel in."""

    def __init__(self, layer: nn.Module) -> None:
        fine = weight_of(layer).view(-1, 3, 2, 3, 2).permute(0, 2, 4, 1, 3)
        self._weight = channels_last(fine.reshape(-1, 4, 3, 3).contiguous())
        self._bias = bias_of(layer)
        self._channels = len(self._bias) // STREAMS

    def __call__(self, blocks: Tensor, streams: range) -> Tensor:
        """Blocks of pixels to [B, 64, 96, C] of some streams."""
        rows = slice(streams.start * self._channels, streams.stop * self._channels)
        y = functional.conv2d(blocks, self._weight[rows], self._bias[rows])
        return y.permute(0, 2, 3, 1)

    def blocks(self, retinal: Tensor) -> Tensor:
        """[N, T, 128, 192] -> [N * T, 4, 66, 98]: 2 x 2 pixels, edges repeated."""
        images = retinal.flatten(0, 1)[:, None]
        padded = functional.pad(images, (2, 2, 2, 2), mode="replicate")
        b, _, height, width = padded.shape
        fine = padded.view(b, height // 2, 2, width // 2, 2)
        blocks = fine.permute(0, 2, 4, 1, 3).reshape(b, 4, height // 2, width // 2)
        return blocks.contiguous(memory_format=torch.channels_last)


class _Block:
    """A dense block, its pooling, and the pointwise layer after it.

    Parameters
    ----------
    block : DenseBlock
    head : StreamConv
        The pointwise layer.
    pooled : bool
        Whether the block's output is averaged over 2 x 2 pixels.
    """

    def __init__(
        self, block: nn.Module, head: nn.Module, streams: range, *, pooled: bool
    ) -> None:
        block = cast("DenseBlock", block)
        self._pooled = pooled
        self.streams = streams
        groups = len(streams) * block.groups
        strides = (1, 2 if pooled else 1)
        self._first, self._second = (
            TemporalConv(
                weight_of(conv, streams) * GELU_GAIN,
                bias_of(conv, streams),
                groups,
                stride,
            )
            for conv, stride in zip(block.convs, strides, strict=True)
        )
        skip = weight_of(block.skips["1"], streams) * GELU_GAIN
        self._weight = _with_skip(weight_of(head, streams), skip, len(streams))
        self._bias = bias_of(head, streams)

    def __call__(
        self, x0: Tensor, before0: Tensor, before1: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Output of the pointwise layer, and both histories."""
        n, frames = x0.shape[:2]
        seen0 = before0.new_empty(n, frames + HISTORY, *before0.shape[2:])
        seen0[:, :HISTORY] = before0
        y0 = seen0[:, HISTORY:]
        _activate(x0, out=y0)
        x1 = self._first(seen0)
        seen1 = before1.new_empty(n, frames + HISTORY, *before1.shape[2:])
        seen1[:, :HISTORY] = before1
        if self._pooled:
            for video, activations in zip(seen1, functional.gelu(x1), strict=True):
                _average(activations, 1, 1, out=video[HISTORY:])
        else:
            _activate(x1, out=seen1[:, HISTORY:])
        x2 = self._second(seen1)
        parts = [x0, x1, y0]
        if self._pooled:
            parts = [_average(part.flatten(0, 1), 2, 0) for part in parts]
        parts = [part.reshape(n * frames, *x2.shape[2:]) for part in (*parts, x2)]
        out = self._head(parts)
        out = out.view(n, frames, *out.shape[1:])
        return out, seen0[:, -HISTORY:].clone(), seen1[:, -HISTORY:].clone()

    def multiply_in(self, dtype: torch.dtype) -> None:
        """See :meth:`Feedforward.multiply_in`."""
        self._first.multiply_in(dtype)
        self._second.multiply_in(dtype)
        self._weight = self._weight.to(dtype)

    def _head(self, parts: list[Tensor]) -> Tensor:
        n = len(self.streams)
        blocks = [part.view(*part.shape[:3], n, -1) for part in parts]
        seen = torch.cat(blocks, dim=-1).flatten(3)
        return pointwise(seen, self._weight, self._bias, n)


def _with_skip(weight: Tensor, skip: Tensor, streams: int) -> Tensor:
    """Weight on [x0, x1, y0, x2] of each stream from that on [x0, x1, x2] by group.

    Parameters
    ----------
    weight : Tensor, [S * out, 3 * C, 1, 1, 1]
    skip : Tensor, [S * C, C / groups, 1, 1, 1]
        From y0 to what is added to x2.
    streams : int

    Returns
    -------
    Tensor, [S * out, 4 * C, 1, 1]
    """
    size = skip.shape[1]
    groups = len(skip) // (streams * size)
    x0, x1, x2 = weight.view(streams, -1, groups, 3, size).double().unbind(3)
    maps = skip.view(streams, groups, size, size).double()
    y0 = torch.einsum("sogc,sgci->sogi", x2, maps)
    parts = torch.stack([x0, x1, y0, x2], dim=2).flatten(2).flatten(0, 1)
    return channels_last(parts[..., None, None].to(weight.dtype))


def _activate(x: Tensor, out: Tensor) -> None:
    """Gelu of [N, ...] into `out`, of which each video is contiguous."""
    # torch's gelu writes the wrong places of what is not contiguous
    for video, values in zip(out, x, strict=True):
        torch.ops.aten.gelu.out(values, out=video)


def _average(x: Tensor, stride: int, padding: int, out: Tensor | None = None) -> Tensor:
    """Mean over 2 x 2 pixels of [B, H, W, C]; what is outside counts as zero."""
    if out is None:
        height, width = (
            (size + 2 * padding - 2) // stride + 1 for size in x.shape[1:3]
        )
        out = x.new_empty(len(x), height, width, x.shape[-1])
    torch.ops.aten.avg_pool2d.out(
        x.permute(0, 3, 1, 2),
        [2, 2],
        [stride, stride],
        [padding, padding],
        out=out.permute(0, 3, 1, 2),
    )
    return out
