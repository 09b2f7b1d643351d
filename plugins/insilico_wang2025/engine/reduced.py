"""Large products in bf16 or fp16, for speed; all else stays in float32.

States, norms, nonlinearities, the sums of Winograd's algorithm and the readout are
float32 as ever, so states can be handed from an engine in one precision to one in
another. Factors and results of products are rounded, their sums are made in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from insilico_wang2025.engine.recurrent import ALL_GROUPS, OWN, PIXELS, SEEN, Recurrent
from insilico_wang2025.network.modulation import LSTMState
from insilico_wang2025.network.recurrent import MAP_SHAPE

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.engine.recurrent import _Weights
    from insilico_wang2025.network.recurrent import Recurrent as PlainRecurrent


def recurrent(plain: PlainRecurrent, dtype: torch.dtype) -> Recurrent:
    """The recurrent part with products in this type, which may be float32."""
    if dtype == torch.float32:
        return Recurrent(plain)
    return ReducedRecurrent(plain, dtype)


class ReducedRecurrent(Recurrent):
    """The recurrent part with products in a shorter type.

    Parameters
    ----------
    plain : Recurrent
        The plain module.
    dtype : torch.dtype
        ``torch.bfloat16`` or ``torch.float16``.
    """

    def __init__(self, plain: PlainRecurrent, dtype: torch.dtype) -> None:
        super().__init__(plain)
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
        self._dtype = dtype

    def __call__(
        self, maps: Tensor, modulation: Tensor, state: LSTMState
    ) -> tuple[Tensor, LSTMState]:
        """See :meth:`Recurrent.__call__`; what comes in and goes out is float32."""
        out, state = super().__call__(
            maps.to(self._dtype), modulation.to(self._dtype), state
        )
        return out.float(), state

    def _step(
        self,
        drive: Tensor,
        state: LSTMState,
        weights: _Weights,
        seen: Tensor,
        score: Tensor,
    ) -> LSTMState:
        hidden, cell = state
        rounded = hidden.to(self._dtype)
        x = drive.baddbmm_(weights.between, rounded.view(drive.shape)).float()
        x = x.sigmoid_().view(hidden.shape)
        seen[:, :OWN] = torch.add(self._minus_one, x, alpha=2)
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
        both = torch.bmm(weights.query_key, common).float().view(-1, 2, SEEN, PIXELS)
        both *= both.square().sum(dim=2, keepdim=True).rsqrt_()
        both[:, 0] *= weights.scale
        query, key = both.to(self._dtype).unbind(1)
        return self._average(query, key, common, score)
