"""How every command runs: with ``--json`` and ``--quiet``, and its outputs kept."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from insilico_gui.cli.outputs import keeping_outputs
from insilico_gui.cli.terminal.exit_codes import CLOSED, INTERRUPTED, SomeFailed
from insilico_gui.cli.terminal.telling import (
    STANDARD_OUTPUT,
    Report,
    print_json,
    reporting,
)
from insilico_gui.errors import InsilicoError
from insilico_gui.progress import without_bars

AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the result as JSON; all else is said on standard error.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Say nothing but warnings and errors."),
]
SHARED = {"as_json": AsJson, "quiet": Quiet}


def runs(command: Callable[..., None], name: str = "") -> Callable[..., None]:
    """Make a command of the command line of a function.

    It gets the options ``--json`` and ``--quiet``. What it reserves for writing is
    released when it ends, and what it has told is printed.
    """
    keeping = keeping_outputs(command)
    name = name or command.__name__.replace("_", "-")

    @functools.wraps(command)
    def run(as_json: bool = False, quiet: bool = False, **options: Any) -> None:
        prints_data = options.get("output") == STANDARD_OUTPUT
        report = Report(as_json, quiet, prints_data)
        with _ending(), reporting(report), without_bars(quiet):
            try:
                keeping(**options)
            except InsilicoError as error:
                if as_json:
                    failed = {} if isinstance(error, SomeFailed) else {"error": error}
                    _print(name, report, failed)
                raise
            if as_json:
                _print(name, report, {})
            sys.stdout.flush()

    own = inspect.signature(command).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(option, keyword, default=False, annotation=annotation)
        for option, annotation in SHARED.items()
    ]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*(p.replace(kind=keyword) for p in own), *shared]
    )
    return run


@contextmanager
def _ending() -> Iterator[None]:
    """End a process that is interrupted, or whose output nobody reads, as shells expect."""
    try:
        yield
    except BrokenPipeError as error:
        # What is left in the buffer would be written when the process ends
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise typer.Exit(CLOSED) from error
    except KeyboardInterrupt as error:
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from error


def _print(name: str, report: Report, more: dict[str, Any]) -> None:
    print_json({"command": name, **report.facts, **more})
