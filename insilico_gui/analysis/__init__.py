"""Analysis of responses: pure functions on arrays, nothing of a window or a model."""

from __future__ import annotations

from insilico_gui.analysis.comparison import compare
from insilico_gui.analysis.direction import direction_tuning, tuning_columns
from insilico_gui.analysis.indices import dsi, gdsi, gosi, osi
from insilico_gui.analysis.vonmises import VonMisesFit, fit_von_mises
from insilico_gui.analysis.windows import trial_responses, trial_table

__all__ = [
    "VonMisesFit",
    "compare",
    "direction_tuning",
    "dsi",
    "fit_von_mises",
    "gdsi",
    "gosi",
    "osi",
    "trial_responses",
    "trial_table",
    "tuning_columns",
]
