"""A loaded model: stimulus in, responses out, as arrays."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from insilico_berg.errors import (
    BERGWarning,
    InvalidParameterError,
    StimulusTypeError,
    while_encoding,
)
from insilico_berg.interfaces.base_model import BaseModelInterface
from insilico_berg.metadata import read_metadata
from insilico_berg.pictures import as_pictures
from insilico_gui.errors import InsilicoError
from insilico_gui.progress import reporting
from insilico_gui.session import ImageSession, Session

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_berg.tree import Entry
    from insilico_gui.progress import OnProgress

    Responses = NDArray[np.float32] | tuple[NDArray[np.float32], ...]
    Selected = Mapping[str, NDArray[np.int64]]

SessionT = TypeVar("SessionT", bound=Session)


class ModelMetadata(dict[str, Any]):
    """Metadata as they are in the file: all of them, whatever is selected.

    Attributes
    ----------
    selected : mapping of str to int array
        Of the responses that they came with, what each entry is: see
        :attr:`EncodingModel.selected`. Empty if they came without responses.
    """

    selected: Selected

    def __init__(self, content: Mapping[str, Any], selected: Selected) -> None:
        super().__init__(content)
        self.selected = selected


class _OfModelOrClass:
    """A method that is called on a model or on its class: it is given both."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, model: object, kind: type) -> Callable[..., Any]:
        return partial(self._function, model, kind)


def _get_metadata(
    model: EncodingModel[Any] | None,
    kind: type[EncodingModel[Any]],
    berg_dir: str | os.PathLike[str] | None = None,
    subject: Any = None,
    roi: str | None = None,
    *,
    model_instance: EncodingModel[Any] | None = None,
    **arguments: Any,
) -> ModelMetadata | None:
    """Metadata: of this model, of `model_instance`, or of files.

    Parameters
    ----------
    berg_dir : path, optional
        The data root, to read the metadata of an instance that is not loaded.
    subject, roi, **arguments
        Which instance; see :meth:`insilico_berg.BERG.get_model_metadata`.
    model_instance : EncodingModel, optional
        A loaded model.
    """
    loaded = model if model_instance is None else model_instance
    if berg_dir is None:
        if loaded is None:
            raise InvalidParameterError(
                f"Metadata of {kind.family_id} are of one instance; give berg_dir and "
                "subject, or model_instance."
            )
        return loaded.metadata()
    from insilico_berg.api.berg import BERG  # which imports this

    given = {"subject": subject, "roi": roi} | arguments
    wanted = {name: value for name, value in given.items() if value is not None}
    found: ModelMetadata = BERG(berg_dir).get_model_metadata(kind.family_id, **wanted)
    return found


class EncodingModel(BaseModelInterface, Generic[SessionT]):
    """A model with its weights and a selection; may be used in ``with``.

    Attributes
    ----------
    family_id : str
        The same as `model_id`, of the class.
    model_id : str
        E.g. ``"fmri-nsd-fwrf"``.
    name : str
        Which instance, e.g. ``"subject-1_roi-V1"``.
    device : str
        ``"cpu"`` or ``"cuda:N"``.
    selected : mapping of str to int array
        For each dimension that can be selected from, the rows of the metadata's arrays
        that the entries of the responses belong to, in their order: ``voxels``,
        ``lh_vertices`` and ``rh_vertices``, ``channels`` and ``timepoints``, or
        ``units``.
    """

    family_id: str

    def __init__(self, entry: Entry, session: SessionT, selected: Selected) -> None:
        self.model_id = entry.model
        self.name = entry.name
        self.device = session.device
        self.selected = selected
        self._metadata = entry.metadata
        self._session: SessionT | None = session

    @property
    def session(self) -> SessionT:
        """The session that answers, with its unit table and memory budget.

        Raises
        ------
        InvalidParameterError
            If the model was closed.
        """
        if self._session is None:
            raise InvalidParameterError(
                f"The model {self.model_id} of {self.name} was closed; load it again."
            )
        return self._session

    @abstractmethod
    def respond(self, stimulus: NDArray[Any], on_progress: OnProgress) -> Responses:
        """Responses to a stimulus; see :meth:`insilico_berg.BERG.encode`."""

    def metadata(self) -> ModelMetadata | None:
        """The metadata, read anew; None, with a warning, if there are none."""
        try:
            if self._metadata is not None:
                return read_all(self._metadata, self.selected)
            problem = "are not in its folder"
        except (InsilicoError, OSError) as error:
            problem = f"could not be read: {error}"
        warnings.warn(
            f"The metadata of {self.model_id} of {self.name} {problem}",
            BERGWarning,
            stacklevel=3,
        )
        return None

    get_metadata = _OfModelOrClass(_get_metadata)

    @classmethod
    def get_model_id(cls) -> str:
        """E.g. ``"fmri-nsd-fwrf"``."""
        return cls.family_id

    def load_model(self) -> None:
        """Nothing: the weights are loaded.

        Raises
        ------
        InvalidParameterError
            If the model was closed.
        """
        _ = self.session

    def generate_response(
        self,
        stimulus: NDArray[Any],
        show_progress: bool = True,
        *,
        on_progress: OnProgress | None = None,
    ) -> Responses:
        """Responses to a stimulus; see :meth:`insilico_berg.BERG.encode`."""
        with reporting(show_progress, on_progress, leave=False) as report:
            return self.respond(stimulus, report)

    def cleanup(self) -> None:
        """Give up the weights."""
        self._session = None

    def close(self) -> None:
        """The same as :meth:`cleanup`."""
        self.cleanup()

    def __repr__(self) -> str:
        state = "closed" if self._session is None else self.device
        return f"<{type(self).__name__} {self.model_id} {self.name} ({state})>"


class ImageModel(EncodingModel[ImageSession]):
    """A model that answers images.

    Parameters
    ----------
    units : int array or None
        Entries of the session's unit dimension, in the order of the responses.
    """

    def __init__(
        self,
        entry: Entry,
        session: ImageSession,
        selected: Selected,
        units: NDArray[np.int64] | None = None,
    ) -> None:
        super().__init__(entry, session, selected)
        self._units = units

    def respond(self, stimulus: NDArray[Any], on_progress: OnProgress) -> Responses:
        """See :meth:`EncodingModel.respond`."""
        return self._images(stimulus, on_progress)

    def _images(
        self, stimulus: NDArray[Any], on_progress: OnProgress
    ) -> NDArray[np.float32]:
        session = self.session
        with while_encoding():
            images = _checked(stimulus)
            n, (height, width) = len(images), images.shape[2:]
            size = session.batch_size((height, width), self._units)
            # No images at all are one batch, whose responses have the right shape.
            batches = (images[i : i + size] for i in range(0, max(n, 1), size))
            responses: NDArray[np.float32] | None = None
            done = 0
            for part in session.respond(batches, self._units):
                if responses is None:
                    responses = np.empty((n, *part.shape[1:]), np.float32)
                responses[done : done + len(part)] = part
                done += len(part)
                on_progress(done, n)
        assert responses is not None  # noqa: S101 - a session answers every batch
        return responses


def _checked(stimulus: NDArray[Any]) -> NDArray[np.uint8]:
    check_array(stimulus, "images [n, 3, H, W]")
    images = as_pictures(stimulus)
    height, width = images.shape[2:]
    if height != width:
        warnings.warn(
            f"The images have {width} x {height} pixels: the model takes squares, and "
            "will squeeze them or lose their sides; crop them first",
            BERGWarning,
            stacklevel=5,
        )
    return images


def check_array(stimulus: object, wanted: str) -> None:
    """Refuse anything but a numpy array.

    Raises
    ------
    StimulusError
        Saying what is wanted.
    """
    if not isinstance(stimulus, np.ndarray):
        raise StimulusTypeError(
            f"The stimulus is a {type(stimulus).__name__}; give a numpy array of {wanted}."
        )


def read_all(path: Path, selected: Selected | None = None) -> ModelMetadata:
    """Everything in a file of metadata.

    Raises
    ------
    InsilicoError
        If it is damaged or carries more than plain data.
    """
    return ModelMetadata(read_metadata(path).content, selected or {})
