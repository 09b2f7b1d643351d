"""A small picture and the extent of stimuli, made in the background."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import ConditionTable, Drive, Stimulus
from insilico_gui.stimuli.readers.images import ImageSet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.experiment.live import AnyStimulus

logger = logging.getLogger(__name__)

WIDTH, HEIGHT = 96, 60
"""Pixels of a picture; it is drawn at half of that, or whole on fine screens."""

GROUND, MARK, BASE = (38, 42, 52), (255, 170, 60), (110, 150, 200)
"""Colours of what has no picture of its own."""


@dataclass(frozen=True, eq=False)
class Glance:
    """What a list shows of a stimulus.

    Attributes
    ----------
    picture : uint8 array, [60, 96, 3]
    extent : str
        How long it lasts, or how many images or conditions it has.
    """

    picture: NDArray[np.uint8]
    extent: str


def glance(stimulus: AnyStimulus) -> Glance | None:
    """What a list shows of a stimulus; None if its middle frame cannot be read."""
    try:
        if isinstance(stimulus, ConditionTable):
            n = stimulus.n_conditions
            return Glance(_cells(stimulus), f"{n:,} condition{'s' * (n != 1)}")
        if isinstance(stimulus, Drive):
            return Glance(_events(stimulus), _seconds(stimulus.duration_s))
        if isinstance(stimulus, ImageSet):
            n = stimulus.n_images
            middle = stimulus.image(n // 2)
            return Glance(_filled(middle), f"{n:,} image{'s' * (n != 1)}")
        return Glance(_filled(_middle(stimulus)), _seconds(stimulus.duration))
    except (InsilicoError, MemoryError, OSError):
        logger.debug("No picture of %s", stimulus, exc_info=True)
        return None


def _middle(stimulus: Stimulus) -> NDArray[np.uint8]:
    """The middle frame, or that of the trial in the middle: not a blank between them."""
    trials = stimulus.trials
    if trials is None or not len(trials):
        return stimulus.color_frame(stimulus.n_frames // 2)
    trial = trials.iloc[len(trials) // 2]
    time = float(trial["onset"]) + float(trial["duration"]) / 2
    frame = min(int(time * stimulus.frame_rate), stimulus.n_frames - 1)
    return stimulus.color_frame(max(frame, 0))


def _seconds(duration_s: float | None) -> str:
    return "" if duration_s is None else f"{duration_s:.3g} s"


def _filled(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a frame [H, W, 3] that has the shape of the picture."""
    high, wide = frame.shape[:2]
    scale = min(high / HEIGHT, wide / WIDTH)
    part = max(round(HEIGHT * scale), 1), max(round(WIDTH * scale), 1)
    top, left = (high - part[0]) // 2, (wide - part[1]) // 2
    cut = frame[top : top + part[0], left : left + part[1]]
    for axis, n in enumerate((HEIGHT, WIDTH)):
        cut = _resized(cut, axis, n)
    return cut.astype(np.uint8)


def _resized(values: NDArray[Any], axis: int, n: int) -> NDArray[Any]:
    """An array with `n` items along an axis: means of more, or repeats of fewer."""
    size = values.shape[axis]
    if size <= n:
        return np.asarray(np.take(values, np.arange(n) * size // n, axis=axis))
    edges = np.arange(n + 1) * size // n
    sums = np.add.reduceat(values, edges[:-1], axis=axis, dtype=np.float32)
    counts = np.diff(edges).astype(np.float32)
    return np.asarray(sums / np.expand_dims(counts, [k for k in range(3) if k != axis]))


def _cells(table: ConditionTable) -> NDArray[np.uint8]:
    """A table as cells: a column each, lighter for higher values."""
    found = []
    for name in table.table.columns:
        values = table.table[name]
        codes = values.to_numpy(float) if values.dtype.kind in "fiub" else None
        own = values.factorize(sort=True)[0].astype(float) if codes is None else codes
        spread = np.ptp(own)
        found.append((own - own.min()) / spread if spread > 0 else 0 * own + 0.5)
    shares = np.stack(found, axis=1)
    rows = np.arange(HEIGHT) * len(shares) // HEIGHT
    columns = np.arange(WIDTH) * shares.shape[1] // WIDTH
    lit = shares[rows][:, columns, None]
    low, high = np.array(GROUND), np.array(BASE)
    picture = low + lit * (high - low)
    picture[:, np.flatnonzero(np.diff(columns))] = GROUND
    return np.asarray(picture, np.uint8)


def _events(drive: Drive) -> NDArray[np.uint8]:
    """Events of a drive as bars in time, over its base."""
    picture = np.full((HEIGHT, WIDTH, 3), GROUND, np.uint8)
    picture[HEIGHT - 12 : HEIGHT - 8] = BASE
    spans = [
        (float(getattr(event, "onset_s", 0.0)), getattr(event, "duration_s", None))
        for event in drive.events[:5]
    ]
    ends = [start + (length or 0.0) for start, length in spans]
    whole = drive.duration_s or max([*ends, 1.0])
    for k, (start, length) in enumerate(spans):
        stop = whole if length is None else start + length
        left, right = (round(WIDTH * min(t / whole, 1.0)) for t in (start, stop))
        top = 6 + 8 * k
        picture[top : top + 5, left : max(right, left + 2)] = MARK
    return picture
