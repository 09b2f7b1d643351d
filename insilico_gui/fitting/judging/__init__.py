"""How well a twin predicts recordings that it was not fitted to, in numbers and pictures."""

from __future__ import annotations

from insilico_gui.fitting.judging.evaluation import Judgement, evaluate, judge

__all__ = ["Judgement", "evaluate", "judge"]
