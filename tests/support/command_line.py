"""Running the command line within the tests' own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from insilico_gui.cli import app
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from click.testing import Result


def run(*arguments: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(a) for a in arguments])


def error_of(*arguments: object) -> str:
    """Run a command that must refuse; its sentence."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, InsilicoError), result.output
    return str(result.exception)
