"""The engine: from frames, eye position and behaviour to log responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network import Network, Periphery, State


class Engine:
    """Inference of one network, folded and on its device.

    Parameters
    ----------
    network : Network
        Its parameters must not change afterwards.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def initial_state(self, n_videos: int) -> State:
        """State before the first frame of `n_videos` videos."""
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
        """Run over any number of frames.

        Parameters
        ----------
        frames : uint8 Tensor, [N, T, H, W]
            Grey levels 0..255.
        eye, behavior : float32 Tensor, [N, T, 2]
            Z-scored pupil x and y; pupil radius and treadmill velocity.
        state : State
            For N videos; it is not changed.
        units : int64 Tensor, [u] or None
            Which units, in this order; None = all.
        periphery : {"dark", "extend"}
            What the retina sees beyond the monitor.

        Returns
        -------
        log_response : Tensor, [N, T, u]
            Its exponential is the response.
        state : State
            After the last frame.
        """
        log_response, state = self._network(
            frames, eye, behavior, state, units=units, periphery=periphery
        )
        return log_response, state
