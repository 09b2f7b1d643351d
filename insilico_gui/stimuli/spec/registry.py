"""The families that there are: those of this package, and those of others.

A module of a family registers its specification and its function as it is imported.
Modules of other packages are named by entry points of the group
``insilico_gui.stimuli``, and imported when a family is asked for that is not known yet,
or all families are listed.
"""

from __future__ import annotations

import functools
import logging
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from insilico_gui.errors import StimulusError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.stimuli.spec.parametric import RenderedStimulus, StimulusSpec

    Function = Callable[..., RenderedStimulus]

ENTRY_POINT_GROUP = "insilico_gui.stimuli"

logger = logging.getLogger(__name__)

_specs: dict[str, type[StimulusSpec]] = {}
_functions: dict[str, tuple[int, Function]] = {}


def add_spec(spec: type[StimulusSpec]) -> None:
    """Register a specification by the name of its family.

    Raises
    ------
    StimulusError
        If the family of another module has the name.
    """
    other = _specs.get(spec.family)
    if other is not None and other.__module__ != spec.__module__:
        raise StimulusError(
            f"{other.__module__} has a family {spec.family!r} already; give that of "
            f"{spec.__module__} another name."
        )
    _specs[spec.family] = spec


def add_function(family: str, function: Function, place: int) -> None:
    """Register the function of a family, and its place in lists of all families."""
    _functions[family] = (place, function)


def find_spec(family: str) -> type[StimulusSpec] | None:
    """The specification of a family, or None if there is none."""
    if family not in _specs:
        load_added()
    return _specs.get(family)


def find_function(family: str) -> Function | None:
    """The function of a family, or None if there is none."""
    if family not in _functions:
        load_added()
    found = _functions.get(family)
    return found and found[1]


def spec_names() -> list[str]:
    """Names of all specifications that can be read, in alphabetical order."""
    load_added()
    return sorted(_specs)


def function_names() -> list[str]:
    """Names of the families that people choose from, in the order of their places."""
    load_added()
    return sorted(_functions, key=lambda family: (_functions[family][0], family))


@functools.cache
def load_added() -> None:
    """Import the families of other packages; one that fails is told in the log."""
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        try:
            point.load()
        except Exception as error:
            logger.debug("The stimulus %r failed to load", point.name, exc_info=True)
            logger.warning(
                "The stimulus %r (%s) cannot be imported: %s (%s); install its package "
                "again, or remove it.",
                point.name,
                point.value,
                type(error).__name__,
                quoted(error, marks=""),
            )
