"""Analyses of sessions that answer conditions."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.tuning.conditions import (
    condition_columns,
    condition_difference,
    condition_tuning,
)
from insilico_gui.conditions import (
    ChoosingSession,
    SpikingSession,
    check_conditions,
    is_condition_session,
)
from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.progress import OnProgress
from insilico_gui.stimuli import ConditionTable

PAIR = " x "
MINUS = " - "

Reading = Annotated[
    str | None, About("How probabilities are read; default the session's first way.")
]


def _answers_conditions(data: RunData) -> str:
    if data.session is not None and is_condition_session(data.session):
        return ""
    return "the session answers no conditions"


def _chooses(data: RunData) -> str:
    reason = _answers_conditions(data)
    if reason or isinstance(data.session, ChoosingSession):
        return reason
    return "the session predicts no choices"


def _spikes(data: RunData) -> str:
    reason = _answers_conditions(data)
    if reason or isinstance(data.session, SpikingSession):
        return reason
    return "the session draws no spikes"


@register("condition tuning", view="tuning", fits=_answers_conditions)
def tuning_to_conditions(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    parameter: Annotated[
        str, About("Parameter of the conditions, or two as 'a x b' for a matrix.")
    ],
    start_s: Annotated[float, About("Beginning of the window of time.", "s")] = 0.0,
    stop_s: Annotated[
        float | None, About("End of the window; default the end of the trial.", "s")
    ] = None,
) -> Result:
    """Mean response of each unit at each level of one or two parameters."""
    names = [name.strip() for name in parameter.split(PAIR)]
    found = condition_tuning(data.responses, names, start_s=start_s, stop_s=stop_s)
    return Result(found, condition_columns(found), data.rows)


@register("condition difference", view="table", fits=_answers_conditions)
def difference_of_conditions(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    first: Annotated[int, About("Row of the table of conditions, from 0.")] = 0,
    second: Annotated[int, About("Row that is subtracted.")] = 1,
) -> Result:
    """Responses to one condition minus those to another, over time."""
    dataset, columns = condition_difference(data.responses, first, second)
    return Result(dataset, columns, data.rows)


@register("choices", view="choices", fits=_chooses)
def choices(
    data: RunData, on_progress: OnProgress | None, *, reading: Reading = None
) -> Result:
    """Choice probabilities and densities of response times of each condition."""
    found = _choices(data, reading)[1]
    return Result(found, None, data.rows)


@register("psychometric curve", view="choices", fits=_chooses)
def psychometric_curve(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Annotated[
        str, About("Parameter on the axis, or a difference of two as 'a - b'.")
    ],
    action: Annotated[str, About("Action whose probability is drawn.")],
    of_answered: Annotated[
        bool, About("Only among trials with an action, instead of all.")
    ] = False,
    reading: Reading = None,
) -> Result:
    """Probability of an action against a parameter of the conditions."""
    table, found = _choices(data, reading)
    known = [str(name) for name in found["action"].to_numpy()]
    if action not in known:
        raise AnalysisError(
            f"There is no action {quoted(action)}; choose one of {listed(known)}."
        )
    probability = found["probability"].sel(choice=action).to_numpy()
    if of_answered:
        answered = found["probability"].sel(choice=known).sum("choice").to_numpy()
        probability = probability / np.maximum(answered, 1e-300)
    levels, place = np.unique(_axis(table, over), return_inverse=True)
    number = np.bincount(place.ravel(), minlength=len(levels))
    mean = np.bincount(place.ravel(), probability, len(levels)) / number
    attrs = {
        **found.attrs,
        "analysis": {
            "parameters": [over],
            "action": action,
            "of_answered": of_answered,
        },
    }
    curve = xr.Dataset(
        {"probability": ("level", mean), "n_conditions": ("level", number)},
        {"level": levels},
        attrs,
    )
    return Result(curve, None, data.rows)


@register("simulated trials", view="raster", fits=_spikes)
def simulated_trials(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    seed: Annotated[int, About("The same seed gives the same spikes.")] = 0,
    n_neurons: Annotated[
        int | None, About("Neurons of each unit; default those that were recorded.")
    ] = None,
) -> Result:
    """Spikes of one simulated trial of each condition."""
    session = data.session
    if not isinstance(session, SpikingSession):
        raise AnalysisError(_spikes(data))
    if seed < 0:
        raise AnalysisError(f"The seed is {seed}; give 0 or a positive number.")
    spikes = session.simulate(_table(data), seed, n_neurons)
    dataset = xr.Dataset(
        {str(name): ("spike", column.to_numpy()) for name, column in spikes.items()},
        attrs={**data.responses.attrs, "analysis": {"parameters": [], "seed": seed}},
    )
    return Result(dataset, None, data.rows)


def _table(data: RunData) -> pd.DataFrame:
    """The conditions of a run, complete."""
    session = data.session
    if (
        session is None
        or not is_condition_session(session)
        or not isinstance(data.stimulus, ConditionTable)
    ):
        raise AnalysisError("The run is not of a table of conditions; encode one.")
    return check_conditions(session.parameters, data.stimulus, session.id)


def _choices(data: RunData, reading: str | None) -> tuple[pd.DataFrame, xr.Dataset]:
    """The conditions of a run, and what the session chooses in them."""
    session = data.session
    if not isinstance(session, ChoosingSession):
        raise AnalysisError(_chooses(data))
    known = list(session.readings)
    if reading is not None and reading not in known:
        raise AnalysisError(
            f"There is no reading {quoted(reading)}; choose one of {listed(known)}."
        )
    table = _table(data)
    found = session.choices(table, reading or known[0])
    labels = {
        str(name): ("trial", table[name].to_numpy())
        for name in table
        if name not in found.coords
    }
    found = found.assign_coords(labels)
    return table, found.assign_attrs({**data.responses.attrs, **found.attrs})


def _axis(table: pd.DataFrame, over: str) -> Any:
    """Values of a parameter, or of the difference of two, of each condition."""
    names = [name.strip() for name in over.split(MINUS)]
    for name in names:
        if name not in table or table[name].dtype.kind not in "fiu":
            numeric = [n for n in table if table[n].dtype.kind in "fiu"]
            raise AnalysisError(
                f"The conditions have no number {quoted(name)}; choose one of "
                f"{listed(numeric)}, or a difference of two as 'a - b'."
            )
    if len(names) > 2:
        raise AnalysisError("A difference is of two parameters; write it as 'a - b'.")
    values = table[names[0]].to_numpy(np.float64)
    if len(names) == 2:
        values = values - table[names[1]].to_numpy(np.float64)
    return np.round(values, 12)
