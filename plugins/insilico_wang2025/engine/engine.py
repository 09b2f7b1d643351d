"""The engine: from frames, eye position and behaviour to log responses."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import torch

from insilico_wang2025.engine.feedforward import Feedforward, History
from insilico_wang2025.engine.memory import keep_freed_memory
from insilico_wang2025.engine.modulation import Modulation
from insilico_wang2025.engine.readout import Readout
from insilico_wang2025.engine.recurrent import Recurrent
from insilico_wang2025.engine.retina import Perspective

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network import Network, Periphery
    from insilico_wang2025.network.modulation import LSTMState

#: Frames of a video that are run at once. A multiple of the temporal tile of four.
FRAMES_AT_ONCE = 8

#: Videos that are run side by side. One keeps a CPU busy and the caches small.
VIDEOS_AT_ONCE = MappingProxyType({"cpu": 1, "cuda": 16})


class VideoState(NamedTuple):
    """All that is remembered of one video, or of a few side by side."""

    modulation: LSTMState
    feedforward: History
    recurrent: LSTMState


EngineState = tuple[VideoState, ...]


class Engine:
    """Inference of one network.

    Parameters
    ----------
    network : Network
        Folded and on its device. Its parameters must not change afterwards.
    """

    def __init__(self, network: Network) -> None:
        with torch.inference_mode():
            self._perspective = Perspective(network.perspective)
            self._modulation = Modulation(network.modulation)
            self._feedforward = Feedforward(network.core.feedforward)
            self._recurrent = Recurrent(network.core.recurrent)
            self._readout = Readout(network.readout)
        self._device = network.readout.position.mu.device
        if self._device.type == "cpu":
            keep_freed_memory()
        self._videos_at_once = VIDEOS_AT_ONCE.get(self._device.type, 1)
        self._lock = threading.Lock()

    def initial_state(self, n_videos: int) -> EngineState:
        """State before the first frame of `n_videos` videos."""
        step = self._videos_at_once
        sizes = [min(step, n_videos - k) for k in range(0, n_videos, step)]
        with torch.inference_mode():
            return tuple(
                VideoState(
                    self._modulation.initial_state(n, self._device),
                    self._feedforward.initial_state(n, self._device),
                    self._recurrent.initial_state(n, self._device),
                )
                for n in sizes
            )

    @torch.inference_mode()
    def __call__(
        self,
        frames: Tensor,
        eye: Tensor,
        behavior: Tensor,
        state: EngineState,
        units: Tensor | None = None,
        periphery: Periphery = "dark",
    ) -> tuple[Tensor, EngineState]:
        """Run over any number of frames.

        Parameters
        ----------
        frames : uint8 Tensor, [N, T, H, W]
            Grey levels 0..255.
        eye, behavior : float32 Tensor, [N, T, 2]
            Z-scored pupil x and y; pupil radius and treadmill velocity.
        state : EngineState
            For N videos; it is not changed.
        units : int64 Tensor, [u] or None
            Which units, in this order; None = all.
        periphery : {"dark", "extend"}
            What the retina sees beyond the monitor.

        Returns
        -------
        log_response : Tensor, [N, T, u]
            Its exponential is the response.
        state : EngineState
            After the last frame.
        """
        n_units = self._readout.units if units is None else len(units)
        if not frames.shape[1] or not n_units:  # nothing to compute, nor to remember
            return eye.new_empty(*frames.shape[:2], n_units), state
        logs, after = [], []
        with self._lock:
            for k, part in enumerate(state):
                videos = slice(k * self._videos_at_once, (k + 1) * self._videos_at_once)
                pieces = []
                for start in range(0, frames.shape[1], FRAMES_AT_ONCE):
                    now = slice(start, start + FRAMES_AT_ONCE)
                    piece, part = self._chunk(
                        frames[videos, now],
                        eye[videos, now],
                        behavior[videos, now],
                        part,
                        units,
                        periphery,
                    )
                    pieces.append(piece)
                logs.append(torch.cat(pieces, dim=1))
                after.append(part)
        return torch.cat(logs), tuple(after)

    def _chunk(
        self,
        frames: Tensor,
        eye: Tensor,
        behavior: Tensor,
        state: VideoState,
        units: Tensor | None,
        periphery: Periphery,
    ) -> tuple[Tensor, VideoState]:
        retinal = self._perspective(frames, eye, periphery)
        modulation, modulated = self._modulation(behavior, state.modulation)
        maps, fed = self._feedforward(retinal, state.feedforward)
        seen, recurred = self._recurrent(maps, modulation, state.recurrent)
        logs = self._readout(seen, units).reshape(*frames.shape[:2], -1)
        return logs, VideoState(modulated, fed, recurred)
