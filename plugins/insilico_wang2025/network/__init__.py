"""The network of Wang et al. 2025 as plain torch modules.

Parameter names are those of the published weight files. A :class:`Network` holds no
state between calls: :meth:`Network.forward` takes a :class:`State` and returns the
next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from insilico_wang2025.network.feedforward import Feedforward, FeedforwardState
from insilico_wang2025.network.layers import STREAMS, StreamWeights
from insilico_wang2025.network.modulation import LSTMState, Modulation
from insilico_wang2025.network.module import Module
from insilico_wang2025.network.perspective import Periphery, Perspective
from insilico_wang2025.network.readout import Readout
from insilico_wang2025.network.recurrent import Recurrent

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Network", "Periphery", "State"]


class State(NamedTuple):
    """All that the network remembers from frame to frame (25 MB a video)."""

    modulation: LSTMState
    feedforward: FeedforwardState
    recurrent: LSTMState


class Core(Module):
    """The part that is shared by all recordings."""

    def __init__(self) -> None:
        super().__init__()
        self.feedforward = Feedforward()
        self.recurrent = Recurrent()


class Network(Module):
    """Stimulus, eye position and behaviour to the responses of `units` units."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.core = Core()
        self.perspective = Perspective()
        self.modulation = Modulation()
        self.readout = Readout(units)

    def fold(self) -> None:
        """Compute everything that follows from the weights alone, once.

        For inference, after loading and moving: gradients no longer reach parameters.
        """
        for module in self.modules():
            if isinstance(module, StreamWeights | Readout):
                module.fold()

    def initial_state(self, n_videos: int, stream: int | None = None) -> State:
        """State before the first frame of `n_videos` videos: zeros."""
        device = self.readout.position.mu.device
        streams = STREAMS if stream is None else 1
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

        Returns
        -------
        log_response : Tensor, [N, T, u]
            Its exponential is the response.
        state : State
            After the last frame.
        """
        retinal = self.perspective(frames.float() / 255, eye, periphery)
        modulation, modulated = self.modulation(behavior, state.modulation, stream)
        maps, fed = self.core.feedforward(retinal, state.feedforward, stream)
        maps, recurred = self.core.recurrent(maps, modulation, state.recurrent, stream)
        log_response = self.readout(maps, units, stream)
        return log_response, State(modulated, fed, recurred)
