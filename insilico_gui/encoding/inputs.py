"""Stimuli as a session takes them: as images, as a video, or as a batch of videos."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import ArrayStimulus, Stimulus, open_stimulus
from insilico_gui.stimuli.arrays import FrameArray
from insilico_gui.stimuli.conversion import ConvertedStimulus
from insilico_gui.stimuli.images import FrameImages, ImageArray, ImageSet, open_images
from insilico_gui.stimuli.layout import is_one_video

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from insilico_gui.session import Session


def open_for(
    session: Session | None,
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | NDArray[Any],
    *,
    frame_rate: float | None = None,
    interval_s: float | None = None,
) -> Stimulus | ImageSet:
    """Open a stimulus as `session` takes it: as images, else as a video.

    Parameters
    ----------
    session : Session or None
    source : path, array or, for images, several paths
        See :func:`.open_stimulus` and :func:`.open_images`.
    frame_rate : float, optional
        Frames per second (Hz) of a video that has no rate of its own.
    interval_s : float, optional
        Seconds between the images taken from a video; default every frame.

    Returns
    -------
    ImageSet or Stimulus
        Images for a session driven by images, else a video.

    Raises
    ------
    StimulusError
        If the source cannot be opened, or an option does not apply.
    """
    if session is not None and is_image_session(session):
        if frame_rate is not None:
            raise StimulusError(
                f"{session.id} answers single images, which have no frame rate; leave it "
                "out."
            )
        return open_images(source, interval_s=interval_s)
    if interval_s is not None:
        raise StimulusError(
            "An interval between images is for sessions driven by images; leave it out."
        )
    if not isinstance(source, str | os.PathLike | np.ndarray):
        raise StimulusError(
            "Several files at once are for sessions driven by images; for a video of "
            "them, put them into a folder and open that."
        )
    return open_stimulus(source, frame_rate=frame_rate)


def as_image_set(stimulus: ImageSet | Stimulus | object) -> ImageSet:
    """The images that a stimulus consists of: of a video, every frame."""
    if isinstance(stimulus, ImageSet):
        return stimulus
    if isinstance(stimulus, Stimulus):
        return FrameImages(stimulus)
    return ImageArray(_as_array(stimulus))


def as_videos(
    stimulus: Stimulus | NDArray[Any] | Sequence[Stimulus | NDArray[Any]],
    frame_rate: float,
) -> tuple[list[Stimulus], bool]:
    """The videos of a stimulus, and whether they form a batch.

    Parameters
    ----------
    stimulus : Stimulus, array or sequence of them
        An array is a video [T, H, W] or [T, H, W, S] with S = 1, 3 or 4 samples a pixel
        (grey, RGB, RGB and alpha), or a batch [N, T, H, W] or [N, T, H, W, S].
    frame_rate : float
        Frames per second (Hz) of arrays.

    Raises
    ------
    StimulusError
        If an array is none of these, or could be several.
    """
    if isinstance(stimulus, Stimulus):
        return [stimulus], False
    if isinstance(stimulus, list | tuple):
        videos = [_as_video(one, frame_rate) for one in stimulus]
    else:
        frames = _as_array(stimulus)
        is_batch = frames.ndim == 5 or (
            frames.ndim == 4 and not is_one_video(frames.shape, "The stimulus array")
        )
        if not is_batch:
            return [_as_video(frames, frame_rate)], False
        videos = [_as_video(video, frame_rate) for video in frames]
    if not videos:
        raise StimulusError("The batch holds no video; give at least one.")
    return videos, True


def stimulus_warning(*shown: Stimulus | ImageSet) -> str | None:
    """What was dropped or assumed when stimuli were opened, each thing once."""
    found: dict[str, None] = {}
    for stimulus in shown:
        source = stimulus
        while isinstance(source, ConvertedStimulus):
            source = source.source
        if warning := source.attrs.get("warning"):
            found[str(warning)] = None
    return " ".join(found) or None


def _as_video(video: Stimulus | NDArray[Any], frame_rate: float) -> Stimulus:
    if isinstance(video, Stimulus):
        return video
    frames = _as_array(video)
    if frames.ndim not in (3, 4):
        raise StimulusError(
            f"The stimulus array has shape {list(frames.shape)}; give uint8 frames "
            "[T, H, W] or [T, H, W, 3], or a batch [N, T, H, W]."
        )
    if frames.dtype != np.uint8:
        raise StimulusError(
            f"The stimulus array is {quoted(frames.dtype, marks='')} "
            f"{list(frames.shape)}; frames must be uint8 levels 0-255, so open other "
            "types with open_stimulus first."
        )
    opened = FrameArray(frames, frame_rate)
    # Of grey frames nothing is left to be done
    return ArrayStimulus(frames, frame_rate) if frames.ndim == 3 else opened


def _as_array(stimulus: object) -> NDArray[Any]:
    """What numpy makes of something that is no stimulus yet."""
    try:
        return np.asarray(stimulus)
    except Exception as error:  # of tensors on a device, data sets, ragged lists, ...
        raise StimulusError(
            f"A {type(stimulus).__name__} is not a stimulus; give a file, an opened "
            "stimulus, or a numpy array [time, height, width]."
        ) from error
