"""Stimuli whose frames are images in a row: no rate of their own, read one by one."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.pixels import check_frame_shape
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DEFAULT_FRAME_RATE = 30.0  # Hz; what sources without a rate are taken to have


class ImageStack(Stimulus):
    """Frames without times: shown at a constant rate, given or assumed.

    Parameters
    ----------
    name : str
    n_frames : int
    frame_shape : (int, int)
        Height and width in pixels.
    frame_rate : float or None
        Frames per second (Hz); None = 30 Hz, recorded as assumed.
    attrs : mapping of str to Any
        Provenance, without ``frame_rate_assumed``.
    """

    def __init__(
        self,
        name: str,
        n_frames: int,
        frame_shape: tuple[int, int],
        frame_rate: float | None,
    ) -> None:
        if n_frames < 1:
            raise StimulusError(f"{name} has no frames; choose another file.")
        check_frame_shape(frame_shape, name)
        refuse_above("frames", n_frames, name, StimulusError)
        self.name = name
        self.n_frames = n_frames
        self.frame_shape = frame_shape
        self.frame_rate = checked_rate(frame_rate, name)
        self._rate_attrs: Mapping[str, Any] = {
            "frame_rate": self.frame_rate,
            "frame_rate_assumed": frame_rate is None,
        }
        self._lock = threading.Lock()

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`Stimulus.frames`."""
        self._check_range(start, stop)
        frames = np.empty((stop - start, *self.frame_shape), np.uint8)
        with self._lock:
            for k in range(start, stop):
                frames[k - start] = self._read(k)
        return frames

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`.base.Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        with self._lock:
            return self._read_color(k)

    @abstractmethod
    def _read(self, k: int) -> NDArray[np.uint8]:
        """Grey levels of frame `k`, uint8 [H, W]; called by one thread at a time."""

    @abstractmethod
    def _read_color(self, k: int) -> NDArray[np.uint8]:
        """Colours of frame `k`, uint8 [H, W, 3]; called by one thread at a time."""


def said(name: str, *reasons: str | None) -> dict[str, str]:
    """``{"warning": ...}`` of what was dropped or assumed; empty if there is nothing."""
    reasons_given = [reason for reason in reasons if reason]
    return {"warning": f"{name}: {'; '.join(reasons_given)}."} if reasons_given else {}


def checked_rate(frame_rate: float | None, name: str) -> float:
    """Return `frame_rate`, or 30 Hz for None.

    Raises
    ------
    StimulusError
        If the rate is not a positive number.
    """
    if frame_rate is None:
        return DEFAULT_FRAME_RATE
    if not np.isfinite(frame_rate) or frame_rate <= 0:
        raise StimulusError(
            f"A frame rate of {frame_rate} Hz was given for {name}; give a positive "
            "number of frames per second."
        )
    return float(frame_rate)
