"""Predictions of sessions, and of models that scripts load, for recorded presentations.

A session is encoded as any other stimulus is: in chunks, with progress, on its device. A
model is whatever has ``predict(stimuli=, perspectives=, modulations=)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
import pandas as pd

from insilico_gui.encoding import encode
from insilico_gui.errors import EncodingCancelled, FitError, quoted
from insilico_gui.fitting.recordings.layout import FRAME_RATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from threading import Event

    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.session import VideoSession

SIDE_BY_SIDE = 10
"""Repeats of a clip that a GPU computes at once; a processor computes one at a time."""

BEHAVIOR = {"perspective": "perspectives", "modulation": "modulations"}
"""Behaviour inputs of sessions, and the sub-folders that hold them."""


@dataclass(frozen=True)
class Presentation:
    """What one repeat of a clip showed, and what the animal did.

    Attributes
    ----------
    frames : uint8 array [T, H, W]
    behavior : mapping of str to float32 array [T, 2]
        By the names of :data:`BEHAVIOR`.
    """

    frames: NDArray[np.uint8]
    behavior: Mapping[str, NDArray[np.float32]] = field(repr=False)


class Predictor(Protocol):
    """What predicts presentations.

    Attributes
    ----------
    name : str
    units : pandas.DataFrame
        A row for each unit, in response order; with ``unit_id``.
    at_once : int
        Presentations of one clip to give to one call.
    unused : tuple of str
        Behaviour that it does not take.
    about : mapping
        Where predictions are from.
    """

    name: str
    units: pd.DataFrame
    at_once: int
    unused: tuple[str, ...]
    about: Mapping[str, Any]

    def predict(
        self,
        shown: Sequence[Presentation],
        on_progress: OnProgress | None = None,
        cancel: Event | None = None,
    ) -> NDArray[np.float32]:
        """Responses [N, T, U] to N presentations of one length."""
        ...


@runtime_checkable
class Predicts(Protocol):
    """A model as scripts load it."""

    units: int

    def predict(
        self, stimuli: Any, perspectives: Any = None, modulations: Any = None
    ) -> NDArray[np.float32]:
        """Responses [T, U] to uint8 [T, H, W, 1], behaviour [T, 2] each."""
        ...


class SessionPredictor:
    """A session that takes video; see :class:`Predictor`."""

    def __init__(self, session: VideoSession) -> None:
        if session.frame_rate != FRAME_RATE:
            raise FitError(
                f"{session.id} runs at {session.frame_rate:g} Hz and the recordings at "
                f"{FRAME_RATE:g} Hz; judge a session of that rate."
            )
        self._session = session
        self.name = session.id
        self.units = session.units.reset_index(drop=True)
        self.at_once = SIDE_BY_SIDE if session.device.startswith("cuda") else 1
        self.unused = tuple(name for name in BEHAVIOR if name not in session.behavior)
        self.about: Mapping[str, Any] = {
            "session": session.id,
            "weights_hash": session.attrs.get("weights_hash"),
            "device": session.device,
        }

    def predict(
        self,
        shown: Sequence[Presentation],
        on_progress: OnProgress | None = None,
        cancel: Event | None = None,
    ) -> NDArray[np.float32]:
        """See :class:`Predictor`."""
        taken = [name for name in BEHAVIOR if name not in self.unused]
        behavior = {name: np.stack([s.behavior[name] for s in shown]) for name in taken}
        responses = encode(
            self._session,
            np.stack([one.frames for one in shown]),
            behavior=behavior or None,
            on_progress=on_progress,
            cancel=cancel,
        )
        values: NDArray[np.float32] = responses.to_numpy()
        return values.reshape(len(shown), -1, len(self.units))


class ModelPredictor:
    """A model of a script; see :class:`Predictor`. Its units are numbered from 0."""

    unused: tuple[str, ...] = ()

    def __init__(self, model: Predicts) -> None:
        self._model = model
        self.name = type(model).__name__
        self.units = pd.DataFrame({"unit_id": np.arange(int(model.units))})
        on_gpu = str(getattr(model, "device", "cpu")).startswith("cuda")
        self.at_once = SIDE_BY_SIDE if on_gpu else 1
        self.about: Mapping[str, Any] = {"session": self.name}

    def predict(
        self,
        shown: Sequence[Presentation],
        on_progress: OnProgress | None = None,
        cancel: Event | None = None,
    ) -> NDArray[np.float32]:
        """See :class:`Predictor`; told after each call of the model."""
        if cancel is not None and cancel.is_set():
            raise EncodingCancelled("The evaluation was cancelled.")
        batch = [np.stack([s.frames for s in shown], axis=1)[..., None]] + [
            np.stack([s.behavior[name] for s in shown], axis=1) for name in BEHAVIOR
        ]
        values = self._model.predict(
            stimuli=batch[0], perspectives=batch[1], modulations=batch[2]
        )
        if on_progress is not None:
            on_progress(len(batch[0]), len(batch[0]))
        return np.swapaxes(np.asarray(values, np.float32), 0, 1)


def predictor(model_or_session: object) -> Predictor:
    """What predicts with a session or a model.

    Raises
    ------
    FitError
        If it is neither, or a session that takes no video.
    """
    kind = getattr(model_or_session, "input_kind", None)
    if kind == "video":
        return SessionPredictor(cast("VideoSession", model_or_session))
    if kind is None and isinstance(model_or_session, Predicts):
        return ModelPredictor(model_or_session)
    what = quoted(
        getattr(model_or_session, "id", type(model_or_session).__name__), marks=""
    )
    if kind is not None:
        raise FitError(
            f"{what} takes {kind}, not video, so clips cannot be predicted with it; give "
            "a session that takes video."
        )
    raise FitError(
        f"{what} predicts nothing; give a session of insilico_gui.open_session, or a "
        "model with predict(stimuli, perspectives, modulations)."
    )
