"""The registry of analyses: each declared once, for script, command line and window.

A declaration is a function whose keyword parameters, with their types, units and help, are
those of the analysis. Its first argument is a :class:`RunData`; it returns a
:class:`Result`. :func:`register` adds one. The files of
:mod:`insilico_gui.experiment.declared` register theirs, and packages that name a module in
the entry point group ``insilico_gui.analyses``.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np

from insilico_gui.errors import AnalysisError, listed, quoted

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.session import Session
    from insilico_gui.stimuli import Stimulus
    from insilico_gui.stimuli.readers.images import ImageSet


@dataclass(frozen=True)
class About:
    """What a parameter is, in its annotation.

    Attributes
    ----------
    help : str
    unit : str
        Such as ``"s"``; empty if it has none.
    """

    help: str
    unit: str = ""


@dataclass(frozen=True)
class RunData:
    """What an analysis may use.

    Attributes
    ----------
    responses : xarray.DataArray
    session : Session
    stimulus : Stimulus or ImageSet
        As it was opened, in its own size and rate.
    rows : int array [U]
        Rows of the session's unit table that the responses are of.
    other : callable(session, stimulus)
        Responses of another run of the experiment.
    """

    responses: xr.DataArray
    session: Session
    stimulus: Stimulus | ImageSet
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
    fit : object, optional
        Functions that were fitted to the units, for a view that draws them.
    """

    dataset: xr.Dataset
    columns: pd.DataFrame | None
    rows: NDArray[np.integer[Any]]
    fit: object = None


@dataclass(frozen=True)
class Parameter:
    """A parameter of an analysis.

    Attributes
    ----------
    name : str
    kind : type
        float, int, bool or str.
    default : float, int, bool, str or None
        None where the analysis chooses.
    required : bool
    choices : tuple of str
        The values that there are, of a text; empty if any.
    help, unit : str
    """

    name: str
    kind: type
    default: Any
    required: bool
    optional: bool
    choices: tuple[str, ...]
    help: str
    unit: str

    def check(self, value: Any, analysis: str) -> Any:
        """The value as its kind.

        Raises
        ------
        AnalysisError
            If it is of another kind, or not one of the choices.
        """
        if value is None and self.optional:
            return None
        wrong = AnalysisError(
            f"{self.name} of {analysis} is {quoted(value)}; give {_described(self)}."
        )
        if self.kind is float and isinstance(value, int | float | np.number):
            number = float(value)
            if isinstance(value, bool) or not np.isfinite(number):
                raise wrong
            return number
        if self.kind is int and isinstance(value, int | np.integer):
            if isinstance(value, bool):
                raise wrong
            return int(value)
        if self.kind is bool and isinstance(value, bool | np.bool_):
            return bool(value)
        if self.kind is str and isinstance(value, str):
            if not self.choices or value in self.choices:
                return value
        raise wrong


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
        What shows its dataset: ``"tuning"``, ``"fields"``, ``"cortex"``, ``"table"`` or
        ``"matrix"``.
    parameters : tuple of Parameter
    """

    name: str
    help: str
    view: str
    parameters: tuple[Parameter, ...]
    _function: Callable[..., Result]
    _fits: Callable[[RunData], str]

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

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as their kinds, without those that have their default.

        Raises
        ------
        AnalysisError
            If one is not known, missing or of another kind.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise AnalysisError(
                    f"{self.name} has no parameter {quoted(name)}; it has "
                    f"{listed(known, none='none')}."
                )
        missing = [
            p.name for p in self.parameters if p.required and p.name not in given
        ]
        if missing:
            raise AnalysisError(f"{self.name} needs {listed(missing)}; give it.")
        checked = {k: known[k].check(v, self.name) for k, v in given.items()}
        return {
            k: v
            for k, v in checked.items()
            if known[k].required or v != known[k].default
        }

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
        parameters = _parameters(function)
        first = text.split("\n\n")[0].replace("\n", " ")
        _ANALYSES[name] = Analysis(name, first, view, parameters, function, fits)
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


def _parameters(function: Callable[..., Result]) -> tuple[Parameter, ...]:
    """Parameters of a declaration: its keyword-only arguments."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        hint, *extras = (
            get_args(hints[parameter.name])
            if get_origin(hints[parameter.name]) is typing.Annotated
            else (hints[parameter.name],)
        )
        about = next((e for e in extras if isinstance(e, About)), About(""))
        options = [one for one in get_args(hint) if one is not type(None)]
        optional = type(None) in get_args(hint)
        choices: tuple[str, ...] = ()
        if optional:
            (hint,) = options
        if get_origin(hint) is Literal:
            choices, hint = get_args(hint), str
        required = parameter.default is parameter.empty
        found.append(
            Parameter(
                parameter.name,
                hint,
                None if required else parameter.default,
                required,
                optional,
                choices,
                about.help,
                about.unit,
            )
        )
    return tuple(found)


def _described(parameter: Parameter) -> str:
    if parameter.choices:
        return f"one of {listed(parameter.choices)}"
    words = {
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        str: "text",
    }
    unit = f" ({parameter.unit})" if parameter.unit else ""
    return words[parameter.kind] + unit
