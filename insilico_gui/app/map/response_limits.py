"""Limits of the colours of responses, from some of those that are there."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.widgets import colors

if TYPE_CHECKING:
    from insilico_gui.experiment.encoded import Encoded

SAMPLED_FRAMES = 64
"""Frames that the limits of the response colours are estimated from."""


class ResponseLimits:
    """Estimates limits anew only once there are more responses, or others.

    Responses are read from disk frame by frame; a click must not wait for that.
    """

    def __init__(self) -> None:
        self._of: weakref.ref[Encoded] | None = None  # responses go with their session
        self._n_done = 0
        self._limits = (0.0, 1.0)

    def of(self, encoded: Encoded | None) -> tuple[float, float]:
        """Limits for the responses that are there; 0 to 1 if there are none."""
        if encoded is None or encoded.moments.n_done == 0:
            return (0.0, 1.0)
        n_done = encoded.moments.n_done
        if self._of is None or self._of() is not encoded or self._n_done != n_done:
            self._limits = _estimated(encoded, n_done)
            self._of, self._n_done = weakref.ref(encoded), n_done
        return self._limits


def _estimated(encoded: Encoded, n_done: int) -> tuple[float, float]:
    """Limits that few responses of the first `n_done` moments are beyond."""
    moments = np.linspace(0, n_done - 1, min(n_done, SAMPLED_FRAMES)).astype(int)
    low, high = colors.robust_limits(
        np.concatenate([encoded.moments.row(k) for k in moments])
    )
    return (min(low, 0.0) if low < 0.2 * high else low, high)
