"""Declared parameters: those of a function, with their types, units and help.

An analysis or a fit is a function whose keyword-only arguments are its parameters. Scripts
pass them, the command line makes options of them and the window a form.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import numpy as np

from insilico_gui.errors import InsilicoError, listed, quoted

Names = Literal["", "session", "stimulus", "file", "folder"]


@dataclass(frozen=True)
class About:
    """What a parameter is, in its annotation.

    Attributes
    ----------
    help : str
    unit : str
        Such as ``"s"``; empty if it has none.
    names : {"", "session", "stimulus", "file", "folder"}
        What a text names: a session or a stimulus of the experiment, a file or a folder.
    offers : callable(data) -> sequence of str, optional
        Values of a text that suit the data, for a form to offer.
    """

    help: str
    unit: str = ""
    names: Names = ""
    offers: Callable[[Any], Sequence[str]] | None = None


@dataclass(frozen=True)
class Parameter:
    """A parameter of an analysis, or of a fit.

    Attributes
    ----------
    name : str
    kind : type
        float, int, bool or str.
    default : float, int, bool, str or None
        None where the function chooses.
    required : bool
    choices : tuple of str
        The values that there are, of a text; empty if any.
    about : About
    """

    name: str
    kind: type
    default: Any
    required: bool
    optional: bool
    choices: tuple[str, ...]
    about: About

    @property
    def help(self) -> str:
        """One sentence."""
        return self.about.help

    @property
    def unit(self) -> str:
        """Such as ``"s"``; empty if it has none."""
        return self.about.unit

    def check(self, value: Any, owner: str, error: type[InsilicoError]) -> Any:
        """The value as its kind.

        Raises
        ------
        InsilicoError
            Of the type `error`, naming the `owner`, if it is of another kind, or not one
            of the choices.
        """
        if value is None and self.optional:
            return None
        wrong = error(
            f"{self.name} of {owner} is {quoted(value)}; give {described(self)}."
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


def check_parameters(
    parameters: Iterable[Parameter],
    given: Mapping[str, Any],
    owner: str,
    error: type[InsilicoError],
) -> dict[str, Any]:
    """Parameters as their kinds, without those that have their default.

    Raises
    ------
    InsilicoError
        Of the type `error`, if one is not known, missing or of another kind.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise error(
                f"{owner} has no parameter {quoted(name)}; it has "
                f"{listed(known, none='none')}."
            )
    missing = [p.name for p in known.values() if p.required and p.name not in given]
    if missing:
        raise error(f"{owner} needs {listed(missing)}; give it.")
    checked = {k: known[k].check(v, owner, error) for k, v in given.items()}
    return {
        k: v for k, v in checked.items() if known[k].required or v != known[k].default
    }


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
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
                about,
            )
        )
    return tuple(found)


def described(parameter: Parameter) -> str:
    """The values of a parameter in words."""
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
