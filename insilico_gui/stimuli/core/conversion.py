"""The one place that brings a stimulus to the frames that a session takes.

In time, output frame k is what a monitor would be showing at k / rate: the last source
frame that has appeared by then. In space, pictures are resized by exact area averaging
(:mod:`insilico_gui.stimuli.core.area`), after what does not fit the session's aspect ratio
is cut, or bars are added, or the picture is stretched. Frames that have the session's
size and rate already pass unchanged, bit for bit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.area import AreaResizer
from insilico_gui.stimuli.core.attrs import LazyAttrs
from insilico_gui.stimuli.core.base import Grey, Stimulus
from insilico_gui.stimuli.core.geometry import Fit, Geometry
from insilico_gui.stimuli.core.grey import BACKGROUND
from insilico_gui.untrusted.limits import limit, refuse_above, variable

CONVERSION = "conversion"
"""``attrs["kind"]`` of frames that have been converted."""

MAX_PIXEL_ASPECT = 20.0

STORED: Grey = "stored luma"

_CHUNK_BYTES = 16 * 2**20  # of source frames read at once


class ConvertedStimulus(Stimulus):
    """Another stimulus in a session's size and rate; see :func:`convert`.

    Attributes
    ----------
    source : Stimulus
    geometry : Geometry
    summary : str
        The conversion in one sentence for people.
    """

    def __init__(
        self,
        source: Stimulus,
        geometry: Geometry,
        frame_rate: float,
        background: int,
        grey: Grey = STORED,
    ) -> None:
        self.source = source
        self.geometry = geometry
        self.grey: Grey = grey
        self.name = source.name
        self.frame_shape = geometry.frame_shape
        self.frame_rate = frame_rate
        self.trials = source.trials
        self._shown = shown_frames(source, frame_rate)
        self.n_frames = len(self._shown)
        self._resize = AreaResizer(*geometry.axes, background)
        self.summary = _summary(source, geometry, frame_rate)
        # Latest frame, as (source frame, picture): the next call may begin with it
        self._latest: tuple[int, NDArray[np.uint8]] | None = None
        values = {
            "kind": CONVERSION,
            "summary": self.summary,
            "fit": geometry.fit,
            "background": background,
            "source_name": source.name,
            "source_frame_shape": list(source.frame_shape),
            "source_frame_rate": source.frame_rate,
            "source_pixel_aspect": source.pixel_aspect,
            "frame_shape": list(self.frame_shape),
            "frame_rate": frame_rate,
            "cut_height": geometry.cut[0],
            "cut_width": geometry.cut[1],
            "bars_height": geometry.bars[0],
            "bars_width": geometry.bars[1],
        }
        if grey != STORED or "luma_weights" in source.attrs:
            values["grey"] = grey
        if warning := source.attrs.get("warning"):
            values["warning"] = warning
        self.attrs = LazyAttrs(values, {"source": lambda: dict(source.attrs)})

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.frames`."""
        self._check_range(start, stop)
        frames = np.empty((stop - start, *self.frame_shape), np.uint8)
        if start == stop:
            return frames
        shown = self._shown[start:stop]
        latest = self._latest
        todo = np.unique(shown)
        if latest is not None and todo[0] == latest[0]:
            frames[shown == latest[0]] = latest[1]
            todo = todo[1:]
        for first, last in _runs(todo, self._chunk):
            for k, picture in enumerate(
                self.source.grey_frames(first, last, self.grey), first
            ):
                # `shown` is sorted: the places of one source frame are a slice
                here = slice(*np.searchsorted(shown, (k, k + 1)))
                frames[here] = self._resize(picture)
        self._latest = int(shown[-1]), frames[-1].copy()
        return frames

    @property
    def _chunk(self) -> int:
        height, width = self.source.frame_shape
        return max(1, _CHUNK_BYTES // (height * width))


def convert(
    stimulus: Stimulus,
    frame_shape: tuple[int, int],
    frame_rate: float,
    fit: Fit = "crop",
    background: int = BACKGROUND,
    grey: Grey = STORED,
) -> ConvertedStimulus:
    """Bring a stimulus to the size and rate of a session.

    Frames are converted when they are asked for. The trial table is carried over: its
    times are in seconds, which conversion keeps.

    Parameters
    ----------
    stimulus : Stimulus
    frame_shape : (int, int)
        Height and width in pixels, taken to be square.
    frame_rate : float
        Frames per second (Hz).
    fit : {"crop", "pad", "stretch"}
        What to do with another aspect ratio; see :data:`Fit`.
    background : int
        Grey level 0-255 of the bars of ``"pad"``.
    grey : {"stored luma", "Rec. 601"}
        Which grey level of a colour video is meant; see :func:`grey_wanted`.

    Returns
    -------
    ConvertedStimulus
        With the conversion in ``attrs`` and, as a sentence, in ``summary``.

    Raises
    ------
    StimulusError
        If an argument makes no sense.
    """
    geometry = _geometry(stimulus, frame_shape, frame_rate, fit)
    if not 0 <= background <= 255:
        raise StimulusError(
            f"A background of {background} is not a grey level; give 0 to 255."
        )
    return ConvertedStimulus(
        stimulus, geometry, float(frame_rate), int(background), checked_grey(grey)
    )


def grey_wanted(session: object) -> Grey:
    """Which grey levels a session wants: its attribute ``grey``; else the stored luma.

    Raises
    ------
    StimulusError
        If it has another value.
    """
    return checked_grey(getattr(session, "grey", STORED))


def checked_grey(name: str) -> Grey:
    """`name`, if it is one of :data:`Grey`."""
    if name not in get_args(Grey):
        raise StimulusError(
            f"There are no grey levels {quoted(name)}; choose "
            f"{' or '.join(get_args(Grey))}."
        )
    return cast("Grey", name)


def describe_conversion(
    stimulus: Stimulus,
    frame_shape: tuple[int, int],
    frame_rate: float,
    fit: Fit = "crop",
) -> str:
    """Say in one sentence what :func:`convert` would do."""
    geometry = _geometry(stimulus, frame_shape, frame_rate, fit)
    return _summary(stimulus, geometry, float(frame_rate))


def shown_frames(stimulus: Stimulus, frame_rate: float) -> NDArray[np.int64]:
    """Source frame that a monitor shows at each tick of another rate.

    The output lasts until the last source frame has had its time.

    Returns
    -------
    int64 array, [n], ascending

    Raises
    ------
    StimulusError
        If the stimulus would last for days.
    """
    longest = limit("stimulus_seconds")
    if stimulus.duration > longest:
        raise StimulusError(
            f"{quoted(stimulus.name, marks='')} would last "
            f"{stimulus.duration / 3600:.3g} hours and the limit is "
            f"{longest / 3600:.3g}; check its frame rate, cut it, or raise the "
            f"environment variable {variable('stimulus_seconds')} (seconds)."
        )
    name = quoted(stimulus.name, marks="")
    refuse_above("frames", stimulus.duration * frame_rate, name, StimulusError)
    # A frame that is due within the rounding of its time counts as shown
    tolerance = min(stimulus.time_precision, 0.1 / frame_rate)
    n = max(1, int(np.ceil((stimulus.duration - tolerance) * frame_rate)))
    ticks = np.arange(n) / frame_rate
    last = np.searchsorted(stimulus.frame_times, ticks + tolerance, side="right") - 1
    return last.astype(np.int64)


def _geometry(
    stimulus: Stimulus, frame_shape: tuple[int, int], frame_rate: float, fit: Fit
) -> Geometry:
    if fit not in get_args(Fit):
        raise StimulusError(
            f"{fit!r} is no way to fit a picture; use {', '.join(get_args(Fit))}."
        )
    if len(frame_shape) != 2 or min(frame_shape) < 1:
        raise StimulusError(
            f"Frames of shape {tuple(frame_shape)} cannot be made; give height and "
            "width in pixels."
        )
    if not np.isfinite(frame_rate) or frame_rate <= 0:
        raise StimulusError(
            f"A frame rate of {frame_rate} Hz cannot be made; give a positive one."
        )
    if not 1 / MAX_PIXEL_ASPECT <= stimulus.pixel_aspect <= MAX_PIXEL_ASPECT:
        raise StimulusError(
            f"{stimulus.name} is to be shown with pixels {stimulus.pixel_aspect:.3g} "
            "times as wide as high, which cannot be meant; convert it to square pixels."
        )
    return Geometry(
        stimulus.frame_shape,
        (int(frame_shape[0]), int(frame_shape[1])),
        Fraction(stimulus.pixel_aspect).limit_denominator(1000),
        fit,
    )


def _runs(frames: NDArray[np.int64], longest: int) -> list[tuple[int, int]]:
    """Cut ascending frame numbers into ranges without gaps, of at most `longest`."""
    runs: list[tuple[int, int]] = []
    for k in frames.tolist():
        if runs and runs[-1][1] == k and k - runs[-1][0] < longest:
            runs[-1] = runs[-1][0], k + 1
        else:
            runs.append((k, k + 1))
    return runs


def _summary(stimulus: Stimulus, geometry: Geometry, frame_rate: float) -> str:
    def size(shape: tuple[int, int], rate: float) -> str:
        return f"{shape[1]} x {shape[0]} at {rate:.4g} Hz"

    before = size(geometry.source_shape, stimulus.frame_rate)
    after = size(geometry.frame_shape, frame_rate)
    what = [before if before == after else f"{before} -> {after}"]
    if geometry.pixel_aspect != 1:
        what.append(f"pixels {float(geometry.pixel_aspect):.3g} times as wide as high")
    for share, verb in ((geometry.cut, "crop cuts"), (geometry.bars, "bars fill")):
        for part, side in zip(share, ("height", "width"), strict=True):
            if part > 0:
                what.append(f"{verb} {_percent(part)} of the {side}")
    widening = geometry.widening
    if abs(widening - 1) > 0.001:
        more, factor = ("wide", widening) if widening > 1 else ("high", 1 / widening)
        what.append(f"stretch makes things {factor:.3g} times as {more}")
    return "; ".join(what)


def _percent(part: float) -> str:
    return f"{100 * part:.2g} %" if part < 0.1 else f"{100 * part:.0f} %"
