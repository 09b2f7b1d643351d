"""Plots of results with matplotlib, in the colours of the window: axes in, axes out.

Each function takes results, or an :class:`insilico_gui.Experiment` with names of a session
and a stimulus, and draws into ``ax``, or into a new figure. matplotlib is imported when
something is drawn, and not before.
"""

from __future__ import annotations

from insilico_gui.plot.comparison import compare
from insilico_gui.plot.conditions import condition_tuning, psychometric_curve
from insilico_gui.plot.fields import receptive_field
from insilico_gui.plot.maps import map
from insilico_gui.plot.population import population
from insilico_gui.plot.rasters import raster
from insilico_gui.plot.scalps import scalp
from insilico_gui.plot.sheets import retinotopy
from insilico_gui.plot.traces import traces
from insilico_gui.plot.tunings import tuning

__all__ = [
    "compare",
    "condition_tuning",
    "map",
    "population",
    "psychometric_curve",
    "raster",
    "receptive_field",
    "retinotopy",
    "scalp",
    "traces",
    "tuning",
]


def __dir__() -> list[str]:
    return list(__all__)
