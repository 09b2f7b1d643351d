"""Adam in the form of Keras, on one vector that holds all weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from insilico_nnpoisson.network.layers import POSITIVE, Sizes, names

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


class FlatWeights:
    """All weights of a network as one vector, so that a step is a few operations.

    Parameters
    ----------
    weights : mapping of str to array
    sizes : Sizes
    dtype : torch.dtype

    Attributes
    ----------
    vector : Tensor [P]
        Requires gradients.
    """

    def __init__(
        self, weights: Mapping[str, NDArray[Any]], sizes: Sizes, dtype: torch.dtype
    ) -> None:
        self._shapes = {name: sizes.shape(name) for name in names()}
        self._lengths = [math.prod(shape) for shape in self._shapes.values()]
        self.vector = torch.empty(sum(self._lengths), dtype=dtype)
        self.take(weights)
        self.vector.requires_grad_(True)
        lowest = [
            torch.full((length,), 0.0 if name in POSITIVE else -math.inf, dtype=dtype)
            for name, length in zip(self._shapes, self._lengths, strict=True)
        ]
        self._lowest = torch.cat(lowest)

    def take(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Set all weights."""
        flat = np.concatenate([np.ravel(weights[name]) for name in self._shapes])
        with torch.no_grad():
            self.vector.copy_(torch.as_tensor(flat))

    def parts(self) -> dict[str, Tensor]:
        """The arrays by name: views of the vector that gradients flow through."""
        pieces = torch.split(self.vector, self._lengths)
        return {
            name: piece.reshape(shape)
            for (name, shape), piece in zip(self._shapes.items(), pieces, strict=True)
        }

    def arrays(self, vector: Tensor | None = None) -> dict[str, NDArray[Any]]:
        """A copy of the arrays by name, or of a vector like this one."""
        given = self.vector if vector is None else vector
        pieces = torch.split(given.detach(), self._lengths)
        return {
            name: piece.reshape(shape).numpy().copy()
            for (name, shape), piece in zip(self._shapes.items(), pieces, strict=True)
        }

    @torch.no_grad()
    def clamp(self) -> None:
        """Set negative entries of kernels that may not have any to zero."""
        torch.maximum(self.vector, self._lowest, out=self.vector.data)


class KerasAdam:
    """``w -= lr sqrt(1 - b2^k) / (1 - b1^k) m / (sqrt(v) + 1e-7)``.

    The Adam of torch divides `v` by its correction first, so its small constant weighs
    more in early steps.
    """

    def __init__(self, vector: Tensor, lr: float) -> None:
        self._vector = vector
        self._lr = lr
        self._mean = torch.zeros_like(vector, requires_grad=False)
        self._square = torch.zeros_like(vector, requires_grad=False)
        self._k = 0

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """One step along a gradient [P]."""
        self._k += 1
        self._mean.lerp_(gradient, 1 - BETA_1)
        self._square.mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        corrected = self._lr * math.sqrt(1 - BETA_2**self._k) / (1 - BETA_1**self._k)
        divisor = self._square.sqrt().add_(EPSILON)
        self._vector.addcdiv_(self._mean, divisor, value=-corrected)

    def state(self) -> dict[str, Any]:
        """Both moments and the number of steps, as copies."""
        return {
            "mean": self._mean.numpy().copy(),
            "square": self._square.numpy().copy(),
            "steps": self._k,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""
        self._mean.copy_(torch.as_tensor(state["mean"]))
        self._square.copy_(torch.as_tensor(state["square"]))
        self._k = int(state["steps"])
