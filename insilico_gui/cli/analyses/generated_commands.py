"""A command for every analysis that has none of its own, made from its declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from insilico_gui.cli.analyses.analysis_options import Table
from insilico_gui.cli.options import Overwrite
from insilico_gui.cli.outputs import check_arrays, write_arrays
from insilico_gui.cli.sources import Source, of_source
from insilico_gui.cli.tables import check_table
from insilico_gui.cli.terminal.examples import epilog
from insilico_gui.cli.terminal.running import runs
from insilico_gui.cli.terminal.telling import tell, written
from insilico_gui.experiment.analyses import Analysis, Parameter, analyses

WRITTEN_BY_HAND = {
    "comparison": "compare",
    "direction tuning": "tuning",
    "prediction accuracy": "judge",
}
"""Commands of analyses that are called otherwise."""

Arrays = Annotated[
    Path | None, typer.Option(help="File for the arrays of the result: .npz.")
]


def generated_commands(known: Container[str]) -> Mapping[str, Any]:
    """Commands by name, of analyses that are not among those `known`."""
    app = typer.Typer(add_completion=False)
    app.callback()(lambda: None)
    for analysis in analyses().values():
        name = analysis.name.replace(" ", "-").replace("_", "-").lower()
        if WRITTEN_BY_HAND.get(analysis.name, name) not in known:
            app.command(name, epilog=epilog(name))(runs(command_of(analysis), name))
    return typer.main.get_group(app).commands


def command_of(analysis: Analysis) -> Callable[..., None]:
    """The command of an analysis: its parameters are options beside those of all."""

    def run(
        source: Source,
        output: Path | None = None,
        arrays: Path | None = None,
        overwrite: bool = False,
        **options: Any,
    ) -> None:
        check_table(output, overwrite)
        check_arrays(arrays, overwrite)
        given = {
            parameter.name: _value(parameter, options[_python_name(parameter)])
            for parameter in analysis.parameters
            if _python_name(parameter) in options
        }
        done = source.analyse(analysis.name, given)
        if arrays is not None:
            dataset = done.result.dataset
            write_arrays(arrays, dataset, tuple(map(str, dataset.variables)))
        table = done.write(output)
        tell(n_units=len(table))
        written(output, f"{len(table)} units")

    common = inspect.signature(Source).parameters
    own = [
        inspect.Parameter(
            _python_name(parameter),
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty
            if parameter.required
            else _shown(parameter, parameter.default),
            annotation=_annotation(parameter),
        )
        for parameter in analysis.parameters
        if parameter.name not in common
    ]
    signature = [
        _keyword("source", Source),
        _keyword("output", Table, None),
        *own,
        _keyword("arrays", Arrays, None),
        _keyword("overwrite", Overwrite, default=False),
    ]
    run.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    run.__doc__ = (
        f"{analysis.help}\n\nShows {analysis.shows} unless a stimulus is named."
    )
    return of_source(run)


def _keyword(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _annotation(parameter: Parameter) -> Any:
    """The type of an option, with its flag, its help and its unit."""
    text = parameter.help.removesuffix(".")
    if parameter.unit:
        text = f"{text} ({parameter.unit})"
    if parameter.choices:
        shown = [_shown(parameter, choice) for choice in parameter.choices]
        text = f"{text}: {' or '.join(shown)}"
    kind = parameter.kind | None if parameter.optional else parameter.kind
    return Annotated[kind, typer.Option(_flag(parameter), help=f"{text}.")]


def _flag(parameter: Parameter) -> str:
    """The option of a parameter: ``--latency-s`` of ``latency_s``."""
    flag = f"--{parameter.name.replace('_', '-')}"
    return f"{flag}/--no{flag[1:]}" if parameter.kind is bool else flag


def _python_name(parameter: Parameter) -> str:
    """No name that the options of all commands have."""
    return f"parameter_{parameter.name}"


def _shown(parameter: Parameter, value: Any) -> Any:
    """A choice as it is typed: with dashes."""
    return value.replace("_", "-") if parameter.choices and value else value


def _value(parameter: Parameter, typed: Any) -> Any:
    """A choice as the analysis knows it."""
    found = {_shown(parameter, choice): choice for choice in parameter.choices}
    return found.get(typed, typed)
