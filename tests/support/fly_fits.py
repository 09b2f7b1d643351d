"""Fits of the whole-brain model by its command line, without its entry point."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypeVar

from click.testing import CliRunner
from insilico_drosophila.fit_command import drosophila as declared

from insilico_gui.cli.fit_command import command_of

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")

__all__ = ["declared", "ended", "invoke"]


def invoke(line: str) -> str:
    """Output of the command; an error that it raises is raised here."""
    done = CliRunner().invoke(command_of(declared), shlex.split(line))
    if done.exception is not None:
        raise done.exception
    return done.output


def ended(going: Generator[object, None, T]) -> T:
    """What a generator returns in the end."""
    while True:
        try:
            next(going)
        except StopIteration as end:
            found: T = end.value
            return found
