"""The recurrent network that predicts the rates of the next frame.

Its gated unit is not that of torch: the reset gate multiplies the state before the
matrix, and the update gate takes the new value where it is 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from insilico_drosophila.files.checkpoints import RecurrentWeights

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYER_NORM_EPS = 1e-6


class RecurrentNetwork(torch.nn.Module):
    """Layer norm over neuropils, gated unit, linear readout, rectified; rates in Hz.

    Parameters
    ----------
    weights : RecurrentWeights
        Copied.
    device : str
    """

    def __init__(self, weights: RecurrentWeights, device: str = "cpu") -> None:
        super().__init__()
        self.n_hidden = weights.n_hidden
        self.device = device

        def trained(array: NDArray[np.float32]) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.tensor(array, device=device))

        self.gates, self.gates_bias = (
            trained(weights.gates),
            trained(weights.gates_bias),
        )
        self.state, self.state_bias = (
            trained(weights.state),
            trained(weights.state_bias),
        )
        self.readout = trained(weights.readout)
        self.readout_bias = trained(weights.readout_bias)

    @property
    def weights(self) -> RecurrentWeights:
        """A copy of the weights."""
        return RecurrentWeights(
            **{
                name: one.detach().cpu().numpy().copy()
                for name, one in self.named_parameters()
            }
        )

    def initial_state(self, n_batch: int) -> torch.Tensor:
        """State [B, H] before the first frame: zeros."""
        return torch.zeros(n_batch, self.n_hidden, device=self.device)

    def advance(
        self, rates_hz: torch.Tensor, state: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One frame: rates [B, P] and state [B, H] to those of the next."""
        size = rates_hz.shape[-1:]
        z = torch.nn.functional.layer_norm(rates_hz, size, eps=LAYER_NORM_EPS)
        gates = torch.cat([z, state], -1) @ self.gates + self.gates_bias
        reset, update = torch.sigmoid(gates).chunk(2, -1)
        new = torch.cat([z, reset * state], -1) @ self.state + self.state_bias
        state = (1 - update) * state + update * torch.tanh(new)
        return torch.relu(state @ self.readout + self.readout_bias), state

    def forward(self, rates_hz: torch.Tensor) -> torch.Tensor:
        """Predictions [T, B, P] for frames [T, B, P], from a fresh state."""
        state = self.initial_state(rates_hz.shape[1])
        predicted = []
        for frame in rates_hz:
            rates, state = self.advance(frame, state)
            predicted.append(rates)
        return torch.stack(predicted)


def initial_recurrent(
    n_neuropils: int, n_hidden: int, seed: int = 0
) -> RecurrentWeights:
    """Weights from which training starts: orthogonal in the unit, biases 0."""
    rng = np.random.default_rng((seed, 2))
    n, h = n_neuropils, n_hidden
    readout = rng.normal(0, math.sqrt(2 / (n + h)), (h, n)).astype(np.float32)
    return RecurrentWeights(
        _orthogonal(rng, n + h, 2 * h),
        np.zeros(2 * h, np.float32),
        _orthogonal(rng, n + h, h),
        np.zeros(h, np.float32),
        readout,
        np.zeros(n, np.float32),
    )


def bin_hinge(
    predicted: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> torch.Tensor:
    """Mean squared distance in Hz^2 of rates from the bin of their target.

    Parameters
    ----------
    predicted : tensor [T, B, P]
    low, high : tensor [T, 1 or B, P]
        Edges of the bins.
    """
    below, above = torch.relu(low - predicted), torch.relu(predicted - high)
    return (below**2 + above**2).mean()


def predictions(
    network: RecurrentNetwork, rates_hz: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Predictions [T, P] of a run over the frames [T, P]; row i is about frame i + 1."""
    with torch.no_grad():
        rates = torch.from_numpy(np.ascontiguousarray(rates_hz)).to(network.device)
        found: NDArray[np.float32] = network(rates[:, None])[:, 0].cpu().numpy()
    return found


class ClosedLoop:
    """The recurrent network frame by frame, fed with rates from elsewhere."""

    def __init__(self, network: RecurrentNetwork) -> None:
        self._network = network
        self._state = network.initial_state(1)

    @property
    def hidden(self) -> NDArray[np.float32]:
        """State [1, H] of the network, to be put back later."""
        return np.array(self._state.cpu().numpy())

    @hidden.setter
    def hidden(self, state: NDArray[np.float32]) -> None:
        self._state = torch.from_numpy(state).to(self._network.device, copy=True)

    def next(self, rates_hz: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predicted rates [P] of the frame after one with rates [P]."""
        with torch.no_grad():
            rates = torch.from_numpy(np.ascontiguousarray(rates_hz))
            rates = rates.to(self._network.device)
            found, self._state = self._network.advance(rates[None], self._state)
        return np.asarray(found[0].cpu().numpy())


def _orthogonal(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float32]:
    large, small = max(n_in, n_out), min(n_in, n_out)
    q, r = np.linalg.qr(rng.normal(size=(large, small)))
    q = q * np.sign(np.diag(r))
    return np.ascontiguousarray(q if n_in >= n_out else q.T, dtype=np.float32)
