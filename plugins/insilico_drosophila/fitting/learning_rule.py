"""Eligibility traces of the online learning rule, pp-prop.

What a weight does to the loss is followed along with the simulation, in memory that does
not grow with time: a trace of each weight operator's input, and one of how an input
changes a neuron's spike count, g and v. Only the part of the Jacobian within a neuron is
used; spikes that other neurons send carry no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from insilico_drosophila.network.dense_engine import DenseStep
    from insilico_drosophila.network.neuron_model import StepConstants

_SURROGATE_WIDTH = 1.5
_SURROGATE_SLOPE = 0.3


@dataclass(frozen=True)
class Parameters:
    """Trained arrays; see :class:`.checkpoints.NetworkWeights`.

    Attributes
    ----------
    lora_a, lora_b, input_weight, input_bias : float tensor
        [r, N] mV, [N, r], [P, N] mV, [N] mV.
    """

    lora_a: torch.Tensor
    lora_b: torch.Tensor
    input_weight: torch.Tensor
    input_bias: torch.Tensor

    def all(self) -> list[torch.Tensor]:
        """The four tensors."""
        return [self.lora_a, self.lora_b, self.input_weight, self.input_bias]


def surrogate(v: torch.Tensor) -> torch.Tensor:
    """What stands for the derivative of a spike by v in mV: a triangle at threshold."""
    return torch.relu(_SURROGATE_SLOPE * (_SURROGATE_WIDTH - (v - 1).abs()))


class Traces:
    """Traces of B copies of N neurons.

    Parameters
    ----------
    parameters : Parameters
    constants : StepConstants
    decay : float
        0 to 1, of both traces in a step; 0 keeps the last step only.
    embedding : float tensor [B, P], Hz
        Input of the input layer, constant.
    """

    def __init__(
        self,
        parameters: Parameters,
        constants: StepConstants,
        decay: float,
        embedding: torch.Tensor,
    ) -> None:
        self._parameters = parameters
        self._constants = constants
        self._decay = decay
        self._embedding = embedding
        driven = embedding @ parameters.input_weight + parameters.input_bias
        self._passed = (driven > 0).float()  # derivative of the rectifier
        self._sent = torch.zeros_like(driven)  # input trace of the low-rank part
        self._input_sum = 0.0  # that of the input layer, in units of its input
        self._lora = [torch.zeros_like(driven) for _ in range(3)]  # count, g, v
        self._input = [torch.zeros_like(driven) for _ in range(2)]  # count, v: g is 0
        self._n_steps = 0

    def update(self, step: DenseStep) -> None:
        """Take one step of the network."""
        decay, c = self._decay, self._constants
        s, free = surrogate(step.v), step.free
        quiet = (~step.spikes).float()
        vv = 1 - c.v_gain * free
        vg = c.v_gain * c.g_decay * free
        gg = 1 - (1 - c.g_decay) * free
        self._sent.mul_(decay).add_(step.sent)
        self._input_sum = decay * self._input_sum + 1
        count, g, v = self._lora
        carried = vv * v + vg * g
        count.add_(s * carried).mul_(decay).add_(s * free, alpha=(1 - decay) * c.v_gain)
        g.mul_(gg).mul_(decay).add_(free, alpha=1 - decay).mul_(quiet)
        carried.mul_(decay).add_(free, alpha=(1 - decay) * c.v_gain).mul_(quiet)
        v.copy_(carried)
        count, v = self._input
        kick = self._passed * step.kicked * free
        carried = vv * v
        count.add_(s * carried).mul_(decay)
        count.add_(s * kick, alpha=(1 - decay) * (1 - c.v_gain))
        carried.mul_(decay).add_(kick, alpha=(1 - decay) * (1 - c.v_gain)).mul_(quiet)
        v.copy_(carried)
        self._n_steps += 1

    def gradients(self, by_count: torch.Tensor) -> Parameters:
        """Gradients of a loss, from its derivative by the spike counts [B, N]."""
        scale = 1 / self._correction()
        lora = self._lora[0] * by_count * scale
        given = self._input[0] * by_count * scale
        a, b = self._parameters.lora_a, self._parameters.lora_b
        rank = len(a)
        return Parameters(
            (self._sent @ b).T @ lora / rank,
            self._sent.T @ (lora @ a.T) / rank,
            (self._input_sum * self._embedding).T @ given,
            given.sum(0),
        )

    def _correction(self) -> float:
        """Of the start of a running mean, as in the published program."""
        if self._decay == 0 or self._n_steps >= 1000:
            return 1.0
        return float(1 - (1 - self._decay) ** self._n_steps)


def clipped(gradients: Parameters, largest: float | None) -> Parameters:
    """Gradients scaled down so that their norm together is at most `largest`."""
    if largest is None:
        return gradients
    norm = torch.sqrt(sum((g**2).sum() for g in gradients.all()))  # type: ignore[arg-type]
    factor = min(1.0, largest / (float(norm) + 1e-6))
    return Parameters(*(g * factor for g in gradients.all()))
