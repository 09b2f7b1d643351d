"""Settings of a fit, by the names of the published program where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from insilico_gui.errors import FitError, quoted
from insilico_nnpoisson.network.layers import MAX_SIZE

BehaviourScale = Literal["reference", "none"]
Precision = Literal["32", "64"]

EPSILON = 1e-5
"""Added to intensities before the logarithm."""


@dataclass(frozen=True)
class Settings:
    """Settings of a fit.

    Attributes
    ----------
    stim_shape : (int,)
        Columns of the stimulus.
    n_regions : int
    time_limit : float
        Longest trial (s).
    iterations, episodes, n_batches : int
        Rounds; passes over all batches in a round; batches of each region.
    lr : float
    flt : {"32", "64"}
        Bits of a number.
    size_hidden : int
        Width of every hidden layer.
    beh_norm_factor : float
        The behaviour losses are divided by it.
    neuro_norm_factor : float
        The neural loss is divided by it.
    neuro_weight, beh_weight : float
        Of the losses in their sum.
    save_every : int
        Iterations from one saved model to the next.
    seed : int
    behaviour_scale : {"reference", "none"}
        Whether behaviour is seen in the scaled time of its trial, as published, or in
        seconds, which makes densities of response times out of intensities.
    """

    stim_shape: tuple[int, ...]
    n_regions: int
    time_limit: float
    iterations: int = 2000
    episodes: int = 10
    n_batches: int = 10
    lr: float = 1e-4
    flt: Precision = "32"
    size_hidden: int = 10
    beh_norm_factor: float = 200.0
    neuro_norm_factor: float = 0.0
    neuro_weight: float = 1.0
    beh_weight: float = 0.01
    save_every: int = 20
    seed: int = 0
    behaviour_scale: BehaviourScale = "reference"

    def __post_init__(self) -> None:
        if self.neuro_norm_factor == 0:
            object.__setattr__(self, "neuro_norm_factor", 200.0 * self.n_regions)
        for name in ("iterations", "episodes", "n_batches", "save_every"):
            _check(name, getattr(self, name), 1, 10_000_000)
        _check("size_hidden", self.size_hidden, 1, MAX_SIZE)
        _check("seed", self.seed, 0, 2**32 - 1)
        for name in ("lr", "beh_norm_factor", "neuro_norm_factor", "time_limit"):
            value = getattr(self, name)
            if not np.isfinite(value) or value <= 0:
                raise FitError(f"{name} is {value}; give a positive number.")
        for name in ("neuro_weight", "beh_weight"):
            value = getattr(self, name)
            if not np.isfinite(value) or value < 0:
                raise FitError(f"{name} is {value}; give 0 or a positive number.")
        for name, value, known in (
            ("flt", self.flt, ("32", "64")),
            ("behaviour_scale", self.behaviour_scale, ("reference", "none")),
        ):
            if value not in known:
                raise FitError(
                    f"{name} is {quoted(value)}; choose {' or '.join(known)}."
                )

    @property
    def dtype(self) -> str:
        """Precision by the name of numpy."""
        return f"float{self.flt}"

    def plain(self) -> Mapping[str, Any]:
        """JSON-able."""
        return {**asdict(self), "stim_shape": list(self.stim_shape)}


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise FitError(f"{name} is {value}; give {low} to {high}.")
