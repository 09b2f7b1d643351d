"""Limits of the colours of responses, from some of those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from insilico_gui.app.widgets import colors

if TYPE_CHECKING:
    from insilico_gui.experiment.encoded import Encoded

SAMPLED_FRAMES = 64
"""Frames that the limits of the response colours are estimated from."""

MOST_VALUES = 300_000
"""Of so many units that there are more values, some are left out."""


class ResponseLimits:
    """Estimates limits anew only once there are more responses.

    Responses are read from disk frame by frame; a click must not wait for that.
    """

    def __init__(self) -> None:
        # Responses go with their session
        self._known: WeakKeyDictionary[Encoded, tuple[int, tuple[float, float]]] = (
            WeakKeyDictionary()
        )

    def of(self, encoded: Encoded | None) -> tuple[float, float]:
        """Limits for the responses that are there; 0 to 1 if there are none."""
        if encoded is None or encoded.moments.n_done == 0:
            return (0.0, 1.0)
        n_done = encoded.moments.n_done
        known = self._known.get(encoded)
        if known is None or known[0] != n_done:
            known = self._known[encoded] = n_done, _estimated(encoded, n_done)
        return known[1]


def _estimated(encoded: Encoded, n_done: int) -> tuple[float, float]:
    """Limits that few responses of the first `n_done` moments are beyond."""
    moments = np.linspace(0, n_done - 1, min(n_done, SAMPLED_FRAMES)).astype(int)
    every = -(-len(encoded.indices) * len(moments) // MOST_VALUES)
    low, high = colors.robust_limits(
        np.concatenate([encoded.moments.row(k)[::every] for k in moments])
    )
    return (min(low, 0.0) if low < 0.2 * high else low, high)
