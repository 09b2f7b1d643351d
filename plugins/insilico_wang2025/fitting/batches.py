"""Batches: windows of trials, drawn anew for each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from insilico_gui.errors import FitError
from insilico_wang2025.fitting.objective import Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_wang2025.fitting.trials import Trial


class Window(NamedTuple):
    """A trial by its number, and its first frame."""

    trial: int
    start: int


def draw_windows(
    samples: Sequence[int], n: int, sample_size: int, generator: torch.Generator
) -> list[Window]:
    """Draw `n` windows, of trials with replacement.

    Parameters
    ----------
    samples : sequence of int
        Frames of each trial.
    n : int
    sample_size : int
        Frames of a window. It begins anywhere before the last possible frame.
    generator : torch.Generator

    Raises
    ------
    FitError
        If a trial is too short.
    """
    if not samples:
        raise FitError("There are no trials to draw from; flag some, or draw none.")
    if min(samples) < sample_size:
        raise FitError(
            f"A trial has {min(samples)} frames and sample_size is {sample_size}; give "
            "at most that many."
        )
    trials = torch.randint(len(samples), (n,), generator=generator).tolist()
    places = torch.rand(n, generator=generator, dtype=torch.float64).tolist()
    return [
        Window(trial, int(place * (samples[trial] - sample_size)))
        for trial, place in zip(trials, places, strict=True)
    ]


def read_batch(
    trials: Sequence[Trial], windows: Sequence[Window], sample_size: int
) -> Batch:
    """Read windows side by side; missing eye positions and behaviour are 0."""
    parts: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("stimuli", "perspectives", "modulations", "units")
    }
    for window in windows:
        files = trials[window.trial].files
        for name, stack in parts.items():
            mapped = files[name].map()
            stack.append(np.array(mapped[window.start : window.start + sample_size]))
    for name in ("perspectives", "modulations"):
        parts[name] = [np.nan_to_num(part, nan=0.0) for part in parts[name]]
    frames = torch.from_numpy(np.stack(parts["stimuli"])[..., 0])
    eye, behavior, targets = (
        torch.from_numpy(np.stack(parts[name]).astype(np.float32))
        for name in ("perspectives", "modulations", "units")
    )
    return Batch(frames, eye, behavior, targets)
