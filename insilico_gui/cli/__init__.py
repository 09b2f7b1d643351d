"""The command line: opens the window, and runs every step without it.

Computations live in the packages that the commands call.
"""

from __future__ import annotations

import logging
import sys
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from insilico_gui.cli import fit_command
from insilico_gui.cli.analyses.comparison_commands import compare, reliability
from insilico_gui.cli.analyses.field_commands import receptive_fields, retinotopy
from insilico_gui.cli.analyses.generated_commands import generated_commands
from insilico_gui.cli.analyses.kind_commands import conditions, drive
from insilico_gui.cli.analyses.population_commands import (
    signal_correlations,
    sparseness,
)
from insilico_gui.cli.analyses.tuning_command import tuning
from insilico_gui.cli.experiment_commands import library, run
from insilico_gui.cli.film_command import film
from insilico_gui.cli.plots import plot_command
from insilico_gui.cli.recordings.import_command import import_recording
from insilico_gui.cli.recordings.judge_command import judge
from insilico_gui.cli.response_commands import encode, export
from insilico_gui.cli.session_commands import fetch, sessions
from insilico_gui.cli.stimulus_command import stimulus
from insilico_gui.cli.terminal.examples import PROGRAM, epilog
from insilico_gui.cli.terminal.exit_codes import (
    INTERRUPTED,
    USAGE,
    Mistyped,
    exit_code,
)
from insilico_gui.cli.terminal.misspelt import UsageErrors, in_one_sentence
from insilico_gui.cli.terminal.running import runs
from insilico_gui.cli.window_command import window
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.log_file import OneLineFormatter, unexpected
from insilico_gui.opening import twins

HELP_NAMES = ["-h", "--help"]
DEBUG = "--debug"
LOG_FORMAT = "%(levelname)s: %(message)s"
OWN_OPTIONS = [*HELP_NAMES, "--version", "--install-completion", "--show-completion"]

logger = logging.getLogger(__name__)


class WindowByDefault(TyperGroup):
    """Arguments without a command open the window: ``insilico-gui demo``.

    Commands of analyses that have none of their own are made when they are asked for:
    other packages register analyses.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands in the order of the help."""
        return [*super().list_commands(ctx), *generated_commands(self.commands)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name; None if there is none."""
        own = super().get_command(ctx, cmd_name)
        return own or generated_commands(self.commands).get(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the command ``window`` if no command is named."""
        if ctx.resilient_parsing and not args:  # Tab after the name of the program
            return super().parse_args(ctx, args)
        if not args or not self._is_known(args[0]):
            if args and not ctx.resilient_parsing:
                self._refuse_misspelt(args[0])
            args = ["window", *args]
        return super().parse_args(ctx, args)

    def _is_known(self, word: str) -> bool:
        known = (*self.commands, *OWN_OPTIONS)
        return word in known or word in generated_commands(self.commands)

    def _refuse_misspelt(self, word: str) -> None:
        """Refuse a word that resembles a command and is not a session.

        Otherwise the window would open and report a missing session.
        """
        known = (*self.commands, *generated_commands(self.commands))
        near = get_close_matches(word.lower(), known, n=1, cutoff=0.7)
        if near and word.split("/")[0] not in twins() and not Path(word).exists():
            raise Mistyped(
                f"There is no command {quoted(word)}; did you mean {near[0]!r}? To open "
                "the window, give a session, such as demo."
            )


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"insilico-gui {version('insilico-gui')}")
        raise typer.Exit


app = typer.Typer(
    cls=WindowByDefault,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP_NAMES},
)


@app.callback()
def common(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """In silico experiments with digital twins of the brain.

    The option --debug, at any place, shows the traceback of an error. Every command has
    --json, which prints its result for programs, and --quiet.
    """


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
    judge,
    import_recording,
    conditions,
    drive,
    export,
    film,
    run,
    library,
    fetch,
):
    name = command.__name__.replace("_", "-")
    app.command(name, epilog=epilog(name))(runs(command, name))
app.add_typer(fit_command.app, name="fit")
app.add_typer(plot_command.app, name="plot")


def main() -> None:
    """Run the command line; an error is one sentence, with ``--debug`` also a traceback."""
    debug = DEBUG in sys.argv
    sys.argv[1:] = [word for word in sys.argv[1:] if word != DEBUG]
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    if debug:
        logging.getLogger("insilico_gui").setLevel(logging.DEBUG)
    else:
        # What is wrong with a file is told once, by the error or the warning
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
        for handler in logging.getLogger().handlers:
            handler.setFormatter(OneLineFormatter(LOG_FORMAT))
    try:
        code = app(standalone_mode=False, prog_name=PROGRAM)
    except InsilicoError as error:
        logger.debug("Refused", exc_info=error)
        typer.echo(f"Error: {error}", err=True)
        sys.exit(exit_code(error))
    except UsageErrors as error:
        typer.echo(f"Error: {in_one_sentence(error)}", err=True)
        sys.exit(USAGE)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:  # the last resort: no traceback in a user's face
        typer.echo(f"Error: {unexpected(error)}", err=True)
        sys.exit(exit_code(error))
    sys.exit(code if isinstance(code, int) else 0)
