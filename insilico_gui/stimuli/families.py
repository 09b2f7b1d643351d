"""The parametric families that people choose from, by the name they know them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.stimuli.bars import moving_bars
from insilico_gui.stimuli.contrasts import contrast_series
from insilico_gui.stimuli.flashed_dots import gaussian_dots
from insilico_gui.stimuli.flashes import full_field_flashes
from insilico_gui.stimuli.gabors import drifting_gabors
from insilico_gui.stimuli.gratings import drifting_gratings
from insilico_gui.stimuli.image_sequence import natural_images
from insilico_gui.stimuli.kinematogram import random_dots
from insilico_gui.stimuli.looming_disc import looming
from insilico_gui.stimuli.monet import monet2
from insilico_gui.stimuli.phase_movie import trippy
from insilico_gui.stimuli.sizes import size_series
from insilico_gui.stimuli.sparse_squares import sparse_noise
from insilico_gui.stimuli.static import static_gratings

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.stimuli.parametric import RenderedStimulus

FAMILIES: dict[str, Callable[..., RenderedStimulus]] = {
    "drifting gratings": drifting_gratings,
    "static gratings": static_gratings,
    "drifting gabors": drifting_gabors,
    "size series": size_series,
    "contrast series": contrast_series,
    "full field flashes": full_field_flashes,
    "moving bars": moving_bars,
    "looming": looming,
    "gaussian dots": gaussian_dots,
    "sparse noise": sparse_noise,
    "random dots": random_dots,
    "monet2": monet2,
    "trippy": trippy,
    "natural images": natural_images,
}
"""Functions whose typed parameters are the form; each returns a stimulus with trials."""
