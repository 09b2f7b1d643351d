"""A recurrent step that is recorded once and replayed for every frame, as on CUDA.

The step of a frame is many short operations, and a processor needs about as long to
launch one as the device to run it. A CUDA graph launches all of them as one, but always
reads and writes the same places in memory. So a :class:`Replayed` step has tensors of
its own: what comes in is copied there, and what goes out is a copy.

How it is recorded is a function, so that everything but the graph itself works on any
device. The graph follows https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from insilico_gui.streaming import is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Hashable

State = tuple[Tensor, ...]

#: From the input of a frame, which may be overwritten, and the state before it, which
#: may not, to the state after it; this has memory of its own.
Step = Callable[[Tensor, State], State]

#: Makes of work in fixed memory on a device something that does the same again.
Record = Callable[[Callable[[], None], torch.device], Callable[[], None]]

WARM_UPS = 3
"""Runs before a recording: libraries choose algorithms and take memory in the first."""

SHAPES_KEPT = 3
"""Recordings hold memory: of one video, of a full group, of the rest of a batch."""

logger = logging.getLogger(__name__)


def rerun(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """Record nothing: every replay does the work again."""
    del device
    return work


def cuda_graph(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """Record as a CUDA graph.

    Raises
    ------
    RuntimeError
        If something in `work` cannot be recorded.
    """
    with torch.cuda.device(device):
        here = torch.cuda.current_stream()
        # Entered so that it is left: a recording that fails may stay on its own stream.
        with torch.cuda.stream(here):
            aside, recording = (
                torch.cuda.Stream()  # type: ignore[no-untyped-call]
                for _ in range(2)
            )
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                for _ in range(WARM_UPS):
                    work()
            here.wait_stream(aside)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(
                graph,
                stream=recording,  # torch's own is of one device only
                capture_error_mode="thread_local",  # other threads may use the device
            ):
                work()
    return graph.replay


#: How to record, by type of device; on others a step is better run as it is.
RECORDERS = MappingProxyType[str, Record]({"cuda": cuda_graph})


class Replayed:
    """A step with fixed memory.

    Parameters
    ----------
    step : callable
        What it reads besides its arguments must stay where it is.
    x : Tensor
        Like the input of a frame.
    state : tuple of Tensor
        Like the state.
    record : callable
    """

    def __init__(self, step: Step, x: Tensor, state: State, record: Record) -> None:
        self._step = step  # kept: a graph does not keep the tensors that it reads
        self._x = torch.zeros_like(x, memory_format=torch.contiguous_format)
        self._state = tuple(torch.zeros_like(part) for part in state)
        self._replay = record(self._work, x.device)

    def __call__(self, xs: Tensor, state: State) -> tuple[Tensor, State]:
        """Run over the frames of a chunk.

        Parameters
        ----------
        xs : Tensor, [T, ...]
            Input of every frame.
        state : tuple of Tensor
            Before the first frame; it is not changed.

        Returns
        -------
        Tensor, [T, ...]
            The state's first tensor after every frame.
        tuple of Tensor
            State after the last frame.
        """
        for fixed, given in zip(self._state, state, strict=True):
            fixed.copy_(given)
        first = self._state[0]
        outputs = first.new_empty(len(xs), *first.shape)
        for x, output in zip(xs, outputs, strict=True):
            self._x.copy_(x)
            self._replay()
            output.copy_(first)
        return outputs, tuple(part.clone() for part in self._state)

    def _work(self) -> None:
        after = self._step(self._x, self._state)
        for fixed, new in zip(self._state, after, strict=True):
            fixed.copy_(new)


class Replays:
    """The replayed steps of the last few shapes and precisions of inputs.

    Parameters
    ----------
    record : callable
        If it fails, steps are run as they are from then on.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._kept: dict[Hashable, Replayed] = {}

    def __call__(
        self, make: Callable[[], Step], xs: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Run over the frames of a chunk; see :class:`Replayed`.

        Parameters
        ----------
        make : callable
            Makes the step for this shape.
        xs, state
        """
        key = (xs.shape[1:], xs.dtype, xs.device, _precision())
        step = self._kept.pop(key, None)
        if step is None:
            while len(self._kept) >= SHAPES_KEPT:
                del self._kept[next(iter(self._kept))]  # used longest ago
            step = self._recorded(make(), xs[0], state)
        self._kept[key] = step
        return step(xs, state)

    def forget(self) -> None:
        """Give the memory of all recordings back."""
        self._kept.clear()

    def _recorded(self, step: Step, x: Tensor, state: State) -> Replayed:
        try:
            return Replayed(step, x, state, self._record)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            # ending a recording that ran out of memory may fail in turn
            first = error.__context__
            if first is not None and is_out_of_memory(first):
                raise first from None
            logger.warning(
                "The recurrent step cannot be recorded as a graph and runs as it is, "
                "which is slower: %s",
                error,
            )
        self._record = rerun
        return Replayed(step, x, state, rerun)


def replays_on(device: torch.device) -> Replays | None:
    """Replayed steps for a device; None where steps are better run as they are."""
    record = RECORDERS.get(device.type)
    return None if record is None else Replays(record)


def _precision() -> tuple[bool, bool]:
    """Settings that decide which kernels are recorded."""
    backends = torch.backends
    return backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32
