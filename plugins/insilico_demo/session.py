"""The demo sessions: unit table, checks, and the model driven chunk by chunk."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from insilico_demo import NOISY_ID, SESSION_ID, screen
from insilico_demo.filters import build_filters
from insilico_demo.model import Memory, MotionEnergy
from insilico_demo.noise import NoiseLayer
from insilico_demo.population import SEED, demo_population
from insilico_demo.reference import BATTERY
from insilico_demo.units import unit_table
from insilico_gui.device import resolve_device
from insilico_gui.errors import BehaviorError, SelectionError, StimulusError
from insilico_gui.streaming import StreamingSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_demo.filters import Filters
    from insilico_demo.noise import NoiseMemory
    from insilico_gui.session import InputKind


@dataclass(frozen=True)
class DemoState:
    """State of one stream.

    Attributes
    ----------
    n_videos : int
    model : MotionEnergy or None
        Model of the units asked for; None before the first frame.
    memory : Memory or None
        Its state; None before the first frame.
    noise : NoiseMemory or None
        State of the noise; None before the first frame and without noise.
    """

    n_videos: int
    model: MotionEnergy | None = None
    memory: Memory | None = None
    noise: NoiseMemory | None = None


class DemoSession(StreamingSession[DemoState]):
    """The synthetic twin; see :class:`insilico_gui.session.Session`.

    Parameters
    ----------
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    noisy : bool
        Whether responses have noise: session ``"demo/noisy"``.

    Raises
    ------
    DeviceError
        If there is no such device.
    """

    input_kind: InputKind = "video"
    grey = "stored luma"  # which grey of colour video; the model has no training set
    frame_shape = screen.FRAME_SHAPE
    frame_rate = screen.FRAME_RATE

    def __init__(self, device: str = "auto", *, noisy: bool = False) -> None:
        self.id = NOISY_ID if noisy else SESSION_ID
        self.device = resolve_device(device)
        self.behavior: dict[str, int] = {}
        self._filters = _filters()
        self._model = MotionEnergy(self._filters, self.device)
        self.units = _units().copy()
        self.attrs: dict[str, Any] = {
            "weights_hash": demo_population().digest(),
            "model": "motion energy with divisive normalisation and adaptation",
            "seed": SEED,
            "display": {
                "width_cm": screen.SCREEN_WIDTH_CM,
                "height_cm": screen.SCREEN_HEIGHT_CM,
                "distance_cm": screen.VIEWING_DISTANCE_CM,
                "degrees_per_pixel": screen.DEG_PER_PIXEL,
                "visual_angle": "flat approximation",
            },
            "calcium_tau_s": screen.CALCIUM_TAU,
            "dtype": "float32",
            "reference_battery": {"family": "drifting_gratings", **deepcopy(BATTERY)},
        }
        self._noise = NoiseLayer(demo_population().area) if noisy else None
        if self._noise is not None:
            self.units["true_gain_loading"] = self._noise.loading
            self.attrs["noise"] = self._noise.attrs
            about = json.dumps(self._noise.attrs, sort_keys=True)
            parts = self.attrs["weights_hash"] + about
            sha = hashlib.sha256(parts.encode()).hexdigest()
            self.attrs["weights_hash"] = f"sha256:{sha}"

    def initial_state(self, n_videos: int) -> DemoState:
        """As after a long time of mean grey."""
        return DemoState(n_videos)

    def advance(
        self,
        state: DemoState,
        frames: NDArray[np.uint8],
        behavior: Mapping[str, NDArray[np.float32]],
        units: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], DemoState]:
        """See :class:`insilico_gui.streaming.StreamingSession`.

        Raises
        ------
        StimulusError
            If frames are not uint8 of 144 x 256 pixels.
        BehaviorError
            If there are behaviour traces.
        SelectionError
            If `units` are not columns of the response.
        """
        _check_frames(frames, state.n_videos)
        if behavior:
            raise BehaviorError(
                f"The demo session takes no behaviour, but got {', '.join(behavior)}; "
                "leave it out."
            )
        model = state.model or self._model_of(units)
        memory = state.memory or model.rest(state.n_videos)
        noise = state.noise

        def disturbed(responses: torch.Tensor) -> torch.Tensor:
            nonlocal noise
            if self._noise is None:
                return responses
            before = noise or self._noise.rest(state.n_videos)
            clean = responses.cpu().numpy()
            noisy, noise = self._noise.advance(before, frames, clean, units)
            return torch.from_numpy(noisy).to(self.device)

        with torch.inference_mode():
            video = torch.from_numpy(np.ascontiguousarray(frames)).to(self.device)
            responses, memory = model.advance(memory, video, disturbed)
            return responses.cpu().numpy(), DemoState(
                state.n_videos, model, memory, noise
            )

    def _model_of(self, units: NDArray[np.int64] | None) -> MotionEnergy:
        if units is None:
            return self._model
        n = len(self.units)
        if units.ndim != 1 or ((units < 0) | (units >= n)).any():
            raise SelectionError(
                f"The demo session has units 0 to {n - 1}; select a list of those."
            )
        return MotionEnergy(self._filters.take(units), self.device)


@cache
def _filters() -> Filters:
    """The filters of all units, which are the same in every session."""
    return build_filters(demo_population())


@cache
def _units() -> pd.DataFrame:
    """The unit table; a session has a copy, which may be changed."""
    return unit_table(demo_population())


def _check_frames(frames: NDArray[np.uint8], n_videos: int) -> None:
    wanted = (n_videos, frames.shape[1], *screen.FRAME_SHAPE)
    if frames.dtype != np.uint8 or frames.shape != wanted:
        height, width = screen.FRAME_SHAPE
        raise StimulusError(
            f"The demo session got {frames.dtype} frames of shape "
            f"{list(frames.shape)}; give uint8 [{n_videos}, frames, {height}, {width}]."
        )
