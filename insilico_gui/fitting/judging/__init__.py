"""How well a twin predicts recordings it was not fitted to, in numbers and pictures."""

from __future__ import annotations

from insilico_gui.fitting.judging.evaluation import evaluate, judge
from insilico_gui.fitting.judging.judgement import Judgement
from insilico_gui.fitting.judging.report import write_report

__all__ = ["Judgement", "evaluate", "judge", "write_report"]
