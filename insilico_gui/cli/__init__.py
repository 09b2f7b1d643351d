"""The command line: the window, and every step of the job without one."""

from __future__ import annotations

import logging
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from insilico_gui.cli.comparison_commands import compare, reliability
from insilico_gui.cli.field_commands import receptive_fields, retinotopy
from insilico_gui.cli.population_commands import signal_correlations, sparseness
from insilico_gui.cli.response_commands import encode, export
from insilico_gui.cli.session_commands import fetch, sessions
from insilico_gui.cli.stimulus_command import stimulus
from insilico_gui.cli.tuning_command import tuning
from insilico_gui.cli.window_command import window
from insilico_gui.errors import InsilicoError

HELP_NAMES = ["-h", "--help"]


class WindowByDefault(TyperGroup):
    """What is not a command opens the window: ``insilico-gui demo``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that the user left out."""
        if not args or args[0] not in (*self.commands, *HELP_NAMES):
            args = ["window", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=WindowByDefault,
    help="In silico experiments with digital twins of the brain.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP_NAMES},
)
for command in (
    window,
    sessions,
    stimulus,
    encode,
    tuning,
    receptive_fields,
    retinotopy,
    sparseness,
    signal_correlations,
    reliability,
    compare,
    export,
    fetch,
):
    app.command()(command)


def main() -> None:
    """Run the command line; errors that a user can mend are one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        app()
    except InsilicoError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
