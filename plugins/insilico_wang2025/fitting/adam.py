"""Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

For networks that are trained from scratch in few steps. Gradients of a core are several
orders of magnitude smaller than its weights while readouts are small, so steps in
proportion to gradients leave the core where it began; Adam's do not depend on the
gradients' size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from insilico_gui.errors import FitError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from insilico_wang2025.fitting.optimiser import Rule

SECOND = 0.99
"""Share of the mean square that is kept in a step."""

TINY = 1e-8
"""Keeps steps finite where gradients are 0."""


class Adam:
    """The optimiser; its calls are those of :class:`.ClippedSGD`.

    A parameter without a gradient is left as it is, its moments too.

    Parameters
    ----------
    parameters : mapping of str to nn.Parameter
        Those that are trained.
    rules : mapping of str to Rule
        Of which `decays` counts; steps do not depend on the scale of gradients.
    decay : float
        Weight decay, as a share of the learning rate.
    momentum : float
        Share of the mean gradient that is kept in a step.
    """

    def __init__(
        self,
        parameters: Mapping[str, nn.Parameter],
        rules: Mapping[str, Rule],
        *,
        decay: float = 0.0,
        momentum: float = 0.9,
    ) -> None:
        if not 0 <= momentum < 1 or decay < 0:
            raise FitError(
                f"momentum {momentum} and decay {decay} do not make an optimiser; give a "
                "momentum of 0 or more, but below 1, and a decay of 0 or more."
            )
        self.parameters = dict(parameters)
        self._rules = dict(rules)
        self._decay = decay
        self._momentum = momentum
        self._first: dict[str, Tensor] = {}
        self._second: dict[str, Tensor] = {}
        self._steps: dict[str, int] = {}

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """One step along the gradients that the parameters hold, which are then cleared."""
        for name, parameter in self.parameters.items():
            gradient = parameter.grad
            if gradient is None:
                continue
            if name not in self._steps:
                self._steps[name] = 0
                self._first[name] = torch.zeros_like(parameter)
                self._second[name] = torch.zeros_like(parameter)
            self._steps[name] += 1
            n = self._steps[name]
            first = self._first[name].lerp_(gradient, 1 - self._momentum)
            second = self._second[name].lerp_(gradient.square(), 1 - SECOND)
            size = (second / (1 - SECOND**n)).sqrt_().add_(TINY)
            if self._decay and self._rules[name].decays:
                parameter.mul_(1 - lr * self._decay)
            parameter.sub_(lr / (1 - self._momentum**n) * first / size)
            parameter.grad = None

    def state(self) -> dict[str, Any]:
        """Moments as copies, and how often each parameter was changed."""
        return {
            "first": {name: value.clone() for name, value in self._first.items()},
            "second": {name: value.clone() for name, value in self._second.items()},
            "steps": dict(self._steps),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""
        self._steps = {name: int(n) for name, n in state["steps"].items()}
        self._first, self._second = (
            {
                name: torch.as_tensor(state[moment][name]).to(self.parameters[name])
                for name in self._steps
            }
            for moment in ("first", "second")
        )
