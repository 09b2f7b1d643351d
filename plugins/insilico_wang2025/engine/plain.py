"""Inference of a network of other sizes than the published one, by its plain modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from insilico_wang2025.engine.engine import Engine
from insilico_wang2025.sizes import Sizes

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network import Network, Periphery, State

FRAMES_AT_ONCE = 32


class PlainEngine:
    """Runs a folded network as it is; called like :class:`.Engine`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def initial_state(self, n_videos: int) -> State:
        """State before the first frame."""
        return self._network.initial_state(n_videos)

    @torch.inference_mode()
    def __call__(
        self,
        frames: Tensor,
        eye: Tensor,
        behavior: Tensor,
        state: State,
        units: Tensor | None = None,
        periphery: Periphery = "dark",
    ) -> tuple[Tensor, State]:
        """Run over any number of frames; see :meth:`.Engine.__call__`."""
        n_units = len(self._network.readout.position.mu if units is None else units)
        if not frames.shape[1] or not n_units:
            return eye.new_empty(*frames.shape[:2], n_units), state
        pieces = []
        for start in range(0, frames.shape[1], FRAMES_AT_ONCE):
            now = slice(start, start + FRAMES_AT_ONCE)
            logs, state = self._network(
                frames[:, now],
                eye[:, now],
                behavior[:, now],
                state,
                units=units,
                periphery=periphery,
            )
            pieces.append(logs)
        return torch.cat(pieces, dim=1), state


def engine_of(
    network: Network, dtype: torch.dtype = torch.float32
) -> Engine | PlainEngine:
    """The engine of a folded network: the fast one if it has the published sizes."""
    shared = Sizes(frame_shape=network.sizes.frame_shape)
    return Engine(network, dtype) if network.sizes == shared else PlainEngine(network)
