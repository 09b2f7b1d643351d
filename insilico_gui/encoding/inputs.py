"""Stimuli as a session takes them: as images, or as a video."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import Stimulus, open_stimulus
from insilico_gui.stimuli.conversion import ConvertedStimulus
from insilico_gui.stimuli.images import FrameImages, ImageArray, ImageSet, open_images

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


def as_image_set(stimulus: ImageSet | Stimulus | NDArray[Any]) -> ImageSet:
    """The images that a stimulus consists of: of a video, every frame."""
    if isinstance(stimulus, ImageSet):
        return stimulus
    if isinstance(stimulus, Stimulus):
        return FrameImages(stimulus)
    return ImageArray(np.asarray(stimulus))


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
