"""What the units are coloured by: the scale, and the values of a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.app.map.color_scale import column_scale, response_scale
from insilico_gui.app.map.response_limits import ResponseLimits
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.units.measures import selectivity_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.map.crowd import Crowd
    from insilico_gui.experiment.document import ColumnScale
    from insilico_gui.experiment.playback import Playback
    from insilico_gui.experiment.resolved import Resolved

COLORED_BY = frozenset(
    {"beside", "encoded", "responses", "units"}
    | {"view.color_by", "view.limits", "view.map"}
)
"""What the colours of units depend on, apart from the time."""


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
        self._limits: dict[str, ResponseLimits] = {}
        self._column: NDArray[np.float64] | None = None
        self._weights: NDArray[np.float64] | None = None
        self.scale = response_scale(RESPONSE, (0.0, 1.0), None, over_stimulus=False)

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """How selective units are, [U], where that makes their colours paler."""
        return self._weights

    @property
    def is_of_time(self) -> bool:
        """Whether values are those of a moment."""
        return self._column is None

    def choose(self, now: Resolved, crowd: Crowd) -> None:
        """Take up the column, the limits and the values that are on show."""
        view = now.view
        chosen = view.map.scale(view.color_by)
        self._column = self._weights = None
        column = None if view.color_by == RESPONSE else crowd.column(view.color_by)
        if column is None:
            is_chosen = view.color_by == RESPONSE
            self.scale = response_scale(
                RESPONSE,
                self._limits_of(now),
                view.limits if is_chosen else None,
                over_stimulus=view.layout == "retinotopic",
                chosen=chosen if is_chosen else None,
            )
            return
        weight = weight_of(view.color_by, crowd.columns(), chosen)
        weights = None if weight is None else crowd.column(weight)
        if weights is not None:
            self._weights = weights.to_numpy(float)
        self.scale, self._column = column_scale(column, view.limits, chosen, weights)

    def _limits_of(self, now: Resolved) -> tuple[float, float]:
        """Limits for the responses that are there, of all sessions on the map."""
        shown = {"": now.encoded, **{one.name: one.encoded for one in now.beside}}
        self._limits = {
            name: self._limits.get(name, ResponseLimits()) for name in shown
        }
        found = [
            self._limits[name].of(encoded)
            for name, encoded in shown.items()
            if encoded is not None and encoded.moments.n_done
        ]
        low, high = zip(*found or [(0.0, 1.0)], strict=True)
        return min(low), max(high)

    def colors(
        self, values: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Colours [U, 4] of values, and how strong they are [U]."""
        weights = self._weights
        return self.scale.colors(values, weights), self.scale.strength(values, weights)

    def values(self, crowd: Crowd) -> NDArray[np.floating] | None:
        """What units are coloured by now, [n]; None if there are no responses yet."""
        if self._column is not None:
            return self._column
        return crowd.responses(self._playback)


def weight_of(column: str, columns: list[str], chosen: ColumnScale) -> str | None:
    """The column that makes colours of an angle paler, if that is known and wanted."""
    return None if chosen.weighted is False else selectivity_of(column, columns)
