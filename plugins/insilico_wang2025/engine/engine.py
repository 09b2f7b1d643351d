"""The engine: from frames, eye position and behaviour to log responses."""

from __future__ import annotations

import logging
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from insilico_gui.streaming import is_out_of_memory, release_memory
from insilico_wang2025.engine.feedforward import Feedforward
from insilico_wang2025.engine.memory import keep_freed_memory
from insilico_wang2025.engine.modulation import Modulation
from insilico_wang2025.engine.readout import Readout
from insilico_wang2025.engine.recurrent import Recurrent
from insilico_wang2025.engine.retina import Perspective
from insilico_wang2025.engine.state import EngineState, VideoState, split

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network import Network, Periphery

    Inputs = tuple[Tensor, Tensor, Tensor]  # frames, eye, behaviour

#: Frames of a video that are run at once. A multiple of the temporal tile of four.
FRAMES_AT_ONCE = 8

#: Videos that are run side by side. One keeps a CPU busy and the caches small.
#: Whenever memory runs out, an engine halves its number for good.
VIDEOS_AT_ONCE = MappingProxyType({"cpu": 1, "cuda": 16})

logger = logging.getLogger(__name__)


class Engine:
    """Inference of one network.

    Parameters
    ----------
    network : Network
        Folded and on its device. Its parameters must not change afterwards.
    dtype : torch.dtype
        Of the large products. With a shorter one than float32, all else, states too,
        stays float32, so that states fit engines of any precision.
    """

    def __init__(self, network: Network, dtype: torch.dtype = torch.float32) -> None:
        with torch.inference_mode():
            self._perspective = Perspective(network.perspective)
            self._modulation = Modulation(network.modulation)
            self._feedforward = Feedforward(network.core.feedforward)
            self._recurrent = Recurrent(network.core.recurrent)
            if dtype != torch.float32:
                self._feedforward.multiply_in(dtype)
                self._recurrent.multiply_in(dtype)
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
        with self._lock:
            return self._groups((frames, eye, behavior), state, units, periphery)

    def _groups(
        self,
        inputs: Inputs,
        states: EngineState,
        units: Tensor | None,
        periphery: Periphery,
    ) -> tuple[Tensor, EngineState]:
        """Groups of videos one after the other."""
        logs: list[Tensor] = []
        after: list[VideoState] = []
        first = 0
        for state in states:
            videos = slice(first, first + state.n_videos)
            frames, eye, behavior = (part[videos] for part in inputs)
            log, ended = self._group((frames, eye, behavior), state, units, periphery)
            logs.append(log)
            after += ended
            first = videos.stop
        return torch.cat(logs), tuple(after)

    def _group(
        self,
        inputs: Inputs,
        state: VideoState,
        units: Tensor | None,
        periphery: Periphery,
    ) -> tuple[Tensor, EngineState]:
        """Videos side by side; in smaller groups from where memory does not do."""
        pieces: list[Tensor] = []
        for start in range(0, inputs[0].shape[1], FRAMES_AT_ONCE):
            now = slice(start, start + FRAMES_AT_ONCE)
            frames, eye, behavior = (part[:, now] for part in inputs)
            done = self._try_chunk(frames, eye, behavior, state, units, periphery)
            if done is None:
                frames, eye, behavior = (part[:, start:] for part in inputs)
                smaller = split(state, self._videos_at_once)
                rest, after = self._groups(
                    (frames, eye, behavior), smaller, units, periphery
                )
                return torch.cat([*pieces, rest], dim=1), after
            piece, state = done
            pieces.append(piece)
        return torch.cat(pieces, dim=1), (state,)

    def _try_chunk(
        self,
        frames: Tensor,
        eye: Tensor,
        behavior: Tensor,
        state: VideoState,
        units: Tensor | None,
        periphery: Periphery,
    ) -> tuple[Tensor, VideoState] | None:
        """The chunk, or None if these are too many videos at once."""
        n = state.n_videos
        if n > self._videos_at_once:
            return None
        try:
            return self._chunk(frames, eye, behavior, state, units, periphery)
        except Exception as error:
            if n == 1 or not is_out_of_memory(error):
                raise
        # The error is gone here, and with it the tensors of the failed try.
        self._videos_at_once = n // 2
        logger.warning(
            "Out of memory: going on with %d of %d videos at once", n // 2, n
        )
        self._modulation.forget()
        self._recurrent.forget()
        release_memory()
        return None

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
