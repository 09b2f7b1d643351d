"""What is shown and how the animal behaves, checked and paired moment by moment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import BehaviorError, StimulusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import ArrayLike, NDArray

_END = object()


@dataclass(frozen=True)
class Moment:
    """Inputs to the network at one frame.

    Attributes
    ----------
    frame : uint8 array, [N, H, W]
    perspective, modulation : float32 array, [N, 2]
    batched : bool
        Whether one of the three was given with a batch axis.
    """

    frame: NDArray[np.uint8]
    perspective: NDArray[np.float32]
    modulation: NDArray[np.float32]
    batched: bool


def read_moments(
    stimuli: Iterable[ArrayLike],
    perspectives: Iterable[ArrayLike] | None,
    modulations: Iterable[ArrayLike] | None,
) -> Iterator[Moment]:
    """Pair the inputs; see :class:`insilico_wang2025.model.Model` for their shapes.

    Raises
    ------
    StimulusError, BehaviorError
        At the first moment whose inputs are wrong or missing.
    """
    zeros = np.zeros(2, dtype=np.float32)
    size: tuple[int, ...] | None = None
    for t, (stimulus, perspective, modulation) in enumerate(
        together(
            ("stimuli", stimuli),
            (
                "perspectives",
                perspectives if perspectives is not None else repeat(zeros),
            ),
            ("modulations", modulations if modulations is not None else repeat(zeros)),
        )
    ):
        frame, batched = _frame(stimulus, t)
        if size is not None and frame.shape[1:] != size:
            raise StimulusError(
                f"Frame {t} has {frame.shape[1]} x {frame.shape[2]} pixels, the ones "
                f"before it {size[0]} x {size[1]}; give frames of one size."
            )
        size = frame.shape[1:]
        eye = _trace(perspective, "perspectives", t)
        behavior = _trace(modulation, "modulations", t)
        batched |= eye.ndim > 1 or behavior.ndim > 1
        eye, behavior = np.atleast_2d(eye), np.atleast_2d(behavior)
        lengths = (len(frame), len(eye), len(behavior))
        n_videos = max(lengths)
        if not set(lengths) <= {1, n_videos}:
            raise StimulusError(
                f"At frame {t}, stimuli, perspectives and modulations have batches of "
                f"{', '.join(map(str, lengths))}; give the same number, or 1."
            )
        yield Moment(
            np.broadcast_to(frame, (n_videos, *size)),
            np.broadcast_to(eye, (n_videos, 2)),
            np.broadcast_to(behavior, (n_videos, 2)),
            batched,
        )


def together(*inputs: tuple[str, Iterable[Any]]) -> Iterator[tuple[Any, ...]]:
    """Like ``zip``, but inputs must be equally long; endless ones excepted."""
    names = [name for name, _ in inputs]
    iterators = [iter(values) for _, values in inputs]
    t = 0
    while True:
        items = [next(iterator, _END) for iterator in iterators]
        ended = [item is _END for item in items]
        finite = [not isinstance(iterator, repeat) for iterator in iterators]
        if any(ended):
            if sum(ended) < sum(finite):
                short = names[ended.index(True)]
                raise BehaviorError(
                    f"The {short} end after {t} frames, before the other inputs; give "
                    "one for each frame."
                )
            return
        yield tuple(items)
        t += 1


def _frame(stimulus: ArrayLike, t: int) -> tuple[NDArray[np.uint8], bool]:
    """A frame as [N, H, W], and whether it came with a batch axis."""
    frame = np.asarray(stimulus)
    if frame.dtype != np.uint8:
        raise StimulusError(
            f"Frame {t} is {frame.dtype}; frames must be uint8, grey levels 0-255."
        )
    if frame.ndim > 2 and frame.shape[-1] == 1:
        frame = frame[..., 0]
    elif frame.ndim != 2:
        raise StimulusError(
            f"Frame {t} has shape {list(frame.shape)}; frames must be [H, W], "
            "[H, W, 1] or, for a batch, [N, H, W, 1]."
        )
    if frame.ndim > 3 or 0 in frame.shape:
        raise StimulusError(
            f"Frame {t} has shape {list(frame.shape)}, which is no picture; frames "
            "must be [H, W], [H, W, 1] or, for a batch, [N, H, W, 1]."
        )
    return (frame, True) if frame.ndim == 3 else (frame[None], False)


def _trace(values: ArrayLike, name: str, t: int) -> NDArray[np.float32]:
    trace = np.asarray(values, dtype=np.float32)
    if trace.ndim not in (1, 2) or trace.shape[-1] != 2 or not len(trace):
        raise BehaviorError(
            f"At frame {t}, {name} has shape {list(trace.shape)}; it must be [2], or "
            "[N, 2] for a batch."
        )
    if not np.isfinite(trace).all():
        raise BehaviorError(
            f"At frame {t}, {name} has NaN or infinity; fill gaps first (0 is the mean "
            "of the recording)."
        )
    return trace
