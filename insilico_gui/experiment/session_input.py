"""What a session is shown of a stimulus, and the moments at which it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from insilico_gui.conditions import check_conditions, is_condition_session
from insilico_gui.encoding.inputs import as_image_set
from insilico_gui.errors import EncodingError, InsilicoError
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.stimuli import ConditionTable, Stimulus, convert
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.stimuli.readers.seen_images import SeenImages

if TYPE_CHECKING:
    from insilico_gui.conditions import ConditionSession
    from insilico_gui.session import ImageSession, Session, VideoSession
    from insilico_gui.stimuli import ConvertedStimulus, Fit

AnyStimulus = Stimulus | ImageSet | ConditionTable

IMAGES_PER_S = 2.0
"""How fast images are played whose responses have no time of their own."""


def as_shown(
    stimulus: Stimulus | ImageSet | None, session: Session | None, fit: Fit
) -> ConvertedStimulus | SeenImages | None:
    """The stimulus as the session gets it; None if it does not take such a stimulus.

    Parameters
    ----------
    stimulus : Stimulus, ImageSet or None
    session : Session or None
    fit : {"crop", "pad", "stretch"}
        How a video is brought to the session's aspect ratio.

    Returns
    -------
    ConvertedStimulus, SeenImages or None
        Frames or images in the session's size.

    Raises
    ------
    InsilicoError
        If the stimulus cannot be brought to what the session takes.
    """
    if stimulus is None or session is None:
        return None
    if is_image_session(session):
        images = as_image_set(stimulus)
        rate = image_rate(session)
        return SeenImages(images, session.seen, session.frame_shape, rate)
    if is_video_session(session) and isinstance(stimulus, Stimulus):
        return convert(stimulus, session.frame_shape, session.frame_rate, fit)
    return None


def image_rate(session: ImageSession) -> float:
    """Images per second at which the responses of a session play."""
    times = session.response_coords.get("time")
    if times is None or len(times) < 2:
        return IMAGES_PER_S
    step = float(times[1] - times[0])
    return 1 / (step * len(times))


def moments_per_frame(session: Session | None) -> int:
    """Moments of playback for each frame: those of the response to one image or row."""
    if session is not None and is_condition_session(session):
        return len(session.times)
    if session is None or not is_image_session(session):
        return 1
    return len(session.response_coords.get("time", (0,)))


def image_moment(session: ImageSession, n_images: int, moment: int) -> str:
    """A moment of playback in words: which image, and how long after its onset."""
    image, k = divmod(moment, moments_per_frame(session))
    words = f"image {image + 1} / {n_images}"
    if "time" in session.response_coords:
        words += f"   {session.response_coords['time'][k] * 1000:+.0f} ms"
    return words


def condition_moment(
    session: ConditionSession, conditions: ConditionTable, moment: int
) -> str:
    """A moment of playback in words: which condition, and the time of the trial."""
    row, k = divmod(moment, len(session.times))
    words = f"{row + 1} / {conditions.n_conditions}: {conditions.labels[row]}"
    return f"{words}   {session.times[k] * 1000:+.0f} ms"


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

    def accept(self, stimulus: AnyStimulus) -> AnyStimulus:
        """See :meth:`SessionInput.accept`."""
        if not isinstance(stimulus, Stimulus):
            raise EncodingError(
                f"{self._session.id} takes videos, and {stimulus.name} is "
                f"{_kind_of(stimulus)}; add it as a video, or show natural_images."
            )
        return stimulus


class ImageInput:
    """Input of sessions that take single images; of a video, every frame is one."""

    def __init__(self, session: ImageSession) -> None:
        self._session = session

    def takes(self, stimulus: AnyStimulus) -> bool:
        """See :meth:`SessionInput.takes`."""
        return isinstance(stimulus, Stimulus | ImageSet)

    def accept(self, stimulus: AnyStimulus) -> ImageSet:
        """See :meth:`SessionInput.accept`."""
        if isinstance(stimulus, ConditionTable):
            raise EncodingError(
                f"{self._session.id} answers images, and {stimulus.name} is a table of "
                "conditions; add images."
            )
        return as_image_set(stimulus)


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


def _kind_of(stimulus: AnyStimulus) -> str:
    """What a stimulus is, with its article."""
    if isinstance(stimulus, ImageSet):
        return "a set of images"
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
    raise EncodingError(
        f"{session.id} is driven by {session.input_kind}, which this version does not "
        "show; update insilico_gui."
    )
