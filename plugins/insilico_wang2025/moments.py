"""What is shown and how the animal behaves, checked and paired moment by moment."""

from __future__ import annotations

import logging
from collections.abc import Sized
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Literal

import numpy as np

from insilico_gui.errors import BehaviorError, StimulusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import ArrayLike, NDArray

    OnNan = Literal["refuse", "propagate"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """Inputs to the network at one frame.

    Attributes
    ----------
    frame : uint8 array, [N, H, W]
    perspective, modulation : float32 array, [N, 2]
    batched : bool
        Whether one of the three was given with a batch axis.
    lost : bool array, [N]
        Whose perspective or modulation has NaN or infinity; there are zeros in its place.
    """

    frame: NDArray[np.uint8]
    perspective: NDArray[np.float32]
    modulation: NDArray[np.float32]
    batched: bool
    lost: NDArray[np.bool_]


def read_moments(
    stimuli: Iterable[ArrayLike],
    perspectives: Iterable[ArrayLike] | None,
    modulations: Iterable[ArrayLike] | None,
    on_nan: OnNan = "refuse",
) -> Iterator[Moment]:
    """Pair the inputs; see :class:`insilico_wang2025.model.Model` for their shapes.

    The shortest of them ends it, as in the published code; see :func:`say_lengths`.

    Raises
    ------
    StimulusError, BehaviorError
        At the first moment whose inputs are wrong or missing.
    """
    zeros = np.zeros(2, dtype=np.float32)
    size: tuple[int, ...] | None = None
    for t, (stimulus, perspective, modulation) in enumerate(
        zip(
            stimuli,
            perspectives if perspectives is not None else repeat(zeros),
            modulations if modulations is not None else repeat(zeros),
            strict=False,
        )
    ):
        frame, batched = _frame(stimulus, t)
        if size is not None and frame.shape[1:] != size:
            raise StimulusError(
                f"Frame {t} has {frame.shape[1]} x {frame.shape[2]} pixels, the ones "
                f"before it {size[0]} x {size[1]}; give frames of one size."
            )
        size = frame.shape[1:]
        eye = _trace(perspective, "perspectives", t, on_nan)
        behavior = _trace(modulation, "modulations", t, on_nan)
        batched |= eye.ndim > 1 or behavior.ndim > 1
        eye, behavior = np.atleast_2d(eye), np.atleast_2d(behavior)
        lengths = (len(frame), len(eye), len(behavior))
        n_videos = max(lengths)
        if not set(lengths) <= {1, n_videos}:
            raise StimulusError(
                f"At frame {t}, stimuli, perspectives and modulations have batches of "
                f"{', '.join(map(str, lengths))}; give the same number, or 1."
            )
        eye = np.broadcast_to(eye, (n_videos, 2))
        behavior = np.broadcast_to(behavior, (n_videos, 2))
        finite = np.isfinite(np.concatenate([eye, behavior], axis=1)).all(axis=1)
        yield Moment(
            np.broadcast_to(frame, (n_videos, *size)),
            np.where(finite[:, None], eye, 0),
            np.where(finite[:, None], behavior, 0),
            batched,
            np.logical_not(finite),
        )


def say_lengths(**inputs: object) -> None:
    """Say in the log what is left out, as far as the lengths of inputs are known."""
    lengths = {name: len(v) for name, v in inputs.items() if isinstance(v, Sized)}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{n} of {name}" for name, n in lengths.items())
        logger.warning(
            "The inputs have different lengths (%s): what comes after %d is left out",
            given,
            min(lengths.values()),
        )


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


def _trace(values: ArrayLike, name: str, t: int, on_nan: OnNan) -> NDArray[np.float32]:
    trace = np.asarray(values, dtype=np.float32)
    if trace.ndim not in (1, 2) or trace.shape[-1] != 2 or not len(trace):
        raise BehaviorError(
            f"At frame {t}, {name} has shape {list(trace.shape)}; it must be [2], or "
            "[N, 2] for a batch."
        )
    if on_nan == "refuse" and not np.isfinite(trace).all():
        raise BehaviorError(
            f"At frame {t}, {name} has NaN or infinity; fill gaps first (0 is the mean "
            "of the recording), or give on_nan='propagate' for responses that are NaN "
            "from there on."
        )
    return trace
