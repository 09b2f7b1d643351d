"""Adam in the form of Keras, on one vector that holds all weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_nnpoisson.network.layers import POSITIVE, Sizes, names

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

Floats = NDArray[np.floating[Any]]


class FlatArrays:
    """Arrays like the weights of a network, as views of one vector.

    Attributes
    ----------
    vector : array [P]
    parts : dict of str to array
        Views of the vector.
    """

    def __init__(self, sizes: Sizes, dtype: str) -> None:
        shapes = {name: sizes.shape(name) for name in names()}
        self.vector = np.zeros(sum(math.prod(s) for s in shapes.values()), dtype)
        self.parts: dict[str, Floats] = {}
        start = 0
        for name, shape in shapes.items():
            stop = start + math.prod(shape)
            self.parts[name] = self.vector[start:stop].reshape(shape)
            start = stop

    def take(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Set all arrays."""
        for name, part in self.parts.items():
            part[...] = values[name]

    def copy(self) -> dict[str, Floats]:
        """A copy of the arrays by name."""
        return {name: part.copy() for name, part in self.parts.items()}

    def lowest(self) -> Floats:
        """A vector of what each entry of weights may be at least: zero or anything."""
        found = np.full_like(self.vector, -math.inf)
        start = 0
        for name, part in self.parts.items():
            if name in POSITIVE:
                found[start : start + part.size] = 0
            start += part.size
        return found


class KerasAdam:
    """``w -= lr sqrt(1 - b2^k) / (1 - b1^k) m / (sqrt(v) + 1e-7)``, then clamped.

    The Adam of torch divides `v` by its correction first, so its small constant weighs
    more in early steps.

    Parameters
    ----------
    weights : FlatArrays
        Changed in place; kernels that may not be negative are set to zero where they are.
    lr : float
    """

    def __init__(self, weights: FlatArrays, lr: float) -> None:
        self._vector = weights.vector
        self._lowest = weights.lowest()
        self._lr = lr
        self._mean = np.zeros_like(self._vector)
        self._square = np.zeros_like(self._vector)
        self._k = 0

    def step(self, gradient: Floats) -> None:
        """One step along a gradient [P]."""
        self._k += 1
        self._mean += (1 - BETA_1) * (gradient - self._mean)
        self._square += (1 - BETA_2) * (gradient * gradient - self._square)
        corrected = self._lr * math.sqrt(1 - BETA_2**self._k) / (1 - BETA_1**self._k)
        self._vector -= corrected * self._mean / (np.sqrt(self._square) + EPSILON)
        np.maximum(self._vector, self._lowest, out=self._vector)

    def state(self) -> dict[str, Any]:
        """Both moments and the number of steps, as copies."""
        return {
            "mean": self._mean.copy(),
            "square": self._square.copy(),
            "steps": self._k,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""
        self._mean[...] = state["mean"]
        self._square[...] = state["square"]
        self._k = int(state["steps"])
