"""The public function of a family, made of its specification.

``drifting_gratings = family_function(DriftingGratings)`` has the parameters of the
class, their defaults and types for :func:`inspect.signature` and for type checkers, and
a docstring that is put together from the help of each.
"""

from __future__ import annotations

import collections.abc
import inspect
import textwrap
import types
from collections.abc import Callable
from inspect import Parameter as Argument
from typing import Annotated, Any, Literal, ParamSpec, Union, cast, get_args, get_origin

from insilico_gui.stimuli.spec import registry
from insilico_gui.stimuli.spec.parameters import Parameter, parameters_of, types_of
from insilico_gui.stimuli.spec.parametric import RenderedStimulus, StimulusSpec

P = ParamSpec("P")

AT_THE_END = 1000
"""Place of a family in lists of all, if it has no place of its own."""

_WIDTH = 84  # of lines of documentation


def family_function(
    spec: Callable[P, StimulusSpec], place: int = AT_THE_END
) -> Callable[P, RenderedStimulus]:
    """Make the function that renders the stimuli of a family, and register it.

    Parameters
    ----------
    spec : subclass of StimulusSpec
        Its docstring says what is shown and what the trial table has.
    place : int
        Where the family is in lists of all families.

    Returns
    -------
    callable
        From keyword arguments to a :class:`RenderedStimulus`; the specification is its
        attribute ``specification``.
    """
    cls = cast("type[StimulusSpec]", spec)
    signature = inspect.Signature(
        [Argument(n, Argument.KEYWORD_ONLY, **h) for n, h in _arguments(cls).items()],
        return_annotation=RenderedStimulus,
    )

    def make(*args: P.args, **kwargs: P.kwargs) -> RenderedStimulus:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{cls.family}(): {error}") from None
        bound.apply_defaults()
        return cls(**_fields(cls, bound.arguments)).stimulus()

    make.__name__ = make.__qualname__ = cls.family
    make.__module__ = cls.__module__
    make.__doc__ = documentation(cls)
    make.__annotations__ = {
        **{
            name: argument.annotation for name, argument in signature.parameters.items()
        },
        "return": RenderedStimulus,
    }
    vars(make).update(__signature__=signature, specification=cls)
    registry.add_function(cls.family, make, place)
    return make


def specification_of(function: Callable[..., RenderedStimulus]) -> type[StimulusSpec]:
    """The class of the specifications of a family, from its function."""
    found: type[StimulusSpec] = vars(function)["specification"]
    return found


def asked_for(cls: type[StimulusSpec]) -> dict[str, Parameter]:
    """Parameters of the function of a family that are fields of its specification."""
    return {n: p for n, p in parameters_of(cls).items() if not p.is_found}


def _arguments(cls: type[StimulusSpec]) -> dict[str, dict[str, Any]]:
    """Annotation and default of every argument of the function, by name."""
    arguments: dict[str, dict[str, Any]] = {}
    for name, parameter in asked_for(cls).items():
        if parameter.count:
            arguments[parameter.count] = {"annotation": int, "default": parameter.n}
        annotation = types_of(cls)[name]
        arguments[name] = {"annotation": annotation, "default": parameter.default}
    return arguments


def _fields(cls: type[StimulusSpec], arguments: dict[str, Any]) -> dict[str, Any]:
    """Fields of the specification for arguments of the function."""
    values = dict(arguments)
    for name, parameter in asked_for(cls).items():
        n = values.pop(parameter.count, 0)
        if parameter.period:
            values[name] = parameter.angles(values[name], name, n)
    return values


# -- documentation ---------------------------------------------------------------------


def documentation(cls: type[StimulusSpec]) -> str:
    """Docstring of the function of a family, as numpy has them."""
    about = inspect.cleandoc(cls.__doc__ or "")
    lines = [f"Make {about[:1].lower()}{about[1:]}", "", "Parameters", "-" * 10]
    for name, parameter in asked_for(cls).items():
        if parameter.count:
            lines += _entry(parameter.count, "int", count_help(name))
        lines += _entry(name, _described(types_of(cls)[name]), parameter.help)
    lines += ["", "Returns", "-" * 7]
    lines += _entry(
        "RenderedStimulus",
        "",
        f"Its ``spec`` is a :class:`{cls.__name__}`, its ``trials`` are the trial table.",
    )
    lines += ["", "Raises", "-" * 6]
    lines += _entry(
        "StimulusError",
        "",
        "If a value makes no sense or cannot be shown on this display.",
    )
    return "\n".join(lines) + "\n"


def count_help(name: str) -> str:
    """What the parameter means that says how many values another one has."""
    return f"How many, evenly spaced from 0; not used if `{name}` are given."


def _entry(name: str, kind: str, text: str) -> list[str]:
    heading = f"{name} : {kind}" if kind else name
    return [heading, *(f"    {line}" for line in textwrap.wrap(text, _WIDTH - 4))]


def _described(kind: Any) -> str:
    """A type as docstrings name it: ``float or sequence of float``."""
    args = get_args(kind)
    origin = get_origin(kind)
    if origin is Annotated:
        words = args[1].get("choices")
        return f"sequence of {_words(words)}" if words else _described(args[0])
    if origin is Literal:
        return _words(args)
    if origin in (Union, types.UnionType):
        told = " or ".join(_described(arg) for arg in args if arg is not type(None))
        return f"{told}, optional" if type(None) in args else told
    if origin is collections.abc.Sequence:
        return f"sequence of {_described(args[0])}"
    if origin is tuple:
        return f"({', '.join(_described(arg) for arg in args)})"
    return "path" if kind.__name__ == "Path" else str(kind.__name__)


def _words(words: tuple[str, ...]) -> str:
    return "{" + ", ".join(f'"{word}"' for word in words) + "}"
