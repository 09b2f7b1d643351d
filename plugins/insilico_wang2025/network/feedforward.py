"""Feedforward core: retinal image to feature maps, a chunk of frames at a time.

Only the 3x3x3 layers look back in time, by two frames; the state is what they saw last.
Shapes: N videos, T frames, S streams; "channels" are per stream.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from insilico_wang2025.network.layers import (
    StreamConv,
    concatenate_groups,
    scaled_gelu,
)
from insilico_wang2025.network.module import Module
from insilico_wang2025.sizes import PUBLISHED, Sizes

HISTORY = 2  # frames before the current one that a temporal kernel sees

#: Of each published dense block: channels, and the height and width of its maps.
BLOCKS = PUBLISHED.block_shapes

FeedforwardState = tuple[Tensor, ...]


class DenseBlock(Module):
    """Two causal 3x3x3 convolutions whose inputs and outputs are all kept.

    Parameters
    ----------
    channels : int
        Input channels per stream; the output has three times as many.
    groups : int
        Groups per stream.
    streams : int
    """

    def __init__(self, channels: int, groups: int, streams: int) -> None:
        super().__init__()
        self.groups = groups
        self.streams = streams
        self.convs = nn.ModuleList(
            StreamConv(channels, channels, (3, 3, 3), groups=groups, streams=streams)
            for _ in range(2)
        )
        # The first convolution has no skip connection: its number is left out.
        skip = StreamConv(
            channels, channels, groups=groups, streams=streams, bias=False
        )
        self.skips = nn.ModuleDict({"1": skip})

    def forward(
        self, x0: Tensor, state: tuple[Tensor, Tensor], stream: int | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """[N, S * C, T, H, W] -> [N, S * 3C, T, H, W].

        `state` holds, of both convolutions, the two input frames [N, S * C, 2, H, W]
        before this chunk; returned are those at its end.
        """
        y0 = scaled_gelu(x0)
        seen0 = torch.cat([state[0], y0], dim=2)
        x1: Tensor = self.convs[0](seen0, stream)
        seen1 = torch.cat([state[1], scaled_gelu(x1)], dim=2)
        x2: Tensor = self.convs[1](seen1, stream)
        x2 = x2 + self.skips["1"](y0, stream)
        groups = self.groups * (self.streams if stream is None else 1)
        maps = concatenate_groups([x0, x1, x2], groups)
        return maps, (_last_frames(seen0), _last_frames(seen1))


class Feedforward(Module):
    """Dense blocks with pooling between them."""

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.sizes = sizes
        streams, before = sizes.streams, sizes.blocks[0][0]
        first = StreamConv(
            1,
            before,
            (1, sizes.first_kernel, sizes.first_kernel),
            stride=sizes.first_stride,
            shared_input=True,
            replicate=True,
            streams=streams,
            normalized=False,
            gain=False,
        )
        self.inputs = nn.ModuleList([first])
        for channels, groups in sizes.blocks[1:]:
            self.inputs.append(
                StreamConv(3 * before, channels, blocks=groups, streams=streams)
            )
            before = channels
        self.blocks = nn.ModuleList(
            DenseBlock(*block, streams) for block in sizes.blocks
        )
        self.out = StreamConv(3 * before, sizes.map_channels, streams=streams)

    def initial_state(
        self, n_videos: int, streams: int, device: torch.device
    ) -> FeedforwardState:
        """Zeros: histories [N, S * C, 2, H, W], two of each block."""
        return tuple(
            torch.zeros(
                n_videos, streams * channels, HISTORY, height, width, device=device
            )
            for channels, height, width in self.sizes.block_shapes
            for _ in range(2)
        )

    def forward(
        self, retinal: Tensor, state: FeedforwardState, stream: int | None = None
    ) -> tuple[Tensor, FeedforwardState]:
        """Retinal image [N, 1, T, 128, 192] -> feature maps [N, S * 128, T, 16, 24]."""
        x = retinal
        histories: list[Tensor] = []
        for i, (layer, block) in enumerate(zip(self.inputs, self.blocks, strict=True)):
            before = (state[2 * i], state[2 * i + 1])
            x, after = block(layer(x, stream), before, stream)
            histories.extend(after)
            if i < len(self.blocks) - 1:
                x = functional.avg_pool3d(x, (1, 2, 2))
        maps: Tensor = self.out(x, stream)
        return maps, tuple(histories)


def _last_frames(seen: Tensor) -> Tensor:
    # A copy: a view would keep the frames of the whole chunk in memory.
    return seen[:, :, -HISTORY:].clone()
