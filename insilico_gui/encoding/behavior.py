"""Checking behaviour traces before they reach a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import BehaviorError, echoed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import VideoSession


def check_behavior(
    session: VideoSession,
    behavior: Mapping[str, ArrayLike] | None,
    n_frames: int,
    n_videos: int | None,
) -> dict[str, NDArray[np.float32]]:
    """Behaviour traces as float32 [T, K] or [N, T, K], checked against the session.

    `n_frames` is T of the converted stimulus, `n_videos` N of a batch (None for one
    video). NaN and infinity are refused, since they would remain in the network's state.
    """
    checked: dict[str, NDArray[np.float32]] = {}
    for name, trace in (behavior or {}).items():
        if name not in session.behavior:
            known = ", ".join(session.behavior) or "none"
            raise BehaviorError(
                f"{session.id} takes no behaviour called {echoed(name)} (it takes: "
                f"{known})."
            )
        values = np.asarray(trace, dtype=np.float32)
        single = (n_frames, session.behavior[name])
        allowed = [single] if n_videos is None else [single, (n_videos, *single)]
        if values.shape not in allowed:
            raise BehaviorError(
                f"The behaviour {echoed(name)} has shape {list(values.shape)}; this "
                f"stimulus needs {' or '.join(str(list(s)) for s in allowed)} "
                "(frames at the session's rate, columns)."
            )
        if not np.isfinite(values).all():
            frame = int(np.argwhere(~np.isfinite(values))[0][-2])
            raise BehaviorError(
                f"The behaviour {echoed(name)} is not a finite number at frame "
                f"{frame}; "
                "replace missing values first (0 is the mean of standardised traces)."
            )
        checked[name] = values
    return checked
