"""A limit holds exactly, and a number that a message offers is accepted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insilico_gui import stimuli
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display
from insilico_gui.stimuli.core.checks import at_least, at_most

NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
FINE = Display(pixels=(97, 171))
"""Of a size that makes no limit a round number."""


def display_and_rate(frame_rate: float = 29.97) -> dict[str, object]:
    return {"display": FINE, "frame_rate": frame_rate}


@pytest.mark.parametrize(
    ("family", "name", "wrong"),
    [
        ("drifting_gratings", "temporal_frequency", 29.97 / 2),
        ("drifting_gratings", "temporal_frequency", 1e6),
        ("drifting_gratings", "spatial_frequency", 100.0),
        ("drifting_gratings", "contrast", 2.0),
        ("drifting_gratings", "duration_s", 1e-4),
        ("drifting_gabors", "temporal_frequency", 14.985),
        ("size_series", "temporal_frequency", 15.0),
        ("static_gratings", "spatial_frequency", 9.0),
        ("moving_bars", "speed_deg_s", 1e4),
        ("moving_bars", "reversal_hz", 29.97 / 2),
        ("moving_bars", "width_deg", 1e-3),
        ("gaussian_dots", "sigma_deg", 1e-3),
        ("sparse_noise", "size_deg", 1e-3),
        ("sparse_noise", "size_deg", 359.0),
        ("sparse_noise", "density", 1e-6),
        ("random_dots", "dot_size_deg", 1e-3),
        ("random_dots", "lifetime_s", 1e-3),
        ("monet2", "spatial_cutoff", 0.9),
        ("trippy", "temp_freq", 40.0),
    ],
)
def test_an_offered_number_is_accepted(family, name, wrong):
    make = getattr(stimuli, family)
    quick = {"speed_deg_s": 1.0, "temp_bandwidth": 1.0} if family == "monet2" else {}
    with pytest.raises(StimulusError) as error:
        make(**{name: wrong}, **quick, **display_and_rate())
    said = str(error.value)
    offered = re.findall(rf"(?:up to|at least|from|to) ({NUMBER})", said)
    assert offered, said
    for number in map(float, offered):
        try:
            make(**{name: number}, **quick, **display_and_rate())
        except StimulusError as again:
            # Another rule may speak; this one must not say the same once more
            assert str(again).split(";")[-1] != said.split(";")[-1], (number, said)


@pytest.mark.parametrize("frame_rate", [30.0, 29.97, 60.0, 24000 / 1001])
@pytest.mark.parametrize(
    "family", ["drifting_gratings", "drifting_gabors", "contrast_series"]
)
def test_half_the_frame_rate_is_refused_exactly(family, frame_rate):
    make = getattr(stimuli, family)
    with pytest.raises(StimulusError, match="below half the frame rate"):
        make(temporal_frequency=frame_rate / 2, frame_rate=frame_rate)
    below = np.nextafter(frame_rate / 2, 0)
    make(temporal_frequency=float(below), frame_rate=frame_rate)


def test_below_half_the_frame_rate_opposite_directions_differ():
    def movie(direction: float) -> np.ndarray:
        stimulus = stimuli.drifting_gratings(
            directions=[direction], temporal_frequency=14.9, blank_s=0, duration_s=1
        )
        return stimulus.frames(0, stimulus.n_frames)

    assert (movie(0) != movie(180)).any()


@given(st.floats(1e-6, 1e9))
def test_offered_numbers_are_on_the_right_side_and_near(bound):
    assert float(at_most(bound)) <= bound <= float(at_least(bound))
    assert float(at_most(bound, below=True)) < bound
    for offered in (at_most(bound), at_least(bound), at_most(bound, below=True)):
        assert float(offered) == pytest.approx(bound, rel=2e-3)
