"""What the units are coloured by: the scale, and the values of a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.app.map.color_scale import column_scale, response_scale
from insilico_gui.app.map.response_limits import ResponseLimits
from insilico_gui.experiment.viewing import RESPONSE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.experiment.playback import Playback
    from insilico_gui.experiment.resolved import Resolved


class Coloring:
    """Scale and values of the units on show.

    Parameters
    ----------
    playback : Playback
        The clock of the run on show.

    Attributes
    ----------
    scale : ColorScale
    """

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._limits = ResponseLimits()
        self._column: NDArray[np.float64] | None = None
        self.scale = response_scale(RESPONSE, (0.0, 1.0), None, over_stimulus=False)

    @property
    def is_of_time(self) -> bool:
        """Whether values are those of a moment."""
        return self._column is None

    def choose(self, now: Resolved) -> None:
        """Take up the column, the limits and the values that are on show."""
        view, units = now.view, now.units
        if view.color_by == RESPONSE or view.color_by not in units:
            self._column = None
            self.scale = response_scale(
                RESPONSE,
                self._limits.of(now.encoded),
                view.limits if view.color_by == RESPONSE else None,
                over_stimulus=view.layout == "retinotopic",
            )
        else:
            self.scale, self._column = column_scale(units[view.color_by], view.limits)

    def values(self, now: Resolved) -> NDArray[np.floating] | None:
        """What units are coloured by now, [U]; None if there are no responses yet."""
        if self._column is not None:
            return self._column
        return now.response_at(self._playback.frame)
