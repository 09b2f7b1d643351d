"""Frames of a stimulus as a video file, to look at and to show."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.files import (
    check_target,
    publishing,
    refuse_folder,
    settle,
    shown,
)
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.stimuli.core.base import Stimulus

if TYPE_CHECKING:
    from av.container import OutputContainer

VIDEO_SUFFIXES = (".mp4", ".mkv")

BLOCK = 64  # frames rendered at once
NOTICEABLE_S = 1e-3
"""How far a frame may be from its place at a constant rate."""

SMALL_ERROR = {"crf": "10", "preset": "medium"}
"""Of H.264: no difference that is seen, but not the exact grey levels."""


def save_video(
    stimulus: Stimulus,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> Path:
    """Write the frames of a stimulus to a video file.

    Parameters
    ----------
    stimulus : Stimulus
        Of a constant frame rate.
    path : path
        Ends in .mkv (FFV1: the exact grey levels) or in .mp4 (H.264: smaller, plays
        everywhere, but grey levels are off by some; keep the specification, or a .mkv, to
        encode from).
    overwrite : bool
        Whether a file of that name may be replaced.
    on_progress : callable(done, total), optional
        Called with the number of frames written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StimulusError
        If the suffix is another, the frame rate varies, or the file cannot be written or
        is there already.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in VIDEO_SUFFIXES:
        raise StimulusError(
            f"{shown(target.name)} is no video that can be written; end it in "
            f"{' or '.join(VIDEO_SUFFIXES)}."
        )
    at = np.arange(stimulus.n_frames) / stimulus.frame_rate
    if np.abs(stimulus.frame_times - at).max() > NOTICEABLE_S:
        raise StimulusError(
            f"The frame rate of {stimulus.name} varies, which a video file written here "
            "cannot; convert the stimulus to a constant rate first."
        )
    settle(target.parent)
    check_target(target, overwrite, StimulusError)
    refuse_folder(target, StimulusError)
    with publishing(target, StimulusError) as partial:
        write_frames(stimulus, partial, on_progress)
    return target


def write_frames(
    stimulus: Stimulus, path: Path, on_progress: OnProgress | None = None
) -> None:
    """Write a video to a path that ends in one of the known suffixes."""
    import av  # only where a video is written

    with av.open(str(path), "w") as container:
        put = _stream(container, stimulus, exact=path.suffix.lower() == ".mkv")
        kind = "rgb24" if stimulus.channels == 3 else "gray"
        for block in in_blocks(stimulus.n_frames, BLOCK, on_progress):
            for frame in stimulus.frames(block.start, block.stop):
                array = np.ascontiguousarray(frame)
                made = av.VideoFrame.from_ndarray(array, format=kind)
                container.mux(put.encode(made))
        container.mux(put.encode())


def _stream(container: OutputContainer, stimulus: Stimulus, *, exact: bool) -> Any:
    """The stream of a container for the frames of a stimulus."""
    rate = Fraction(stimulus.frame_rate).limit_denominator(100_000)
    height, width = stimulus.frame_shape
    if exact:
        stream = container.add_stream("ffv1", rate=rate)
        stream.pix_fmt = "bgr0" if stimulus.channels == 3 else "gray"
    else:
        try:
            stream = container.add_stream("libx264", rate=rate, options=SMALL_ERROR)
        except ValueError as cause:  # PyAV built without it
            raise StimulusError(
                "PyAV has no encoder of H.264 here; end the name in .mkv."
            ) from cause
        # Colour at half the resolution, which every player knows, needs even sizes
        even = height % 2 == width % 2 == 0
        stream.pix_fmt = "yuv420p" if even else "yuv444p"
    stream.height, stream.width = height, width
    if stimulus.pixel_aspect != 1:
        stream.codec_context.sample_aspect_ratio = Fraction(
            stimulus.pixel_aspect
        ).limit_denominator(1000)
    return stream
