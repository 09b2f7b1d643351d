"""Modulation of the engine: the LSTM of behaviour, for all frames of a chunk first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from insilico_wang2025.engine.folded import bias_of, weight_of
from insilico_wang2025.engine.graphs import replays_on
from insilico_wang2025.network.layers import GELU_GAIN, STREAMS
from insilico_wang2025.network.modulation import MODULATION_FEATURES, LSTMState

if TYPE_CHECKING:
    from insilico_wang2025.engine.graphs import State
    from insilico_wang2025.network.modulation import Modulation as PlainModulation


class Modulation:
    """Same function as the plain module, with the four gates as one map."""

    def __init__(self, plain: PlainModulation) -> None:
        size = MODULATION_FEATURES
        mlp, cell = plain.mlp.linears[0], plain.lstm
        self._mlp = weight_of(mlp).flatten(1), bias_of(mlp)
        gates = (cell.proj_i, cell.proj_f, cell.proj_o, cell.proj_g)
        weights = [weight_of(gate).view(STREAMS, size, 2 * size) for gate in gates]
        biases = [bias_of(gate).view(STREAMS, size) for gate in gates]
        maps = torch.cat(weights, dim=1)
        self._input = (maps[..., :size] * GELU_GAIN).mT.contiguous()
        self._hidden = maps[..., size:].mT.contiguous()
        self._bias = torch.cat(biases, dim=1)[:, None]
        self._replays = replays_on(self._bias.device)

    def initial_state(self, n_videos: int, device: torch.device) -> LSTMState:
        """Zeros, [S, N, 16] each."""
        shape = (STREAMS, n_videos, MODULATION_FEATURES)
        return LSTMState(
            torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        )

    def __call__(self, behavior: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]:
        """[N, T, 2] -> [N, T, S, 16]."""
        n, frames, _ = behavior.shape
        x = functional.gelu(functional.linear(behavior.transpose(0, 1), *self._mlp))
        x = x.view(frames * n, STREAMS, -1).transpose(0, 1)
        drive = torch.baddbmm(self._bias, x, self._input).view(STREAMS, frames, n, -1)
        if self._replays is not None:
            features, after = self._replays(
                lambda: self._step, drive.transpose(0, 1), tuple(state)
            )
        else:
            after, hidden = tuple(state), []
            for t in range(frames):
                after = self._step(drive[:, t], after)
                hidden.append(after[0])
            features = torch.stack(hidden)
        return features.permute(2, 0, 1, 3), LSTMState(*after)

    def _step(self, drive: Tensor, state: State) -> State:
        """One frame; `drive` is what the gates get from the input, [S, N, 64]."""
        hidden, cell = state
        size = MODULATION_FEATURES
        gates = torch.baddbmm(drive, hidden, self._hidden)
        i, f, o = torch.sigmoid(gates[..., : 3 * size]).chunk(3, dim=-1)
        cell = torch.addcmul(f * cell, i, torch.tanh(gates[..., 3 * size :]))
        return o * torch.tanh(cell), cell

    def forget(self) -> None:
        """Give back the memory of what is kept for several videos."""
        if self._replays is not None:
            self._replays.forget()
