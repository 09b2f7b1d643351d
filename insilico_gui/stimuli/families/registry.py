"""The parametric families that people choose from, by the name they know them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.stimuli.families.contrast_series import contrast_series
from insilico_gui.stimuli.families.drifting_gabors import drifting_gabors
from insilico_gui.stimuli.families.drifting_gratings import drifting_gratings
from insilico_gui.stimuli.families.full_field_flashes import full_field_flashes
from insilico_gui.stimuli.families.gaussian_dots import gaussian_dots
from insilico_gui.stimuli.families.looming import looming
from insilico_gui.stimuli.families.monet2 import monet2
from insilico_gui.stimuli.families.moving_bars import moving_bars
from insilico_gui.stimuli.families.natural_images import natural_images
from insilico_gui.stimuli.families.random_dots import random_dots
from insilico_gui.stimuli.families.size_series import size_series
from insilico_gui.stimuli.families.sparse_noise import sparse_noise
from insilico_gui.stimuli.families.static_gratings import static_gratings
from insilico_gui.stimuli.families.trippy import trippy

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.stimuli.spec.parametric import RenderedStimulus

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
