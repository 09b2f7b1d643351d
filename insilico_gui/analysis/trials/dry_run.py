"""Whether an analysis will be possible, found out before anything is encoded.

What an analysis refuses are mostly its own parameters and the trial table: windows that
hold several trials, a column that is missing, too few levels. All of that is known from
the stimulus alone, so the analysis is rehearsed on the responses of a unit that is silent.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.stimuli.core.base import Stimulus


def silent_responses(frames: Stimulus) -> xr.DataArray:
    """Responses of one unit that never responds.

    Parameters
    ----------
    frames : Stimulus
        As the session gets them, in its size and at its rate.

    Returns
    -------
    xarray.DataArray
        float32 zeros (``time``, ``unit``) with the times in seconds, and the ``attrs``
        of an encoding that tell of the stimulus.
    """
    attrs: dict[str, Any] = {
        "frame_rate": frames.frame_rate,
        "stimulus": frames.name,
        "stimulus_attrs": dict(frames.attrs),
    }
    if frames.trials is not None:
        attrs["trials"] = frames.trials.to_dict(orient="list")
    return xr.DataArray(
        np.zeros((frames.n_frames, 1), np.float32),
        {
            "time": np.arange(frames.n_frames) / frames.frame_rate,
            "unit_id": ("unit", [0]),
        },
        ("time", "unit"),
        attrs=attrs,
    )


def rehearse(
    analyse: Callable[[xr.DataArray], object], responses: xr.DataArray
) -> None:
    """Run an analysis for its errors alone; what it warns of comes when it counts.

    Parameters
    ----------
    analyse : callable(responses)
        Raises what is wrong with its parameters.
    responses : xarray.DataArray
        From :func:`silent_responses`.
    """
    logger = logging.getLogger("insilico_gui.analysis")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        analyse(responses)
    finally:
        logger.setLevel(level)
