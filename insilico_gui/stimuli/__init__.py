"""Stimuli: video and images from files, arrays, and parametric families.

:func:`open_stimulus` reads, :func:`drifting_gratings` and its kin render, and
:func:`convert` brings any of them to the size and rate of a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.stimuli.core.base import ArrayStimulus, Stimulus
from insilico_gui.stimuli.core.cache import CachedFrames
from insilico_gui.stimuli.core.conditions import ConditionTable
from insilico_gui.stimuli.core.conversion import (
    ConvertedStimulus,
    convert,
    describe_conversion,
)
from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.core.drive import Drive
from insilico_gui.stimuli.core.drive_bases import Constant, Recorded, Samples
from insilico_gui.stimuli.core.drive_parts import Cut, Silence, Stimulate, Target
from insilico_gui.stimuli.core.geometry import Fit
from insilico_gui.stimuli.core.parts import join
from insilico_gui.stimuli.families.contrast_series import (
    ContrastSeries,
    contrast_series,
)
from insilico_gui.stimuli.families.drifting_gabors import (
    DriftingGabors,
    drifting_gabors,
)
from insilico_gui.stimuli.families.drifting_gratings import (
    DriftingGratings,
    drifting_gratings,
)
from insilico_gui.stimuli.families.full_field_flashes import (
    FullFieldFlashes,
    full_field_flashes,
)
from insilico_gui.stimuli.families.gaussian_dots import GaussianDots, gaussian_dots
from insilico_gui.stimuli.families.looming import Looming, looming
from insilico_gui.stimuli.families.monet2 import Monet2, monet2
from insilico_gui.stimuli.families.monet_table import (
    Monet2Published,
    monet2_published,
)
from insilico_gui.stimuli.families.moving_bars import MovingBars, moving_bars
from insilico_gui.stimuli.families.natural_images import NaturalImages, natural_images
from insilico_gui.stimuli.families.plaids import Plaids, plaids
from insilico_gui.stimuli.families.random_dots import RandomDots, random_dots
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.families.size_series import SizeSeries, size_series
from insilico_gui.stimuli.families.sparse_noise import SparseNoise, sparse_noise
from insilico_gui.stimuli.families.static_gratings import (
    StaticGratings,
    static_gratings,
)
from insilico_gui.stimuli.families.trippy import Trippy, trippy
from insilico_gui.stimuli.readers.condition_files import open_conditions
from insilico_gui.stimuli.readers.drive_files import open_drive, save_drive
from insilico_gui.stimuli.readers.images import ImageSet, open_images
from insilico_gui.stimuli.readers.opening import SUPPORTED_SUFFIXES, open_stimulus
from insilico_gui.stimuli.render.video_file import save_video
from insilico_gui.stimuli.spec.files import load_spec, save_spec
from insilico_gui.stimuli.spec.parametric import (
    RenderedStimulus,
    StimulusSpec,
    spec_from_dict,
)
from insilico_gui.stimuli.spec.sequence import Sequence

concatenate = join
"""As numpy calls it."""

__all__ = [
    "FAMILIES",
    "SUPPORTED_SUFFIXES",
    "ArrayStimulus",
    "CachedFrames",
    "ConditionTable",
    "Constant",
    "ContrastSeries",
    "ConvertedStimulus",
    "Cut",
    "Display",
    "DriftingGabors",
    "DriftingGratings",
    "Drive",
    "Fit",
    "FullFieldFlashes",
    "GaussianDots",
    "ImageSet",
    "Looming",
    "Monet2",
    "Monet2Published",
    "MovingBars",
    "NaturalImages",
    "Plaids",
    "RandomDots",
    "Recorded",
    "RenderedStimulus",
    "Samples",
    "Sequence",
    "Silence",
    "SizeSeries",
    "SparseNoise",
    "StaticGratings",
    "Stimulate",
    "Stimulus",
    "StimulusSpec",
    "Target",
    "Trippy",
    "concatenate",
    "contrast_series",
    "convert",
    "describe_conversion",
    "drifting_gabors",
    "drifting_gratings",
    "full_field_flashes",
    "gaussian_dots",
    "join",
    "load_spec",
    "looming",
    "monet2",
    "monet2_published",
    "moving_bars",
    "natural_images",
    "open_conditions",
    "open_drive",
    "open_images",
    "open_stimulus",
    "plaids",
    "random_dots",
    "save_drive",
    "save_spec",
    "save_video",
    "size_series",
    "sparse_noise",
    "spec_from_dict",
    "static_gratings",
    "trippy",
]


def __dir__() -> list[str]:
    return list(__all__)


if not TYPE_CHECKING:  # or type checkers would take any name

    def __getattr__(name: str) -> Any:
        """The function of a family that is not imported above."""
        family = None if name.startswith("_") else FAMILIES.get(name)
        if family is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return family
