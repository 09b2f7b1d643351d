"""The registry of analyses: each declared once, for script, command line and window.

A declaration is a function whose keyword parameters, with their types, units and help, are
those of the analysis. Its first argument is a :class:`RunData`; it returns a
:class:`Result`. :func:`register` adds one. The files of
:mod:`insilico_gui.experiment.declared` register theirs, and packages that name a module in
the entry point group ``insilico_gui.analyses``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.parameters import About, Parameter, check_parameters, parameters_of
from insilico_gui.responses import unit_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.experiment.session_input import AnyStimulus
    from insilico_gui.progress import OnProgress
    from insilico_gui.session import Session

NO_RESPONSES = "There are no responses to analyse yet; encode a stimulus first."


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
    """What an analysis may use: the responses of a run, or of none but its session.

    Attributes
    ----------
    session : Session or None
        None if the responses are from a file.
    rows : int array [U]
        Rows of the session's unit table that the responses are of; without a run, those
        to analyse.
    run : (xarray.DataArray, Stimulus, ImageSet, ConditionTable, Drive or None) or None
        Responses, and the stimulus in its own size and rate, if it is known.
    other : callable(session, stimulus)
        Responses of another run of the experiment.
    known : callable(analysis, parameters)
        Result of another analysis of the same run, if it is at hand; else None.
    """

    session: Session | None
    rows: NDArray[np.integer[Any]]
    run: tuple[xr.DataArray, AnyStimulus | None] | None
    other: Callable[[str, str], xr.DataArray]
    known: Callable[[str, Mapping[str, Any]], Result | None]

    @property
    def responses(self) -> xr.DataArray:
        """The responses.

        Raises
        ------
        AnalysisError
            If there are none.
        """
        return self._present[0]

    @property
    def stimulus(self) -> AnyStimulus | None:
        """The stimulus as it was opened; raises as :attr:`responses` does."""
        return self._present[1]

    @property
    def units(self) -> pd.DataFrame:
        """A row of the session's unit table for each unit; a copy."""
        if self.run is None and self.session is not None:
            return self.session.units.iloc[self.rows].copy()
        return unit_table(self.responses)

    @property
    def name(self) -> str:
        """What the session is called in messages."""
        if self.session is not None:
            return self.session.id
        return str(self.responses.attrs.get("session", "the responses"))

    @property
    def _present(self) -> tuple[xr.DataArray, AnyStimulus | None]:
        if self.run is None:
            raise AnalysisError(NO_RESPONSES)
        return self.run


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
    fit : object, optional
        Functions that were fitted to the units, for a view that draws them.
    """

    dataset: xr.Dataset
    columns: pd.DataFrame | None
    rows: NDArray[np.integer[Any]]
    fit: object = None


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
        ``"matrix"``, ``"choices"``, ``"raster"`` or ``"series"``.
    parameters : tuple of Parameter
    shows : str
        Family of stimuli that its command shows if none is named.
    sees_frames : bool
        Whether it looks at the frames of the stimulus.
    """

    name: str
    help: str
    view: str
    parameters: tuple[Parameter, ...]
    shows: str
    sees_frames: bool
    _function: Callable[..., Result]
    _fits: Callable[[RunData], str]
    _alone: Callable[[Mapping[str, Any]], bool]
    _rehearse: Callable[..., object] | bool

    def is_declared_by(self, function: Callable[..., Result]) -> bool:
        """Whether it is of a function of this place, such as a module that is run again."""
        mine = self._function
        return (mine.__module__, mine.__qualname__) == (
            function.__module__,
            function.__qualname__,
        )

    def misfit(self, data: RunData) -> str:
        """In words, why the analysis does not apply to a run; empty if it does."""
        return self._fits(data)

    def needs_run(self, parameters: Mapping[str, Any]) -> bool:
        """Whether it is of responses, and not of the session alone."""
        return not self._alone(parameters)

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as their kinds, without those that have their default.

        Raises
        ------
        AnalysisError
            If one is not known, missing or of another kind.
        """
        return check_parameters(self.parameters, given, self.name, AnalysisError)

    def rehearse(self, silent: RunData, parameters: Mapping[str, Any]) -> None:
        """Raise what :meth:`run` will raise, before anything is encoded.

        Parameters
        ----------
        silent : RunData
            Responses of a unit that never responds; see
            :mod:`insilico_gui.analysis.trials.dry_run`.
        parameters : mapping
            That were checked.

        Raises
        ------
        AnalysisError
        """
        self.refuse_misfit(silent)
        if self._rehearse is True:
            self._function(silent, None, **parameters)
        elif callable(self._rehearse):
            self._rehearse(silent, **parameters)

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
        given = parameters or {}
        if self.needs_run(given):
            if data.run is None:
                raise AnalysisError(NO_RESPONSES)
            self.refuse_misfit(data)
        return self._function(data, on_progress, **given)

    def refuse_misfit(self, data: RunData) -> None:
        """Raise an AnalysisError if it does not apply to a run."""
        reason = self.misfit(data)
        if reason:
            raise AnalysisError(f"{self.name} does not apply: {reason}.")


_ANALYSES: dict[str, Analysis] = {}


def register(
    name: str,
    *,
    view: str = "table",
    fits: Callable[[RunData], str] = lambda data: "",
    alone: Callable[[Mapping[str, Any]], bool] = lambda parameters: False,
    rehearse: Callable[..., object] | bool = False,
    shows: str = "drifting gratings",
    sees_frames: bool = False,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Declare an analysis: a decorator of a function of run, progress and parameters.

    Parameters
    ----------
    name : str
    view : str
        See :class:`Analysis`.
    fits : callable(RunData) -> str
        Why the analysis does not apply, in words; empty if it does.
    alone : callable(parameters) -> bool
        Whether it needs no responses, and can be of a session alone.
    rehearse : bool or callable(RunData, **parameters)
        Raises what is wrong with the parameters; called with responses of one unit that
        never responds, before others are encoded. True for the analysis itself.
    shows, sees_frames
        See :class:`Analysis`.

    Raises
    ------
    AnalysisError
        If there is an analysis of that name already.
    """

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        known = _ANALYSES.get(name)
        if known is not None and not known.is_declared_by(function):
            raise AnalysisError(
                f"There is an analysis {quoted(name)} already; give it another name."
            )
        text = inspect.getdoc(function) or ""
        parameters = parameters_of(function)
        first = text.split("\n\n")[0].replace("\n", " ")
        _ANALYSES[name] = Analysis(
            name=name,
            help=first,
            view=view,
            parameters=parameters,
            shows=shows,
            sees_frames=sees_frames,
            _function=function,
            _fits=fits,
            _alone=alone,
            _rehearse=rehearse,
        )
        return function

    return declare


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Undo what was registered in here if it raises."""
    before = dict(_ANALYSES)
    try:
        yield
    except BaseException:
        _ANALYSES.clear()
        _ANALYSES.update(before)
        raise


def analyses() -> dict[str, Analysis]:
    """All analyses by name: those that come with insilico_gui, then those of others."""
    from insilico_gui.experiment.declared.registry import find_declarations

    find_declarations()
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


def named_by(analysis: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Session and stimulus that the parameters of an analysis name, by the kind."""
    return {kind: str(parameters[name]) for name, kind in _naming(analysis, parameters)}


def renamed_in(
    analysis: str, parameters: Mapping[str, Any], kind: str, old: str, new: str
) -> dict[str, Any]:
    """Parameters of an analysis with a session or stimulus renamed."""
    naming = {
        name: new
        for name, named in _naming(analysis, parameters)
        if named == kind and parameters[name] == old
    }
    return {**parameters, **naming}


def _naming(analysis: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Parameters that are given and name a session or a stimulus, and which of both."""
    declared = analyses().get(analysis)
    return [
        (parameter.name, parameter.about.names)
        for parameter in (() if declared is None else declared.parameters)
        if parameter.about.names in ("session", "stimulus")
        and parameters.get(parameter.name) is not None
    ]
