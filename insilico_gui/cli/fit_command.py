"""``insilico-gui fit NAME``: a command for each fit, made of its declaration."""

# Without "from __future__ import annotations": typer needs the types themselves

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer
from typer.core import TyperCommand, TyperGroup

from insilico_gui.cli.terminal.examples import epilog
from insilico_gui.cli.terminal.exit_codes import Mistyped
from insilico_gui.cli.terminal.running import runs
from insilico_gui.cli.terminal.telling import say, tell, written
from insilico_gui.errors import FitError, listed, nearest, quoted
from insilico_gui.fitting import FitDeclaration, FitLoop, FitProgress, fits
from insilico_gui.fitting.registry import usable_fits
from insilico_gui.fitting.running import BAR_STEPS, run_loop
from insilico_gui.progress import progress_bar
from insilico_gui.untrusted.door import as_path

if TYPE_CHECKING:
    from insilico_gui.parameters import Parameter


class FitGroup(TyperGroup):
    """Commands by the names of the fits; a fit is imported when it is named."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the fits that can be imported."""
        return list(usable_fits())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a fit."""
        known = fits()
        if cmd_name not in known and not ctx.resilient_parsing:
            raise Mistyped(
                f"There is no fit {quoted(cmd_name)}{nearest(cmd_name, known)}; there is "
                f"{listed(known)}."
            )
        return command_of(known[cmd_name]) if cmd_name in known else None


class FitCommand(TyperCommand):
    """The command of a fit; ``--batch_size``, as in published programs, works too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Arguments with names of options as they are declared."""
        return super().parse_args(ctx, [_as_declared(word) for word in args])


def _as_declared(word: str) -> str:
    if not word.startswith("--"):
        return word
    name, *value = word.split("=", 1)
    return "=".join([name.replace("_", "-"), *value])


app = typer.Typer(
    cls=FitGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def fit() -> None:
    """Fit a twin to data; the result opens as a session.

    An interrupted fit goes on with --resume and ends as if it had not been interrupted.
    """


def command_of(declared: FitDeclaration) -> Any:
    """The command of a declared fit."""

    def run(**given: Any) -> None:
        data, out = given.pop("data"), given.pop("out")
        resume = given.pop("resume")
        parameters = {k: v for k, v in given.items() if v is not None}
        task = declared.task(as_path(data, FitError), parameters)
        out = declared.folder(parameters) if out is None else as_path(out, FitError)
        loop = FitLoop(task, out, resume=resume)
        for sentence in task.notices():
            say(sentence)
        if loop.round_number:
            say(f"Going on with round {loop.round_number}.")
        with progress_bar(f"Fitting {declared.name}", unit="step") as show:

            def told(step: FitProgress) -> None:
                show(round(BAR_STEPS * step.done), BAR_STEPS)

            report = run_loop(loop, told)
        for sentence in report.sentences():
            say(sentence)
        tell(report=report.sentences())
        written(out)

    shared = {
        "data": Annotated[str, typer.Argument(help=declared.data_help)],
        "out": Annotated[Path, typer.Option(help="Folder for the result.")],
        "resume": Annotated[
            bool, typer.Option("--resume", help="Go on with the fit in the folder.")
        ],
    }
    defaults: dict[str, Any] = {"resume": False}
    if declared.default_data is not None:
        defaults["data"] = declared.default_data
    if declared.makes_folder:
        defaults["out"] = None
    signature = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=defaults.get(name, inspect.Parameter.empty),
        )
        for name, annotation in shared.items()
    ]
    signature += [_option(parameter) for parameter in declared.parameters]
    run.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    run.__doc__ = declared.help
    made = typer.Typer(
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    command = runs(run, f"fit {declared.name}")
    text = epilog(f"fit {declared.name}")
    made.command(name=declared.name, help=declared.help, epilog=text, cls=FitCommand)(
        command
    )
    return typer.main.get_command(made)


def _option(parameter: "Parameter") -> inspect.Parameter:
    """An option of the command line of a declared parameter."""
    unit = f" ({parameter.unit})" if parameter.unit else ""
    kind: Any = parameter.kind
    if parameter.choices:
        kind = Literal[parameter.choices]
    if parameter.optional or parameter.required:
        kind = Optional[kind]  # noqa: UP045 - of a type that is known only here
    name = f"--{parameter.name.replace('_', '-')}"
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind, typer.Option(name, help=f"{parameter.help}{unit}")],
        default=parameter.default,
    )
