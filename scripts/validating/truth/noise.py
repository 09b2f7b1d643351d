"""The noise of ``demo/noisy``, by the equations of its page, one frame after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED, OF_AREA = 0.20, 0.15
GAIN_TAU_S, CALCIUM_S, RATE = 1.0, 0.1, 30.0
EVENTS = 0.5  # per frame of a unit that answers with 1


def windowed_counts(
    course: NDArray[np.float64],
    loading: NDArray[np.float64],
    area: NDArray[Any],
    *,
    n_repeats: int,
    window: slice,
) -> NDArray[np.float64]:
    """Means in a window of responses [T, K, U] with noise, [repeats, K, U].

    Generators of its own; what came before the first frame is taken to be its rate.
    """
    rng = np.random.default_rng(41)
    names, group = np.unique(area, return_inverse=True)
    n_conditions, n_units = course.shape[1:]
    shape = (n_repeats, n_conditions)
    slow = rng.normal(size=(*shape, 1 + len(names)))
    decay = np.exp(-1 / RATE / GAIN_TAU_S)
    settle = 1 - np.exp(-1 / RATE / CALCIUM_S)
    # a second of grey before the onset, so that the events before it are there too
    before = np.repeat(course[:1], round(RATE), axis=0)
    calcium = np.broadcast_to(course[0], (n_repeats, n_conditions, n_units))
    kept = []
    for rate in np.concatenate([before, course]):
        slow = decay * slow + np.sqrt(1 - decay**2) * rng.normal(size=slow.shape)
        common = SHARED * slow[..., :1] + OF_AREA * slow[..., 1 + group]
        spread = loading**2 * (SHARED**2 + OF_AREA**2)
        gain = np.exp(loading * common - spread / 2)
        events = rng.poisson(EVENTS * gain * rate) / EVENTS
        calcium = calcium + settle * (events - calcium)
        kept.append(calcium)
    means: NDArray[np.float64] = np.mean(kept[len(before) :][window], axis=0)
    return means
