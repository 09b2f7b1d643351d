"""What fits of all twins share: the loop, checkpoints, curves, report, and finding fits.

A twin declares a fit as a function that makes a :class:`FitTask` (an entry point of the
group ``insilico_gui.fits``); everything around its steps is here. Models, losses and
optimisers are the twins'.
"""

from __future__ import annotations

from insilico_gui.fitting.judging import Judgement, evaluate, judge, write_report
from insilico_gui.fitting.loop import FitLoop, FitProgress
from insilico_gui.fitting.recordings.importing import ImportReport, import_recording
from insilico_gui.fitting.registry import FitDeclaration, declare, find_fit, fits
from insilico_gui.fitting.report import FitReport, read_report
from insilico_gui.fitting.running import FitControl, fit
from insilico_gui.fitting.task import FitData, FitTask, Step, Writers

__all__ = [
    "FitControl",
    "FitData",
    "FitDeclaration",
    "FitLoop",
    "FitProgress",
    "FitReport",
    "FitTask",
    "ImportReport",
    "Judgement",
    "Step",
    "Writers",
    "declare",
    "evaluate",
    "find_fit",
    "fit",
    "fits",
    "import_recording",
    "judge",
    "read_report",
    "write_report",
]


def __dir__() -> list[str]:
    return list(__all__)
