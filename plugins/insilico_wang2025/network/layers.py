"""Layers with one set of normalised weights per stream, computed side by side.

The network runs four *streams* of the same architecture. A layer keeps the weights of
every stream as parameters of their own (``weights.0`` .. ``weights.3``) and works on
all streams at once: channels are laid out stream by stream, and within a stream group
by group, so that "all groups of all streams" is one grouped operation.

Shapes: N videos, T frames, S streams, G groups per stream, C channels per group.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from insilico_wang2025.network.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STREAMS = 4
EPS = 1e-5  # keeps the normalisation of a constant weight finite
GELU_GAIN = 1.7015043497085571  # output of unit variance for a unit normal input


def scaled_gelu(x: Tensor) -> Tensor:
    """Exact (erf) GELU times :data:`GELU_GAIN`."""
    return functional.gelu(x) * GELU_GAIN


def concatenate_groups(parts: Sequence[Tensor], groups: int) -> Tensor:
    """Concatenate channels group by group.

    Parameters
    ----------
    parts : tensors, [N, groups * C_i, ...]
    groups : int
        Number of groups of all streams together.

    Returns
    -------
    Tensor, [N, groups * sum(C_i), ...]
        Block g holds block g of every part, in the order of `parts`.
    """
    blocks = [part.view(len(part), groups, -1, *part.shape[2:]) for part in parts]
    return torch.cat(blocks, dim=2).flatten(1, 2)


def normalize_weight(weight: Tensor, gain: Tensor | None, dims: list[int]) -> Tensor:
    """Subtract the mean over `dims` and divide by the root of the summed variance.

    Parameters
    ----------
    weight : Tensor
    gain : Tensor or None
        Factor that broadcasts against `weight`.
    dims : list of int
        Dimensions that together are the inputs of one output.

    Returns
    -------
    Tensor
        Of the shape of `weight`, times `gain`.
    """
    fan = math.prod(weight.shape[dim] for dim in dims)
    variance, mean = torch.var_mean(weight, dims, correction=0, keepdim=True)
    weight = (weight - mean) * torch.rsqrt(variance * fan + EPS)
    return weight if gain is None else weight * gain


class StreamWeights(Module):
    """The parameters of one linear operation, once per stream.

    Parameters
    ----------
    shape : 5 int
        Shape of one stream's weight: out, in per group, time, height, width.
    streams : int
        Number of streams.
    blocks : int
        Gains and biases are stored as ``[blocks, out / blocks]``.
    normalized : bool
        Whether :func:`normalize_weight` applies.
    gain, bias : bool
        Whether there are such parameters.
    """

    def __init__(
        self,
        shape: tuple[int, int, int, int, int],
        *,
        streams: int = STREAMS,
        blocks: int = 1,
        normalized: bool = True,
        gain: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        out = shape[0]
        self.normalized = normalized
        self.out_channels = out
        self.weights = _parameters(streams, shape)
        self.gains = _parameters(streams if gain else 0, (blocks, out // blocks))
        self.biases = _parameters(streams if bias else 0, (blocks, out // blocks))
        self._folded: tuple[Tensor, Tensor | None] | None = None
        self._held: dict[int | None, tuple[Tensor, Tensor | None]] | None = None

    def stream_weight(self, stream: int) -> Tensor:
        """Weight of one stream as it is applied, [out, in / G, kt, kh, kw]."""
        weight: Tensor = self.weights[stream]
        if not self.normalized:
            return weight
        gain = self.gains[stream].view(-1, 1, 1, 1, 1) if len(self.gains) else None
        return normalize_weight(weight, gain, [1, 2, 3, 4])

    def fold(self) -> None:
        """Compute the applied weights once; do it after loading and moving.

        From then on the parameters themselves are not looked at, so gradients do not
        reach them. Moving the module unfolds it.
        """
        self._folded = None
        with torch.no_grad():
            self._folded = self.applied(None)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Compute the applied weights once while in here; gradients reach parameters."""
        self._held = {}
        try:
            yield
        finally:
            self._held = None

    def applied(self, stream: int | None) -> tuple[Tensor, Tensor | None]:
        """Weight [S * out, in / G, kt, kh, kw] and bias [S * out], or one stream's."""
        if self._held is None:
            return self._compute(stream)
        if stream not in self._held:
            self._held[stream] = self._compute(stream)
        return self._held[stream]

    def _compute(self, stream: int | None) -> tuple[Tensor, Tensor | None]:
        if self._folded is not None:
            weight, bias = self._folded
            if stream is None:
                return weight, bias
            rows = slice(stream * self.out_channels, (stream + 1) * self.out_channels)
            return weight[rows], None if bias is None else bias[rows]
        streams = range(len(self.weights)) if stream is None else (stream,)
        weight = torch.cat([self.stream_weight(s) for s in streams])
        if not len(self.biases):
            return weight, None
        return weight, torch.cat([self.biases[s].flatten() for s in streams])

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        self._folded = None
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self


class StreamConv(StreamWeights):
    """Spatial, or causal spatio-temporal, convolution of every stream.

    Parameters
    ----------
    in_channels, out_channels : int
        Per stream.
    kernel : (int, int, int)
        Time, height, width. In time nothing is padded: a kernel of three frames turns
        T + 2 input frames into T outputs, each seeing its own frame and the two before.
    groups : int
        Groups per stream.
    stride : int
        In space.
    shared_input : bool
        All streams see the same `in_channels` channels.
    replicate : bool
        Pad with the edge pixels instead of zeros.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, int, int] = (1, 1, 1),
        *,
        groups: int = 1,
        blocks: int | None = None,
        stride: int = 1,
        shared_input: bool = False,
        replicate: bool = False,
        streams: int = STREAMS,
        normalized: bool = True,
        gain: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(
            (out_channels, in_channels // groups, *kernel),
            streams=streams,
            blocks=groups if blocks is None else blocks,
            normalized=normalized,
            gain=gain,
            bias=bias,
        )
        self.groups = groups
        self.stride = stride
        self.shared_input = shared_input
        self.replicate = replicate
        self.pointwise = kernel == (1, 1, 1)
        self.padding = (kernel[-1] - stride) // 2

    def forward(self, x: Tensor, stream: int | None = None) -> Tensor:
        """[N, S * in, T, H, W] (S = 1 for one stream or a shared input) -> S * out."""
        weight, bias = self.applied(stream)
        groups = 1 if self.shared_input else len(weight) // self.out_channels
        groups *= self.groups
        if self.pointwise:
            return _pointwise(x, weight, bias, groups)
        space = (0, self.padding, self.padding)
        if self.replicate:
            x = functional.pad(x, (self.padding,) * 4 + (0, 0), mode="replicate")
            space = (0, 0, 0)
        stride = (1, self.stride, self.stride)
        return functional.conv3d(x, weight, bias, stride, space, groups=groups)


class StreamLinear(StreamWeights):
    """Linear map of every stream on [..., S, in], giving [..., S, out]."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        streams: int = STREAMS,
        normalized: bool = True,
    ) -> None:
        super().__init__(
            (out_features, in_features, 1, 1, 1),
            streams=streams,
            normalized=normalized,
            gain=normalized,
        )

    def forward(self, x: Tensor, stream: int | None = None) -> Tensor:
        """One vector per stream; with `stream` only that stream's (S = 1)."""
        weight, bias = self.applied(stream)
        weight = weight.view(-1, self.out_channels, weight.shape[1])
        y = torch.einsum("soi,...si->...so", weight, x)
        return y if bias is None else y + bias.view(-1, self.out_channels)


def _parameters(n: int, shape: tuple[int, ...]) -> nn.ParameterList:
    return nn.ParameterList(nn.Parameter(torch.zeros(shape)) for _ in range(n))


def _pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    # As a batched matrix product, which is up to eight times as fast on a CPU as a
    # grouped convolution with a kernel of one pixel.
    space = x.shape[2:]
    blocks = x.reshape(len(x), groups, -1, space.numel())
    matrices = weight.view(groups, -1, weight.shape[1])
    y = matrices @ blocks
    if bias is not None:
        y = y + bias.view(groups, -1, 1)
    return y.reshape(len(x), -1, *space)
