"""A scan behind the functions that scripts for the published network call.

Same conventions as there: frames come first ([T, ...], batches as [T, N, ...]), frames
of any size are taken, inputs of unequal length stop at the shortest, and the network goes
on from where it was unless told to reset. Where it differs is listed in
``docs/reference/wang2025.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from insilico_gui.device import full_float32, resolve_device
from insilico_gui.errors import (
    BehaviorError,
    DeviceError,
    EncodingError,
    StimulusError,
)
from insilico_gui.streaming import telling_of_memory
from insilico_wang2025.engine import engine_of
from insilico_wang2025.folders import find_scan
from insilico_wang2025.moments import read_moments, say_lengths
from insilico_wang2025.network.module import Module
from insilico_wang2025.network.readout import Mean, Poisson
from insilico_wang2025.runs import sizes_beside
from insilico_wang2025.unit_table import read_units
from insilico_wang2025.weights import load_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from insilico_wang2025.ids import ScanKey
    from insilico_wang2025.moments import Moment, OnNan
    from insilico_wang2025.network import Network


class Model(Module):
    """Predicts responses of all units of a scan; keeps the state between calls.

    It is a torch module with the published parts and keys: ``perspective``,
    ``modulation``, ``core``, ``readout``, ``reduce`` and ``unit``.

    In all methods, of each of T moments: a stimulus is uint8 [H, W], [H, W, 1] or
    [N, H, W, 1]; a perspective (pupil x, y) and a modulation (pupil radius, treadmill
    velocity) are z-scored, [2] or [N, 2], or None for zeros at every moment. What has
    no batch axis, or one of length 1, is repeated for all N. A result has a batch axis
    if one of the three has. The shortest of the inputs ends a call.

    With ``on_nan="propagate"``, a perspective or modulation that is NaN makes the
    responses of its video NaN from there to the next reset; otherwise it is refused.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.core = network.core
        self.perspective = network.perspective
        self.modulation = network.modulation
        self.readout = network.readout
        self.reduce = Mean()
        self.unit = Poisson()
        # In a tuple: the parts are registered once, under their published names.
        self._whole = (network,)
        self._engine: Any = None
        self.reset()
        self.eval()

    @property
    def network(self) -> Network:
        """The network as one module that keeps no state."""
        return self._whole[0]

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.network.readout.position.mu)

    @property
    def device(self) -> torch.device:
        """Where the weights are and the responses are computed."""
        return self.network.readout.position.mu.device

    def reset(self) -> None:
        """Forget all frames shown so far."""
        self._state: Any = None
        self._stream: int | None = None
        self._lost: NDArray[np.bool_] = np.zeros(0, bool)

    def predict(
        self,
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
        *,
        on_nan: OnNan = "refuse",
    ) -> NDArray[np.float32]:
        """Responses to a video from a fresh state.

        Returns
        -------
        float32 array, [T, U] or [T, N, U]

        Raises
        ------
        StimulusError, BehaviorError
            If inputs have another type or shape than described, or hold NaN.
        """
        say_lengths(stimuli=stimuli, perspectives=perspectives, modulations=modulations)
        moments = list(read_moments(stimuli, perspectives, modulations, on_nan))
        if not moments:
            raise StimulusError("There are no frames to predict; give at least one.")
        self.reset()
        whole = np.exp(self._run(moments))
        batched = any(moment.batched for moment in moments)
        return whole if batched else whole[:, 0]

    def generate_response(
        self,
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
        training: bool = False,
        reset: bool = True,
        *,
        on_nan: OnNan = "refuse",
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
        say_lengths(stimuli=stimuli, perspectives=perspectives, modulations=modulations)
        moments = read_moments(stimuli, perspectives, modulations, on_nan)
        return self._responses(moments, reset)

    def generate_loss(
        self,
        units: Iterable[ArrayLike],
        stimuli: Iterable[ArrayLike],
        perspectives: Iterable[ArrayLike] | None = None,
        modulations: Iterable[ArrayLike] | None = None,
        stream: int | None = None,
        training: bool = False,
        reset: bool = True,
        *,
        on_nan: OnNan = "refuse",
    ) -> Iterator[NDArray[np.float32]]:
        """Poisson loss of each unit, one moment after the other.

        Parameters
        ----------
        units : iterable of array [U] or [N, U]
            Recorded responses; with a batch axis exactly if the inputs have one.
        stream : int, optional
            Of the response of one of the four streams alone; None: of their mean.
        training, reset
            See :meth:`generate_response`.

        Yields
        ------
        float32 array, [U] or [N, U]
        """
        _check_not_training(training)
        streams = self.network.sizes.streams
        if stream is not None and stream not in range(streams):
            raise EncodingError(
                f"There is no stream {stream!r}; give one of 0 to {streams - 1}, or None "
                "for all."
            )
        say_lengths(
            units=units,
            stimuli=stimuli,
            perspectives=perspectives,
            modulations=modulations,
        )
        moments = read_moments(stimuli, perspectives, modulations, on_nan)
        return self._losses(units, moments, stream, reset)

    def forward(self, *_: object, **__: object) -> torch.Tensor:
        """Refused: it says nothing of state and batches.

        Raises
        ------
        EncodingError
        """
        raise EncodingError(
            "The model is not called itself; use predict, generate_response or "
            "generate_loss."
        )

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move to another device; the state is reset.

        Raises
        ------
        DeviceError
            If there is no such device.
        EncodingError
            If the weights would no longer be float32.
        """
        try:
            super().to(*args, **kwargs)
        except (RuntimeError, AssertionError) as error:
            raise DeviceError(
                f"The model cannot be moved there ({str(error).splitlines()[0]}); choose "
                "a device of this computer, such as 'cpu' or 'cuda'."
            ) from error
        return self

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """See :meth:`torch.nn.Module.load_state_dict`; the state is reset."""
        result = super().load_state_dict(*args, **kwargs)
        self._refresh()
        return result

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        if fn(torch.zeros(1)).dtype != torch.float32:
            raise EncodingError(
                "The model computes in float32; leave the type of its weights as it is."
            )
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._refresh()
        return self

    def __getstate__(self) -> dict[str, Any]:
        """For copies: without the state and what follows from the weights."""
        kept = self.__dict__.copy()
        return kept | {"_engine": None, "_state": None, "_stream": None}

    def _refresh(self) -> None:
        """Compute anew what follows from the weights, when it is next needed."""
        self._engine = None
        self.reset()

    def _responses(
        self, moments: Iterator[Moment], reset: bool
    ) -> Iterator[NDArray[np.float32]]:
        if reset:
            self.reset()
        for moment in moments:
            response = np.exp(self._run([moment])[0])
            yield response if moment.batched else response[0]

    def _losses(
        self,
        units: Iterable[ArrayLike],
        moments: Iterator[Moment],
        stream: int | None,
        reset: bool,
    ) -> Iterator[NDArray[np.float32]]:
        if reset:
            self.reset()
        for target, moment in zip(units, moments, strict=False):
            target = torch.tensor(np.asarray(target, dtype=np.float32))
            log_response = torch.from_numpy(self._run([moment], stream)[0])
            if not moment.batched:
                log_response = log_response[0]
            if target.shape != log_response.shape:
                raise BehaviorError(
                    f"Recorded responses of shape {list(target.shape)} do not fit "
                    f"those predicted, {list(log_response.shape)}; give the same shape."
                )
            yield self.unit.loss(log_response, target).numpy()

    def _run(
        self, moments: list[Moment], stream: int | None = None
    ) -> NDArray[np.float32]:
        """Log responses [n, N, U] to a few consecutive moments of N videos."""
        n_videos = len(moments[0].frame)
        engine = self.network if stream is not None else self._ready()
        if self._state is None:
            of_stream = () if stream is None else (stream,)
            self._state = engine.initial_state(n_videos, *of_stream)
            self._stream = stream
            self._lost = np.zeros(n_videos, bool)
        self._check_going_on(moments, stream)
        frames, eye, behavior = (
            torch.tensor(np.stack(parts, axis=1), device=self.device)
            for parts in (
                [moment.frame for moment in moments],
                [moment.perspective for moment in moments],
                [moment.modulation for moment in moments],
            )
        )
        what = f"{_counted(len(moments), 'frame')} of {_counted(n_videos, 'video')}"
        alone = {} if stream is None else {"stream": stream}
        with (
            torch.inference_mode(),
            telling_of_memory(what, str(self.device)),
            full_float32(),
        ):
            logs, self._state = engine(frames, eye, behavior, self._state, **alone)
            moved: NDArray[np.float32] = logs.transpose(0, 1).cpu().numpy().copy()
        for log, moment in zip(moved, moments, strict=True):
            self._lost = self._lost | moment.lost
            log[self._lost] = np.nan
        return moved

    def _ready(self) -> Any:
        """The engine, made anew if the weights were moved or changed."""
        if self._engine is None:
            self.network.fold()
            self._engine = engine_of(self.network)
        return self._engine

    def _check_going_on(self, moments: list[Moment], stream: int | None) -> None:
        running = len(self._lost)
        if any(len(moment.frame) != running for moment in moments):
            raise StimulusError(
                f"The network is running {running} videos side by side and "
                "cannot go on with another number; reset it, or keep the batch size."
            )
        if stream != self._stream:
            raise EncodingError(
                f"The network is running with the stream {self._stream} and cannot go on "
                f"with {stream}; reset it, or keep the stream."
            )


def open_model(
    key: ScanKey, directory: Path, device: str = "auto"
) -> tuple[Model, pd.DataFrame]:
    """Load a scan; see :func:`insilico_wang2025.scan`."""
    folder, units = find_scan(directory, key)
    ids = read_units(folder, key, units)
    files = (folder.core, folder.params(key))
    return Model(load_network(files, units, resolve_device(device))), ids


def open_params(path: Path, device: str = "auto") -> Model:
    """Load one file; see :func:`insilico_wang2025.load_network_from_params`."""
    sizes = sizes_beside(path)
    return Model(load_network((path,), device=resolve_device(device), sizes=sizes))


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _check_not_training(training: bool) -> None:
    if training:
        raise EncodingError(
            "Responses with training noise are not available; leave training=False."
        )
