"""The registry of analyses: each declared once, for script, command line and window.

A declaration is a function whose keyword parameters, with their types, units and help, are
those of the analysis. Its first argument is a :class:`RunData`; it returns a
:class:`Result`. :func:`register` adds one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.parameters import About, Parameter, check_parameters, parameters_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.session import Session
    from insilico_gui.stimuli import ConditionTable, Stimulus
    from insilico_gui.stimuli.readers.images import ImageSet


__all__ = [
    "About",
    "Analysis",
    "Parameter",
    "Result",
    "RunData",
    "analyses",
    "find_analysis",
    "register",
]


@dataclass(frozen=True)
class RunData:
    """What an analysis may use.

    Attributes
    ----------
    responses : xarray.DataArray
    session : Session
    stimulus : Stimulus, ImageSet or ConditionTable
        As it was opened, in its own size and rate.
    rows : int array [U]
        Rows of the session's unit table that the responses are of.
    other : callable(session, stimulus)
        Responses of another run of the experiment.
    """

    responses: xr.DataArray
    session: Session
    stimulus: Stimulus | ImageSet | ConditionTable
    rows: NDArray[np.integer[Any]]
    other: Callable[[str, str], xr.DataArray]


@dataclass(frozen=True)
class Result:
    """What an analysis found.

    Attributes
    ----------
    dataset : xarray.Dataset
    columns : pandas.DataFrame or None
        A row per unit, for the unit table.
    rows : int array [U]
        Rows of the session's unit table that those of `columns` belong to.
    """

    dataset: xr.Dataset
    columns: pd.DataFrame | None
    rows: NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Analysis:
    """A declared analysis.

    Attributes
    ----------
    name : str
        Such as ``"direction tuning"``.
    help : str
        One sentence.
    view : str
        What shows its dataset: ``"tuning"``, ``"fields"``, ``"cortex"``, ``"table"``,
        ``"matrix"``, ``"choices"`` or ``"raster"``.
    parameters : tuple of Parameter
    """

    name: str
    help: str
    view: str
    parameters: tuple[Parameter, ...]
    _function: Callable[..., Result]
    _fits: Callable[[RunData], str]

    def misfit(self, data: RunData) -> str:
        """In words, why the analysis does not apply to a run; empty if it does."""
        return self._fits(data)

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as their kinds, without those that have their default.

        Raises
        ------
        AnalysisError
            If one is not known, missing or of another kind.
        """
        return check_parameters(self.parameters, given, self.name, AnalysisError)

    def run(
        self,
        data: RunData,
        on_progress: OnProgress | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Result:
        """Run it with parameters that were checked.

        Raises
        ------
        AnalysisError
            If it does not apply to the run.
        """
        reason = self.misfit(data)
        if reason:
            raise AnalysisError(f"{self.name} does not apply: {reason}.")
        return self._function(data, on_progress, **(parameters or {}))


_ANALYSES: dict[str, Analysis] = {}


def register(
    name: str,
    *,
    view: str = "table",
    fits: Callable[[RunData], str] = lambda data: "",
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Declare an analysis: a decorator of a function of run, progress and parameters.

    Parameters
    ----------
    name : str
    view : str
        See :class:`Analysis`.
    fits : callable(RunData) -> str
        Why the analysis does not apply, in words; empty if it does.
    """

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        text = inspect.getdoc(function) or ""
        parameters = parameters_of(function)
        first = text.split("\n\n")[0].replace("\n", " ")
        _ANALYSES[name] = Analysis(name, first, view, parameters, function, fits)
        return function

    return declare


def analyses() -> dict[str, Analysis]:
    """All analyses by name."""
    from insilico_gui.experiment import declarations  # noqa: F401 - they register
    from insilico_gui.experiment.declared import conditions  # noqa: F401

    return dict(_ANALYSES)


def find_analysis(name: str) -> Analysis:
    """An analysis by its name.

    Raises
    ------
    AnalysisError
        If there is none.
    """
    known = analyses()
    if name not in known:
        raise AnalysisError(
            f"There is no analysis {quoted(name)}; choose one of {listed(known)}."
        )
    return known[name]
