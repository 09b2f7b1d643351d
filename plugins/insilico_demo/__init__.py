"""The demo twin: a synthetic visual cortex whose tuning is known exactly.

About two thousand motion-energy units in four areas, always available, with nothing to
download. What a unit prefers is in the columns ``true_*`` of its unit table, so every
analysis can be held against the truth. The model is described in
``docs/explanation/demo_twin.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import SessionError
from insilico_gui.session import SessionInfo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_demo.session import DemoSession

SESSION_ID = "demo"
NOISY_ID = "demo/noisy"
TITLES = {
    SESSION_ID: "Demo: synthetic motion-energy twin with known tuning",
    NOISY_ID: "Demo with noise: Poisson events on gains that units share",
}


class DemoTwin:
    """Satisfies :class:`insilico_gui.twin.Twin` with ``"demo"`` and ``"demo/noisy"``."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Describe both sessions; they are there whatever the folder."""
        from insilico_demo.population import demo_population

        population = demo_population()
        return [
            SessionInfo(
                id=session_id,
                title=title,
                n_units=len(population),
                areas=_counts(population.area),
                fields=_counts(population.field),
            )
            for session_id, title in TITLES.items()
        ]

    def open(self, session_id: str, directory: Path | None, device: str) -> DemoSession:
        """Open a session; `directory` plays no part.

        Raises
        ------
        SessionError
            If `session_id` is neither ``"demo"`` nor ``"demo/noisy"``.
        DeviceError
            If there is no such device.
        """
        if session_id not in TITLES:
            raise SessionError(
                f"The demo twin has no session {session_id!r}; open {SESSION_ID!r} or, "
                f"with noise, {NOISY_ID!r}."
            )
        from insilico_demo.session import DemoSession

        return DemoSession(device, noisy=session_id == NOISY_ID)


def _counts(labels: NDArray[np.generic]) -> dict[str, int]:
    """How many units carry each label."""
    names, numbers = np.unique(labels, return_counts=True)
    return {str(name): int(n) for name, n in zip(names, numbers, strict=True)}


twin = DemoTwin()
