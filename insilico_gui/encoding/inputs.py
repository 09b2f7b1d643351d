"""Stimuli in the form that a session takes: images, a video, or a batch of videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import (
    ArrayStimulus,
    ConditionTable,
    Drive,
    Stimulus,
    open_stimulus,
)
from insilico_gui.stimuli.core.conversion import ConvertedStimulus
from insilico_gui.stimuli.core.layout import batch_warning, is_one_video
from insilico_gui.stimuli.readers.arrays import FrameArray
from insilico_gui.stimuli.readers.images import (
    FrameImages,
    ImageArray,
    ImageSet,
    open_images,
)
from insilico_gui.stimuli.readers.plain_array import plain_array

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from insilico_gui.session import Session

_NAME = "The stimulus array"


def open_for(
    session: Session | None,
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | NDArray[Any],
    *,
    frame_rate: float | None = None,
    interval_s: float | None = None,
) -> Stimulus | ImageSet:
    """Open a stimulus in the form that `session` takes: images or a video.

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
    if isinstance(source, list | tuple):
        raise StimulusError(
            "Several files at once are for sessions driven by images; for a video of "
            "them, put them into a folder and open that."
        )
    return open_stimulus(cast("str | NDArray[Any]", source), frame_rate=frame_rate)


def as_image_set(
    stimulus: ImageSet | Stimulus | NDArray[Any] | Sequence[Stimulus | NDArray[Any]],
) -> ImageSet:
    """The images of a stimulus; of a video, every frame."""
    if isinstance(stimulus, ImageSet):
        return stimulus
    if isinstance(stimulus, Stimulus):
        return FrameImages(stimulus)
    if not isinstance(stimulus, list | tuple):
        return ImageArray(plain_array(stimulus))
    images = [plain_array(image) for image in stimulus]
    if len({image.shape for image in images}) != 1:
        raise StimulusError(
            "The images of a list must be arrays of one shape, and at least one; encode "
            "images of several sizes one by one, or as files."
        )
    return ImageArray(np.stack(images))


def as_videos(
    stimulus: Stimulus | NDArray[Any] | Sequence[Stimulus | NDArray[Any]],
    frame_rate: float,
) -> tuple[list[Stimulus], bool]:
    """The videos of a stimulus, and whether they form a batch.

    An array is a video [T, H, W] or [T, H, W, S] at `frame_rate` (Hz) with S = 1, 3 or 4
    samples a pixel (grey, RGB, RGB and alpha), or a batch [N, T, H, W] or
    [N, T, H, W, S]; a shape that fits both is refused.
    """
    if isinstance(stimulus, Stimulus):
        return [stimulus], False
    if isinstance(stimulus, list | tuple):
        videos = [_as_video(one, frame_rate) for one in stimulus]
    else:
        frames = plain_array(stimulus, _NAME)
        is_batch = frames.ndim == 5 or (
            frames.ndim == 4 and not is_one_video(frames.shape, _NAME)
        )
        if not is_batch:
            return [_as_video(frames, frame_rate)], False
        warning = batch_warning(frames.shape, _NAME)
        videos = [_as_video(video, frame_rate, warning) for video in frames]
    if not videos:
        raise StimulusError("The batch holds no video; give at least one.")
    return videos, True


def stimulus_warning(
    *shown: Stimulus | ImageSet | ConditionTable | Drive,
) -> str | None:
    """Warnings of opening stimuli (data left out, assumptions), without duplicates."""
    found: dict[str, None] = {}
    for stimulus in shown:
        source: Stimulus | ImageSet | ConditionTable | Drive = stimulus
        while isinstance(source, ConvertedStimulus):
            source = source.source
        if warning := source.attrs.get("warning"):
            found[str(warning)] = None
    return " ".join(found) or None


def _as_video(
    video: Stimulus | NDArray[Any], frame_rate: float, warning: str | None = None
) -> Stimulus:
    if isinstance(video, Stimulus):
        return video
    frames = plain_array(video, _NAME)
    if frames.ndim not in (3, 4):
        raise StimulusError(
            f"The stimulus array has shape {list(frames.shape)}; give uint8 frames "
            "[T, H, W] or [T, H, W, 3], or a batch [N, T, H, W]."
        )
    if frames.dtype != np.uint8:
        raise StimulusError(
            f"The stimulus array is {quoted(frames.dtype, marks='')} "
            f"{list(frames.shape)}; frames must be uint8 levels 0-255, so open other "
            f"types with open_stimulus(array, frame_rate={frame_rate:g}) first."
        )
    opened = FrameArray(frames, frame_rate)
    # Of grey frames nothing is left to be done
    if frames.ndim == 4:
        return opened
    attrs = {"kind": "array", **({"warning": warning} if warning else {})}
    return ArrayStimulus(frames, frame_rate, attrs=attrs)
