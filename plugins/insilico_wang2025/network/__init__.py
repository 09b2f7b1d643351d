"""The network of Wang et al. 2025 as plain torch modules.

Parameter names are those of the published weight files. A :class:`Network` holds no
state between calls: :meth:`Network.forward` takes a :class:`State` and returns the
next.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from insilico_wang2025.network.feedforward import Feedforward, FeedforwardState
from insilico_wang2025.network.layers import StreamWeights
from insilico_wang2025.network.modulation import LSTMState, Modulation
from insilico_wang2025.network.module import Module
from insilico_wang2025.network.perspective import Jitter, Periphery, Perspective
from insilico_wang2025.network.readout import Readout
from insilico_wang2025.network.recurrent import Recurrent
from insilico_wang2025.sizes import PUBLISHED, Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

__all__ = ["Jitter", "Network", "Noise", "Periphery", "Sizes", "State"]


class State(NamedTuple):
    """All that the network remembers from frame to frame (25 MB a video)."""

    modulation: LSTMState
    feedforward: FeedforwardState
    recurrent: LSTMState


class Noise(NamedTuple):
    """Deviates of unit variance, drawn once for each sequence of training.

    Attributes
    ----------
    position : Tensor, [N, U, 2]
        By which readout positions are off.
    jitter : Jitter
        By which the monitor is off, [N, 3] each.
    """

    position: Tensor
    jitter: Jitter


class Core(Module):
    """The part that is shared by all recordings."""

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.feedforward = Feedforward(sizes)
        self.recurrent = Recurrent(sizes)


class Network(Module):
    """Stimulus, eye position and behaviour to the responses of `units` units."""

    def __init__(self, units: int, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.sizes = sizes
        self.core = Core(sizes)
        self.perspective = Perspective(sizes)
        self.modulation = Modulation(sizes)
        self.readout = Readout(units, sizes)

    def fold(self) -> None:
        """Compute everything that follows from the weights alone, once.

        For inference, after loading and moving: gradients no longer reach parameters.
        """
        for module in self.modules():
            if isinstance(module, StreamWeights | Readout):
                module.fold()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """For a sequence in training: compute what follows from the weights once."""
        with ExitStack() as stack:
            for module in self.modules():
                if isinstance(module, StreamWeights):
                    stack.enter_context(module.holding())
            yield

    def initial_state(self, n_videos: int, stream: int | None = None) -> State:
        """State before the first frame of `n_videos` videos: zeros."""
        device = self.readout.position.mu.device
        streams = self.sizes.streams if stream is None else 1
        return State(
            self.modulation.initial_state(n_videos, streams, device),
            self.core.feedforward.initial_state(n_videos, streams, device),
            self.core.recurrent.initial_state(n_videos, streams, device),
        )

    def forward(
        self,
        frames: Tensor,
        eye: Tensor,
        behavior: Tensor,
        state: State,
        *,
        units: Tensor | None = None,
        stream: int | None = None,
        periphery: Periphery = "dark",
        noise: Noise | None = None,
    ) -> tuple[Tensor, State]:
        """Run over a chunk of frames.

        Parameters
        ----------
        frames : uint8 Tensor, [N, T, H, W]
            Grey levels 0..255.
        eye : float32 Tensor, [N, T, 2]
            Pupil x and y, z-scored.
        behavior : float32 Tensor, [N, T, 2]
            Pupil radius and treadmill velocity, z-scored.
        state : State
            For N videos, and for one stream if `stream` is given.
        units : int64 Tensor, [u] or None
            Which units, in this order; None = all.
        stream : int or None
            Compute one of the four streams only; None = all, averaged.
        periphery : {"dark", "extend"}
            What the retina sees beyond the monitor.
        noise : Noise or None
            Of training, with all units; None = none.

        Returns
        -------
        log_response : Tensor, [N, T, u]
            Its exponential is the response.
        state : State
            After the last frame.
        """
        jitter = None if noise is None else noise.jitter
        retinal = self.perspective(frames.float() / 255, eye, periphery, jitter)
        modulation, modulated = self.modulation(behavior, state.modulation, stream)
        maps, fed = self.core.feedforward(retinal, state.feedforward, stream)
        maps, recurred = self.core.recurrent(maps, modulation, state.recurrent, stream)
        if noise is None:
            log_response = self.readout(maps, units, stream)
        else:
            position = self.readout.position.drawn(noise.position)
            log_response = self.readout.at(maps, position, stream)
        return log_response, State(modulated, fed, recurred)
