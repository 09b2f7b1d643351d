"""Parameters of specifications, each declared once: in the class of its family.

A declaration such as ``contrast: Numbers = numbers(1.0, "0 to 1.", 0, 1)`` holds the
default, what the parameter means, how it is checked and how a form asks for it. The
function of the family, its documentation, its form and its files are all made of it.

The annotations are in :mod:`.parameter_types`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import (
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Unpack,
    dataclass_transform,
    get_args,
    get_type_hints,
)

import numpy as np

from insilico_gui.errors import StimulusError, echoed
from insilico_gui.stimuli.core import checks
from insilico_gui.stimuli.core.display import check_angles

T = TypeVar("T")

FINE, SCREEN = 1, 2
"""Ranks of parameters that come last: of detail, and of the screen."""

CROSSED = -1
"""Rank of parameters that come first: those that are usually varied."""

Check = Callable[[Any, str, Any], object]
"""From a value, the name of its parameter and the specification to what is stored.

Display and frame rate of the specification are checked already. Raises StimulusError.
"""


class InForm(TypedDict, total=False):
    """What a form shows of a parameter besides its help, where that is not plain."""

    label: str  # where the name does not read well
    empty: str  # what an empty field means
    rank: int  # CROSSED comes first, then the family's own, FINE and SCREEN last


@dataclass(frozen=True)
class Parameter:
    """One parameter of a specification and of the function of its family.

    Attributes
    ----------
    default : object
        As the function has it; None means that the parameter may be left empty.
    help : str
        What it means, in which unit.
    check : Check
    lowest, highest : float
        Bounds, for a form.
    form : InForm
    period : float
        Of angles that may be given by their number, evenly spaced: 360 or 180.
    count : str
        Another parameter of the function, which gives this number; its `n` is the
        default.
    is_found : bool
        Whether the specification finds the value itself, so that nobody is asked.
    """

    default: Any
    help: str
    check: Check
    lowest: float = -np.inf
    highest: float = np.inf
    form: InForm = field(default_factory=InForm)
    period: float = 0.0
    count: str = ""
    n: int = 0
    is_found: bool = False

    def field(self, name: str) -> Any:
        """The parameter as a field of a dataclass."""
        default = self.default
        if self.period:
            default = self.angles(default, name, self.n)
        return field(default=default, metadata={PARAMETER: self})

    def angles(self, value: object, name: str, n: object) -> tuple[float, ...]:
        """The angles that an argument stands for; `n` of them if it is None."""
        if self.count and (value is None or isinstance(value, int | np.integer)):
            value, name = (n if value is None else value), self.count
        return checks.evenly_spaced(value, name, self.period)

    def checked(self, value: object, name: str, spec: object) -> object:
        """What a specification stores for a value.

        Raises
        ------
        StimulusError
            If the value makes no sense.
        """
        if value is None and "empty" in self.form and not self.period:
            return None
        return self.check(value, name, spec)


def found(
    default: object, help: str, check: Check, *, init: Literal[False] = False
) -> Any:
    """What the specification finds itself; not a parameter of the function.

    `init` is for type checkers alone, so that they do not see one either.
    """
    return Parameter(default, help, check, is_found=True)


@dataclass_transform(kw_only_default=True, field_specifiers=(found,))
def specification(cls: type[T]) -> type[T]:
    """Make a class with declarations a frozen dataclass, whose fields are checked.

    To type checkers it is not frozen, or they would not tell what a field accepts from
    what it stores.
    """
    for name, declared in list(vars(cls).items()):
        if isinstance(declared, _Again):
            inherited = next(
                own.metadata[PARAMETER]
                for own in fields(cls.__mro__[1])
                if own.name == name
            )
            declared = declared.of(inherited)
        if isinstance(declared, Parameter):
            setattr(cls, name, declared.field(name))
    return dataclass(frozen=True, kw_only=True)(cls)


PARAMETER = "parameter"
"""Key of a :class:`Parameter` in the metadata of a field."""


@functools.cache
def parameters_of(spec: type) -> Mapping[str, Parameter]:
    """Parameters of a specification, those of its own class before inherited ones."""
    known = {f.name: f.metadata[PARAMETER] for f in fields(spec) if f.metadata}
    names = [n for cls in spec.__mro__ for n in vars(cls).get("__annotations__", ())]
    own = [name for name in dict.fromkeys(names) if name in known]
    own.sort(key=lambda name: known[name].form.get("rank", 0))
    return {name: known[name] for name in own}


@functools.cache
def types_of(spec: type) -> Mapping[str, Any]:
    """What each field of a specification accepts, with what it says to forms."""
    return get_type_hints(spec, include_extras=True)


def words_of(spec: type, name: str) -> tuple[str, ...]:
    """Words that a parameter offers: those of its Literal."""
    words: tuple[Any, ...] = get_args(types_of(spec)[name])
    return words[1]["choices"] if words[0] == Sequence[str] else words


# -- declarations ----------------------------------------------------------------------


def parameter(
    default: object,
    help: str,
    check: Check,
    lowest: float = -np.inf,
    highest: float = np.inf,
    **form: Unpack[InForm],
) -> Any:
    """A parameter with a check of its own; see :class:`Parameter`."""
    return Parameter(default, help, check, lowest, highest, form)


def again(default: object, help: str = "") -> Any:
    """A parameter of a base class with another default, and perhaps another help."""
    return _Again(default, help)


@dataclass(frozen=True)
class _Again:
    default: object
    help: str

    def of(self, inherited: Parameter) -> Parameter:
        return replace(
            inherited, default=self.default, help=self.help or inherited.help
        )


def number(
    default: float | None,
    help: str,
    lowest: float = 0.0,
    highest: float = checks.LARGEST,
    *,
    above: bool = False,
    **form: Unpack[InForm],
) -> Any:
    """A number from `lowest` to `highest`; `above`: and above 0."""

    def check(value: object, name: str, spec: object) -> float:
        if above:
            value = checks.positive_number(value, name)
        return checks.within(value, name, lowest, highest)

    return parameter(default, help, check, lowest, highest, **form)


def whole(
    default: int | None,
    help: str,
    lowest: int = 0,
    highest: int = checks.LARGEST,
    **form: Unpack[InForm],
) -> Any:
    """A whole number from `lowest` to `highest`."""

    def check(value: object, name: str, spec: object) -> int:
        return checks.whole_number(value, name, lowest, highest)

    return parameter(default, help, check, lowest, highest, **form)


def numbers(
    default: float | Sequence[float],
    help: str,
    lowest: float = 0.0,
    highest: float = checks.LARGEST,
    *,
    above: bool = False,
    **form: Unpack[InForm],
) -> Any:
    """Different numbers from `lowest` to `highest`; `above`: and above 0."""

    def check(value: object, name: str, spec: object) -> tuple[float, ...]:
        given = checks.numbers(value, name)
        if above:
            given = tuple(checks.positive_number(n, name) for n in given)
        return checks.numbers_within(given, name, lowest, highest)

    return parameter(default, help, check, **form)


def angles(
    default: int | Sequence[float] | None,
    help: str,
    period: float = 360.0,
    count: tuple[str, int] = ("", 0),
    **form: Unpack[InForm],
) -> Any:
    """Angles in degrees, modulo `period`, or how many of them, evenly spaced.

    With a `count`, the function has another parameter of this name and default, which
    says how many if no angles are given.
    """

    def check(value: object, name: str, spec: object) -> tuple[float, ...]:
        return checks.angles_modulo(value, name, period)

    made = Parameter(default, help, check, form=form, period=period)
    return replace(made, count=count[0], n=count[1])


def degrees(default: float | None, help: str, **form: Unpack[InForm]) -> Any:
    """A size above 0, in degrees of visual angle."""
    return number(default, help, 0, checks.MAX_SIZE_DEG, above=True, **form)


def seconds(default: float, help: str, **form: Unpack[InForm]) -> Any:
    """A time in seconds, which may be 0."""
    return number(default, help, 0, 3600, **form)


def lasting(default: float, help: str, **form: Unpack[InForm]) -> Any:
    """A duration in seconds that is at least a frame long."""

    def check(value: object, name: str, spec: Any) -> float:
        return checks.at_least_a_frame(value, name, spec.frame_rate)

    return parameter(default, help, check, 0, **form)


def word(default: str, help: str, **form: Unpack[InForm]) -> Any:
    """One of the words of a Literal, which is the annotation."""

    def check(value: object, name: str, spec: object) -> object:
        checks.one_of(value, name, words_of(type(spec), name))
        return value

    return parameter(default, help, check, **form)


def words(default: Sequence[str], help: str, **form: Unpack[InForm]) -> Any:
    """One or several words of a Literal; the annotation is ``Words[Literal[...]]``."""

    def check(value: object, name: str, spec: object) -> tuple[str, ...]:
        return checks.choices(value, name, words_of(type(spec), name))

    return parameter(default, help, check, **form)


def point(default: tuple[float, float], help: str, **form: Unpack[InForm]) -> Any:
    """Stimulus coordinates x and y, each -1..1."""

    def check(value: object, name: str, spec: object) -> tuple[float, float]:
        return checks.position(value, name)

    return parameter(default, help, check, -1, 1, **form)


def flag(default: bool, help: str, **form: Unpack[InForm]) -> Any:
    """True or False."""

    def check(value: object, name: str, spec: object) -> bool:
        if isinstance(value, bool):
            return value
        raise StimulusError(f"{name} is {echoed(value)}; give True or False.")

    return parameter(default, help, check, **form)


def angle_measure() -> Any:
    """How degrees are measured: flat, per axis or spherical."""
    return parameter(
        "flat",
        "Flat: a degree is as many pixels everywhere as at the centre of the screen. "
        "Per axis: the visual angle along each axis of a flat screen, so bars widen "
        "towards its edges. Spherical: true angles, great circles around the eye.",
        lambda value, name, spec: check_angles(value),
        rank=FINE,
    )
