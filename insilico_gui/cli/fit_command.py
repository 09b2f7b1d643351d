"""``insilico-gui fit NAME``: a command for each fit, made of its declaration."""

# Without "from __future__ import annotations": typer needs the types themselves

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer
from typer.core import TyperGroup

from insilico_gui.errors import FitError
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
        return command_of(known[cmd_name]) if cmd_name in known else None


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
        task = declared.task(
            as_path(data, FitError), {k: v for k, v in given.items() if v is not None}
        )
        loop = FitLoop(task, as_path(out, FitError), resume=resume)
        if loop.round_number:
            typer.echo(f"Going on with round {loop.round_number}.")
        with progress_bar(f"Fitting {declared.name}", unit="step") as show:

            def told(step: FitProgress) -> None:
                show(round(BAR_STEPS * step.done), BAR_STEPS)

            report = run_loop(loop, told)
        for sentence in report.sentences():
            typer.echo(sentence)
        typer.echo(f"Written: {out}")

    shared = {
        "data": Annotated[str, typer.Argument(help=declared.data_help)],
        "out": Annotated[Path, typer.Option(help="Folder for the result.")],
        "resume": Annotated[
            bool, typer.Option("--resume", help="Go on with the fit in the folder.")
        ],
    }
    defaults = {"resume": False}
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
        add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )
    made.command(name=declared.name, help=declared.help)(run)
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
