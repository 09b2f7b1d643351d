"""The document of an experiment: all that is needed to do it again, as plain data.

Everything is frozen and every unknown key is refused, so two documents that are equal
are the same experiment. Commands replace the document whole; see
:class:`insilico_gui.Experiment`.
"""

from __future__ import annotations

from insilico_gui.experiment.document.documents import (
    FORMAT,
    MEAN,
    VERSION,
    ExperimentDocument,
    Reference,
    ViewState,
    json_schema,
)
from insilico_gui.experiment.document.entries import (
    MOST_STROKES,
    AnalysisEntry,
    ArrayStimulus,
    ConditionStimulus,
    DriveStimulus,
    FileStimulus,
    Lasso,
    Mode,
    ParametricStimulus,
    RunEntry,
    SelectionEntry,
    SessionEntry,
    StimulusEntry,
    Stroke,
)
from insilico_gui.experiment.document.map_view import ColumnScale, MapView
from insilico_gui.experiment.document.plain import MAX_ROWS, RULE, Frozen, Plain
from insilico_gui.experiment.document.strip import (
    COMPONENT,
    MOST_TRACES,
    PEAK_TIME,
    RASTERMAP,
    TABLE_ORDER,
    RasterView,
    Scale,
    TraceView,
    TrialView,
)

__all__ = [
    "COMPONENT",
    "FORMAT",
    "MAX_ROWS",
    "MEAN",
    "MOST_STROKES",
    "MOST_TRACES",
    "PEAK_TIME",
    "RASTERMAP",
    "RULE",
    "TABLE_ORDER",
    "VERSION",
    "AnalysisEntry",
    "ArrayStimulus",
    "ColumnScale",
    "ConditionStimulus",
    "DriveStimulus",
    "ExperimentDocument",
    "FileStimulus",
    "Frozen",
    "Lasso",
    "MapView",
    "Mode",
    "ParametricStimulus",
    "Plain",
    "RasterView",
    "Reference",
    "RunEntry",
    "Scale",
    "SelectionEntry",
    "SessionEntry",
    "StimulusEntry",
    "Stroke",
    "TraceView",
    "TrialView",
    "ViewState",
    "json_schema",
]
