"""Types of parameters: what is accepted, how a form asks for it, and what is stored.

To a type checker, a parameter ``contrast: Numbers`` takes one number or several, and is
a tuple. As the program runs, the annotation is what is accepted, and tells magicgui
which widget to make: numbers are typed as Python writes them, 0.04 or (0.02, 0.04).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar, get_args

from insilico_gui.stimuli.core.display import Display

Accepted = TypeVar("Accepted", contravariant=True)
Stored = TypeVar("Stored", covariant=True)
Word = TypeVar("Word")

LITERAL = {"widget_type": "LiteralEvalLineEdit"}
"""The widget for numbers that are typed."""

HIDDEN = {"bind": None}
"""What a form cannot ask for."""

if TYPE_CHECKING:

    class As(Generic[Accepted, Stored]):
        """A parameter that stores what it accepts in another form."""

        def __get__(self, spec: object, owner: object) -> Stored: ...
        def __set__(self, spec: object, value: Accepted) -> None: ...

    Words = As[Sequence[str], tuple[Word, ...]]
    Folder = As[str | os.PathLike[str], str]
else:

    class As:
        """The accepted of ``As[accepted, stored]``."""

        def __class_getitem__(cls, kinds):
            return kinds[0]

    class Words:
        """One or several words of a Literal, of which a form offers all."""

        def __class_getitem__(cls, words):
            choices = {"widget_type": "Select", "choices": get_args(words)}
            return Annotated[Sequence[str], choices]

    Folder = Annotated[Path, {"mode": "d"}]

Numbers = As[Annotated[float | Sequence[float], LITERAL], tuple[float, ...]]
"""One number or several."""

WholeNumbers = As[Annotated[int | Sequence[int], LITERAL], tuple[int, ...]]
"""One whole number or several."""

AnglesOrCount = As[Annotated[int | Sequence[float], LITERAL], tuple[float, ...]]
"""Angles in degrees, or how many of them, evenly spaced."""

OptionalAngles = As[Annotated[Sequence[float] | int | None, LITERAL], tuple[float, ...]]
"""Angles in degrees, or None: as many as another parameter says."""

OptionalNumber = Annotated[float | None, LITERAL]

OptionalCount = Annotated[int | None, LITERAL]

TypedNumber = Annotated[float, LITERAL]
"""A number with as many digits as it has, which a spin box would round."""

Screen = As[Annotated[Display | None, HIDDEN], Display]
"""A display; None is the default one."""
