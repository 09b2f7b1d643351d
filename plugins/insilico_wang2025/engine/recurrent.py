"""Recurrent part of the engine: feature maps to the maps that are read out.

The same function as :class:`insilico_wang2025.network.recurrent.Recurrent`, rearranged:

- The value map of the attention is part of the gates' maps: both are linear, so the
  attention averages its input itself.
- tanh(a) is computed as 2 sigmoid(2 a) - 1, which is several times as fast in torch;
  the inner factor is part of the weights. Its rounding error is that of a number near
  one, about 1e-7.
- What does not need the previous frame is computed for all frames of a chunk at once.
- On CUDA the rest, the step of a frame, is a graph that is replayed.
- Products may be made in bf16 or fp16 (:meth:`Recurrent.multiply_in`): their factors and
  results are rounded, their sums made in float32. State, norms and the gates'
  nonlinearities are float32 as ever; of what is float32 already, casts do nothing.

Of a frame, maps are [groups, channels, pixels]; groups are those of all streams, and of
all videos one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from insilico_wang2025.engine.folded import bias_of, weight_of
from insilico_wang2025.engine.graphs import replays_on
from insilico_wang2025.network.layers import STREAMS
from insilico_wang2025.network.modulation import LSTMState
from insilico_wang2025.network.recurrent import (
    COMMON,
    GROUPS,
    HIDDEN,
    MAP_CHANNELS,
    MAP_SHAPE,
)

if TYPE_CHECKING:
    from torch import nn

    from insilico_wang2025.engine.graphs import Replays, State, Step
    from insilico_wang2025.network.recurrent import Recurrent as PlainRecurrent

PIXELS = MAP_SHAPE[0] * MAP_SHAPE[1]
ALL_GROUPS = STREAMS * GROUPS
OWN = HIDDEN // GROUPS  # channels of a group: of the hidden state
SEEN = COMMON // GROUPS  # and of what the attention sees

#: Groups whose attention is computed at once: their weights stay in the cache.
ATTENDED_AT_ONCE = 8


class _Weights(NamedTuple):
    """Repeated for every video: batched products take one matrix for each item."""

    between: Tensor  # [N * S, 256, 256]
    query_key: Tensor  # [N * S * G, 128, 64]
    gates: Tensor  # [N * S * G, 128, 64], of the common maps
    gates_attended: Tensor  # [N * S * G, 128, 64], of what the attention returns
    gate_bias: Tensor  # [N * S * G, 128, 1]
    scale: Tensor  # [N * S * G, 64, 1]


class Recurrent:
    """Weights of the plain module, rearranged."""

    def __init__(self, plain: PlainRecurrent) -> None:
        between, drive, modulated = (
            2 * weight_of(part).view(STREAMS, HIDDEN, -1) for part in plain.proj_x
        )
        self._drive = drive
        self._drive_bias = 2 * bias_of(plain.proj_x[1]).view(STREAMS, HIDDEN)
        self._modulated = modulated
        self._conv = weight_of(plain.conv)[:, :, 0].contiguous()

        def grouped(layer: nn.Module) -> Tensor:
            weight = weight_of(layer)
            return weight.view(ALL_GROUPS, -1, weight.shape[1])

        gates = [plain.proj_i, plain.proj_f, plain.proj_o, plain.proj_g]
        weight = torch.cat([grouped(gate) for gate in gates], dim=1)
        bias = torch.cat([bias_of(gate).view(ALL_GROUPS, -1) for gate in gates], dim=1)
        weight[:, 3 * OWN :] *= 2
        bias[:, 3 * OWN :] *= 2
        value = grouped(plain.proj_v).double()
        attended = weight[..., SEEN:].double() @ value
        self._weights = _Weights(
            between,
            torch.cat([grouped(plain.proj_q), grouped(plain.proj_k)], dim=1),
            weight[..., :SEEN].contiguous(),
            attended.to(weight.dtype),
            bias[..., None],
            torch.cat([scale.detach() for scale in plain.scales])[..., None],
        )
        out = weight_of(plain.out).view(STREAMS, MAP_CHANNELS, HIDDEN)
        self._out = out.mT.contiguous()
        self._out_bias = bias_of(plain.out).view(STREAMS, 1, MAP_CHANNELS)
        self._minus_one = torch.tensor(-1.0, device=out.device)
        self._repeated = {1: self._weights}
        self._replays = replays_on(out.device)

    def multiply_in(self, dtype: torch.dtype) -> None:
        """Make products in this type from now on; before anything is run."""
        self._drive, self._drive_bias, self._modulated, self._conv = (
            part.to(dtype)
            for part in (self._drive, self._drive_bias, self._modulated, self._conv)
        )
        self._out, self._out_bias = self._out.to(dtype), self._out_bias.to(dtype)
        products = ("between", "query_key", "gates", "gates_attended")
        self._weights = self._weights._replace(
            **{name: getattr(self._weights, name).to(dtype) for name in products}
        )
        self._repeated = {1: self._weights}

    def initial_state(self, n_videos: int, device: torch.device) -> LSTMState:
        """Zeros, hidden and cell state [N * S * G, 32, 384]."""
        shape = (n_videos * ALL_GROUPS, OWN, PIXELS)
        return LSTMState(
            torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        )

    def __call__(
        self, maps: Tensor, modulation: Tensor, state: LSTMState
    ) -> tuple[Tensor, LSTMState]:
        """Run over the frames of a chunk.

        Parameters
        ----------
        maps : Tensor, [N, T, 16, 24, S * 128]
        modulation : Tensor, [N, T, S, 16]

        Returns
        -------
        Tensor, [384, N * T, S, 128]
            Pixel by pixel, for the readout.
        LSTMState
        """
        n, frames = maps.shape[:2]
        dtype = self._drive.dtype
        maps, modulation = maps.to(dtype), modulation.to(dtype)
        constant = torch.einsum("soi,ntsi->ntso", self._modulated, modulation)
        constant = (constant + self._drive_bias)[..., None]
        if self._replays is not None:
            return self._replayed(self._replays, maps, constant, state)
        weights = self._for_videos(n)
        pixels = maps.view(n, frames, PIXELS, STREAMS, MAP_CHANNELS)
        out = maps.new_empty(PIXELS, n, frames, STREAMS, MAP_CHANNELS)
        seen = maps.new_empty(n * ALL_GROUPS, 2 * OWN, PIXELS)
        score = maps.new_empty(ATTENDED_AT_ONCE, PIXELS, PIXELS)
        for t in range(frames):
            drive = maps.new_empty(n, STREAMS, HIDDEN, PIXELS)
            for k in range(n):
                torch.baddbmm(
                    constant[k, t],
                    self._drive,
                    pixels[k, t].permute(1, 2, 0),
                    out=drive[k],
                )
            state = self._step(drive.flatten(0, 1), state, weights, seen, score)
            self._read(state.hidden.view(n, STREAMS, HIDDEN, PIXELS), out[:, :, t])
        return out.flatten(1, 2).float(), state

    def _replayed(
        self, replays: Replays, maps: Tensor, constant: Tensor, state: LSTMState
    ) -> tuple[Tensor, LSTMState]:
        """The same with all that is not the step itself as single products.

        `constant` is [N, T, S, 256, 1].
        """
        n, frames = maps.shape[:2]
        pixels = maps.view(n, frames, PIXELS, STREAMS, MAP_CHANNELS)
        drive = torch.matmul(self._drive, pixels.permute(1, 0, 3, 4, 2))
        drive += constant.transpose(0, 1)
        hidden, after = replays(
            lambda: self._fixed_step(n), drive.flatten(1, 2), tuple(state)
        )
        hidden = hidden.view(frames, n, STREAMS, HIDDEN, PIXELS)
        hidden = hidden.to(self._out.dtype)
        read = torch.matmul(hidden.mT, self._out).add_(self._out_bias)
        read = read.permute(3, 1, 0, 2, 4).flatten(1, 2)
        return read.float(), LSTMState(*after)

    def _fixed_step(self, n: int) -> Step:
        """Step of `n` videos with its own memory to work in."""
        weights = self._for_videos(n)
        groups = n * ALL_GROUPS
        seen = self._out.new_empty(groups, 2 * OWN, PIXELS)
        score = self._out.new_empty(groups, PIXELS, PIXELS)

        def step(drive: Tensor, state: State) -> State:
            return self._step(drive, LSTMState(*state), weights, seen, score)

        return step

    def forget(self) -> None:
        """Give back the memory of what is kept for several videos."""
        self._repeated = {1: self._weights}
        if self._replays is not None:
            self._replays.forget()

    def _read(self, hidden: Tensor, out: Tensor) -> None:
        for k, maps in enumerate(hidden.to(self._out.dtype)):
            read = torch.baddbmm(self._out_bias, maps.mT, self._out)
            out[:, k] = read.transpose(0, 1)

    def _step(
        self,
        drive: Tensor,
        state: LSTMState,
        weights: _Weights,
        seen: Tensor,
        score: Tensor,
    ) -> LSTMState:
        """One frame; `seen` and `score` are memory to work in."""
        hidden, cell = state
        rounded = hidden.to(drive.dtype)
        x = drive.baddbmm_(weights.between, rounded.view(drive.shape)).float()
        x = x.sigmoid_().view(hidden.shape)
        torch.add(self._minus_one, x, alpha=2, out=seen[:, :OWN])
        seen[:, OWN:] = rounded
        maps = seen.view(-1, ALL_GROUPS * SEEN, *MAP_SHAPE)
        common = functional.conv2d(maps, self._conv, None, 1, 1, groups=ALL_GROUPS)
        common = common.view(-1, SEEN, PIXELS)
        gates = torch.bmm(weights.gates, common)
        gates.baddbmm_(weights.gates_attended, self._attend(common, weights, score))
        gates = gates.float().add_(weights.gate_bias).sigmoid_()
        i, f, o, g = gates.chunk(4, dim=1)
        cell = (f * cell).addcmul_(i, g, value=2).sub_(i)
        hidden = torch.add(self._minus_one, (2 * cell).sigmoid_(), alpha=2).mul_(o)
        return LSTMState(hidden, cell)

    def _attend(self, common: Tensor, weights: _Weights, score: Tensor) -> Tensor:
        """Average of the common maps under each pixel's attention."""
        both = torch.bmm(weights.query_key, common).float().view(-1, 2, SEEN, PIXELS)
        both *= both.square().sum(dim=2, keepdim=True).rsqrt_()
        both[:, 0] *= weights.scale
        query, key = both.to(common.dtype).unbind(1)
        out = torch.empty_like(common)
        at_once = len(score)
        for start in range(0, len(common), at_once):
            part = slice(start, start + at_once)
            torch.bmm(query[part].mT, key[part], out=score)
            torch.softmax(score, dim=-1, out=score)
            torch.bmm(common[part], score.mT, out=out[part])
        return out

    def _for_videos(self, n: int) -> _Weights:
        if n not in self._repeated:
            repeated = (part.repeat(n, 1, 1) for part in self._weights)
            self._repeated = {1: self._weights, n: _Weights(*repeated)}
        return self._repeated[n]
