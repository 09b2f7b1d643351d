"""Words that were typed wrong: one sentence on what is wrong and what is meant."""

from __future__ import annotations

from typing import Any

import typer

from insilico_gui.errors import InsilicoError, nearest, quoted

UsageErrors: Any = typer.BadParameter.__mro__[2]
"""What is raised for words that are no command, option or value: the base of all."""


def in_one_sentence(error: Any) -> str:
    """The sentence, with the nearest word that would be right."""
    context = getattr(error, "ctx", None)
    advice = ""
    if context is not None:
        advice = f"; see `{context.command_path} --help`"
    name = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption" and name is not None:
        message = f"There is no option {quoted(name)}{_meant(context, name)}"
    else:
        message = error.format_message().strip().rstrip(".")
        message = f"{message[:1].upper()}{message[1:]}"
    return str(InsilicoError(f"{message}{advice}."))


def _meant(context: Any, name: str) -> str:
    """What option may be meant."""
    if context is None:
        return ""
    options = [
        option
        for parameter in context.command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    ]
    begun = [option for option in options if option.startswith(f"{name}-")]
    if len(begun) == 1:
        return f" (did you mean {quoted(begun[0])}?)"
    return nearest(name, options)
