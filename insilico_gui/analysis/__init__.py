"""Analysis of responses: pure functions on arrays, nothing of a window or a model."""

from __future__ import annotations

from inspect import isfunction

from insilico_gui.analysis.agreement.comparison import compare
from insilico_gui.analysis.agreement.driven import (
    perturbation,
    recorded_against_simulated,
)
from insilico_gui.analysis.agreement.published import compare_with_released
from insilico_gui.analysis.agreement.reliability import (
    Reliability,
    join_repeats,
    reliability,
    reliability_columns,
)
from insilico_gui.analysis.cortex.retinotopy import retinotopy_columns, retinotopy_maps
from insilico_gui.analysis.fields.dots import dot_masks
from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.fields.noise_fields import (
    noise_receptive_fields,
    presentation_images,
)
from insilico_gui.analysis.fields.receptive_fields import dot_receptive_fields
from insilico_gui.analysis.fields.rf_fit import fit_receptive_fields
from insilico_gui.analysis.fields.rf_table import receptive_field_fit, rf_columns
from insilico_gui.analysis.fields.spatial_selectivity import ssi
from insilico_gui.analysis.fields.sta import sta_receptive_fields
from insilico_gui.analysis.fits.vonmises import VonMisesFit, fit_von_mises
from insilico_gui.analysis.population.correlations import (
    mean_signal_correlation,
    signal_correlation_blocks,
    signal_correlations,
)
from insilico_gui.analysis.population.sparseness import (
    lifetime_sparseness,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.timing.latency import response_latency
from insilico_gui.analysis.timing.modulation import grating_modulation
from insilico_gui.analysis.timing.resolved import time_resolved_tuning
from insilico_gui.analysis.trials.sequence_parts import (
    part_name,
    sequence_parts,
    take_part,
)
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.analysis.tuning.conditions import (
    condition_columns,
    condition_difference,
    condition_tuning,
)
from insilico_gui.analysis.tuning.contrast import (
    NakaRushtonFit,
    contrast_columns,
    fit_naka_rushton,
)
from insilico_gui.analysis.tuning.direction import direction_tuning, tuning_columns
from insilico_gui.analysis.tuning.frequency import (
    LogGaussianFit,
    fit_log_gaussian,
)
from insilico_gui.analysis.tuning.frequency_choice import frequency_columns
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.indices import dsi, gdsi, gosi, osi
from insilico_gui.analysis.tuning.parameters import parameter_map, parameter_tuning
from insilico_gui.analysis.tuning.size import (
    SizeFit,
    fit_size,
    size_columns,
    suppression_index,
)
from insilico_gui.analysis.tuning.speed import SpeedFit, fit_speed, speed_columns
from insilico_gui.analysis.tuning.uncertainty import direction_uncertainty
from insilico_gui.analysis.variability.explained import explained_variance
from insilico_gui.analysis.variability.field_uncertainty import field_uncertainty
from insilico_gui.analysis.variability.noise_correlations import noise_correlations
from insilico_gui.analysis.variability.repeats import response_variability
from insilico_gui.analysis.variability.responsiveness import responsiveness
from insilico_gui.analysis.variability.tuning_uncertainty import tuning_uncertainty

__all__ = [
    "LogGaussianFit",
    "NakaRushtonFit",
    "ReceptiveFieldFit",
    "Reliability",
    "SizeFit",
    "SpeedFit",
    "VonMisesFit",
    "compare",
    "compare_with_released",
    "condition_columns",
    "condition_difference",
    "condition_tuning",
    "contrast_columns",
    "direction_tuning",
    "direction_uncertainty",
    "dot_masks",
    "dot_receptive_fields",
    "dsi",
    "explained_variance",
    "field_uncertainty",
    "fit_log_gaussian",
    "fit_naka_rushton",
    "fit_receptive_fields",
    "fit_size",
    "fit_speed",
    "fit_von_mises",
    "frequency_columns",
    "gdsi",
    "gosi",
    "grating_modulation",
    "image_tuning",
    "join_repeats",
    "lifetime_sparseness",
    "mean_signal_correlation",
    "noise_correlations",
    "noise_receptive_fields",
    "osi",
    "parameter_map",
    "parameter_tuning",
    "part_name",
    "perturbation",
    "population_sparseness",
    "presentation_images",
    "receptive_field_fit",
    "recorded_against_simulated",
    "reliability",
    "reliability_columns",
    "response_latency",
    "response_variability",
    "responsiveness",
    "retinotopy_columns",
    "retinotopy_maps",
    "rf_columns",
    "sequence_parts",
    "signal_correlation_blocks",
    "signal_correlations",
    "size_columns",
    "sparseness_columns",
    "speed_columns",
    "ssi",
    "sta_receptive_fields",
    "suppression_index",
    "take_part",
    "time_resolved_tuning",
    "trial_responses",
    "trial_table",
    "tuning_columns",
    "tuning_uncertainty",
]


def __dir__() -> list[str]:
    """The functions; what they return is described where they are."""
    return [name for name in __all__ if isfunction(globals()[name])]
