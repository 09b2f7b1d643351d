"""Analysis of responses: pure functions on arrays, nothing of a window or a model."""

from __future__ import annotations

from insilico_gui.analysis.comparison import compare
from insilico_gui.analysis.direction import direction_tuning, tuning_columns
from insilico_gui.analysis.dots import dot_masks
from insilico_gui.analysis.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.indices import dsi, gdsi, gosi, osi
from insilico_gui.analysis.noise_fields import (
    noise_receptive_fields,
    presentation_images,
)
from insilico_gui.analysis.receptive_fields import dot_receptive_fields
from insilico_gui.analysis.retinotopy import retinotopy_columns, retinotopy_maps
from insilico_gui.analysis.rf_fit import fit_receptive_fields
from insilico_gui.analysis.rf_table import receptive_field_fit, rf_columns
from insilico_gui.analysis.spatial_selectivity import ssi
from insilico_gui.analysis.sta import sta_receptive_fields
from insilico_gui.analysis.vonmises import VonMisesFit, fit_von_mises
from insilico_gui.analysis.windows import trial_responses, trial_table

__all__ = [
    "ReceptiveFieldFit",
    "VonMisesFit",
    "compare",
    "direction_tuning",
    "dot_masks",
    "dot_receptive_fields",
    "dsi",
    "fit_receptive_fields",
    "fit_von_mises",
    "gdsi",
    "gosi",
    "noise_receptive_fields",
    "osi",
    "presentation_images",
    "receptive_field_fit",
    "retinotopy_columns",
    "retinotopy_maps",
    "rf_columns",
    "ssi",
    "sta_receptive_fields",
    "trial_responses",
    "trial_table",
    "tuning_columns",
]
