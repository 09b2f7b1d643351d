"""The state of one network between steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

INITIAL_V_MV = 0.8
"""Standard deviation of the initial v in training."""
INITIAL_G_MV = 0.2
"""The initial g in training is uniform from 0 to this."""


def resting(n_neurons: int, v0: ArrayLike | None, g0: ArrayLike | None) -> State:
    """The state at step 0, without earlier spikes; v and g [N] in mV, default 0.

    Raises
    ------
    StimulusError
        If an array has another size, or entries that are not finite.
    """
    return State(_initial(v0, n_neurons, "v0"), _initial(g0, n_neurons, "g0"))


def random_state(n_neurons: int, seed: int = 0) -> State:
    """The random state from which training starts; the same for the same seed."""
    rng = np.random.default_rng((seed, n_neurons))
    v = rng.normal(0, INITIAL_V_MV, n_neurons).astype(np.float32)
    g = rng.uniform(0, INITIAL_G_MV, n_neurons).astype(np.float32)
    return State(v, g)


@dataclass(frozen=True)
class State:
    """Membrane and synaptic part of each neuron, in mV above rest.

    Attributes
    ----------
    v, g : float32 array [N]
    """

    v: NDArray[np.float32]
    g: NDArray[np.float32]


def _initial(given: ArrayLike | None, n: int, name: str) -> NDArray[np.float32]:
    if given is None:
        return np.zeros(n, np.float32)
    values = np.array(given, dtype=np.float32)
    if values.shape != (n,):
        raise StimulusError(
            f"{name} has shape {list(values.shape)}; give one value in mV for each of the "
            f"{n} neurons."
        )
    if not np.isfinite(values).all():
        raise StimulusError(f"{name} has NaN or infinity; give values in mV.")
    return values
