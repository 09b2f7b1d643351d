"""Stimuli: video and images from files, arrays, and parametric families.

:func:`open_stimulus` reads, :func:`drifting_gratings` and its kin render, and
:func:`convert` brings any of them to the size and rate of a session.
"""

from __future__ import annotations

from insilico_gui.stimuli.base import ArrayStimulus, Stimulus
from insilico_gui.stimuli.cache import CachedFrames
from insilico_gui.stimuli.conversion import (
    ConvertedStimulus,
    convert,
    describe_conversion,
)
from insilico_gui.stimuli.display import Display
from insilico_gui.stimuli.geometry import Fit
from insilico_gui.stimuli.gratings import DriftingGratings, drifting_gratings
from insilico_gui.stimuli.opening import SUPPORTED_SUFFIXES, open_stimulus
from insilico_gui.stimuli.parametric import (
    RenderedStimulus,
    StimulusSpec,
    spec_from_dict,
)

__all__ = [
    "SUPPORTED_SUFFIXES",
    "ArrayStimulus",
    "CachedFrames",
    "ConvertedStimulus",
    "Display",
    "DriftingGratings",
    "Fit",
    "RenderedStimulus",
    "Stimulus",
    "StimulusSpec",
    "convert",
    "describe_conversion",
    "drifting_gratings",
    "open_stimulus",
    "spec_from_dict",
]
