"""Receptive fields from sparse noise, by what was on the screen in each presentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.analysis.fields.noise_fields import middle_frames
from insilico_gui.analysis.fields.receptive_fields import dot_receptive_fields
from insilico_gui.analysis.fields.screen_grid import DEFAULT_SHAPE, ScreenGrid
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.core.grey import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.stimuli.core.base import Stimulus


def has_squares(trials: pd.DataFrame) -> bool:
    """Whether trials are sparse noise."""
    return {"presentation", "n_on", "n_off"} <= set(trials.columns)


def square_fields(
    responses: xr.DataArray,
    stimulus: Stimulus,
    latency_s: float,
    window_s: float,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    """Maps by bright and by dark squares, as by dots.

    The squares are shown together: every presentation counts once with its bright ones
    and once with its dark ones. `stimulus` has the frames that responses are to, at
    their rate.
    """
    table = trial_table(responses)
    both = pd.concat(
        [table.assign(polarity=sign) for sign in (1, -1)], ignore_index=True
    )
    return dot_receptive_fields(
        responses,
        _squares(stimulus, table),
        both,
        display=Display(pixels=stimulus.frame_shape),
        latency_s=latency_s,
        window_s=window_s,
        on_progress=on_progress,
    )


def _squares(
    stimulus: Stimulus, table: pd.DataFrame
) -> Callable[[int], NDArray[np.float32]]:
    """Masks of the bright squares of each row, then of the dark ones, as functions.

    They are read from what was shown, so a stimulus that was cropped or padded for the
    session is mapped where the session saw it.
    """
    frame = middle_frames(stimulus, table)
    grid = ScreenGrid(DEFAULT_SHAPE, Display(pixels=stimulus.frame_shape))

    def mask(row: int) -> NDArray[np.float32]:
        k = int(frame[row % len(frame)])
        sign = 1 if row < len(frame) else -1
        shown = sign * (stimulus.frames(k, k + 1).astype(np.float32) - BACKGROUND)
        # Off by half a grey level is grey; the scale of masks does not matter
        (cells,) = grid.average(np.clip((shown - 0.5) / 127.5, 0, 1))
        return cells  # type: ignore[no-any-return]

    return mask
