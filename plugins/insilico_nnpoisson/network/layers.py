"""The eleven layers with weights: sizes, what is not negative, and first values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import WeightsError, quoted

Weights = Mapping[str, NDArray[Any]]
"""Arrays by name, such as ``"neuro0.kernel"`` [in, out] and ``"neuro0.bias"`` [out]."""


@dataclass(frozen=True)
class Layer:
    """A dense layer ``x K + b``.

    Attributes
    ----------
    inputs, outputs : str
        Sizes: ``D`` stimulus columns, ``H`` hidden units, ``R`` regions, or ``1``.
    bias : bool
    positive : bool
        Whether the kernel is kept from being negative, so that counts rise in time.
    """

    inputs: str
    outputs: str
    bias: bool = True
    positive: bool = False


LAYERS = {
    "neuro0": Layer("D", "H"),
    "neuro1": Layer("H", "H"),
    "neuro2": Layer("H", "H"),
    "neuro3": Layer("1", "H", bias=False, positive=True),
    "neuro4": Layer("H", "H", positive=True),
    "neuro5": Layer("1", "H"),
    "neuro6": Layer("H", "R", positive=True),
    "beh0": Layer("R", "H", positive=True),
    "beh1": Layer("H", "1", positive=True),
    "beh2": Layer("R", "H", positive=True),
    "beh3": Layer("H", "1", positive=True),
}

POSITIVE = tuple(f"{name}.kernel" for name, layer in LAYERS.items() if layer.positive)
"""Kernels on the way from time to an output: none of them is negative."""

MAX_SIZE = 10_000
"""Of D, H and R; larger claims are not believed."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network.

    Attributes
    ----------
    stimulus : int
        D, columns of the stimulus.
    hidden : int
        H, width of all hidden layers.
    regions : int
        R.
    """

    stimulus: int
    hidden: int
    regions: int

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array ``"<layer>.kernel"`` or ``"<layer>.bias"``."""
        layer, kind = name.split(".")
        known = {"D": self.stimulus, "H": self.hidden, "R": self.regions, "1": 1}
        outputs = known[LAYERS[layer].outputs]
        return (outputs,) if kind == "bias" else (known[LAYERS[layer].inputs], outputs)


def names() -> list[str]:
    """Names of all arrays."""
    found = []
    for name, layer in LAYERS.items():
        found.append(f"{name}.kernel")
        if layer.bias:
            found.append(f"{name}.bias")
    return found


def check_weights(weights: Weights, what: str) -> Sizes:
    """Sizes of a network, read from the shapes of its kernels.

    Raises
    ------
    WeightsError
        If an array is missing, of another shape, not finite, or negative where it may not
        be.
    """
    for name in names():
        if name not in weights:
            raise WeightsError(
                f"{what} has no {name}, so it is no model of this kind; get it again."
            )
        if weights[name].dtype.kind != "f":
            raise WeightsError(
                f"{what} has {name} of type {quoted(weights[name].dtype, '')}, where "
                "numbers with fractions are expected; get it again."
            )
    first, last = weights["neuro0.kernel"], weights["neuro6.kernel"]
    if first.ndim != 2 or last.ndim != 2:
        raise WeightsError(f"{what} has kernels that are no matrices; get it again.")
    sizes = Sizes(first.shape[0], first.shape[1], last.shape[1])
    if not all(0 < n <= MAX_SIZE for n in (*first.shape, last.shape[1])):
        raise WeightsError(
            f"{what} has {first.shape[0]} stimulus columns, {first.shape[1]} hidden "
            f"units and {last.shape[1]} regions, which is no size of a model; get it "
            "again."
        )
    for name in names():
        array, shape = weights[name], sizes.shape(name)
        if array.shape != shape:
            raise WeightsError(
                f"{what} has {name} of shape {list(array.shape)}, and {list(shape)} fits "
                "its other layers; get it again."
            )
        if not np.isfinite(array).all():
            raise WeightsError(
                f"{what} has values in {name} that are not finite: its training failed; "
                "use an earlier model."
            )
        if name in POSITIVE and (array < 0).any():
            raise WeightsError(
                f"{what} has negative values in {name}, so its counts would fall in "
                "time; it was not trained by this model's rules."
            )
    return sizes


def initial_weights(sizes: Sizes, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    """First values of a network, before training.

    Glorot normal for ``neuro0`` to ``neuro2`` (cut at two standard deviations), absolute
    Glorot uniform for the others, biases uniform in +-0.05, that of ``neuro5`` zero; in
    the order of :func:`names` from one generator. Published values come from the
    generator of another framework and cannot be drawn again.
    """
    generator = np.random.default_rng(seed)
    found = {}
    for name in names():
        layer, kind = name.split(".")
        shape = sizes.shape(name)
        if kind == "bias":
            bias = generator.uniform(-0.05, 0.05, shape)
            found[name] = np.zeros(shape) if layer == "neuro5" else bias
        elif layer in ("neuro0", "neuro1", "neuro2"):
            # 0.8796 is the standard deviation of a normal that is cut at two of them
            width = np.sqrt(2 / sum(shape)) / 0.87962566103423978
            found[name] = width * _cut_normal(generator, shape)
        else:
            limit = np.sqrt(6 / sum(shape))
            found[name] = np.abs(generator.uniform(-limit, limit, shape))
    return found


def _cut_normal(
    generator: np.random.Generator, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Standard normal values within +-2, [shape]."""
    values = generator.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    return values
