"""Readout: every unit looks at one point of the core's maps.

Shapes: N videos, T frames, U units, S streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from insilico_wang2025.network.module import Module
from insilico_wang2025.sizes import PUBLISHED, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable


def response(log_response: Tensor) -> Tensor:
    """Predicted response, the rate of a Poisson distribution."""
    return torch.exp(log_response)


def poisson_loss(log_response: Tensor, target: Tensor) -> Tensor:
    """Negative Poisson log likelihood, without the term that only has the target."""
    return torch.exp(log_response) - log_response * target


class Mean(Module):
    """Takes the responses of streams together: their mean over the last axis."""

    def forward(self, log_responses: Tensor) -> Tensor:
        """[..., S] -> [...]."""
        return log_responses.mean(-1)


class Poisson(Module):
    """From log responses to rates of Poisson distributions, and their loss."""

    def forward(self, log_response: Tensor) -> Tensor:
        """See :func:`response`."""
        return response(log_response)

    def loss(self, log_response: Tensor, target: Tensor) -> Tensor:
        """See :func:`poisson_loss`."""
        return poisson_loss(log_response, target)


class Position(Module):
    """Distribution of each unit's position on the maps, before ``tanh``."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.zeros(units, 2))
        self.sigma = nn.Parameter(0.4 * torch.eye(2).repeat(units, 1, 1))

    def mean(self) -> Tensor:
        """Mean position [U, 2]: x along the width, y *down* the height, -1..1."""
        return torch.tanh(self.mu)

    def drawn(self, deviates: Tensor) -> Tensor:
        """Positions [N, U, 2] in training, by deviates of unit variance [N, U, 2]."""
        moved = (self.sigma @ deviates[..., None])[..., 0]
        return torch.tanh(self.mu + moved)


class Feature(Module):
    """Weights of the map channels, one set a stream."""

    def __init__(self, units: int, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.weights = nn.ParameterList(
            nn.Parameter(torch.zeros(units, 1, sizes.map_channels))
            for _ in range(sizes.streams)
        )


class Looks(NamedTuple):
    """What units read: where on the map, and with which channel weights.

    Attributes
    ----------
    pixels, shares : Tensor, [u, 4]
        See :func:`interpolation`.
    features : Tensor, [u, S * 128]
        Divided by S: a mean over streams of per-stream products is one product.
    bias : Tensor, [u]
    """

    pixels: Tensor
    shares: Tensor
    features: Tensor
    bias: Tensor


class Readout(Module):
    """Interpolates the maps at each unit's position and weights the channels."""

    def __init__(self, units: int, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.map_shape = sizes.map_shape
        self.position = Position(units)
        self.feature = Feature(units, sizes)
        self.biases = nn.ParameterList(
            nn.Parameter(torch.zeros(units, 1)) for _ in range(sizes.streams)
        )
        self._folded: Looks | None = None

    def fold(self) -> None:
        """Compute once what all units read; do it after loading and moving."""
        with torch.no_grad():
            self._folded = None
            self._folded = self.looks()

    def forward(
        self, maps: Tensor, units: Tensor | None = None, stream: int | None = None
    ) -> Tensor:
        """Log response: of one stream, or the mean over all streams.

        Parameters
        ----------
        maps : Tensor, [N, S * 128, T, 16, 24]
        units : int64 Tensor, [u] or None
            Which units, in this order; None = all.

        Returns
        -------
        Tensor, [N, T, u]
        """
        looks = self.looks(stream)
        if units is not None:
            looks = Looks(*(part[units] for part in looks))
        n_videos, _, n_frames = maps.shape[:3]
        frames = maps.permute(0, 2, 3, 4, 1).flatten(2, 3).flatten(0, 1)
        logs = [
            (_weighted_rows(frame, looks.pixels, looks.shares) * looks.features).sum(1)
            for frame in frames.contiguous()
        ]
        return torch.stack(logs).view(n_videos, n_frames, -1) + looks.bias

    def at(self, maps: Tensor, position: Tensor, stream: int | None = None) -> Tensor:
        """Log responses [N, T, U] of all units at positions [N, U, 2], for training."""
        looks = self.looks(stream)
        logs = []
        for video, where in zip(maps, position, strict=True):
            pixels, shares = interpolation(where, self.map_shape)
            rows = video.permute(2, 3, 1, 0).flatten(0, 1)  # [pixels, T, channels]
            seen = _weighted_rows(rows.flatten(1), pixels, shares)  # [U, T * channels]
            seen = seen.view(len(pixels), rows.shape[1], rows.shape[2])
            logs.append((seen @ looks.features[:, :, None])[..., 0].T)
        return torch.stack(logs) + looks.bias

    def looks(self, stream: int | None = None) -> Looks:
        """What all units read: of one stream, or of all."""
        if self._folded is not None and stream is None:
            return self._folded
        streams = range(len(self.biases)) if stream is None else (stream,)
        features = torch.cat([self.feature.weights[s][:, 0] for s in streams], dim=1)
        bias = torch.cat([self.biases[s] for s in streams], dim=1).mean(1)
        where = interpolation(self.position.mean(), self.map_shape)
        return Looks(*where, features / len(streams), bias)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        self._folded = None
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self


def interpolation(
    position: Tensor, map_shape: tuple[int, int] = PUBLISHED.map_shape
) -> tuple[Tensor, Tensor]:
    """Pixels and shares of a bilinear sample, clamped at the border.

    Parameters
    ----------
    position : Tensor, [U, 2]
        x and y; -1 and 1 are the outer edges of the first and last pixel.
    map_shape : (int, int)
        Height and width of the map.

    Returns
    -------
    pixels : int64 Tensor, [U, 4]
        Index into the pixels of the map, row by row.
    shares : Tensor, [U, 4]
        They sum to 1.
    """
    height, width = map_shape
    x = (((position[:, 0] + 1) * width - 1) / 2).clamp(0, width - 1)
    y = (((position[:, 1] + 1) * height - 1) / 2).clamp(0, height - 1)
    left, top = x.floor(), y.floor()
    dx, dy = x - left, y - top
    # a position that is not a number must show in the shares, not end the program
    x0, y0 = left.nan_to_num().long(), top.nan_to_num().long()
    x1, y1 = (x0 + 1).clamp(max=width - 1), (y0 + 1).clamp(max=height - 1)
    pixels = torch.stack(
        [y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1], 1
    )
    shares = torch.stack(
        [(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx], 1
    )
    return pixels, shares


def _weighted_rows(rows: Tensor, index: Tensor, share: Tensor) -> Tensor:
    """Sum over k of ``share[u, k] * rows[index[u, k]]``, [U, channels]."""
    return functional.embedding_bag(index, rows, per_sample_weights=share, mode="sum")
