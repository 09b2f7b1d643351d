"""Reading the applied weights of the plain layers, all streams together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import Tensor, nn

    from insilico_wang2025.network.layers import StreamWeights


def weight_of(layer: nn.Module) -> Tensor:
    """Weight of all streams as it is applied, [S * out, in / groups, kt, kh, kw]."""
    return cast("StreamWeights", layer).applied(None)[0]


def bias_of(layer: nn.Module) -> Tensor:
    """Bias of all streams, [S * out]; the layer must have one."""
    return cast("Tensor", cast("StreamWeights", layer).applied(None)[1])
