"""The contract with sessions that answer named conditions, and the check of their tables.

A twin of this kind describes the parameters of a condition; the host makes a form of the
description, checks tables against it and passes them on complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from typing_extensions import TypeIs

from insilico_gui.errors import StimulusError, listed, quoted
from insilico_gui.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from insilico_gui.stimuli.core.conditions import ConditionTable


@dataclass(frozen=True)
class ConditionParameter:
    """A named parameter of the conditions that a session answers.

    Attributes
    ----------
    name : str
        Column of the table of conditions.
    unit : str
        Such as ``"s"``; empty if it has none.
    values : tuple of float or str
        The values there are; empty if any number within `low` and `high` is one.
    low, high : float
        Smallest and largest value, both included.
    default : float, str or None
        Of a table without the column; None if the column is required.
    help : str
        What it is, in one sentence.
    """

    name: str
    unit: str = ""
    values: tuple[float | str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    default: float | str | None = None
    help: str = ""


@runtime_checkable
class ConditionSession(Session, Protocol):
    """A session that answers named conditions: ``input_kind`` is ``"conditions"``.

    Attributes
    ----------
    parameters : tuple of ConditionParameter
        What a condition consists of.
    times : float64 array [T]
        Seconds from the beginning of a trial at which responses are computed,
        ascending; the same for every condition.
    response_label : str
        Label of the responses with their unit, e.g. ``"intensity (1/s)"``.
    """

    parameters: tuple[ConditionParameter, ...]
    times: NDArray[np.float64]
    response_label: str

    def respond(
        self,
        conditions: Iterable[pd.DataFrame],
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Compute responses to tables of conditions; they do not depend on the tables.

        Parameters
        ----------
        conditions : iterable of pandas.DataFrame
            A row per condition, with a column for each parameter, checked against
            :attr:`parameters`.
        units : int array, optional
            Rows of the unit table to compute, in this order; default all.

        Yields
        ------
        float32 array, [n, T, U]
            One for each table.
        """
        ...


@runtime_checkable
class ChoosingSession(ConditionSession, Protocol):
    """A session of conditions that also predicts choices and response times.

    Attributes
    ----------
    readings : mapping of str to str
        Ways to read probabilities from the model, and what each means, in a sentence;
        the first is the default.
    """

    readings: Mapping[str, str]

    def choices(self, conditions: pd.DataFrame, reading: str) -> xr.Dataset:
        """Choice probabilities and densities of response times.

        Parameters
        ----------
        conditions : pandas.DataFrame
            n checked rows; see :meth:`ConditionSession.respond`.
        reading : str
            A key of :attr:`readings`.

        Returns
        -------
        xarray.Dataset
            ``probability`` (``trial``, ``choice``), where the last choice is to do
            nothing; ``density`` (``trial``, ``action``, ``time``), in 1/s, of the
            response time given the action. ``attrs["warning"]`` says what must be shown
            beside them; it is absent if there is nothing to warn of.
        """
        ...


@runtime_checkable
class SpikingSession(ConditionSession, Protocol):
    """A session of conditions whose responses are rates of point processes."""

    def simulate(
        self, conditions: pd.DataFrame, seed: int, n_neurons: int | None = None
    ) -> pd.DataFrame:
        """Draw the spikes of one trial of each condition.

        Parameters
        ----------
        conditions : pandas.DataFrame
            n checked rows; see :meth:`ConditionSession.respond`.
        seed : int
            The same seed gives the same spikes.
        n_neurons : int, optional
            Neurons of each unit; default those that the session knows, or 1.

        Returns
        -------
        pandas.DataFrame
            A row per spike: ``trial`` (row of `conditions`), ``unit_id``, ``neuron``
            (from 0) and ``time`` (s), in this order of sorting.
        """
        ...


@runtime_checkable
class JudgedSession(ConditionSession, Protocol):
    """A session of conditions that can be held against recordings of its own kind.

    Attributes
    ----------
    recordings_help : str
        What recordings are, in a sentence.
    recordings_offered : tuple of str
        Names that stand for recordings, such as those that the package generates.
    """

    recordings_help: str
    recordings_offered: tuple[str, ...]

    def judge(
        self, recordings: Path, *, trust_pickles: bool = False, seed: int = 0
    ) -> xr.Dataset:
        """Measure how well the session predicts recordings that it was not fitted to.

        Parameters
        ----------
        recordings : Path
            A folder, or one of :attr:`recordings_offered`.
        trust_pickles : bool
            Read pickled data too; of those, plain data only are read in any case.
        seed : int
            Of generated recordings.

        Returns
        -------
        xarray.Dataset
            Of each ``unit`` of the unit table, NaN where nothing was recorded:
            ``n_spikes``, ``bits_per_spike`` over a constant rate, and a time-rescaling
            check, ``ks_distance`` with ``ks_p`` and its 95 % ``ks_bound``, and
            ``rescaled`` (``unit``, ``expected``), the quantiles of what is uniform if
            the session is right. Of each ``condition`` that was shown, with its
            parameters as coordinates: ``n_trials``, ``recorded`` (``condition``,
            ``choice``), parts of the trials, and ``predicted`` (``reading``,
            ``condition``, ``choice``).

        Raises
        ------
        InsilicoError
            If the recordings are damaged, or of other units or conditions.
        """
        ...


def is_condition_session(session: Session) -> TypeIs[ConditionSession]:
    """Whether `session` answers named conditions."""
    return session.input_kind == "conditions"


def check_conditions(
    parameters: Iterable[ConditionParameter], conditions: ConditionTable, owner: str
) -> pd.DataFrame:
    """A table with a column for each parameter, in their order, that a session answers.

    Parameters
    ----------
    parameters : iterable of ConditionParameter
    conditions : ConditionTable
    owner : str
        Id of the session, for messages.

    Returns
    -------
    pandas.DataFrame
        Indexed 0..n-1; columns that were left out have their defaults.

    Raises
    ------
    StimulusError
        If a column is not known or missing, a unit is another one, or a cell is not among
        the values that there are.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in conditions.table.columns:
        if name not in known:
            raise StimulusError(
                f"{owner} has no parameter {quoted(name)}; the columns of a table of "
                f"conditions are {listed(known)}."
            )
    columns: dict[str, Any] = {}
    n = conditions.n_conditions
    for name, parameter in known.items():
        unit = conditions.units.get(name)
        if unit not in (None, parameter.unit):
            raise StimulusError(
                f"{name} is given in {quoted(unit)} and {owner} takes it in "
                f"{quoted(parameter.unit)}; convert the column."
            )
        if name in conditions.table:
            cells = conditions.table[name].to_numpy()
            columns[name] = _check_cells(parameter, cells, owner)
        elif parameter.default is None:
            raise StimulusError(
                f"{owner} needs the parameter {name} ({described(parameter)}); add a "
                "column to the table."
            )
        else:
            columns[name] = [parameter.default] * n
    return pd.DataFrame(columns)


def described(parameter: ConditionParameter) -> str:
    """The values of a parameter in words."""
    unit = f" {parameter.unit}" if parameter.unit else ""
    if parameter.values:
        return f"one of {listed(_short(v) for v in parameter.values)}{unit}"
    if np.isinf(parameter.low) and np.isinf(parameter.high):
        return f"a number{f' in{unit}' if unit else ''}"
    if np.isinf(parameter.high):
        return f"at least {parameter.low:g}{unit}"
    if np.isinf(parameter.low):
        return f"at most {parameter.high:g}{unit}"
    return f"{parameter.low:g} to {parameter.high:g}{unit}"


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _check_cells(
    parameter: ConditionParameter, cells: NDArray[Any], owner: str
) -> NDArray[Any]:
    takes_text = bool(parameter.values) and isinstance(parameter.values[0], str)
    if takes_text != (cells.dtype.kind not in "fiu"):
        raise StimulusError(
            f"{parameter.name} of {owner} is {'text' if takes_text else 'a number'}; "
            f"give {described(parameter)}."
        )
    if takes_text:
        bad = np.array([cell not in parameter.values for cell in cells])
        found = cells
    else:
        found, bad = _numbers(parameter, cells.astype(np.float64))
    if bad.any():
        row = int(np.argmax(bad))
        found_there = quoted(_short(cells[row]))
        raise StimulusError(
            f"{parameter.name} of {owner} is {found_there} in row {row}; give "
            f"{described(parameter)}."
        )
    return found


def _numbers(
    parameter: ConditionParameter, cells: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cells [n] as the nearest of the values there are, and which are none of them."""
    if not parameter.values:
        return cells, (cells < parameter.low) | (cells > parameter.high)
    values = np.array(parameter.values, dtype=np.float64)
    nearest = values[np.argmin(np.abs(cells[:, None] - values), axis=1)]
    return nearest, ~np.isclose(cells, nearest, rtol=1e-6, atol=1e-9)
