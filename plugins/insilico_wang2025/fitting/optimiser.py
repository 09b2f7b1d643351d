"""Stochastic gradient descent with momentum and adaptive gradient clipping.

The gradient of a parameter is clipped to a share of the parameter's own norm, row by row
(Brock et al. 2021, there for weights of networks without normalisation layers).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from insilico_gui.errors import FitError

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Rule:
    """How a parameter is treated.

    Attributes
    ----------
    norm_dims : tuple of int or None
        Dimensions over which norms are taken; None = all of them.
    scale : float
        Factor of the gradient.
    decays : bool
        Whether weight decay applies.
    """

    norm_dims: tuple[int, ...] | None = None
    scale: float = 1.0
    decays: bool = False


def rules(names: Iterable[str], units: int) -> dict[str, Rule]:
    """The rule of each parameter of a network with `units` units, by its name.

    An objective is a mean over units, of which a unit's own parameters see one share; their
    gradients are multiplied by the number of units.
    """
    return {name: _rule(name, float(units)) for name in names}


def _rule(name: str, units: float) -> Rule:
    if name.startswith("readout.position."):
        return Rule(None, units)
    if name.startswith("readout.feature."):
        return Rule((2,), units, decays=True)
    if name.startswith("readout.biases."):
        return Rule((0,), units)
    if ".monitor." in name or ".retina_pixel." in name:
        return Rule(None)
    if ".weights." in name:
        between = name.startswith("core.recurrent.proj_x.0.")
        return Rule((1, 3) if between else (1, 2, 3, 4), decays=True)
    return Rule((1,))


class ClippedSGD:
    """The optimiser.

    A parameter without a gradient is left as it is, its momentum too.

    Parameters
    ----------
    parameters : mapping of str to nn.Parameter
        Those that are trained.
    rules : mapping of str to Rule
    decay : float
        Weight decay.
    momentum : float
    nesterov : bool
    clip : float
        Largest gradient as a share of the parameter; infinite = any.
    eps : float
        Gradients of norm up to this, times the root of the number of entries of the
        parameter, are never clipped.

    Attributes
    ----------
    momenta : dict of str to Tensor
        Empty before the first step.
    """

    def __init__(
        self,
        parameters: Mapping[str, nn.Parameter],
        rules: Mapping[str, Rule],
        *,
        decay: float = 0.0,
        momentum: float = 0.0,
        nesterov: bool = False,
        clip: float = math.inf,
        eps: float = 0.001,
    ) -> None:
        if not 0 <= momentum < 1:
            raise FitError(f"The momentum is {momentum}; give 0 or more, but below 1.")
        if decay < 0 or clip <= 0 or eps < 0:
            raise FitError(
                f"decay {decay}, clip {clip} and eps {eps} do not make an optimiser; "
                "give a positive clip, and 0 or more for the others."
            )
        self.parameters = dict(parameters)
        self.momenta: dict[str, Tensor] = {}
        self._rules = dict(rules)
        self._decay = decay
        self._momentum = momentum
        self._nesterov = nesterov
        self._clip = clip
        self._eps = eps

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """One step along the gradients that the parameters hold, which are then cleared."""
        for name, parameter in self.parameters.items():
            if parameter.grad is None:
                continue
            rule = self._rules[name]
            change = self._clipped(parameter, parameter.grad * rule.scale, rule)
            if self._momentum:
                change = self._with_momentum(name, change)
            if self._decay and rule.decays:
                change = change + self._decay * parameter
            parameter.sub_(lr * change)
            parameter.grad = None

    def _clipped(self, parameter: Tensor, gradient: Tensor, rule: Rule) -> Tensor:
        if math.isinf(self._clip):
            return gradient
        dims = (
            tuple(range(parameter.ndim)) if rule.norm_dims is None else rule.norm_dims
        )
        floor = self._eps * math.sqrt(parameter.numel())
        limit = (_norm(parameter, dims) * self._clip).clamp(min=floor)
        return gradient * (limit / torch.maximum(_norm(gradient, dims), limit))

    def _with_momentum(self, name: str, change: Tensor) -> Tensor:
        if name in self.momenta:
            self.momenta[name].mul_(self._momentum).add_(change)
        else:
            self.momenta[name] = change.clone()
        moving = self.momenta[name]
        return change + self._momentum * moving if self._nesterov else moving.clone()

    def state(self) -> dict[str, Any]:
        """Momenta as copies."""
        return {name: moving.clone() for name, moving in self.momenta.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""
        self.momenta = {
            name: torch.as_tensor(state[name]).to(parameter)
            for name, parameter in self.parameters.items()
            if name in state
        }


def _norm(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    if not x.ndim:
        return x.abs()
    return x.square().sum(dims, keepdim=True).sqrt()
