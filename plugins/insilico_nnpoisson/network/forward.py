"""The forward pass in torch, and its derivative by time in closed form.

Shapes: n rows, D stimulus columns, H hidden units, R regions. Kernels are [in, out].
With scaled time ``u = c t`` the factor c of the inner derivative and the ``1 / c`` of the
outputs cancel: intensities are derivatives by `u`, in 1/s of real time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_NO_SHORTCUT = 40.0
"""Above it ``log(1 + e^x)`` is x to the last digit of float64."""


def softplus(x: Tensor) -> Tensor:
    """``log(1 + e^x)`` to the last digit."""
    return functional.softplus(x, threshold=_NO_SHORTCUT)


class Arrays:
    """Weights of a network as tensors; ``dense("neuro0", x)`` applies a layer."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.of = weights

    def dense(self, layer: str, x: Tensor) -> Tensor:
        """``x K + b``, [..., in] to [..., out]."""
        y = x @ self.of[f"{layer}.kernel"]
        bias = self.of.get(f"{layer}.bias")
        return y if bias is None else y + bias

    def linear(self, layer: str, x: Tensor) -> Tensor:
        """``x K``, without the bias: what a layer makes of a derivative."""
        return x @ self.of[f"{layer}.kernel"]


@dataclass(frozen=True)
class Drive:
    """What of the network depends on the stimulus alone.

    Attributes
    ----------
    early : Tensor [..., H]
        Added to scaled time before the first tanh.
    late : Tensor [..., H]
        Added before the second.
    """

    early: Tensor
    late: Tensor

    def __getitem__(self, rows: Tensor) -> Drive:
        return Drive(self.early[rows], self.late[rows])

    def in_time(self) -> Drive:
        """With an axis for time before the last one."""
        return Drive(self.early.unsqueeze(-2), self.late.unsqueeze(-2))


def drive(net: Arrays, stimulus: Tensor) -> Drive:
    """The part of the stimulus [n, D]."""
    early = softplus(net.dense("neuro0", stimulus))
    early = softplus(net.dense("neuro1", early))
    return Drive(net.dense("neuro2", early), net.dense("neuro5", stimulus[..., -1:]))


def hidden(net: Arrays, given: Drive, scaled: Tensor) -> Tensor:
    """The layer before the regions [..., H] at scaled times [..., 1]."""
    mixed = torch.tanh(given.early + scaled * net.of["neuro3.kernel"])
    return torch.tanh(torch.tanh(net.dense("neuro4", mixed)) + given.late)


def hidden_and_slope(
    net: Arrays, given: Drive, scaled: Tensor
) -> tuple[Tensor, Tensor]:
    """:func:`hidden`, and its derivative by scaled time, both [..., H]."""
    mixed = torch.tanh(given.early + scaled * net.of["neuro3.kernel"])
    slope = (1 - mixed * mixed) * net.of["neuro3.kernel"][0]
    fourth = torch.tanh(net.dense("neuro4", mixed))
    slope = (1 - fourth * fourth) * net.linear("neuro4", slope)
    second = torch.tanh(fourth + given.late)
    return second, (1 - second * second) * slope


def counts(net: Arrays, given: Drive, scaled: Tensor) -> Tensor:
    """Unscaled expected counts ``y`` [..., R] at scaled times [..., 1]."""
    return softplus(net.dense("neuro6", hidden(net, given, scaled)))


def counts_and_rates(
    net: Arrays, given: Drive, scaled: Tensor
) -> tuple[Tensor, Tensor]:
    """Unscaled expected counts and their derivative by scaled time, both [..., R]."""
    second, slope = hidden_and_slope(net, given, scaled)
    before = net.dense("neuro6", second)
    return softplus(before), torch.sigmoid(before) * net.linear("neuro6", slope)


ACTIONS = {"left": ("beh0", "beh1"), "right": ("beh2", "beh3")}
"""Layers of the head of each action."""


def action_counts(net: Arrays, action: str, y: Tensor) -> Tensor:
    """Unscaled expected number of actions [..., 1] of unscaled counts [..., R]."""
    hidden, out = ACTIONS[action]
    return softplus(net.dense(out, torch.tanh(net.dense(hidden, y))))


def action_counts_and_rates(
    net: Arrays, action: str, y: Tensor, slope: Tensor
) -> tuple[Tensor, Tensor]:
    """Unscaled expected number of actions and its derivative by scaled time, [..., 1]."""
    hidden, out = ACTIONS[action]
    inside = torch.tanh(net.dense(hidden, y))
    inner = (1 - inside * inside) * net.linear(hidden, slope)
    before = net.dense(out, inside)
    return softplus(before), torch.sigmoid(before) * net.linear(out, inner)


def outputs(net: Arrays, given: Drive, scaled: Tensor) -> Tensor:
    """All unscaled expected counts [..., R + 2]: regions, then left, then right."""
    y = counts(net, given, scaled)
    actions = [action_counts(net, action, y) for action in ACTIONS]
    return torch.cat([y, *actions], dim=-1)


def outputs_and_rates(
    net: Arrays, given: Drive, scaled: Tensor
) -> tuple[Tensor, Tensor]:
    """All unscaled expected counts and intensities (1/s), both [..., R + 2]."""
    y, slope = counts_and_rates(net, given, scaled)
    actions = [action_counts_and_rates(net, action, y, slope) for action in ACTIONS]
    return (
        torch.cat([y, *(count for count, _ in actions)], dim=-1),
        torch.cat([slope, *(rate for _, rate in actions)], dim=-1),
    )


def rates_by_autodiff(
    net: Arrays, given: Drive, times: Tensor, scale: Tensor
) -> Tensor:
    """Intensities (1/s) [..., R + 2] by automatic differentiation by time.

    `times` (s) and `scale` are [..., 1]. A row's outputs depend on its own time only, so
    the gradient of a weighted sum of all outputs, differentiated once more by the weights,
    is the derivative of each output: two backward passes for any number of outputs.
    """
    with torch.enable_grad():
        t = times.detach().requires_grad_(True)
        found = outputs(net, given, scale * t) / scale
        weights = torch.ones_like(found, requires_grad=True)
        (by_time,) = torch.autograd.grad(found, t, weights, create_graph=True)
        (rates,) = torch.autograd.grad(by_time.sum(), weights)
    return rates
