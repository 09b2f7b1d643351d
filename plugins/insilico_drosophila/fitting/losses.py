"""Losses between rates in Hz; only ``mse`` runs in the published program.

The others are implemented by their formula and could not be compared with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from insilico_gui.errors import StimulusError, quoted

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Of rates and targets [B, P], a number."""


def mean_squared(rates: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Hz^2."""
    return ((rates - target) ** 2).mean()


def mean_absolute(rates: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Hz."""
    return (rates - target).abs().mean()


def huber(rates: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared below 1 Hz, absolute above."""
    distance = (rates - target).abs()
    return torch.where(distance < 1, 0.5 * distance**2, distance - 0.5).mean()


def log_cosh(rates: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Logarithm of the hyperbolic cosine of the difference."""
    distance = (rates - target).abs()
    # cosh overflows above 88; this is the same
    return (distance + torch.log1p(torch.exp(-2 * distance)) - math.log(2)).mean()


def cosine_distance(rates: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the cosine of the angle between the rates of all neuropils."""
    cosine = torch.nn.functional.cosine_similarity(rates, target, dim=-1, eps=1e-8)
    return (1 - cosine).mean()


LOSSES: dict[str, Loss] = {
    "mse": mean_squared,
    "mae": mean_absolute,
    "huber": huber,
    "cosine_distance": cosine_distance,
    "log_cosh": log_cosh,
}


def named_loss(name: str) -> Loss:
    """A loss by its name in the arguments of the program."""
    if name not in LOSSES:
        raise StimulusError(
            f"There is no loss {quoted(name)}; there are {', '.join(LOSSES)}."
        )
    return LOSSES[name]


def with_gradient(
    loss: Loss, rates: torch.Tensor, target: torch.Tensor
) -> tuple[float, torch.Tensor]:
    """The loss, and its derivative by the rates [B, P]."""
    variable = rates.detach().requires_grad_()
    value = loss(variable, target)
    (gradient,) = torch.autograd.grad(value, variable)
    return float(value.detach()), gradient
