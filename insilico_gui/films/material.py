"""What a film is made of, looked up in an experiment: any thread can draw it then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.drawing.colors import robust_limits
from insilico_gui.drawing.layouts import available_layouts, is_upright, unit_positions
from insilico_gui.errors import ExportError, listed, quoted
from insilico_gui.experiment.encoded import stored
from insilico_gui.experiment.session_input import input_of
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.plot.sources import name_in
from insilico_gui.units.measures import selectivity_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.encoded import Encoded
    from insilico_gui.experiment.session_input import Shown
    from insilico_gui.films.declaration import Film
    from insilico_gui.session import Session

SAMPLED, BLOCK = 64, 256
"""Moments from which the limits of colours are estimated; moments read at once."""


@dataclass(frozen=True, eq=False)
class Material:
    """A run and how it is shown.

    Attributes
    ----------
    film : Film
    title : str
        The session and the stimulus.
    session : Session
    shown : Shown
        The stimulus as the session gets it.
    responses : xarray.DataArray
    encoded : Encoded
        The responses by moment.
    table : pandas.DataFrame
        Unit table with the columns of results.
    layout : str
    places : float64 array [U, 3]
        Of units on the map (depth, row, column); NaN where they have none.
    column : pandas.Series or None
        That colours the units; None where the response does.
    weights : pandas.Series or None
        How selective units are, where the colours of those that are not are paler.
    chosen : bool array [U]
        Units of the selection.
    columns : int64 array [k]
        Of the responses, whose traces are drawn.
    first, stop : int
        Moments that the film shows.
    """

    film: Film
    title: str
    session: Session
    shown: Shown
    responses: xr.DataArray
    encoded: Encoded
    table: pd.DataFrame
    layout: Layout
    places: NDArray[np.float64]
    column: pd.Series | None
    weights: pd.Series | None
    chosen: NDArray[np.bool_]
    columns: NDArray[np.int64]
    first: int
    stop: int

    @property
    def rate(self) -> float:
        """Moments per second (Hz)."""
        return self.shown.rate * self.shown.n_times

    def responses_at(self, moment: int) -> NDArray[np.floating]:
        """Responses of units at a moment, [U]; NaN where they are not known."""
        row = self.encoded.row_of_all(moment, len(self.table))
        return np.full(len(self.table), np.nan) if row is None else row

    def traces(self) -> NDArray[np.float32]:
        """Responses at all moments of the units whose traces are drawn, [T, k]."""
        moments = self.encoded.moments
        blocks = [
            moments.rows(k, min(k + BLOCK, self.stop))[:, self.columns]
            for k in range(self.first, self.stop, BLOCK)
        ]
        return np.concatenate(blocks)


def gather(experiment: Experiment, film: Film) -> Material:
    """All that a film is made of; no frame is read, and nothing computed.

    Raises
    ------
    InsilicoError
        If the run is not computed, or lacks what the film shows.
    """
    name = name_in(experiment, "session", film.session)
    stimulus = name_in(experiment, "stimulus", film.stimulus)
    responses = experiment.responses(name, stimulus)
    session, table = experiment.session(name), experiment.table(name)
    task = experiment.task(name, stimulus)
    shown = input_of(session).shown(experiment.stimulus(stimulus), task.fit)
    encoded = stored(responses, session, task.units)
    layout = _layout(film, session, table)
    places = unit_positions(
        table, layout, session.frame_shape, upright=is_upright(session)
    )
    if not np.isfinite(places).all(axis=1).any():
        raise ExportError(
            f"No unit of {quoted(name)} has a place in the layout {layout}; choose "
            "another layout."
        )
    chosen = np.zeros(len(table), bool)
    if film.selection is not None:
        chosen[experiment.selection(film.selection).indices] = True
    first, stop = _moments(film, shown, encoded)
    column, weights = _columns(film, table)
    return Material(
        film=film,
        title=f"{name}: {stimulus}",
        session=session,
        shown=shown,
        responses=responses,
        encoded=encoded,
        table=table,
        layout=layout,
        places=places,
        column=column,
        weights=weights,
        chosen=chosen,
        columns=_traced(film, table, encoded, chosen),
        first=first,
        stop=stop,
    )


def response_limits(material: Material) -> tuple[float, float]:
    """Limits of the colours of responses, the same for all moments, as the map has them."""
    moments = material.encoded.moments
    n = moments.n_done
    sample = np.linspace(0, n - 1, min(n, SAMPLED)).astype(int)
    low, high = robust_limits(np.concatenate([moments.row(k) for k in sample]))
    return (min(low, 0.0) if low < 0.2 * high else low, high)


def _layout(film: Film, session: Session, table: pd.DataFrame) -> Layout:
    flat = [one for one in available_layouts(session, table) if "3-D" not in one]
    if film.layout is None:
        return flat[0]
    if film.layout not in flat:
        raise ExportError(
            f"These units have no layout {quoted(film.layout)}; choose "
            f"{' or '.join(flat)}."
        )
    return film.layout


def _columns(
    film: Film, table: pd.DataFrame
) -> tuple[pd.Series | None, pd.Series | None]:
    """The column that colours units, and the one by which colours are paler."""
    if film.color == RESPONSE:
        return None, None
    if film.color not in table:
        raise ExportError(
            f"There is no column {quoted(film.color)} to colour units by; there is "
            f"response, {listed(map(str, table.columns))}."
        )
    weight = None
    if film.scale.weighted is not False:
        weight = selectivity_of(film.color, [str(name) for name in table])
    return table[film.color], None if weight is None else table[weight]


def _moments(film: Film, shown: Shown, encoded: Encoded) -> tuple[int, int]:
    """The first moment of a film, and the one after its last."""
    rate, n = shown.rate * shown.n_times, encoded.moments.n_done
    first = int(np.ceil(film.start_s * rate - 1e-6))
    stop = n if film.stop_s is None else int(np.ceil(film.stop_s * rate - 1e-6))
    stop = min(stop, n)
    if first >= stop:
        raise ExportError(
            f"There is nothing to film from {film.start_s:g} s on; the run lasts "
            f"{n / rate:g} s."
        )
    return first, stop


def _traced(
    film: Film, table: pd.DataFrame, encoded: Encoded, chosen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Columns of the responses of units whose traces are drawn."""
    ids = table["unit_id"].to_numpy()[encoded.indices]
    if film.units:
        place = {str(one): k for k, one in reversed(list(enumerate(ids)))}
        unknown = [one for one in film.units if str(one) not in place]
        if unknown:
            raise ExportError(
                f"No encoded unit has the id {quoted(str(unknown[0]))}; choose others "
                "for the traces."
            )
        return np.array([place[str(one)] for one in dict.fromkeys(film.units)])
    own = np.flatnonzero(chosen[encoded.indices])
    if not len(own):
        own = np.arange(len(ids))
    n = min(film.n_units, len(own))
    return own[np.linspace(0, len(own) - 1, n).astype(int)] if n else own[:0]
