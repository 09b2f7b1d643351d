"""How the map draws units: their colours, the stimulus behind them, whose they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from insilico_gui.experiment.document.plain import Finite, Name, Text
from insilico_gui.experiment.document.strip import Part

MOST_SCALES = 1000


class ColumnScale(Part):
    """How one column of the unit table, or the response, is coloured.

    Attributes
    ----------
    colormap : str or None
        One of :func:`insilico_gui.drawing.palettes.palette`; None for the usual one.
    phase : float
        Of an angle: the value that has the first colour, in the unit of the column.
    weighted : bool or None
        Whether an angle is paler the less selective a unit is, where a column tells how
        selective it is; None for directions and orientations.
    """

    colormap: Text | None = None
    phase: Finite = 0.0
    weighted: bool | None = None


class MapView(Part):
    """How the map is drawn.

    Attributes
    ----------
    scales : mapping of str to ColumnScale
        By column of the unit table, or ``"response"``.
    stimulus : float
        How strongly the stimulus behind the units shows, 0 to 1.
    fields : bool
        Whether units are drawn as large as their receptive fields, where that is known.
    sessions : tuple of str
        Sessions whose units are on the map together with those of the one on show.
    """

    scales: Annotated[dict[Text, ColumnScale], Field(max_length=MOST_SCALES)] = Field(
        default_factory=dict
    )
    stimulus: Annotated[float, Field(ge=0, le=1)] = 1.0
    fields: bool = False
    sessions: Annotated[tuple[Name, ...], Field(max_length=MOST_SCALES)] = ()

    def scale(self, column: str) -> ColumnScale:
        """How a column is coloured."""
        return self.scales.get(column) or ColumnScale()
