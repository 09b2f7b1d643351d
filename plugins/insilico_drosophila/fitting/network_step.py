"""One step of gradient descent of the spiking network on a batch of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from insilico_drosophila.files.checkpoints import NetworkWeights
from insilico_drosophila.fitting.learning_rule import Parameters, Traces, clipped
from insilico_drosophila.fitting.losses import named_loss, with_gradient
from insilico_drosophila.network.circuit import Circuit, DeviceInputs
from insilico_drosophila.network.dense_engine import DenseEngine
from insilico_drosophila.network.drive import Drive
from insilico_drosophila.network.neuron_model import step_constants

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from scipy import sparse

    from insilico_drosophila.network.events import EventSource
    from insilico_drosophila.network.state import State

ADAM_EPS = 1e-8
_BLOCK = 9
"""Steps of the network between two looks at whether to go on."""


@dataclass(frozen=True)
class StepOptions:
    """How a step is made.

    Attributes
    ----------
    n_steps, n_discarded : int
        Steps of a frame, and how many of them pass before spikes count.
    dt_ms : float
    decay : float
        Of the eligibility traces.
    loss : str
        See :data:`.losses.LOSSES`.
    grad_clip : float or None
        Largest norm of the gradient.
    learning_rate : float
    """

    n_steps: int
    n_discarded: int
    dt_ms: float = 0.2
    decay: float = 0.99
    loss: str = "mse"
    grad_clip: float | None = 1.0
    learning_rate: float = 0.01


@dataclass(frozen=True)
class StepResult:
    """What a step of descent found.

    Attributes
    ----------
    loss : float
    rates_hz : float32 array [B, P]
    gradients, applied : Parameters
        Before and after clipping.
    """

    loss: float
    rates_hz: NDArray[np.float32]
    gradients: Parameters
    applied: Parameters


class NetworkTrainer:
    """Trained weights of the spiking network with their optimiser.

    Parameters
    ----------
    circuit : Circuit
        Connections, whose low-rank part is trained.
    omega : csr_array [P, N]
    weights : NetworkWeights
        To start from.
    options : StepOptions
    device : str
    """

    def __init__(
        self,
        circuit: Circuit,
        omega: sparse.csr_array,
        weights: NetworkWeights,
        options: StepOptions,
        device: str = "cpu",
    ) -> None:
        self.options = options
        self._device = device
        self._constants = step_constants(options.dt_ms)
        self._loss = named_loss(options.loss)
        self._omega = torch.from_numpy(omega.toarray()).to(device)
        self.parameters = Parameters(
            *(torch.tensor(array, device=device) for array in vars(weights).values())
        )
        self.optimizer = torch.optim.Adam(
            self.parameters.all(), lr=options.learning_rate, eps=ADAM_EPS
        )
        self._inputs = DeviceInputs(circuit, device)
        self._inputs.a, self._inputs.b = self.parameters.lora_a, self.parameters.lora_b

    @property
    def weights(self) -> NetworkWeights:
        """A copy of the trained weights."""
        return NetworkWeights(
            *(one.cpu().numpy().copy() for one in self.parameters.all())
        )

    def step(
        self,
        embedding_hz: NDArray[np.float32],
        target_hz: NDArray[np.float32],
        state: State,
        events: EventSource,
    ) -> StepResult:
        """Run B copies of the network, and change the weights once.

        See :meth:`steps`.
        """
        going = self.steps(embedding_hz, target_hz, state, events)
        while True:
            try:
                next(going)
            except StopIteration as end:
                result: StepResult = end.value
                return result

    def steps(
        self,
        embedding_hz: NDArray[np.float32],
        target_hz: NDArray[np.float32],
        state: State,
        events: EventSource,
    ) -> Generator[int, None, StepResult]:
        """Do the same, yielding how many steps of the network are made, in blocks.

        It may be closed anywhere: the weights change at the end, all at once.

        Parameters
        ----------
        embedding_hz, target_hz : float32 array [B, P]
        state : State
            From which every copy starts.
        events : EventSource
            Of B * N neurons.
        """
        options = self.options
        embedding = torch.from_numpy(embedding_hz).to(self._device)
        target = torch.from_numpy(target_hz).to(self._device)
        p = self.parameters
        kicks = torch.relu(embedding @ p.input_weight + p.input_bias)
        drive = Drive(events, kicks.reshape(-1).cpu().numpy())
        engine = DenseEngine(self._inputs, self._constants, state, drive, len(target))
        for first in range(0, options.n_discarded, _BLOCK):
            engine.advance(min(_BLOCK, options.n_discarded - first))
            yield engine.step
        engine.reset_counts()
        traces = Traces(p, self._constants, options.decay, embedding)
        n_traced = options.n_steps - options.n_discarded
        for made in engine.steps(n_traced):
            traces.update(made)
            if engine.step % _BLOCK == 0:
                yield engine.step
        to_hz = 1000 / (n_traced * options.dt_ms)
        rates = (engine.copies * to_hz) @ self._omega.T
        loss, by_rate = with_gradient(self._loss, rates, target)
        gradients = traces.gradients((by_rate @ self._omega) * to_hz)
        applied = clipped(gradients, options.grad_clip)
        for parameter, gradient in zip(p.all(), applied.all(), strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        return StepResult(loss, rates.cpu().numpy(), gradients, applied)
