"""The docs site: ``scripts/docs`` builds it with Sphinx."""

from __future__ import annotations

import inspect
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

import typer
from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "insilico_gui"
author = "The insilico_gui developers"
release = version = installed_version("insilico-gui")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns: list[str] = []

html_theme = "furo"
html_title = f"insilico_gui {release}"
html_show_sourcelink = False

# Links to headings, as "page.md#heading"
myst_heading_anchors = 3

# The tutorial is stored without results, and is run each time
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
# What the kernel and Sphinx tell each other is encrypted, if both can; else the kernel
# warns. myst_nb has no setting for it.
if encryption := getattr(KernelManager, "transport_encryption", None):
    encryption.default_value = "auto"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_preserve_defaults = True
# Attributes that a docstring lists are not written a second time
napoleon_use_ivar = True
napoleon_google_docstring = False

COMMANDS = "<!-- commands -->"


def commands_markdown() -> str:
    """Usage, arguments and options of every command, in Markdown."""
    from insilico_gui.cli import app

    group = typer.main.get_command(app)
    return "\n".join(
        _commands_of(group, typer.Context(group, info_name="insilico-gui"))
    )


def _commands_of(group: Any, context: Any, prefix: str = "") -> list[str]:
    """Lines on the commands of a group, and on those of groups in it."""
    lines: list[str] = []
    for own in group.list_commands(context):
        name = f"{prefix}{own}"
        command = group.get_command(context, own)
        inner = typer.Context(command, info_name=own, parent=context)
        usage = command.get_usage(inner).removeprefix("Usage: ")
        lines += [f"### {name}", "", inspect.cleandoc(command.help or ""), ""]
        lines += [
            "```text",
            usage,
            "```",
            "",
            "| parameter | meaning |",
            "| --- | --- |",
        ]
        for parameter in command.get_params(inner):
            if record := parameter.get_help_record(inner):
                what, meaning = (cell.replace("|", "\\|").strip() for cell in record)
                lines.append(f"| `{what}` | {' '.join(meaning.split())} |")
        lines.append("")
        if examples := (command.epilog or "").split("\n\n")[1:]:
            lines += ["```text", *examples, "```", ""]
        if hasattr(command, "list_commands"):
            lines += _commands_of(command, inner, f"{name} ")
    return lines


def fill_in(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put the options of all commands in place of the comment that stands for them."""
    if COMMANDS in source[0]:
        source[0] = source[0].replace(COMMANDS, commands_markdown())


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", fill_in)
