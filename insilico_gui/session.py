"""What a session is, and how the sessions that can be opened are found.

A *twin* (a family of trained models) is registered by its distribution under the entry
point group ``insilico_gui.twins``. The entry point's name is the first part of the ids of
its sessions (``demo``, ``family/session-8_scan-5``), and it loads to an object that
satisfies :class:`Twin`. The host learns everything it knows about a twin through the
protocols of this module.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

from insilico_gui.errors import InsilicoError, SessionError
from insilico_gui.streaming import is_out_of_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from typing_extensions import TypeIs

ENTRY_POINT_GROUP = "insilico_gui.twins"

FLOAT32 = "float32"
"""The precision of sessions that do not say another."""

InputKind = Literal["video", "images", "conditions", "drive"]

logger = logging.getLogger(__name__)


@runtime_checkable
class Session(Protocol):
    """A twin bound to recorded units, ready to encode: what every kind of session has.

    Attributes
    ----------
    id : str
        Id by which :func:`open_session` finds it again.
    units : pandas.DataFrame
        The unit table: one row per unit **in response order**, index 0..U-1, checked by
        :func:`check_units`. A column that the session does not know is absent.
    input_kind : {"video", "images", "conditions", "drive"}
        What drives the session; it says which protocol below the session follows.
    frame_shape : (int, int)
        Height and width in pixels of the pictures that the model works on.
    device : str
        ``"cpu"`` or ``"cuda:N"``.
    attrs : mapping of str to Any
        Provenance that goes with every response, JSON-able; ``"weights_hash"`` is
        required. ``"axes": "RAS"`` says that ``x``, ``y``, ``z`` of the units point to
        the right, the front and the top of a head; else ``y`` goes down a sheet.
    """

    id: str
    units: pd.DataFrame
    input_kind: InputKind
    frame_shape: tuple[int, int]
    device: str
    attrs: Mapping[str, Any]


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
    fastest. The first chunks of a video are shorter, so that there is soon something to
    see, and so may others be.

    One that computes in a reduced precision satisfies :class:`ReducedSession`.
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
    """A video session that may compute in less than float32, for speed.

    Its responses are float32 arrays all the same. Encoding compares the first of them
    with those in float32, and says by how much they differ.

    Attributes
    ----------
    precision : str
        One of those that its twin offers; see :class:`ReducingTwin`.
    """

    precision: str

    def in_float32(self) -> VideoSession:
        """Return the same session computing in float32."""
        ...


@runtime_checkable
class ImageSession(Session, Protocol):
    """A session that answers images one by one: ``input_kind`` is ``"images"``.

    Attributes
    ----------
    response_dims : tuple of str
        Dimensions of the response to one image: ``("unit",)``, or for instance
        ``("repeat", "channel", "time")``.
    unit_dim : str
        The one of them whose entries are the rows of ``units``.
    response_coords : mapping of str to array
        Coordinates of the other dimensions, ``time`` in seconds from image onset. A
        dimension called ``time`` is sampled evenly.
    response_label : str
        What the numbers are, for axes, e.g. ``"response (z)"``.
    memory_budget : int
        Bytes that :meth:`respond` may take for its work; may be set.
    """

    response_dims: tuple[str, ...]
    unit_dim: str
    response_coords: Mapping[str, NDArray[Any]]
    response_label: str
    memory_budget: int

    def batch_size(
        self, image_shape: tuple[int, int], units: NDArray[np.integer] | None = None
    ) -> int:
        """How many images of this height and width fit the memory budget; at least 1."""
        ...

    def seen(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Images [n, 3, H, W] as the model sees them: uint8 [n, 3, *frame_shape]."""
        ...

    def respond(
        self,
        images: Iterable[NDArray[np.uint8]],
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Encode batches of images; how they are batched changes nothing.

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


def precision_of(session: Session) -> str:
    """What a session computes in: ``"float32"`` unless it says otherwise."""
    return str(getattr(session, "precision", FLOAT32))


def is_reduced(session: Session) -> TypeIs[ReducedSession]:
    """Whether `session` computes in less than float32."""
    return precision_of(session) != FLOAT32


@dataclass(frozen=True)
class SessionInfo:
    """What can be said of a session before its weights are loaded.

    Attributes
    ----------
    id : str
        Full id, e.g. ``"demo"``.
    title : str
        One line for people.
    n_units : int
        Number of units.
    areas, fields : mapping of str to int
        Number of units of each brain area and each imaging field, where known.
    input_kind : str
        See :class:`Session`.
    notes : str
        What else to know before loading, in sentences: how accurate the model is, or
        which file is still missing.
    """

    id: str
    title: str
    n_units: int
    areas: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)
    input_kind: InputKind = "video"
    notes: str = ""


class Twin(Protocol):
    """A family of trained models: what an entry point of this group loads to."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Sessions that can be opened from `directory`, without loading weights.

        Returns an empty sequence if nothing in the folder belongs to this twin.
        """
        ...

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load one session; `session_id` is the full id.

        Raises
        ------
        InsilicoError
            One clear sentence on what is missing or wrong.
        """
        ...


@runtime_checkable
class ReducingTwin(Twin, Protocol):
    """A twin some of whose sessions can compute in less than float32.

    Nothing else changes for it: without `precision`, a session is opened in float32.
    """

    def precisions(self, session_id: str, device: str) -> tuple[str, ...]:
        """What a session can compute in on a device.

        The first is ``"float32"``. The others are at least as fast there.
        """
        ...

    def open(
        self,
        session_id: str,
        directory: Path | None,
        device: str,
        precision: str = FLOAT32,
    ) -> Session:
        """Load one session; with another precision, a :class:`ReducedSession`."""
        ...


def twins() -> dict[str, Twin]:
    """All registered twins by entry-point name.

    A twin that fails to load is left out with a warning in the log: one broken plugin
    must not take the others with it.
    """
    found: dict[str, Twin] = {}
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except Exception:
            logger.exception("The twin %r (%s) failed to load", point.name, point.value)
    return found


def session_infos(directory: str | os.PathLike[str] | None = None) -> list[SessionInfo]:
    """Describe every session that can be opened here.

    Parameters
    ----------
    directory : path, optional
        Folder with weights; without it only sessions that need none are found.

    Returns
    -------
    list of SessionInfo
        What is known of each before its weights are loaded.

    Raises
    ------
    SessionError
        If `directory` is not a folder.
    """
    folder = _folder(directory)
    infos: list[SessionInfo] = []
    for name, twin in twins().items():
        try:
            infos.extend(twin.sessions(folder))
        except InsilicoError as error:
            # A folder of one family may look half-right to another family's scanner.
            logger.warning("%s: %s", name, error)
        except Exception:
            # One twin's scanner must not hide the sessions of the others.
            logger.exception("The twin %r could not look into %s", name, folder)
    return infos


def list_sessions(directory: str | os.PathLike[str] | None = None) -> list[str]:
    """Ids of the sessions that can be opened here; see :func:`session_infos`."""
    return [info.id for info in session_infos(directory)]


def open_session(
    session_id: str,
    directory: str | os.PathLike[str] | None = None,
    device: str = "auto",
    precision: str = FLOAT32,
) -> Session:
    """Load a session.

    Parameters
    ----------
    session_id : str
        E.g. ``"demo"``; see :func:`list_sessions`.
    directory : path, optional
        Folder with the weights.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    precision : str
        ``"float32"``, or another of :func:`precisions`: faster, and less exact.

    Returns
    -------
    Session
        Ready to encode on the device.

    Raises
    ------
    SessionError
        If there is no such session, its files are wrong, it does not compute in this
        precision, or memory does not do.
    DeviceError
        If there is no such device.
    """
    twin = _twin_of(session_id)
    offered = (FLOAT32,) if precision == FLOAT32 else precisions(session_id, device)
    if precision not in offered:
        raise SessionError(
            f"{session_id} does not compute in {precision!r} on the device {device!r}, "
            f"but in {' or '.join(offered)}; choose "
            f"{'that' if len(offered) == 1 else 'one of those'}."
        )
    folder = _folder(directory)
    try:
        if precision != FLOAT32 and isinstance(twin, ReducingTwin):
            session = twin.open(session_id, folder, device, precision)
        else:
            session = twin.open(session_id, folder, device)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise SessionError(
            f"{session_id} does not fit into the memory that is free on the device "
            f"{device!r}; close other sessions and programs, or choose another device."
        ) from error
    check_units(session.units, session.id)
    return session


def precisions(session_id: str, device: str = "auto") -> tuple[str, ...]:
    """What a session can compute in on a device, ``"float32"`` first.

    Raises
    ------
    SessionError
        If no twin has such a session.
    DeviceError
        If there is no such device.
    """
    twin = _twin_of(session_id)
    if isinstance(twin, ReducingTwin):
        return twin.precisions(session_id, device)
    return (FLOAT32,)


def _twin_of(session_id: str) -> Twin:
    family = session_id.split("/", 1)[0]
    known = twins()
    if family not in known:
        raise SessionError(
            f"No installed twin has a session {session_id!r} (twins installed: "
            f"{', '.join(known) or 'none'}); list what can be opened with "
            "`insilico-gui sessions`."
        )
    return known[family]


def check_units(units: pd.DataFrame, session_id: str) -> None:
    """Check a unit table against the schema that everything else relies on.

    Required: index 0..U-1 (response order) and a unique ``unit_id``. Checked where
    present: ``rf_x`` and ``rf_y`` within -1..1 (NaN = unknown), ``x, y, z`` numeric.

    Raises
    ------
    SessionError
        Naming the first rule that is broken.
    """

    def wrong(what: str) -> SessionError:
        return SessionError(
            f"The unit table of {session_id} {what}; the twin's plugin or its files "
            "need mending."
        )

    if len(units) == 0:
        raise wrong("has no rows")
    if not np.array_equal(units.index.to_numpy(), np.arange(len(units))):
        raise wrong("is not indexed 0..U-1 in response order")
    if "unit_id" not in units or not units["unit_id"].is_unique:
        raise wrong("has no column unit_id with unique values")
    for name in ("rf_x", "rf_y", "x", "y", "z"):
        if name in units and units[name].dtype.kind not in "fiu":
            raise wrong(f"has a column {name} that is not numeric")
    for name in ("rf_x", "rf_y"):
        if name in units and (units[name].abs() > 1).any():
            raise wrong(f"has values of {name} outside -1..1")


def _folder(directory: str | os.PathLike[str] | None) -> Path | None:
    if directory is None:
        return None
    path = Path(directory).expanduser()
    if not path.is_dir():
        raise SessionError(
            f"{path} is not a folder; choose the folder that holds the weights."
        )
    return path
