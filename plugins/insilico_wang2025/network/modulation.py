"""Modulation: pupil size and running, with a memory of their own, as features.

Shapes: N videos, T frames, S streams.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from insilico_wang2025.network.layers import StreamLinear, scaled_gelu
from insilico_wang2025.network.module import Module
from insilico_wang2025.sizes import PUBLISHED, Sizes

MODULATION_FEATURES = PUBLISHED.modulation


class LSTMState(NamedTuple):
    """What an LSTM carries from frame to frame."""

    hidden: Tensor
    cell: Tensor


def lstm(
    input_gate: Tensor,
    forget_gate: Tensor,
    candidate: Tensor,
    output_gate: Tensor,
    *,
    cell: Tensor,
) -> LSTMState:
    """One LSTM update from the four gates before their nonlinearities."""
    cell = torch.sigmoid(forget_gate) * cell + torch.sigmoid(input_gate) * torch.tanh(
        candidate
    )
    return LSTMState(torch.sigmoid(output_gate) * torch.tanh(cell), cell)


class _MLP(Module):
    def __init__(self, size: int, streams: int) -> None:
        super().__init__()
        layer = StreamLinear(2, size, streams=streams, normalized=False)
        self.linears = nn.ModuleList([layer])

    def forward(self, behavior: Tensor, stream: int | None) -> Tensor:
        x: Tensor = self.linears[0](behavior, stream)
        return scaled_gelu(x)


class _LSTM(Module):
    def __init__(self, size: int, streams: int) -> None:
        super().__init__()
        self.proj_i, self.proj_f, self.proj_g, self.proj_o = (
            StreamLinear(2 * size, size, streams=streams) for _ in range(4)
        )

    def forward(self, x: Tensor, state: LSTMState, stream: int | None) -> LSTMState:
        seen = torch.cat([x, state.hidden], dim=-1)
        gates = (self.proj_i, self.proj_f, self.proj_g, self.proj_o)
        return lstm(*(gate(seen, stream) for gate in gates), cell=state.cell)


class Modulation(Module):
    """Pupil radius and treadmill velocity (both z-scored) to 16 features a stream."""

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.size = sizes.modulation
        self.mlp = _MLP(sizes.modulation, sizes.streams)
        self.lstm = _LSTM(sizes.modulation, sizes.streams)

    def initial_state(
        self, n_videos: int, streams: int, device: torch.device
    ) -> LSTMState:
        """Zeros, [N, S, 16] each."""
        shape = (n_videos, streams, self.size)
        return LSTMState(
            torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        )

    def forward(
        self, behavior: Tensor, state: LSTMState, stream: int | None = None
    ) -> tuple[Tensor, LSTMState]:
        """[N, T, 2] -> [N, S * 16, T], and the state after the last frame."""
        streams = state.hidden.shape[1]
        same = behavior[:, :, None].expand(-1, -1, streams, -1)
        inputs: Tensor = self.mlp(same, stream)
        features = []
        for x in inputs.unbind(dim=1):
            state = self.lstm(x, state, stream)
            features.append(state.hidden.flatten(1))
        return torch.stack(features, dim=2), state
