"""Reading the applied weights of the plain layers, stream by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from insilico_wang2025.network.layers import STREAMS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from insilico_wang2025.network.layers import StreamWeights

ALL = range(STREAMS)


def weight_of(layer: nn.Module, streams: range = ALL) -> Tensor:
    """Weight as it is applied, [S * out, in / groups, kt, kh, kw]."""
    plain = cast("StreamWeights", layer)
    return torch.cat([plain.applied(stream)[0] for stream in streams])


def bias_of(layer: nn.Module, streams: range = ALL) -> Tensor:
    """Bias, [S * out]; the layer must have one."""
    plain = cast("StreamWeights", layer)
    return torch.cat([cast("Tensor", plain.applied(stream)[1]) for stream in streams])
