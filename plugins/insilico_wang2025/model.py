"""A scan behind the functions that scripts for the published network call.

Same conventions as there: frames come first ([T, ...], batches as [T, N, ...]), frames
of any size are taken, and the network goes on from where it was unless told to reset.
Where the published functions cut, cast or pass on NaN in silence, these raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from insilico_gui.device import full_float32, resolve_device
from insilico_gui.errors import BehaviorError, EncodingError, StimulusError
from insilico_gui.streaming import telling_of_memory
from insilico_wang2025.engine import Engine
from insilico_wang2025.folders import find_scan
from insilico_wang2025.moments import read_moments, together
from insilico_wang2025.network.readout import poisson_loss
from insilico_wang2025.unit_table import read_units
from insilico_wang2025.weights import load_network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from insilico_wang2025.engine import EngineState
    from insilico_wang2025.ids import ScanKey
    from insilico_wang2025.moments import Moment
    from insilico_wang2025.network import Network


class Model:
    """Predicts responses of all units of a scan; keeps the state between calls.

    In all methods, of each of T moments: a stimulus is uint8 [H, W], [H, W, 1] or
    [N, H, W, 1]; a perspective (pupil x, y) and a modulation (pupil radius, treadmill
    velocity) are z-scored, [2] or [N, 2], or None for zeros at every moment. What has
    no batch axis, or one of length 1, is repeated for all N. A result has a batch axis
    if one of the three has.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._engine = Engine(network)
        self._state: EngineState | None = None
        self._n_videos = 0

    def predict(
        self,
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
    ) -> NDArray[np.float32]:
        """Responses to a video from a fresh state.

        Returns
        -------
        float32 array, [T, U] or [T, N, U]

        Raises
        ------
        StimulusError, BehaviorError
            If inputs have another type, shape or length than described, or hold NaN.
        """
        moments = list(read_moments(stimuli, perspectives, modulations))
        if not moments:
            raise StimulusError("There are no frames to predict; give at least one.")
        self._reset()
        whole = self._run(moments)
        batched = any(moment.batched for moment in moments)
        return whole if batched else whole[:, 0]

    def generate_response(
        self,
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
        training: bool = False,
        reset: bool = True,
    ) -> Iterator[NDArray[np.float32]]:
        """Responses one moment after the other, as each is asked for.

        Parameters
        ----------
        training : bool
            Only False is possible: responses of a network with its training noise are
            not to be had here.
        reset : bool
            Start from a fresh state, when the first response is asked for; else go on
            from the last call.

        Yields
        ------
        float32 array, [U] or [N, U]
        """
        _check_not_training(training)
        moments = read_moments(stimuli, perspectives, modulations)
        return self._responses(moments, reset)

    def generate_loss(
        self,
        units: Iterable[ArrayLike],
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
        training: bool = False,
        reset: bool = True,
    ) -> Iterator[NDArray[np.float32]]:
        """Poisson loss of each unit, one moment after the other.

        Parameters
        ----------
        units : iterable of array [U] or [N, U]
            Recorded responses; with a batch axis exactly if the inputs have one.
        training, reset
            See :meth:`generate_response`.

        Yields
        ------
        float32 array, [U] or [N, U]
        """
        _check_not_training(training)
        moments = read_moments(stimuli, perspectives, modulations)
        return self._losses(units, moments, reset)

    def _responses(
        self, moments: Iterator[Moment], reset: bool
    ) -> Iterator[NDArray[np.float32]]:
        if reset:
            self._reset()
        for moment in moments:
            response = self._run([moment])[0]
            yield response if moment.batched else response[0]

    def _losses(
        self, units: Iterable[ArrayLike], moments: Iterator[Moment], reset: bool
    ) -> Iterator[NDArray[np.float32]]:
        if reset:
            self._reset()
        for target, moment in together(("units", units), ("stimuli", moments)):
            target = torch.tensor(np.asarray(target, dtype=np.float32))
            log_response = self._log_response([moment])[0].cpu()
            if not moment.batched:
                log_response = log_response[0]
            if target.shape != log_response.shape:
                raise BehaviorError(
                    f"Recorded responses of shape {list(target.shape)} do not fit "
                    f"those predicted, {list(log_response.shape)}; give the same shape."
                )
            yield poisson_loss(log_response, target).numpy()

    def _reset(self) -> None:
        self._state = None

    def _run(self, moments: list[Moment]) -> NDArray[np.float32]:
        """Responses [n, N, U] to a few consecutive moments of N videos."""
        response: NDArray[np.float32] = self._log_response(moments).exp().cpu().numpy()
        return response

    def _log_response(self, moments: list[Moment]) -> torch.Tensor:
        n_videos = len(moments[0].frame)
        if self._state is None:
            self._state = self._engine.initial_state(n_videos)
            self._n_videos = n_videos
        if any(len(moment.frame) != self._n_videos for moment in moments):
            raise StimulusError(
                f"The network is running {self._n_videos} videos side by side and "
                "cannot go on with another number; reset it, or keep the batch size."
            )
        device = self.network.readout.position.mu.device
        frames, eye, behavior = (
            torch.tensor(np.stack(parts, axis=1), device=device)
            for parts in (
                [moment.frame for moment in moments],
                [moment.perspective for moment in moments],
                [moment.modulation for moment in moments],
            )
        )
        what = f"{_counted(len(moments), 'frame')} of {_counted(n_videos, 'video')}"
        with telling_of_memory(what, str(device)), full_float32():
            log_response, self._state = self._engine(frames, eye, behavior, self._state)
        moved: torch.Tensor = log_response.transpose(0, 1)
        return moved


def open_model(
    key: ScanKey, directory: Path, device: str = "auto"
) -> tuple[Model, pd.DataFrame]:
    """Load a scan; see :func:`insilico_wang2025.scan`."""
    folder, units = find_scan(directory, key)
    ids = read_units(folder, key, units)
    files = (folder.core, folder.params(key))
    return Model(load_network(files, units, resolve_device(device))), ids


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _check_not_training(training: bool) -> None:
    if training:
        raise EncodingError(
            "Responses with training noise are not available; leave training=False."
        )
