"""Drifting gratings: the usual probe of direction and frequency tuning.

Direction is that of the motion seen on the screen, in degrees counter-clockwise: 0
moves to the right, 90 up. With azimuth x to the right and elevation y up, in degrees
from the centre of the screen, the carrier at time t after the onset of a trial is::

    cos(2 pi (sf (x cos(direction) + y sin(direction)) - tf t) + phase)

and the grey level is 128 + 127 contrast carrier: 128 is the mean and the grey of the
blanks, and a contrast of 1 spans 1 to 255.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from insilico_gui.stimuli.core.checks import (
    MAX_SIZE_DEG,
    evenly_spaced,
    size_in_degrees,
    within,
)
from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.render.apertures import Disc
from insilico_gui.stimuli.render.carrier import Angles, Waveform
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.form_types import (
    LITERAL,
    HiddenDisplay,
    Numbers,
    OptionalNumber,
)
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order


@dataclass(frozen=True, kw_only=True)
class DriftingGratings(DriftingTrials):
    """Specification of a set of drifting gratings.

    The fields are the parameters of :func:`drifting_gratings`, with sequences as tuples
    and directions as 0..360. Everything is checked, so a spec that exists can be shown.
    """

    family: ClassVar[str] = "drifting_gratings"

    size_deg: float | None = None
    edge_deg: float = 1.0

    def _normalise(self) -> dict[str, object]:
        size = self.size_deg
        return {
            **super()._normalise(),
            "size_deg": None if size is None else size_in_degrees(size, "size_deg"),
            "edge_deg": within(self.edge_deg, "edge_deg", 0, MAX_SIZE_DEG),
        }

    def _layers(self, condition: Any) -> list[Layer]:
        aperture = None
        if self.size_deg is not None:
            aperture = Disc(self.size_deg, self.edge_deg, self.center)
        return [self._layer(condition, aperture)]


def drifting_gratings(
    *,
    n_directions: int = 16,
    directions: Annotated[Sequence[float] | int | None, LITERAL] = None,
    spatial_frequency: Numbers = 0.04,
    temporal_frequency: Numbers = 2.0,
    contrast: Numbers = 1.0,
    duration_s: float = 1.0,
    blank_s: float = 0.5,
    repeats: int = 1,
    size_deg: OptionalNumber = None,
    edge_deg: float = 1.0,
    center: tuple[float, float] = (0.0, 0.0),
    order: Order = "random",
    seed: int = 0,
    phase_deg: float = 0.0,
    waveform: Waveform = "sine",
    angles: Angles = "flat",
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make drifting gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    n_directions : int
        Number of directions, evenly spaced from 0; not used if `directions` are given.
    directions : sequence of float, optional
        Directions of motion in degrees, counter-clockwise: 0 = to the right, 90 = up.
        A single whole number means `n_directions`.
    spatial_frequency : float or sequence of float
        Cycles per degree.
    temporal_frequency : float or sequence of float
        Cycles per second (Hz), at most half of `frame_rate`.
    contrast : float or sequence of float
        0 to 1.
    duration_s, blank_s : float
        Length of the grating and of the grey before it, in seconds; rounded to frames.
        As much grey follows the last grating. The trial table has the rounded times.
    repeats : int
        How often each condition is shown.
    size_deg : float, optional
        Diameter of a round aperture in degrees; default the full screen.
    edge_deg : float
        Width of the aperture's soft edge in degrees.
    center : (float, float)
        Centre of the aperture: x (right) and y (up), -1..1 from edge to edge.
    order : {"random", "sequential"}
        Random: each repeat shows all conditions in a new order, drawn with `seed`.
    seed : int
    phase_deg : float
        Phase at the centre of the screen when a grating appears.
    waveform : {"sine", "square"}
    angles : {"flat", "per axis"}
        Flat: a degree is as many pixels everywhere as at the centre of the screen.
        Per axis: the visual angle along each axis of a flat screen, so bars widen
        towards its edges.
    display : Display, optional
        Screen and its pixels; default a 56.5 x 31.8 cm screen 15 cm from the eye with
        256 x 144 pixels.
    frame_rate : float
        Frames per second (Hz).

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset`` and ``duration`` (s), ``condition``, ``direction``,
        ``spatial_frequency``, ``temporal_frequency``, ``contrast`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    arguments = dict(locals())  # the parameters: nothing else has a name yet
    del arguments["n_directions"]
    if directions is None or isinstance(directions, int | np.integer):
        count = n_directions if directions is None else directions
        arguments["directions"] = evenly_spaced(count, "n_directions", 360)
    return DriftingGratings.of_arguments(arguments)
