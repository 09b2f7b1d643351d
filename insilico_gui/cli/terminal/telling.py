"""What a command says to people, and the JSON that it prints for programs.

Commands say sentences with :func:`say`, and put what they found into the result with
:func:`tell`. With ``--json`` the result goes to standard output, and what is said to
standard error, as it does where data go to standard output (``-o -``).
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from insilico_gui.errors import ExportError
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_OUTPUT = Path("-")
"""What ``-o`` is given in place of a file."""


@dataclass
class Report:
    """How the command that is running reports, and what it has found.

    Attributes
    ----------
    as_json : bool
        Whether the result is printed as JSON.
    quiet : bool
        Whether nothing is said but warnings and errors.
    prints_data : bool
        Whether standard output is for data.
    facts : dict
        The result, an entry for each thing that was told.
    """

    as_json: bool = False
    quiet: bool = False
    prints_data: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


_report: ContextVar[Report | None] = ContextVar("report", default=None)


def report() -> Report:
    """The report of the command that is running."""
    return _report.get() or Report()


@contextmanager
def reporting(to: Report) -> Iterator[Report]:
    """What is said and told goes to a report."""
    token = _report.set(to)
    try:
        yield to
    finally:
        _report.reset(token)


@contextmanager
def part_of_report() -> Iterator[Report]:
    """What is told goes to a report of its own, of one of several inputs."""
    with reporting(replace(report(), facts={})) as part:
        yield part


def say(text: str) -> None:
    """Say a sentence on how it goes; not with ``--quiet``."""
    now = report()
    if not now.quiet:
        typer.echo(text, err=now.as_json or now.prints_data)


def show(text: str) -> None:
    """Show a line of the result to people; not with ``--json``, whose result has it too."""
    now = report()
    if not now.as_json:
        typer.echo(text, err=now.prints_data)


def warn(text: str) -> None:
    """Say a warning, always, on standard error; the JSON lists it too."""
    report().facts.setdefault("warnings", []).append(text)
    typer.echo(f"Warning: {text}", err=True)


def tell(**facts: Any) -> None:
    """Put entries into the result."""
    report().facts.update(facts)


def written(output: Path | None, about: str = "") -> None:
    """Say that an output is written, and put its name into the result."""
    if is_file(output):
        report().facts.setdefault("written", []).append(str(output))
    elif report().as_json:
        return
    name = str(output) if is_file(output) else "standard output"
    say(f"Written: {name}{f' ({about})' if about else ''}")


def is_file(output: Path | None) -> bool:
    """Whether an output is a file, not standard output or the JSON."""
    return output is not None and output != STANDARD_OUTPUT


def to_standard_output(output: Path | None) -> None:
    """Take note of an output that is named otherwise than by ``-o``."""
    report().prints_data |= output == STANDARD_OUTPUT


def needs_output(output: Path | None) -> None:
    """Refuse a command without ``-o`` and ``--json``, whose result would be lost."""
    if output is None and not report().as_json:
        raise typer.BadParameter(
            "name a file, - for standard output, or give --json",
            param_hint="--output (-o)",
        )


def print_json(value: Any) -> None:
    """Print JSON to standard output."""
    typer.echo(json.dumps(plain(value), indent=2, allow_nan=False, ensure_ascii=False))


def print_file(path: Path) -> None:
    """Print a text file that was just written to standard output, byte for byte."""
    with open_input(path, ExportError) as file:
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:  # a notebook's
            sys.stdout.write(file.read().decode())
        else:
            sys.stdout.flush()
            shutil.copyfileobj(file, stream)
            stream.flush()


def plain(value: Any) -> Any:
    """A copy for JSON: numpy numbers as numbers, NaN as null, other objects as text."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)
