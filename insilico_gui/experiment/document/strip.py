"""What is drawn along the time axis: traces of units, the raster, trials."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from insilico_gui.experiment.document.plain import Frozen, Text

MOST_TRACES = 50
"""Single units whose traces are drawn at once."""

Scale = Literal["response", "z-score", "percentile"]
"""Values of a unit: as they are; as standard deviations from its mean over time; as
percentiles of its own values over time."""

TABLE_ORDER, PEAK_TIME, COMPONENT, RASTERMAP = (
    "table order",
    "peak time",
    "first component",
    "Rastermap",
)
"""Orders of the rows of a raster that are no column of the unit table."""


class Part(Frozen):
    """Choices for one part of the window."""

    def but(self, **changes: Any) -> Self:
        """The same choices except for some.

        Raises
        ------
        pydantic.ValidationError
        """
        return type(self)(**{**dict(self), **changes})


class TraceView(Part):
    """How traces are drawn.

    Attributes
    ----------
    units : tuple of int or str
        Ids, or names where several units have one id, of units whose traces are drawn;
        none for some of the selected ones.
    n_units : int
        As many of the selected ones, spread evenly, are drawn if `units` is empty.
    layout : {"overlaid", "stacked"}
    scale : {"response", "z-score", "percentile"}
    means : {"selection", "every selection", "none"}
        Whose mean and standard error are drawn: those of the units that are selected, and
        of each named selection.
    """

    units: Annotated[tuple[int | Text, ...], Field(max_length=MOST_TRACES)] = ()
    n_units: Annotated[int, Field(ge=0, le=MOST_TRACES)] = 5
    layout: Literal["overlaid", "stacked"] = "overlaid"
    scale: Scale = "response"
    means: Literal["selection", "every selection", "none"] = "selection"


class RasterView(Part):
    """How the raster of all units is drawn.

    Attributes
    ----------
    sort : str
        ``"table order"``, ``"peak time"``, ``"first component"``, ``"Rastermap"`` or a
        column of the unit table.
    descending : bool
    by_area : bool
        Whether units are sorted within each area.
    only_selected : bool
    scale : {"response", "z-score", "percentile"}
    beside : {"", "A", "B"}
        Whether the same units of the reference, B, are drawn beside those of the run on
        show, A, and which of both the order is computed from.
    """

    sort: Text = PEAK_TIME
    descending: bool = False
    by_area: bool = True
    only_selected: bool = False
    scale: Scale = "z-score"
    beside: Literal["", "A", "B"] = ""


Padding = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class TrialView(Part):
    """How responses to trials are drawn.

    Attributes
    ----------
    by : str
        Column of the trial table whose levels are drawn apart; ``"condition"`` for all
        that tells trials apart.
    repeats : bool
        Whether single trials are drawn.
    before_s, after_s : float
        Seconds that are drawn before the onset and after the end of a trial.
    """

    by: Text = "condition"
    repeats: bool = True
    before_s: Padding = 0.2
    after_s: Padding = 0.3
