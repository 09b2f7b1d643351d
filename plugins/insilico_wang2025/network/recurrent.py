"""Recurrent core: a convolutional LSTM whose gates also see spatial attention.

Everything that does not need the previous frame is computed for all frames of a chunk
at once; the rest goes frame by frame.
Shapes: N videos, T frames, S streams, G = 8 groups per stream, maps of 16 x 24 pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from insilico_wang2025.network.layers import (
    StreamConv,
    concatenate_groups,
    normalize_weight,
)
from insilico_wang2025.network.modulation import LSTMState, lstm
from insilico_wang2025.network.module import Module
from insilico_wang2025.sizes import PUBLISHED, Sizes

# of the published network
GROUPS = PUBLISHED.groups
HIDDEN = PUBLISHED.hidden
COMMON = PUBLISHED.common
MAP_CHANNELS = PUBLISHED.map_channels
MAP_SHAPE = PUBLISHED.map_shape


class BetweenGroups(StreamConv):
    """Pointwise map from every group to all *other* groups, within each stream.

    The weights of a stream are stored as [out group, slot, out channel, in channel];
    slot j of group o is input group j if j < o, else j + 1. As a dense matrix it has
    zero blocks on its diagonal. ``mask`` and ``zero`` are constants of the file format.
    """

    mask: Tensor
    zero: Tensor

    def __init__(self, channels: int, groups: int, streams: int) -> None:
        super().__init__(channels, channels, streams=streams, bias=False)
        size = channels // groups
        for stream in range(streams):
            weight = torch.zeros(groups, groups - 1, size, size)
            self.weights[stream] = nn.Parameter(weight)
            self.gains[stream] = nn.Parameter(torch.zeros(groups, size))
        other = ~torch.eye(groups, dtype=torch.bool)
        self.register_buffer("mask", other[:, :, None, None])
        self.register_buffer("zero", torch.zeros(groups, groups, size, size))

    def stream_weight(self, stream: int) -> Tensor:
        """Dense weight of one stream, [channels, channels, 1, 1, 1]."""
        gain = self.gains[stream][:, None, :, None]
        weight = normalize_weight(self.weights[stream], gain, [1, 3])
        rows = []
        for group, slots in enumerate(weight):
            blocks = list(slots)
            blocks.insert(group, torch.zeros_like(blocks[0]))
            rows.append(torch.cat(blocks, dim=1))
        return torch.cat(rows)[:, :, None, None, None]


class Recurrent(Module):
    """Attention LSTM between the feature maps and the maps that are read out."""

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.sizes = sizes
        streams, groups = sizes.streams, sizes.groups
        hidden, common = sizes.hidden, sizes.common

        def within(inputs: int, outputs: int, kernel: int = 1) -> StreamConv:
            shape = (1, kernel, kernel)
            return StreamConv(
                inputs,
                outputs,
                shape,
                groups=groups,
                streams=streams,
                gain=False,
                bias=False,
            )

        def gate() -> StreamConv:
            return StreamConv(2 * common, hidden, groups=groups, streams=streams)

        def into_all(inputs: int, bias: bool = True) -> StreamConv:
            return StreamConv(inputs, hidden, blocks=groups, streams=streams, bias=bias)

        self.proj_x = nn.ModuleList(
            [
                BetweenGroups(hidden, groups, streams),
                into_all(sizes.map_channels),
                into_all(sizes.modulation, bias=False),
            ]
        )
        self.conv = within(2 * hidden, common, 3)
        self.scales = nn.ParameterList(
            nn.Parameter(torch.ones(groups, common // groups)) for _ in range(streams)
        )
        self.proj_q = within(common, common)
        self.proj_k = within(common, common)
        self.proj_v = within(common, common)
        self.proj_i, self.proj_f, self.proj_g, self.proj_o = (gate() for _ in range(4))
        self.out = StreamConv(hidden, sizes.map_channels, streams=streams)

    def initial_state(
        self, n_videos: int, streams: int, device: torch.device
    ) -> LSTMState:
        """Zeros, hidden and cell state [N, S * 256, 1, 16, 24]."""
        shape = (n_videos, streams * self.sizes.hidden, 1, *self.sizes.map_shape)
        return LSTMState(
            torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        )

    def forward(
        self,
        maps: Tensor,
        modulation: Tensor,
        state: LSTMState,
        stream: int | None = None,
    ) -> tuple[Tensor, LSTMState]:
        """Run over the frames of a chunk.

        Parameters
        ----------
        maps : Tensor, [N, S * 128, T, 16, 24]
        modulation : Tensor, [N, S * 16, T]

        Returns
        -------
        Tensor, [N, S * 128, T, 16, 24]
        LSTMState
            After the last frame.
        """
        drive: Tensor = self.proj_x[1](maps, stream)
        drive = drive + self.proj_x[2](modulation[..., None, None], stream)
        hidden = []
        for t in range(drive.shape[2]):
            state = self._step(drive[:, :, t : t + 1], state, stream)
            hidden.append(state.hidden)
        out: Tensor = self.out(torch.cat(hidden, dim=2), stream)
        return out, state

    def _step(self, drive: Tensor, state: LSTMState, stream: int | None) -> LSTMState:
        groups = self.sizes.groups * (self.sizes.streams if stream is None else 1)
        x = torch.tanh(self.proj_x[0](state.hidden, stream) + drive)
        z: Tensor = self.conv(concatenate_groups([x, state.hidden], groups), stream)
        attended = self._attend(z, groups, stream)
        za = concatenate_groups([z, attended], groups)
        gates = (self.proj_i, self.proj_f, self.proj_g, self.proj_o)
        return lstm(*(gate(za, stream) for gate in gates), cell=state.cell)

    def _attend(self, z: Tensor, groups: int, stream: int | None) -> Tensor:
        """Attention over pixels within each stream and group; [N, S * 512, 1, H, W]."""
        query, key, value = (
            proj(z, stream).reshape(len(z), groups, -1, z[0, 0].numel())
            for proj in (self.proj_q, self.proj_k, self.proj_v)
        )
        streams = range(self.sizes.streams) if stream is None else (stream,)
        scale = torch.cat([self.scales[s] for s in streams])[..., None]
        query = _unit_length(query) * scale
        key = _unit_length(key)
        if query.requires_grad:  # fused: the weights of all frames would not fit
            fused = functional.scaled_dot_product_attention(
                query.mT.contiguous(),
                key.mT.contiguous(),
                value.mT.contiguous(),
                scale=1.0,
            )
            return fused.mT.reshape(z.shape)
        weights = torch.softmax(query.mT @ key, dim=-1)
        attended: Tensor = value @ weights.mT
        return attended.view_as(z)


def _unit_length(x: Tensor) -> Tensor:
    # The same as dividing by the norm, and faster over a dimension in the middle.
    return x * torch.rsqrt(x.square().sum(dim=2, keepdim=True))
