"""What a plot is of: results as they are, or looked up in an experiment by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.experiment.analyses import Result
from insilico_gui.responses import check_responses, unit_dim, unit_table
from insilico_gui.units.selection import select_units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray


def name_in(
    experiment: Experiment, kind: str, name: str | None, default: str | None = None
) -> str:
    """A name of the document: the one given, the one on show, or the only one there is."""
    table = getattr(experiment.document, {"session": "sessions"}.get(kind, "stimuli"))
    chosen = name if name is not None else default
    if chosen is None and len(table) == 1:
        chosen = next(iter(table))
    if chosen is None or chosen not in table:
        what = "no" if chosen is None else f"no {kind} {quoted(chosen)}; name one"
        known = listed(table, none="none yet")
        if chosen is None:
            raise AnalysisError(
                f"The experiment has {len(table)} of the kind {kind}; name one of {known}."
            )
        raise AnalysisError(f"The experiment has {what} of {known}.")
    return chosen


def responses_of(
    source: Any, session: str | None = None, stimulus: str | None = None
) -> xr.DataArray:
    """Responses that are given, or those of a run of an experiment."""
    if isinstance(source, Experiment):
        return source.responses(
            name_in(source, "session", session), name_in(source, "stimulus", stimulus)
        )
    refuse_names(session, stimulus)
    check_responses(source)
    return source  # type: ignore[no-any-return]


def table_of(source: Any, session: str | None = None) -> pd.DataFrame:
    """The unit table of an experiment, a session, responses or results; or as given.

    Of an experiment with the columns of its results.
    """
    if isinstance(source, Experiment):
        return source.table(name_in(source, "session", session))
    refuse_names(session)
    if isinstance(source, pd.DataFrame):
        return source
    if isinstance(source, xr.DataArray | xr.Dataset):
        return results_table(source)
    units = getattr(source, "units", None)
    if isinstance(units, pd.DataFrame):
        return units
    raise AnalysisError(
        f"A {type(source).__name__} has no units; give a session, a unit table, "
        "responses, results or an Experiment."
    )


def results_table(source: xr.DataArray | xr.Dataset) -> pd.DataFrame:
    """Unit table of responses; of results, with their values of one number a unit."""
    if "unit_id" not in source.coords:
        raise AnalysisError(
            "This array does not say which units it is of; give what "
            "insilico_gui.encode or an analysis returned."
        )
    table = unit_table(source)  # type: ignore[arg-type]
    if isinstance(source, xr.Dataset):
        dim = unit_dim(source["unit_id"])
        for name, values in source.data_vars.items():
            if values.dims == (dim,):
                table[str(name)] = values.to_numpy()
    return table


def with_columns(table: pd.DataFrame, columns: pd.DataFrame | None) -> pd.DataFrame:
    """A unit table with the columns of a table of results, joined by ``unit_id``."""
    if columns is None:
        return table
    if "unit_id" not in (columns.index.names or ()) and "unit_id" not in columns:
        raise AnalysisError(
            "columns has no unit_id; give a table of results as an analysis returns it."
        )
    found = columns.set_index("unit_id") if "unit_id" in columns else columns
    if not found.index.is_unique:
        raise AnalysisError("columns names a unit twice; give a row for each unit.")
    made = table.copy()
    for name, values in found.items():
        made[str(name)] = values.reindex(table["unit_id"]).to_numpy()
    return made


def dataset_of(
    source: Any,
    has: Iterable[str],
    what: str,
    session: str | None = None,
    stimulus: str | None = None,
) -> xr.Dataset:
    """A dataset of results with certain variables; of an experiment, the latest one.

    Raises
    ------
    AnalysisError
        If there is none; `what` names it.
    """
    wanted = set(has)
    if isinstance(source, Experiment):
        return result_of(source, wanted, what, session, stimulus).dataset
    refuse_names(session, stimulus)
    if isinstance(source, xr.Dataset) and wanted <= {str(n) for n in source.variables}:
        return source
    raise AnalysisError(
        f"A {type(source).__name__} of this kind is no {what}; give the dataset that the "
        "analysis returns, or an Experiment in which it was run."
    )


def result_of(
    experiment: Experiment,
    has: set[str],
    what: str,
    session: str | None,
    stimulus: str | None,
) -> Result:
    """The latest result of an experiment that has certain variables."""
    session = name_in(experiment, "session", session)
    if stimulus is not None:
        name_in(experiment, "stimulus", stimulus)
    for entry in reversed(experiment.document.analyses):
        if entry.session != session or stimulus not in (None, entry.stimulus):
            continue
        result = experiment.compute(entry)
        if has <= {str(name) for name in result.dataset.variables}:
            return result
    raise AnalysisError(
        f"The experiment has no {what} of {quoted(session)}"
        f"{'' if stimulus is None else f' and {quoted(stimulus)}'}; run it with "
        "experiment.analyse first."
    )


def chosen_units(
    source: Any,
    labelled: xr.DataArray | xr.Dataset,
    unit_ids: ArrayLike | None,
    indices: ArrayLike | None,
    selection: str | None = None,
) -> NDArray[np.int64]:
    """Positions along the units that ids, positions or a selection name; default all.

    In the order in which they are named.
    """
    table = unit_table(labelled)  # type: ignore[arg-type]
    if selection is not None:
        if not isinstance(source, Experiment):
            raise AnalysisError(
                "A selection is named in an Experiment; give unit_ids or indices."
            )
        entry = source.selection(selection)
        owner = source.document.selections[selection].session
        ids = source.session(owner).units["unit_id"].to_numpy()[entry.indices]
        found = np.flatnonzero(table["unit_id"].isin(ids).to_numpy())
    elif unit_ids is None and indices is None:
        return np.arange(len(table))
    else:
        found = select_units(
            table, "The result", unit_ids=unit_ids, indices=indices
        ).indices
        if unit_ids is not None:
            found = _in_order(table["unit_id"], found, np.atleast_1d(unit_ids))
        else:
            named = np.asarray(indices).ravel().tolist()
            found = np.asarray(list(dict.fromkeys(named)))
    if len(found) == 0:
        raise AnalysisError("No unit is chosen; name one or more, or leave it out.")
    return found.astype(np.int64)


def _in_order(
    ids: pd.Series[Any], found: NDArray[np.int64], wanted: NDArray[Any]
) -> NDArray[np.int64]:
    place = dict(zip(ids.to_numpy()[found].tolist(), found.tolist(), strict=True))
    ordered = [place[one] for one in dict.fromkeys(wanted.tolist()) if one in place]
    return np.asarray(ordered, np.int64)


def unit_labels(
    labelled: xr.DataArray | xr.Dataset, chosen: NDArray[np.int64]
) -> list[str]:
    """What units are called: their ids."""
    return [str(one) for one in labelled["unit_id"].to_numpy()[chosen]]


def check_column(table: pd.DataFrame, column: str) -> None:
    """Raise an AnalysisError if a unit table lacks a column."""
    if column not in table:
        raise AnalysisError(
            f"There is no column {quoted(column)} to draw; there is "
            f"{listed(map(str, table.columns))}."
        )


def choice_of(value: str, known: Iterable[str], what: str) -> None:
    """Raise an AnalysisError if a word is none of those known."""
    names = list(known)
    if value not in names:
        raise AnalysisError(
            f"There is no {what} {quoted(value)}; choose {' or '.join(names)}."
        )


def refuse_names(*names: str | None) -> None:
    """Raise an AnalysisError if names are given without an experiment to find them in."""
    if any(name is not None for name in names):
        raise AnalysisError(
            "session and stimulus name parts of an Experiment; leave them out with "
            "results."
        )
