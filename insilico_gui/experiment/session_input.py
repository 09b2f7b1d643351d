"""What a session is shown of a stimulus, and the moments at which it answers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

import numpy as np

from insilico_gui.conditions import check_conditions, is_condition_session
from insilico_gui.drive import is_drive_session, n_windows
from insilico_gui.drive_checks import check_drive
from insilico_gui.encoding.inputs import as_image_set
from insilico_gui.errors import EncodingError, InsilicoError
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.stimuli import ConditionTable, Drive, Stimulus, convert
from insilico_gui.stimuli.core.conversion import grey_wanted
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.stimuli.readers.seen_images import SeenImages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.conditions import ConditionSession
    from insilico_gui.drive import DriveSession
    from insilico_gui.session import ImageSession, Session, VideoSession
    from insilico_gui.stimuli import ConvertedStimulus, Fit

AnyStimulus = Stimulus | ImageSet | ConditionTable | Drive

ITEMS_PER_S = 2.0
"""How fast images are played whose responses have no time of their own."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A stimulus as a session gets it, and the moments at which its responses play.

    Attributes
    ----------
    item : str
        What is answered one by one: ``"frame"``, ``"image"``, ``"condition"`` or
        ``"window"`` of time.
    n_items : int
    rate : float
        Items per second (Hz) at which they play.
    times : float64 array [T] or None
        Seconds from the onset of an item of the moments of its response; None if the
        response has no time of its own.
    frames : ConvertedStimulus, SeenImages or None
        Pictures in the session's size; None if it is shown none.
    labels : tuple of str
        Names of the items, where they have names.
    """

    item: str
    n_items: int
    rate: float
    times: NDArray[np.float64] | None = None
    frames: ConvertedStimulus | SeenImages | None = None
    labels: tuple[str, ...] = ()

    @property
    def n_times(self) -> int:
        """Moments of the response to each item."""
        return 1 if self.times is None else len(self.times)

    @property
    def images(self) -> ImageSet | None:
        """The images, where single images are shown."""
        return self.frames.images if isinstance(self.frames, SeenImages) else None

    def words(self, moment: int) -> str:
        """A moment of playback in words, where a time in the stimulus does not say it."""
        if self.item in ("frame", "window"):
            return ""
        item, k = divmod(moment, self.n_times)
        words = f"{self.item} {item + 1} / {self.n_items}"
        if self.item == "condition":  # names of images are long, and seen beside
            words += f": {self.labels[item]}"
        if self.times is not None:
            words += f"   {1000 * self.times[k]:+.0f} ms"
        return words


class SessionInput(Protocol):
    """What a session takes as a stimulus: one object for each kind of input."""

    def takes(self, stimulus: AnyStimulus) -> bool:
        """Whether the session answers such a stimulus."""

    def accept(self, stimulus: AnyStimulus) -> AnyStimulus:
        """The stimulus as it is encoded.

        Raises
        ------
        EncodingError
            If the session does not take it.
        """

    def shown(self, stimulus: AnyStimulus, fit: Fit) -> Shown:
        """The stimulus as it is looked at.

        Parameters
        ----------
        stimulus : Stimulus, ImageSet, ConditionTable or Drive
        fit : {"crop", "pad", "stretch"}
            How pictures are brought to the session's aspect ratio.

        Raises
        ------
        InsilicoError
            If it cannot be brought to what the session takes.
        """


class VideoInput:
    """Input of sessions that take videos.

    Parameters
    ----------
    session : VideoSession
    """

    def __init__(self, session: VideoSession) -> None:
        self._session = session

    def takes(self, stimulus: AnyStimulus) -> bool:
        """See :meth:`SessionInput.takes`."""
        return isinstance(stimulus, Stimulus)

    def accept(self, stimulus: AnyStimulus) -> Stimulus:
        """See :meth:`SessionInput.accept`."""
        if not isinstance(stimulus, Stimulus):
            raise EncodingError(
                f"{self._session.id} takes videos, and {stimulus.name} is "
                f"{_kind_of(stimulus)}; add it as a video, or show natural_images."
            )
        return stimulus

    def shown(self, stimulus: AnyStimulus, fit: Fit) -> Shown:
        """See :meth:`SessionInput.shown`."""
        session, video = self._session, self.accept(stimulus)
        frames = convert(
            video,
            session.frame_shape,
            session.frame_rate,
            fit,
            grey=grey_wanted(session),
        )
        return Shown("frame", frames.n_frames, frames.frame_rate, frames=frames)


class ImageInput:
    """Input of sessions that take single images; of a video, every frame is one."""

    def __init__(self, session: ImageSession) -> None:
        self._session = session

    def takes(self, stimulus: AnyStimulus) -> bool:
        """See :meth:`SessionInput.takes`."""
        return isinstance(stimulus, Stimulus | ImageSet)

    def accept(self, stimulus: AnyStimulus) -> ImageSet:
        """See :meth:`SessionInput.accept`."""
        if isinstance(stimulus, ConditionTable | Drive):
            raise EncodingError(
                f"{self._session.id} answers images, and {stimulus.name} is "
                f"{_kind_of(stimulus)}; add images."
            )
        return as_image_set(stimulus)

    def shown(self, stimulus: AnyStimulus, fit: Fit) -> Shown:
        """See :meth:`SessionInput.shown`; images are brought to size by the session."""
        session, images = self._session, self.accept(stimulus)
        times = response_times(session)
        rate = _playing_rate(times)
        frames = SeenImages(images, session.seen, session.frame_shape, rate)
        labels = tuple(map(str, images.labels))
        return Shown("image", images.n_images, rate, times, frames, labels)


class ConditionsInput:
    """Input of sessions that answer named conditions: tables of them.

    Parameters
    ----------
    session : ConditionSession
    """

    def __init__(self, session: ConditionSession) -> None:
        self._session = session

    def takes(self, stimulus: AnyStimulus) -> bool:
        """See :meth:`SessionInput.takes`; a table must have the session's parameters."""
        if not isinstance(stimulus, ConditionTable):
            return False
        try:
            self.accept(stimulus)
        except InsilicoError:
            return False
        return True

    def accept(self, stimulus: AnyStimulus) -> ConditionTable:
        """See :meth:`SessionInput.accept`.

        Raises
        ------
        StimulusError
            If a column or a cell is none that the session answers.
        """
        if not isinstance(stimulus, ConditionTable):
            raise EncodingError(
                f"{self._session.id} answers tables of conditions, and {stimulus.name} "
                f"is {_kind_of(stimulus)}; add a table with a row for each condition."
            )
        check_conditions(self._session.parameters, stimulus, self._session.id)
        return stimulus

    def shown(self, stimulus: AnyStimulus, fit: Fit) -> Shown:
        """See :meth:`SessionInput.shown`; a table has no pictures, and plays trial time."""
        table, times = self.accept(stimulus), self._session.times
        rate = _playing_rate(times)
        return Shown("condition", table.n_conditions, rate, times, labels=table.labels)


class DriveInput:
    """Input of sessions that are driven: drives.

    Parameters
    ----------
    session : DriveSession
    """

    def __init__(self, session: DriveSession) -> None:
        self._session = session

    def takes(self, stimulus: AnyStimulus) -> bool:
        """See :meth:`SessionInput.takes`; a drive must fit the session."""
        if not isinstance(stimulus, Drive):
            return False
        try:
            self.accept(stimulus)
        except InsilicoError:
            return False
        return True

    def accept(self, stimulus: AnyStimulus) -> Drive:
        """See :meth:`SessionInput.accept`.

        Raises
        ------
        StimulusError
            If a part of it is none that the session has.
        """
        if not isinstance(stimulus, Drive):
            raise EncodingError(
                f"{self._session.id} is driven, and {stimulus.name} is "
                f"{_kind_of(stimulus)}; add a drive of its channels."
            )
        _complete(self._session, stimulus)
        return stimulus

    def shown(self, stimulus: AnyStimulus, fit: Fit) -> Shown:
        """See :meth:`SessionInput.shown`; a drive has no pictures, and plays windows."""
        complete = _complete(self._session, self.accept(stimulus))
        rate = 1 / (complete.window_s or 1.0)
        return Shown("window", n_windows(complete), rate)


_CHECKED: deque[tuple[ref[Any], ref[Any], Drive]] = deque(maxlen=64)
"""Sessions, drives that they take, and these complete: asked for after every command."""


def _complete(session: DriveSession, drive: Drive) -> Drive:
    """A checked drive; finding elements by id takes time with many of them."""
    for of, given, complete in list(_CHECKED):
        if of() is session and given() is drive:
            return complete
    found = check_drive(session, drive)
    _CHECKED.append((ref(session), ref(drive), found))
    return found


def response_times(session: Session) -> NDArray[np.float64] | None:
    """Seconds from the onset of an image of the moments of its response, if it has some."""
    if not is_image_session(session) or "time" not in session.response_coords:
        return None
    return np.asarray(session.response_coords["time"], np.float64)


def _playing_rate(times: NDArray[np.float64] | None) -> float:
    """Items per second at which responses with these moments [T] (s) play."""
    if times is None or len(times) < 2:
        return ITEMS_PER_S
    return 1 / (float(times[1] - times[0]) * len(times))


def _kind_of(stimulus: AnyStimulus) -> str:
    """What a stimulus is, with its article."""
    if isinstance(stimulus, ImageSet):
        return "a set of images"
    if isinstance(stimulus, Drive):
        return "a drive"
    return "a video" if isinstance(stimulus, Stimulus) else "a table of conditions"


def input_of(session: Session) -> SessionInput:
    """The input of a session, by its kind.

    Raises
    ------
    EncodingError
        If the kind is not known.
    """
    if is_video_session(session):
        return VideoInput(session)
    if is_image_session(session):
        return ImageInput(session)
    if is_condition_session(session):
        return ConditionsInput(session)
    if is_drive_session(session):
        return DriveInput(session)
    raise EncodingError(
        f"{session.id} is driven by {session.input_kind}, which this version does not "
        "show; update insilico_gui."
    )
