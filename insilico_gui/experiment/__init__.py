"""The state of an experiment and the commands that change it, without a window.

What is computed is in :mod:`insilico_gui.analysis` and :mod:`insilico_gui.encoding`; what
is drawn is in :mod:`insilico_gui.app`.
"""

from __future__ import annotations

from insilico_gui.experiment.experiment import Experiment

__all__ = ["Experiment"]
