"""Protocols of sessions: models of recorded units that predict responses to stimuli.

A session satisfies the protocol of its input kind, and its unit table the schema of
:func:`check_units`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import TypeIs

from insilico_gui.errors import SessionError, quoted

FLOAT32 = "float32"
"""Precision of a session without the attribute ``precision``."""

InputKind = Literal["video", "images", "conditions", "drive"]


@runtime_checkable
class Session(Protocol):
    """A twin with its recorded units, ready to encode; common to all input kinds.

    Attributes
    ----------
    id : str
        The id that :func:`insilico_gui.open_session` takes.
    units : pandas.DataFrame
        The unit table: one row per unit **in response order**, checked by
        :func:`check_units`. A twin makes it with the index 0..U-1;
        :func:`insilico_gui.open_session` indexes it by ``unit_id``. Properties that are
        not known for a session have no column.
    input_kind : {"video", "images", "conditions", "drive"}
        The stimuli that the session takes; each kind has a protocol below.
    frame_shape : (int, int)
        Height and width in pixels of the frames that the model receives; (0, 0) if it
        receives none.
    device : str
        ``"cpu"`` or ``"cuda:N"``.
    attrs : mapping of str to Any
        Provenance, stored with all responses, JSON-able; ``"weights_hash"`` is
        required. ``"axes": "RAS"`` means that ``x``, ``y``, ``z`` of the units point to
        the right, the front and the top of the head; by default ``y`` points down in
        the plane of a cortical sheet.
    """

    id: str
    units: pd.DataFrame
    input_kind: InputKind
    frame_shape: tuple[int, int]
    device: str
    attrs: Mapping[str, Any]


@runtime_checkable
class ReadoutSession(Session, Protocol):
    """A session whose units differ by the weights with which they read a network.

    Layouts place units near each other whose weights are alike.
    """

    def readout_weights(self) -> NDArray[np.floating]:
        """Return the weights, [U, F]: those of a unit for each feature that it reads."""
        ...


@runtime_checkable
class VideoSession(Session, Protocol):
    """A session driven by video: ``input_kind`` is ``"video"``.

    Attributes
    ----------
    frame_rate : float
        Frames per second (Hz) of input and output.
    behavior : mapping of str to int
        Behaviour inputs that :meth:`stream` accepts, and how many columns each has;
        empty if the session takes none.

    Notes
    -----
    A session may also have ``chunk_frames`` (int): the length of chunks at which it is
    fastest. Encoding may pass shorter chunks, in particular at the start of a video.

    It may have ``grey`` (``"stored luma"`` or ``"Rec. 601"``): which grey level of a colour
    video its model was trained on; default the luma that the file stores.

    It may have ``behavior_columns`` (mapping of str to sequence of str): what the columns
    of each behaviour input are called in files, such as ``"pupil_x"``.

    A session in reduced precision satisfies :class:`ReducedSession`.
    """

    frame_rate: float
    behavior: Mapping[str, int]

    def stream(
        self,
        chunks: Iterable[NDArray[np.uint8]],
        behavior: Mapping[str, NDArray[np.floating]] | None = None,
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Encode consecutive chunks of one video (or of N videos side by side).

        Every call starts from a fresh state and carries it from chunk to chunk, so any
        split of a video gives the same responses. Calls are independent of each other:
        two running streams of one session never share state.

        Parameters
        ----------
        chunks : iterable of uint8 arrays, [n, H, W] or [N, n, H, W]
            Consecutive frames of ``frame_shape``; n may differ from chunk to chunk.
        behavior : mapping of str to array [T, K] or [N, T, K], optional
            Traces for the whole video, sliced along with the chunks.
        units : int array, optional
            Response columns to compute, in this order; default all.

        Yields
        ------
        float32 array, [n, U] or [N, n, U]
            One for each chunk.
        """
        ...


@runtime_checkable
class ReducedSession(VideoSession, Protocol):
    """A video session that can compute in less than float32, for speed.

    Its responses are float32 arrays nevertheless. Encoding compares the first responses
    with those computed in float32, and stores the difference in their provenance.

    Attributes
    ----------
    precision : str
        One of the precisions of its twin; see
        :class:`insilico_gui.twin.ReducingTwin`.
    """

    precision: str

    def in_float32(self) -> VideoSession:
        """Return the same session computing in float32."""
        ...


@runtime_checkable
class ImageSession(Session, Protocol):
    """A session that responds to single images: ``input_kind`` is ``"images"``.

    Attributes
    ----------
    response_dims : tuple of str
        Dimensions of the response to one image: ``("unit",)``, or for instance
        ``("repeat", "channel", "time")``.
    unit_dim : str
        The dimension whose entries are the rows of ``units``.
    response_coords : mapping of str to array
        Coordinates of the other dimensions, ``time`` in seconds from image onset. A
        dimension called ``time`` is sampled evenly.
    response_label : str
        Label of the responses with their unit, e.g. ``"response (z)"``.
    memory_budget : int
        Bytes of memory that :meth:`respond` may use; can be set.
    """

    response_dims: tuple[str, ...]
    unit_dim: str
    response_coords: Mapping[str, NDArray[Any]]
    response_label: str
    memory_budget: int

    def batch_size(
        self, image_shape: tuple[int, int], units: NDArray[np.integer] | None = None
    ) -> int:
        """Number of images of this height and width that fit the budget; at least 1."""
        ...

    def seen(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Images [n, 3, H, W] in ``frame_shape``, as the model receives them: uint8."""
        ...

    def respond(
        self,
        images: Iterable[NDArray[np.uint8]],
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Encode batches of images; the responses do not depend on the batches.

        Parameters
        ----------
        images : iterable of uint8 arrays, [n, 3, H, W]
            RGB, 0..255, of any size; the session brings them to ``frame_shape``.
        units : int array, optional
            Entries of ``unit_dim`` to compute, in this order; default all.

        Yields
        ------
        float32 array, [n, ...]
            One for each batch, with the dimensions of ``response_dims``.
        """
        ...


def is_video_session(session: Session) -> TypeIs[VideoSession]:
    """Whether `session` is driven by video."""
    return session.input_kind == "video"


def is_image_session(session: Session) -> TypeIs[ImageSession]:
    """Whether `session` is driven by images."""
    return session.input_kind == "images"


def has_readout(session: Session) -> TypeIs[ReadoutSession]:
    """Whether the readout weights of the units are known."""
    return callable(getattr(session, "readout_weights", None))


def readout_weights(session: Session) -> NDArray[np.floating] | None:
    """Readout weights of the units of a session, [U, F]; None if they are not known.

    Raises
    ------
    SessionError
        If the session gives something else.
    """
    if not has_readout(session):
        return None
    weights = np.asarray(session.readout_weights())
    n_units = len(session.units)
    if weights.dtype.kind != "f" or weights.ndim != 2 or len(weights) != n_units:
        raise SessionError(
            f"The readout weights of {session.id} are {weights.dtype} "
            f"{list(weights.shape)}, not numbers [{n_units}, F]; the twin's plugin needs "
            "mending."
        )
    return weights


def check_session(session: object) -> None:
    """Raise a SessionError if an object is not a session, but for instance its id."""
    if isinstance(session, str):
        raise SessionError(
            f"{quoted(session)} is the id of a session, not a session; open it with "
            f"insilico_gui.open_session({quoted(session)})."
        )
    if not (hasattr(session, "units") and hasattr(session, "input_kind")):
        raise SessionError(
            f"A {type(session).__name__} is not a session; open one with "
            "insilico_gui.open_session."
        )


def precision_of(session: Session) -> str:
    """Precision in which a session computes; ``"float32"`` by default."""
    return str(getattr(session, "precision", FLOAT32))


def is_reduced(session: Session) -> TypeIs[ReducedSession]:
    """Whether `session` computes in less than float32."""
    return precision_of(session) != FLOAT32


@dataclass(frozen=True)
class SessionInfo:
    """Description of a session, available before its weights are loaded.

    Attributes
    ----------
    id : str
        Full id, e.g. ``"demo"``.
    title : str
        Name of the session in lists, one line.
    n_units : int
        Number of units.
    areas, fields : mapping of str to int
        Number of units of each brain area and each imaging field, where known.
    input_kind : str
        See :class:`Session`.
    notes : str
        Remarks in sentences, such as the accuracy of the model or a missing file.
    """

    id: str
    title: str
    n_units: int
    areas: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)
    input_kind: InputKind = "video"
    notes: str = ""


def check_units(units: pd.DataFrame, session_id: str) -> None:
    """Check the schema of a unit table.

    Required: an index 0..U-1 in response order (or the ids of the units, as in opened
    sessions) and a unique ``unit_id``. Checked if present: ``rf_x`` and ``rf_y`` within
    -1..1 (NaN = unknown), ``x, y, z`` numeric.

    Raises
    ------
    SessionError
        If the table breaks a rule; the message names the first one.
    """

    def wrong(what: str) -> SessionError:
        return SessionError(
            f"The unit table of {session_id} {what}; the twin's plugin or its files "
            "need mending."
        )

    if len(units) == 0:
        raise wrong("has no rows")
    if "unit_id" not in units or not units["unit_id"].is_unique:
        raise wrong("has no column unit_id with unique values")
    if units["unit_id"].isna().any():
        raise wrong("has a unit without unit_id")
    indices = np.arange(len(units)), units["unit_id"].to_numpy()
    if not any(np.array_equal(units.index.to_numpy(), one) for one in indices):
        raise wrong("is not indexed 0..U-1 in response order, nor by unit_id")
    for name in ("rf_x", "rf_y", "x", "y", "z"):
        if name in units and units[name].dtype.kind not in "fiu":
            raise wrong(f"has a column {name} that is not numeric")
    for name in ("rf_x", "rf_y"):
        if name in units and (units[name].abs() > 1).any():
            raise wrong(f"has values of {name} outside -1..1")
