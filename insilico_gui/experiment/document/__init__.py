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
from insilico_gui.experiment.document.plain import MAX_ROWS, RULE, Plain

__all__ = [
    "FORMAT",
    "MAX_ROWS",
    "MEAN",
    "MOST_STROKES",
    "RULE",
    "VERSION",
    "AnalysisEntry",
    "ArrayStimulus",
    "ConditionStimulus",
    "DriveStimulus",
    "ExperimentDocument",
    "FileStimulus",
    "Lasso",
    "Mode",
    "ParametricStimulus",
    "Plain",
    "Reference",
    "RunEntry",
    "SelectionEntry",
    "SessionEntry",
    "StimulusEntry",
    "Stroke",
    "ViewState",
    "json_schema",
]
