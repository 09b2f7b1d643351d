"""Constants of the model neuron, in steps of a given duration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from insilico_gui.errors import StimulusError, quoted

TAU_MEMBRANE_MS = 20.0
TAU_SYNAPSE_MS = 5.0
TAU_REFRACTORY_MS = 5.0
DELAY_MS = 1.8
THRESHOLD_MV = 1.0
"""Above rest; rest and reset are 0 mV."""
POISSON_HZ = 20.0
"""Rate of the input events of each neuron."""
SCALE_MV = 0.000825
"""Of one signed synapse."""
DT_MS = 0.2

_ROUNDING = 1e-6
_LONGEST_MS = 5.0


@dataclass(frozen=True)
class StepConstants:
    """What one step of `dt_ms` needs.

    Attributes
    ----------
    dt_ms : float
        Duration of a step.
    g_decay : float
        Factor of the synaptic part g in a step.
    v_gain : float
        Share of the way from v to g that v goes in a step.
    n_refractory : int
        Steps after that of a spike in which the neuron is frozen.
    n_delay : int
        Steps from a spike to its effect.
    p_event : float
        Probability of an input event of a neuron in a step.
    """

    dt_ms: float
    g_decay: float
    v_gain: float
    n_refractory: int
    n_delay: int
    p_event: float

    @property
    def max_rate_hz(self) -> float:
        """The highest rate that refractoriness admits."""
        return 1000.0 / ((self.n_refractory + 1) * self.dt_ms)


def step_constants(dt_ms: float = DT_MS) -> StepConstants:
    """Constants for a duration of steps.

    Raises
    ------
    StimulusError
        If `dt_ms` is not above 0 and at most 5 ms.
    """
    if not 0 < dt_ms <= _LONGEST_MS:  # also refuses NaN
        raise StimulusError(
            f"A step of {quoted(dt_ms, '')} ms is not above 0 and at most "
            f"{_LONGEST_MS:g} ms; the published step is {DT_MS} ms."
        )
    return StepConstants(
        dt_ms=dt_ms,
        g_decay=math.exp(-dt_ms / TAU_SYNAPSE_MS),
        v_gain=1 - math.exp(-dt_ms / TAU_MEMBRANE_MS),
        n_refractory=math.floor(TAU_REFRACTORY_MS / dt_ms + _ROUNDING),
        n_delay=max(1, math.ceil(DELAY_MS / dt_ms - _ROUNDING)),
        p_event=POISSON_HZ * dt_ms / 1000,
    )
