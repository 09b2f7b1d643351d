"""Stimuli: video and images from files, arrays, and parametric families.

:func:`open_stimulus` reads, :func:`drifting_gratings` and its kin render, and
:func:`convert` brings any of them to the size and rate of a session.
"""

from __future__ import annotations

from insilico_gui.stimuli.bars import MovingBars, moving_bars
from insilico_gui.stimuli.base import ArrayStimulus, Stimulus
from insilico_gui.stimuli.cache import CachedFrames
from insilico_gui.stimuli.contrasts import ContrastSeries, contrast_series
from insilico_gui.stimuli.conversion import (
    ConvertedStimulus,
    convert,
    describe_conversion,
)
from insilico_gui.stimuli.display import Display
from insilico_gui.stimuli.flashed_dots import GaussianDots, gaussian_dots
from insilico_gui.stimuli.flashes import FullFieldFlashes, full_field_flashes
from insilico_gui.stimuli.gabors import DriftingGabors, drifting_gabors
from insilico_gui.stimuli.geometry import Fit
from insilico_gui.stimuli.gratings import DriftingGratings, drifting_gratings
from insilico_gui.stimuli.image_sequence import NaturalImages, natural_images
from insilico_gui.stimuli.images import ImageSet, open_images
from insilico_gui.stimuli.kinematogram import RandomDots, random_dots
from insilico_gui.stimuli.looming_disc import Looming, looming
from insilico_gui.stimuli.monet import Monet2, monet2
from insilico_gui.stimuli.opening import SUPPORTED_SUFFIXES, open_stimulus
from insilico_gui.stimuli.parametric import (
    RenderedStimulus,
    StimulusSpec,
    spec_from_dict,
)
from insilico_gui.stimuli.phase_movie import Trippy, trippy
from insilico_gui.stimuli.sequence import Sequence
from insilico_gui.stimuli.sizes import SizeSeries, size_series
from insilico_gui.stimuli.sparse_squares import SparseNoise, sparse_noise
from insilico_gui.stimuli.spec_files import load_spec, save_spec
from insilico_gui.stimuli.static import StaticGratings, static_gratings

__all__ = [
    "SUPPORTED_SUFFIXES",
    "ArrayStimulus",
    "CachedFrames",
    "ContrastSeries",
    "ConvertedStimulus",
    "Display",
    "DriftingGabors",
    "DriftingGratings",
    "Fit",
    "FullFieldFlashes",
    "GaussianDots",
    "ImageSet",
    "Looming",
    "Monet2",
    "MovingBars",
    "NaturalImages",
    "RandomDots",
    "RenderedStimulus",
    "Sequence",
    "SizeSeries",
    "SparseNoise",
    "StaticGratings",
    "Stimulus",
    "StimulusSpec",
    "Trippy",
    "contrast_series",
    "convert",
    "describe_conversion",
    "drifting_gabors",
    "drifting_gratings",
    "full_field_flashes",
    "gaussian_dots",
    "load_spec",
    "looming",
    "monet2",
    "moving_bars",
    "natural_images",
    "open_images",
    "open_stimulus",
    "random_dots",
    "save_spec",
    "size_series",
    "sparse_noise",
    "spec_from_dict",
    "static_gratings",
    "trippy",
]
