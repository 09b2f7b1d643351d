"""What a film shows, as plain data: window, command line and scripts declare the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import pydantic
from pydantic import Field, model_validator

from insilico_gui.errors import ExportError
from insilico_gui.experiment.document import (
    MEAN,
    MOST_TRACES,
    ColumnScale,
    Frozen,
    ViewState,
)
from insilico_gui.experiment.document.plain import Finite, Name, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FILM_SUFFIXES = (".mp4", ".mkv")
"""H.264, which plays everywhere; or FFV1, which keeps every colour as it is."""

LEAST, LARGEST = 320, 3840
"""Pixels of a side."""

FlatLayout = Literal["retinotopic", "anatomical", "functional", "scalp", "list"]


class Film(Frozen):
    """What a film of a run shows.

    Attributes
    ----------
    session, stimulus : str or None
        Names in the experiment; None for the only one.
    layout : {"retinotopic", "anatomical", "functional", "scalp", "list"} or None
        Of the map; None for the first for which places of units are known.
    color : str
        ``"response"``, or a column of the unit table.
    limits : (float, float) or None
        Values at the ends of the colours.
    scale : ColumnScale
        Colour map and phase, and whether angles are paler of units that are not selective.
    selection : str or None
        Its units are drawn larger and with a rim, and traces are of them.
    units : tuple of int or str
        Ids of units whose traces are drawn; none for some of the selected ones.
    n_units : int
        As many, spread evenly, are drawn if `units` is empty.
    start_s, stop_s : float, and float or None
        Frames from one moment until before another; default all.
    width, height : int
        Pixels of a frame, even numbers.
    dark : bool
        Whether the page is dark, or else white.
    """

    session: Name | None = None
    stimulus: Name | None = None
    layout: FlatLayout | None = None
    color: Text = "response"
    limits: tuple[Finite, Finite] | None = None
    scale: ColumnScale = Field(default_factory=ColumnScale)
    selection: Name | None = None
    units: Annotated[tuple[int | Text, ...], Field(max_length=MOST_TRACES)] = ()
    n_units: Annotated[int, Field(ge=0, le=MOST_TRACES)] = 5
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    stop_s: Finite | None = None
    width: Annotated[int, Field(ge=LEAST, le=LARGEST, multiple_of=2)] = 1280
    height: Annotated[int, Field(ge=LEAST, le=LARGEST, multiple_of=2)] = 720
    dark: bool = True

    @model_validator(mode="after")
    def _ends_are_in_order(self) -> Self:
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ValueError("the upper limit is not above the lower one")
        if self.stop_s is not None and not self.stop_s > self.start_s:
            raise ValueError("the film ends before it begins")
        return self

    @classmethod
    def of_view(cls, view: ViewState, **changes: Any) -> Film:
        """The film of what a view shows, and as it shows it; a head is seen from above.

        Parameters
        ----------
        view : ViewState
        **changes
            Other values of attributes.
        """
        traces = view.traces
        units, unit = traces.units, view.unit_id
        if units and unit is not None and unit not in (MEAN, *units):
            units = (*units[: MOST_TRACES - 1], unit)
        given = {
            "session": view.session,
            "stimulus": view.stimulus,
            "layout": view.layout.removesuffix(" 3-D"),
            "color": view.color_by,
            "limits": view.limits,
            "scale": view.map.scale(view.color_by),
            "selection": view.selection,
            "units": units,
            "n_units": traces.n_units,
        }
        return film_of({**given, **changes})


def film_of(values: Mapping[str, Any]) -> Film:
    """A film with these values.

    Raises
    ------
    ExportError
        If one of them is not known, or out of its range.
    """
    try:
        return Film(**values)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"][:1])
        said = str(first["msg"]).removeprefix("Value error, ")
        what = f"The {name} of the film" if name else "The film"
        raise ExportError(
            f"{what} cannot be so: {said[:1].lower()}{said[1:]}; choose another value."
        ) from error
